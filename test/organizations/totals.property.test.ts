import fc from 'fast-check';
import { formatInstant, startOfDay } from '../../src/kernel/time';
import { spendable } from '../../src/ledger/lot';
import { readMembers } from '../../src/members/member.loaders';
import { tierAt, worth } from '../../src/programs/pricing';
import { desk } from '../federation/world';
import { at, Partners } from './partners';

/**
 * Whatever happened, at any instant: totals are the sum over the members of the same answer, and each member is what the
 * ledger says of the account when it is asked for it alone (R2.2, R6.2). Nothing is booked meanwhile but by commands.
 */

const FIGURES = 'available held owed expiringIn30Days expiringIn90Days value { amount }';
const PEOPLE = ['a', 'b', 'c', 'd', 'e', 't'] as const;
const HOUR = 3_600_000;

type Figures = Readonly<Record<string, unknown>>;
interface Shown extends Figures {
  readonly customerId: string;
  readonly program: { readonly code: string };
  readonly tier: { readonly tier: { readonly code: string } };
}
interface Board {
  readonly totals: readonly (Figures & {
    readonly program: { readonly code: string };
    readonly members: number;
    readonly tiers: readonly {
      readonly tier: { readonly code: string };
      readonly members: number;
    }[];
  })[];
  readonly members: { readonly nodes: readonly Shown[] };
}

