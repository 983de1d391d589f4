import { checkBooks } from './books';
import { type Plan, type Spread, spreadOf, step } from './harness';
import type { Memory } from './load';
import type { Figure, Outcome, Row } from './row';
import { measureRests, measureTurns, type Rest, type Scale, type Turn } from './watched';

/** Slower ones show at what rate the machine is full. */
const PACES = [0.25, 0.5, 0.6, 0.7, 0.8, 0.9];
const SCALES: Readonly<Record<Plan['size'], Scale>> = {
  whole: { sockets: 10_000, accounts: 2_000, turns: 10, turnMs: 60_000, rests: 3, paces: PACES },
  quick: { sockets: 500, accounts: 100, turns: 2, turnMs: 1_500, rests: 1, paces: [0.5] },
  smoke: { sockets: 50, accounts: 10, turns: 1, turnMs: 1_000, rests: 1, paces: [0.5] },
};

export const subscriptions: Row = {
  name: 'subscriptions',
  about: 'balances that are watched while they change, and what a watcher costs who only waits',
  run: async ({ plan, server }) => {
    const scale = SCALES[plan.size];
    const postgres = await server();
    const url = await postgres.clone('subscriptions');
    const rests = await measureRests(postgres, url, scale);
    const { paces, turns } = await measureTurns(postgres, url, scale);
    const books = await step('The books balance', () => checkBooks(url));
    return outcomeOf(scale, rests, turns, { rests, paces, turns, books });
  },
};

function outcomeOf(
  { sockets, accounts }: Scale,
  rests: readonly Rest[],
  turns: readonly Turn[],
  samples: object,
): Outcome {
  const reached = spreadOf(turns.map(({ changesPerSecond }) => changesPerSecond)).median;
  // A writer that fell behind is no reason to call its rate the one that was asked for.
  const rate = reached > 0.97 * accounts ? accounts : Math.floor(reached);
  const count = (n: number) => n.toLocaleString('en-US');
  const load = `${count(sockets)} sockets, ${count(rate)} changes/s over ${count(accounts)} accounts`;
  const per = (of: (memory: Memory) => number) =>
    spreadOf(rests.map(({ ours, bare }) => of(ours) / of(bare)));
  const figure = (what: string, beside: string, ratio: Spread, atMost: number): Figure => {
    return { what, beside, ratio, target: { atMost } };
  };
  const figures = [
    figure(
      `${load}: p99 from commit to client`,
      '100 ms',
      spreadOf(turns.map(({ p99 }) => p99 / 100)),
      1,
    ),
    figure(
      'memory in use per idle subscription',
      'a bare graphql-ws one',
      per(({ live }) => live),
      1.3,
    ),
    figure(
      'resident memory per idle subscription',
      'a bare graphql-ws one',
      per(({ rss }) => rss),
      1.3,
    ),
  ];
  const third = Math.floor(turns.length / 3);
  if (third > 0) {
    const growth = (of: (turn: Turn) => readonly number[]) => {
      const median = (some: readonly Turn[]) => spreadOf(some.flatMap(of)).median;
      const ratio = median(turns.slice(-third)) / median(turns.slice(0, third));
      return { median: ratio, least: ratio, most: ratio };
    };
    const minutes = (turns.length * SCALES.whole.turnMs) / 60_000;
    const [last, first] = [`last third of ${minutes} minutes`, 'the first third'];
    figures.push(
      figure(
        `memory in use under that load, ${last}`,
        first,
        growth(({ memory }) => [memory.live]),
        1.05,
      ),
      figure(
        `resident memory, ${last}`,
        first,
        growth(({ rss }) => rss),
        1.1,
      ),
    );
  }
  return { figures, samples };
}
