import type { Book } from './book';
import { creditPoints, reversePoints } from './credit-points';
import type { Adjustment, Decision } from './desk';
import type { AdjustmentArithmetic } from './entry';

/**
 * Books an adjustment (R8.2): points given come as a lot of their own, and pay what is owed; points taken come out of the
 * open lots, first in first out, and what is missing is owed (as R4.3). Turnover and tier stay.
 */
export function bookAdjustment(book: Book, adjustment: Adjustment, decision: Decision): Adjustment {
  const { number, objection, points } = adjustment;
  const arithmetic: AdjustmentArithmetic = {
    type: 'ADJUSTMENT',
    adjustment: number,
    objection,
    points,
  };
  if (points > 0) {
    const lot = { source: 'ADJUSTMENT' as const, sourceRef: String(number) };
    creditPoints(book, { ...lot, points, turnover: 0n, arithmetic });
  } else {
    reversePoints(book, { lot: null, points: -points, turnover: 0n, arithmetic });
  }
  return { ...adjustment, state: 'BOOKED', decision, sequence: book.account.sequence };
}