const who = fc.constantFrom(...PEOPLE);
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('earns' as const),
      who,
      cents: fc.integer({ min: 100, max: 4_000_000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('holds' as const),
      who,
      points: fc.integer({ min: 1, max: 3000 }),
      hours: fc.integer({ min: 1, max: 2000 }),
    }),
  },
  fc.record({
    does: fc.constant('redeems' as const),
    who,
    points: fc.integer({ min: 1, max: 3000 }),
  }),
  fc.record({ does: fc.constant('cancels' as const), order: fc.nat({ max: 8 }) }),
  fc.record({
    does: fc.constant('gives' as const),
    who,
    to: who,
    points: fc.integer({ min: 1, max: 2000 }),
  }),
  fc.record({ does: fc.constant('moves' as const), who, to: fc.constantFrom('x', 'y', null) }),
  fc.record({ does: fc.constant('ends' as const), who, goodCause: fc.boolean() }),
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('waits' as const),
      hours: fc.integer({ min: 1, max: 4000 }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

let partners: Partners;
let now = Date.parse('2025-03-01T08:30:00Z');
let run = 0;
beforeAll(async () => {
  partners = await Partners.open(formatInstant(now));
});
afterAll(() => partners.close());

/** A story of six people in two organisations, one of them in the other program. */
class Story {
  private readonly orders: string[] = [];
  private serial = 0;

  constructor(readonly name: string) {}

  async begin(): Promise<void> {
    for (const [n, id] of PEOPLE.entries()) {
      const organization = at(this.named(n % 3 === 0 ? 'y' : 'x'));
      await partners.world.register(this.named(id), null, id === 't' ? 'TR' : 'EU', organization);
    }
  }

  named(id: string): string {
    return `${this.name}-${id}`;
  }

  /** What is refused is refused: a story goes on. */
  async play(one: Step): Promise<void> {
    const { world } = partners;
    this.serial += 1;
    const orderId = this.named(`o${this.serial}`);
    switch (one.does) {
      case 'earns':
        this.orders.push(orderId);
        return partners.earn(
          orderId,
          this.named(one.who),
          (one.cents / 100).toFixed(2),
          one.who === 't' ? 'TRY' : 'EUR',
        );
      case 'holds':
      case 'redeems': {
        const customerId = this.named(one.who);
        await world.place(orderId, customerId, '90.00', one.who === 't' ? 'TRY' : 'EUR');
        const hold = one.does === 'holds' ? { hold: { seconds: one.hours * 3600 } } : {};
        await world.command(
          desk,
          'redeemXPoints',
          { customerId, orderId, points: one.points, ...hold },
          '',
        );
        return;
      }
      case 'cancels': {
        const cancelled = this.orders[one.order];
        if (cancelled) await world.tell({ type: 'order.cancelled', orderId: cancelled, net: null });
        return;
      }
      case 'gives': {
        const move = {
          fromId: this.named(one.who),
          toId: this.named(one.to),
          points: one.points,
          reason: 'OTHER',
        };
        await world.command(desk, 'transferXPoints', move, '');
        return;
      }
      case 'moves':
        return partners.moves(this.named(one.who), one.to && this.named(one.to));
      case 'ends': {
        const end = {
          customerId: this.named(one.who),
          goodCause: one.goodCause,
          reason: 'a reason',
        };
        await world.command(desk, 'terminateMember', end, '');
        return;
      }
      case 'waits':
        now += one.hours * HOUR;
        await world.at(formatInstant(now));
    }
  }
}

/** A member as the ledger has them, asked for alone. */
async function alone(id: string): Promise<Shown> {
  const view = (await readMembers(partners.world.app, [id], { pending: false, book: true })).get(
    id,
  )!;
  const { account, terms, lots } = view;
  const within = (days: number) =>
    [...lots!.values()]
      .filter(({ expiresAt }) => expiresAt <= startOfDay(now, terms.zone, days))
      .reduce((sum, lot) => sum + spendable(lot, now), 0);
  return {
    ...{
      customerId: id,
      program: { code: account.program },
      tier: { tier: { code: tierAt(terms, account.turnover).code } },
    },
    ...{ available: account.available, held: account.held, owed: account.owed },
    ...{ expiringIn30Days: within(30), expiringIn90Days: within(90) },
    value: { amount: money(worth(terms, account.available)) },
  };
}

function money(minor: bigint): string {
  const text = String(minor).padStart(3, '0');
  return `${text.slice(0, -2)}.${text.slice(-2)}`;
}

function sumOf(members: readonly Shown[]): Figures {
  const sum = (name: string) => members.reduce((total, it) => total + Number(it[name]), 0);
  const points = ['available', 'held', 'owed', 'expiringIn30Days', 'expiringIn90Days'];
  const cents = members.reduce(
    (total, it) => total + BigInt((it.value as { amount: string }).amount.replace('.', '')),
    0n,
  );
  return {
    ...Object.fromEntries(points.map((name) => [name, sum(name)])),
    value: { amount: money(cents) },
  };
}

async function check(story: Story): Promise<void> {
  const seen: string[] = [];
  for (const organization of ['x', 'y']) {
    const board = await partners.organization<Board | null>(
      story.named(organization),
      `totals { program { code } members ${FIGURES} tiers { tier { code } members } }
       members(sort: TIER) { nodes { customerId program { code } tier { tier { code } } ${FIGURES} } }`,
    );
    const members = board?.members.nodes ?? [];
    for (const member of members) expect(member).toEqual(await alone(member.customerId));
    seen.push(...members.map(({ customerId }) => customerId));
    for (const { program, members: count, tiers, ...totals } of board?.totals ?? []) {
      const own = members.filter((member) => member.program.code === program.code);
      expect(totals).toEqual(sumOf(own));
      expect(own).toHaveLength(count);
      expect(
        Object.fromEntries(tiers.map(({ tier, members: held }) => [tier.code, held])),
      ).toMatchObject(
        Object.fromEntries(
          own.map(({ tier }) => [
            tier.tier.code,
            own.filter((it) => it.tier.tier.code === tier.tier.code).length,
          ]),
        ),
      );
      expect(tiers.reduce((sum, { members: held }) => sum + held, 0)).toBe(count);
    }
  }
  expect(new Set(seen).size).toBe(seen.length);
}

test('totals are the sum over members, and members what the ledger says, at any instant (R2.2, R6.2)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), async (steps) => {
      run += 1;
      const story = new Story(`run${run}`);
      await story.begin();
      for (const [n, one] of steps.entries()) {
        await story.play(one);
        if (n % 4 === 3) await check(story);
      }
      await check(story);
    }),
    // Where one fails, looking for the shortest story ends in time to tell of it.
    { numRuns: 15, interruptAfterTimeLimit: 60_000 },
  );
}, 120_000);
