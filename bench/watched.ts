import { randomBytes } from 'node:crypto';
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { customerId, type Signing } from './customers';
import { printTable, type Server, show, spreadOf } from './harness';
import { type Memory, micros } from './load';
import type { ChangerQuestion } from './sides/changer';
import type { WatchersQuestion } from './sides/watchers';
import { Worker } from './worker';

/** How much is watched, and for how long; every account changes once a second. */
export interface Scale {
  readonly sockets: number;
  readonly accounts: number;
  readonly turns: number;
  readonly turnMs: number;
  /** Before the turns, slower: how many changes a second, as a share of those. */
  readonly paces: readonly number[];
  /** How often the memory of an idle subscription is measured. */
  readonly rests: number;
}

/** What a member's app shows of a change. */
const QUERY = `subscription Changes($id: ID!, $after: XPoints) {
  xPointsBalanceChanged(customerId: $id, after: $after) {
    sequence
    entry { kind availableChange recordedAt }
    balance { available held owed sequence value { amount currency } asOf }
  }
}`;
const BARE_QUERY = 'subscription Never($id: ID!) { never(id: $id) }';

/** How long a server rests before its memory is measured, and how often it is looked at under load. */
const REST_MS = 1_500;
const LOOK_MS = 5_000;

/** Processor time per delivered change, and how many processors it kept busy. */
interface Spent {
  readonly micros: number;
  readonly processors: number;
}

/** One turn of steady changes. */
export interface Turn {
  /** From the commit, as the writer learns of it, to the client, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly changesPerSecond: number;
  readonly delivered: number;
  readonly server: Spent;
  readonly clients: Spent;
  readonly writer: Spent;
  readonly postgres: Spent | null;
  /** All that the machine did, of others too: where that is all it has, latencies are those of a queue. */
  readonly machine: Spent;
  readonly rss: readonly number[];
  /** Afterwards. */
  readonly memory: Memory;
}

/** Memory of one idle subscription of ours and of a bare one, in bytes. */
export interface Rest {
  readonly ours: Memory;
  readonly bare: Memory;
}

/** Memory of an idle subscription of ours and of a bare one, in bytes, each time in processes that were just started. */
export async function measureRests(postgres: Server, url: string, { rests, ...scale }: Scale) {
  const found: Rest[] = [];
  for (let rest = 0; rest < rests; rest += 1) {
    found.push({
      bare: await withBare((port, memory) => perSocket(scale, port, memory, BARE_QUERY)),
      ours: await withService(postgres, url, (port, ask, signing) =>
        perSocket(scale, port, () => ask<Memory>({ collected: true }), QUERY, signing),
      ),
    });
  }
  const row = (name: string, of: (memory: Memory) => number) => ({
    'bytes per idle subscription': name,
    ours: show(spreadOf(found.map(({ ours }) => of(ours)))),
    'bare graphql-ws': show(spreadOf(found.map(({ bare }) => of(bare)))),
    '×': show(spreadOf(found.map(({ ours, bare }) => of(ours) / of(bare))), 2),
  });
  printTable(`${scale.sockets.toLocaleString('en-US')} sockets, a subscription each`, [
    row('in use after a collection', ({ live }) => live),
    row('resident', ({ rss }) => rss),
  ]);
  return found;
}

async function perSocket(
  { sockets, accounts }: Pick<Scale, 'sockets' | 'accounts'>,
  port: number,
  memory: () => Promise<Memory>,
  query: string,
  signing: Signing = newSigning(),
): Promise<Memory> {
  const isSilent = query === BARE_QUERY;
  const all = { sockets, accounts: idsOf(accounts), query, isSilent };
  return withWatchers({ ...all, port, signing }, async (ask) => {
    // What the first connections make a process load and compile is no part of any of them.
    await ask({ ask: 'connect', sockets: Math.ceil(sockets / 50) });
    await ask({ ask: 'disconnect' });
    await pause(REST_MS);
    const before = await memory();
    await ask({ ask: 'connect', sockets });
    await pause(REST_MS);
    const after = await memory();
    return {
      live: (after.live - before.live) / sockets,
      rss: (after.rss - before.rss) / sockets,
    };
  });
}

export async function measureTurns(postgres: Server, url: string, scale: Scale) {
  const { sockets, turns } = scale;
  const accounts = idsOf(scale.accounts);
  return withService(postgres, url, async (port, askServer, signing) => {
    const { worker: changer } = await Worker.start('changer.ts', { url, accounts });
    try {
      const all = { sockets, accounts, query: QUERY, isSilent: false };
      return await withWatchers({ ...all, port, signing }, async (askWatchers) => {
        await askWatchers({ ask: 'connect', sockets });
        const parts = { postgres, changer, askServer, askWatchers };
        const short = { ...scale, turnMs: scale.turnMs / 4 };
        await measureTurn(parts, short, scale.accounts);
        const paces: Turn[] = [];
        for (const pace of scale.paces) {
          paces.push(await measureTurn(parts, short, pace * scale.accounts));
        }
        printTurns(scale, 'change at several paces', paces);
        const found: Turn[] = [];
        while (found.length < turns) found.push(await measureTurn(parts, scale, scale.accounts));
        printTurns(scale, 'change once a second', found);
        return { paces, turns: found };
      });
    } finally {
      await changer.stop();
    }
  });
}

