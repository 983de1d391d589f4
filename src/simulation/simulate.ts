import { randomUUID } from 'node:crypto';
import { type Refusal, RequestError, refuse } from '../kernel/errors';
import type { Points } from '../kernel/points';
import type { RegisteredAccount } from '../ledger/account';
import { bookDue } from '../ledger/book-due';
import {
  type Command,
  type Ledger,
  SET_ASIDE_REASONS,
  type SetAsideReason,
} from '../ledger/command';
import type { Entry } from '../ledger/entry';
import { eventCommand } from '../orders/event-command';
import type { EventAnswer, PlatformEvent } from '../orders/platform-event';
import { redeem } from '../redemption/redeem';

/** What is tried out. */
export type Trial =
  | {
      readonly kind: 'ORDER';
      readonly net: string;
      readonly currency: string;
      readonly tags: readonly string[];
    }
  | {
      readonly kind: 'REDEMPTION';
      readonly orderId: string;
      readonly points: Points | null;
      readonly holdMs: number | null;
    }
  /** `net` null: all of it. `isOwn`: whether it is a placed order of the member's. */
  | {
      readonly kind: 'CANCELLATION';
      readonly orderId: string;
      readonly net: string | null;
      readonly isOwn: boolean;
    };

/** What it would do to the member's account. */
export interface Simulation {
  /** The entries it would write; of an order that is not placed yet they name none. */
  readonly entries: readonly Entry[];
  /** The account now, what fell due booked, and then. */
  readonly before: RegisteredAccount;
  readonly after: RegisteredAccount;
}

/**
 * What an order (placed, paid in money and delivered), a redemption or a cancellation would do to a member now: the same
 * decisions on the same rows, rolled back. Refused as the command itself would be; an order of nobody's or somebody
 * else's is ORDER_NOT_FOUND, a customer who is no member NOT_A_MEMBER. BAD_USER_INPUT where the event would be set aside.
 */
export async function simulate(
  ledger: Pick<Ledger, 'rehearse'>,
  customerId: string,
  trial: Trial,
): Promise<Simulation | Refusal> {
  if (trial.kind === 'CANCELLATION' && !trial.isOwn) return refuse('ORDER_NOT_FOUND');
  const { commands, orderId } = commandsOf(customerId, trial);
  const due = await ledger.rehearse([bookDue(customerId)]);
  const before = due.after.get(customerId);
  if (!before || before.enrolledAt > due.at) return refuse('NOT_A_MEMBER');
  const rehearsal = await ledger.rehearse(commands);
  for (const answer of rehearsal.answers) {
    if ('refused' in answer) return answer as Refusal;
    requireApplied(answer as Partial<EventAnswer>);
  }
  const entries = rehearsal.entries
    .filter(({ accountId }) => accountId === customerId)
    .map(({ what }) => (what.orderId === orderId ? { ...what, orderId: null } : what));
  return { entries, before, after: rehearsal.after.get(customerId) ?? before };
}

/** The commands of a trial, and the id of the order it invents. */
function commandsOf(
  customerId: string,
  trial: Trial,
): { commands: Command<object>[]; orderId: string | null } {
  const id = `simulation:${randomUUID()}`;
  switch (trial.kind) {
    case 'ORDER': {
      const { net, currency, tags } = trial;
      const placed = { orderId: id, customerId, net, currency, placedAt: null, tags: [...tags] };
      const events: PlatformEvent[] = [
        { type: 'order.placed', ...placed },
        { type: 'order.paid', orderId: id, xPoints: null },
        { type: 'order.delivered', orderId: id },
      ];
      return { commands: events.map((event) => commandOf(id, event)), orderId: id };
    }
    case 'REDEMPTION': {
      const { orderId, points, holdMs } = trial;
      const caller = { idempotencyKey: id, actor: 'simulation' };
      return {
        commands: [redeem({ customerId, orderId, points, holdMs, ...caller })],
        orderId: null,
      };
    }
    case 'CANCELLATION': {
      const { orderId, net } = trial;
      return {
        commands: [commandOf(id, { type: 'order.cancelled', orderId, net })],
        orderId: null,
      };
    }
  }
}

function commandOf(id: string, event: PlatformEvent): Command<EventAnswer> {
  const { type } = event;
  return eventCommand({
    ...{ source: 'simulation', id: `${id}:${type}`, type, digest: '', payload: {}, event },
  });
}

function requireApplied({ outcome, reason }: { outcome?: string; reason?: SetAsideReason }): void {
  if (outcome !== 'SET_ASIDE' || !reason) return;
  throw new RequestError('BAD_USER_INPUT', SET_ASIDE_REASONS[reason]);
}
