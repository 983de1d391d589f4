import { type Refusal, refuse } from '../kernel/errors';
import { fingerprint } from '../kernel/ids';
import { endOfDayAfterMonths } from '../kernel/time';
import { isMember } from '../ledger/account';
import type { Command, Situation } from '../ledger/command';
import type { Objection, ObjectionAbout } from '../ledger/desk';

export interface ObjectionAnswer {
  readonly objection: Objection;
}

/** What a member objects to. Which of the three names it depends on `about`. */
export interface ObjectionSubject {
  readonly about: ObjectionAbout;
  /** CREDIT: the entry of the credit. */
  readonly sequence: number | null;
  /** MISSING_CREDIT, MISSING_DISCOUNT: the order. */
  readonly orderId: string | null;
  /** DISCOUNT: the code. */
  readonly discountCode: string | null;
}

export interface ObjectInput extends ObjectionSubject {
  readonly customerId: string;
  /** Whether there is such a credit, order or code of the member's: what was written once stays. */
  readonly isKnown: boolean;
  /** The member's notification of it; null where they were told nothing. */
  readonly notification: number | null;
  readonly statement: string;
  readonly idempotencyKey: string;
  readonly actor: string;
}

const UNKNOWN = {
  CREDIT: 'CREDIT_NOT_FOUND',
  MISSING_CREDIT: 'ORDER_NOT_FOUND',
  DISCOUNT: 'DISCOUNT_NOT_FOUND',
  MISSING_DISCOUNT: 'ORDER_NOT_FOUND',
} as const;

/**
 * A member objects to a credit or a discount, wrong or missing (R8.2), within a month of being told of it; what they were
 * never told of has no deadline. Refused, in this order: NOT_A_MEMBER, CREDIT_NOT_FOUND, ORDER_NOT_FOUND or
 * DISCOUNT_NOT_FOUND, OBJECTION_OPEN (about the same already), OBJECTION_TOO_LATE.
 */
export function objectToCredit(input: ObjectInput): Command<ObjectionAnswer> {
  const { customerId, about, sequence, orderId, discountCode, statement } = input;
  const { idempotencyKey, actor, notification } = input;
  return {
    operation: 'objectToCredit',
    actor,
    seen: {
      in: 'answers',
      account: customerId,
      key: idempotencyKey,
      fingerprint: fingerprint({ about, sequence, orderId, discountCode, statement }),
    },
    input: { about, sequence, orderId, discountCode, notification },
    customers: [customerId],
    cases: true,
    notifications: notification === null ? [] : [{ accountId: customerId, number: notification }],
    decide: (situation) => {
      const result = object(input, situation);
      return { answer: 'refused' in result ? result : { objection: result } };
    },
  };
}

function object(input: ObjectInput, situation: Situation): Objection | Refusal {
  const { customerId, about, sequence, orderId, discountCode, statement, notification } = input;
  const book = situation.book(customerId);
  if (!book || !isMember(book.account, situation.now)) return refuse('NOT_A_MEMBER');
  if (!input.isKnown) return refuse(UNKNOWN[about]);
  const isSame = (other: Objection) =>
    other.about === about &&
    other.sequence === sequence &&
    other.orderId === orderId &&
    other.discountCode === discountCode;
  if (situation.objections(customerId).some((it) => it.state === 'OPEN' && isSame(it))) {
    return refuse('OBJECTION_OPEN');
  }
  const told = notification === null ? null : situation.notification(customerId, notification);
  const { objectionMonths, zone } = book.terms;
  if (
    told?.delivered &&
    endOfDayAfterMonths(told.delivered.at, objectionMonths, zone) <= situation.now
  ) {
    return refuse('OBJECTION_TOO_LATE');
  }
  const objection: Objection = {
    ...{ accountId: customerId, number: book.nextCase() },
    ...{ about, sequence, orderId, discountCode, statement, state: 'OPEN' },
    ...{ raisedBy: input.actor, raisedAt: situation.now, decision: null, adjustment: null },
  };
  situation.keepObjection(objection);
  return objection;
}