interface Parts {
  readonly postgres: Server;
  readonly changer: Worker;
  readonly askServer: <A>(question: object) => Promise<A>;
  readonly askWatchers: <A>(question: WatchersQuestion) => Promise<A>;
}

async function measureTurn(parts: Parts, { turnMs }: Scale, perSecond: number): Promise<Turn> {
  const { postgres, changer, askServer, askWatchers } = parts;
  const since = micros();
  const slots = Math.ceil(turnMs / 1000) + 1;
  await askWatchers({ ask: 'begin', since, slots });
  const [cpuBefore, postgresBefore] = [await askServer<number>({}), await postgres.cpuMicros()];
  const [machineBefore, began] = [machineMicros(), micros()];
  const question: ChangerQuestion = { since, slots, perSecond, forMs: turnMs };
  const changing = changer.ask<{
    perSecond: number;
    finals: number[];
    commits: string;
    cpuMicros: number;
  }>(question);
  const rss: number[] = [];
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      rss.push((await askServer<Memory>({ collected: false })).rss);
      await Promise.race([pause(LOOK_MS), changing]);
    }
  })();
  const changed = await changing.finally(() => {
    isOver = true;
  });
  await looking;
  const { finals, commits } = changed;
  const came = await askWatchers<{
    p50: number;
    p99: number;
    delivered: number;
    cpuMicros: number;
  }>({ ask: 'end', finals, commits });
  const { p50, p99, delivered } = came;
  const postgresAfter = await postgres.cpuMicros();
  const serverMicros = (await askServer<number>({})) - cpuBefore;
  const [machineSpent, took] = [machineMicros() - machineBefore, micros() - began];
  const spent = (cpu: number): Spent => ({ micros: cpu / delivered, processors: cpu / took });
  const isKnown = postgresBefore !== null && postgresAfter !== null;
  return {
    ...{ p50, p99, delivered, rss, changesPerSecond: changed.perSecond },
    server: spent(serverMicros),
    clients: spent(came.cpuMicros),
    writer: spent(changed.cpuMicros),
    postgres: isKnown ? spent(postgresAfter - postgresBefore) : null,
    machine: spent(machineSpent),
    memory: await askServer<Memory>({ collected: true }),
  };
}

/** Processor time of everything on this machine so far. */
function machineMicros(): number {
  const times = cpus().map(({ times: { user, nice, sys, irq } }) => user + nice + sys + irq);
  return times.reduce((sum, ms) => sum + ms, 0) * 1_000;
}

function printTurns({ sockets, accounts }: Scale, how: string, turns: readonly Turn[]): void {
  const count = (n: number) => n.toLocaleString('en-US');
  const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  const show = (spent: Spent | null) =>
    spent ? `${spent.micros.toFixed(1)} (${spent.processors.toFixed(2)})` : '–';
  printTable(
    `${count(sockets)} sockets watch ${count(accounts)} accounts that ${how}; of ${cpus().length} processors`,
    turns.map((turn, n) => ({
      turn: String(n + 1),
      'changes/s': turn.changesPerSecond.toFixed(0),
      delivered: count(turn.delivered),
      'p50 ms': turn.p50.toFixed(1),
      'p99 ms': turn.p99.toFixed(1),
      'server: µs each (busy)': show(turn.server),
      clients: show(turn.clients),
      writer: show(turn.writer),
      PostgreSQL: show(turn.postgres),
      machine: show(turn.machine),
      'resident MiB': megabytes(spreadOf(turn.rss).median),
      'in use MiB': megabytes(turn.memory.live),
    })),
  );
}

async function withBare<T>(
  work: (port: number, memory: () => Promise<Memory>) => Promise<T>,
): Promise<T> {
  const { worker, answer } = await Worker.start<{ port: number }>('bare-sockets.mjs', {});
  try {
    return await work(answer.port, () => worker.ask<Memory>({}));
  } finally {
    await worker.stop();
  }
}

async function withService<T>(
  postgres: Server,
  url: string,
  work: (port: number, ask: <A>(question: object) => Promise<A>, signing: Signing) => Promise<T>,
): Promise<T> {
  const signing = newSigning();
  const setup = { url: postgres.asApplication(url), ...signing };
  const { worker, answer } = await Worker.start<{ port: number }>('subgraph.ts', setup);
  try {
    return await work(answer.port, (question) => worker.ask(question), signing);
  } finally {
    await worker.stop();
  }
}

async function withWatchers<T>(
  setup: object,
  work: (ask: <A>(question: WatchersQuestion) => Promise<A>) => Promise<T>,
): Promise<T> {
  const { worker } = await Worker.start('watchers.ts', setup);
  try {
    return await work((question) => worker.ask(question));
  } finally {
    await worker.stop();
  }
}

function newSigning(): Signing {
  const secret = randomBytes(32).toString('hex');
  return { secret, issuer: 'https://id.example', audience: 'rewards' };
}

function idsOf(accounts: number): string[] {
  return Array.from({ length: accounts }, (_, n) => customerId(n + 1));
}
