import { invariant } from '../kernel/errors';
import type { Book } from './book';
import type { Situation } from './command';
import type { Adjustment, Decision, Objection } from './desk';

/** An objection is answered by an adjustment that was booked (R8.2), and the member is told. */
export function answerObjection(situation: Situation, book: Book, adjustment: Adjustment): void {
  const { accountId, objection: number, decision } = adjustment;
  const open = situation.objections(accountId).find((it) => it.number === number);
  invariant(open !== undefined && decision !== null, 'a booked adjustment names its objection');
  if (open.state !== 'OPEN') return;
  conclude(situation, book, {
    ...open,
    state: 'CORRECTED',
    adjustment: adjustment.number,
    // The desk's words on the objection were recorded as the reason of the adjustment.
    decision: { ...decision, note: adjustment.reason },
  });
}

/** An objection is rejected, and the member is told why (R8.2). */
export function rejectObjection(
  situation: Situation,
  book: Book,
  open: Objection,
  decision: Decision,
): Objection {
  return conclude(situation, book, { ...open, state: 'REJECTED', decision });
}

function conclude(situation: Situation, book: Book, decided: Objection): Objection {
  situation.keepObjection(decided);
  const { number: objection, state, decision, adjustment: correction } = decided;
  invariant(state !== 'OPEN' && decision !== null, 'a decided objection says how and why');
  const points =
    situation.adjustments(decided.accountId).find(({ number }) => number === correction)?.points ??
    null;
  const data = { objection, decision: state, points, note: decision.note ?? '' };
  book.notify({ kind: 'OBJECTION_DECIDED', data });
  return decided;
}
