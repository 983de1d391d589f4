import fc from 'fast-check';
import { adjustPoints, decideAdjustment } from '../../src/adjustments/adjust';
import type { Command } from '../../src/ledger/command';
import type { MemoryBooks } from '../../src/ledger/memory-books';
import { objectToTerms } from '../../src/members/object-to-terms';
import { recordDelivery } from '../../src/notifications/record-delivery';
import { decideObjection } from '../../src/objections/decide-objection';
import { objectToCredit } from '../../src/objections/object';
import { tellTerms } from '../../src/terms/tell-terms';

/** What the desk adjusts and answers, and what members are told and object to. */
export type DeskStep =
  | { kind: 'adjust'; customer: number; points: number }
  | { kind: 'approve'; customer: number; yes: boolean; other: boolean }
  | { kind: 'object'; customer: number; ago: number }
  | { kind: 'answer'; customer: number; points: number | null }
  | { kind: 'tell terms' | 'object to terms'; customer: number }
  | { kind: 'deliver'; customer: number; ago: number };

/** More points than these wait for a second person. */
const LIMIT = 100;

/** One arbitrary for each kind. */
export function deskSteps(
  customer: fc.Arbitrary<number>,
  key: fc.Arbitrary<number>,
): fc.Arbitrary<DeskStep & { key: number }>[] {
  const points = fc.constantFrom(1, 7, -1, -5, -60, LIMIT, LIMIT + 1, -LIMIT - 1, 0);
  const ago = fc.constantFrom(0, 0, 1, 2);
  const kind = <T extends string>(...kinds: T[]) => fc.constantFrom(...kinds);
  const yes = fc.constantFrom(true, true, false);
  return [
    fc.record({ kind: kind('adjust'), customer, points, key }),
    fc.record({ kind: kind('approve'), customer, yes, other: yes, key }),
    fc.record({ kind: kind('object'), customer, ago, key }),
    fc.record({
      kind: kind('answer'),
      customer,
      points: fc.option<number>(points, { freq: 3 }),
      key,
    }),
    fc.record({ kind: kind('tell terms', 'object to terms'), customer, key }),
    fc.record({ kind: kind('deliver'), customer, ago, key }),
  ];
}

/** The command of a step about a customer, looking at the world as it is by then. */
export function deskCommand(
  step: DeskStep,
  world: MemoryBooks,
  customerId: string,
  same: { idempotencyKey: string; actor: string },
): Command<object> {
  const limit = { approvalAbove: LIMIT };
  switch (step.kind) {
    case 'adjust': {
      const { points } = step;
      return adjustPoints({ customerId, points, reason: 'test', ...limit, ...same });
    }
    case 'approve': {
      const waiting = [...world.adjustments.values()].filter(({ state }) => state === 'REQUESTED');
      const { accountId, number } = waiting.at(-1) ?? { accountId: customerId, number: 1 };
      const actor = step.other ? 'other' : same.actor;
      const decision = { customerId: accountId, number, approve: step.yes, note: 'test' };
      return decideAdjustment({ ...decision, ...same, actor });
    }
    case 'object':
      return objection(step.ago, world, customerId, same);
    case 'answer': {
      const open = [...world.objections.values()].filter(({ state }) => state === 'OPEN');
      const { accountId, number } = open.at(-1) ?? { accountId: customerId, number: 1 };
      const answer = { customerId: accountId, number, points: step.points, note: 'test' };
      return decideObjection({ ...answer, ...limit, ...same });
    }
    case 'tell terms':
      return tellTerms(customerId);
    case 'object to terms': {
      const account = world.accounts.get(customerId);
      const version = account?.termsAhead.at(-1)?.version ?? 2;
      return objectToTerms({ customerId, version, ...same });
    }
    case 'deliver': {
      const told = [...(world.notifications.get(customerId)?.keys() ?? [])];
      return recordDelivery({ customerId, number: told.at(-1 - step.ago) ?? 1, channel: 'EMAIL' });
    }
  }
}

/** About one of the newest credits; where there is none, about one that nobody has. */
function objection(
  ago: number,
  world: MemoryBooks,
  customerId: string,
  same: { idempotencyKey: string; actor: string },
): Command<object> {
  const credits = world.entries.filter(
    ({ accountId, what }) => accountId === customerId && what.kind === 'CREDITED',
  );
  const credit = credits.at(-1 - ago)?.what;
  const sequence = credit?.sequence ?? 1;
  const told = [...(world.notifications.get(customerId)?.values() ?? [])];
  return objectToCredit({
    ...{ customerId, about: 'CREDIT', sequence, orderId: null, discountCode: null },
    isKnown: credit !== undefined,
    notification: told.find((it) => it.sequence === sequence)?.number ?? null,
    statement: 'test',
    ...same,
  });
}
