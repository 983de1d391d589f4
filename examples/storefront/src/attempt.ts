import { useState } from 'react';
import { useMutation } from 'urql';
import { RedeemAtCheckoutDocument } from './generated/operations';
import { explain, type Success } from './refusals';

/** One wish to use points, under a key of its own. It is the same wish until an answer has come. */
interface Attempt {
  readonly key: string;
  readonly points: number;
}

/** Where a checkout stands. `unknown`: no answer came, so it may or may not have happened. */
export type Standing =
  | { readonly kind: 'open' }
  | { readonly kind: 'sending'; readonly points: number }
  | { readonly kind: 'unknown'; readonly points: number }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'done'; readonly success: Success };

/** How long the points are set aside: as long as the shop gives people to pay. */
const HOLD_SECONDS = 1_800;

/**
 * Uses points for an order so that asking again is always safe. The key of an attempt is kept, over a reload too, until
 * an answer has come; whoever asks again sends the same key and the same number, and gets the first answer if there was
 * one. Only an answer, yes or no, ends an attempt: an error and silence leave it unknown. `onAnswered` looks again.
 */
export function useAttempt(customerId: string, orderId: string, onAnswered: () => void) {
  const [, redeem] = useMutation(RedeemAtCheckoutDocument);
  const [standing, setStanding] = useState<Standing>(() => {
    const left = stored(orderId);
    return left ? { kind: 'unknown', points: left.points } : { kind: 'open' };
  });

  async function use(points: number): Promise<void> {
    const attempt = stored(orderId) ?? { key: crypto.randomUUID(), points };
    localStorage.setItem(nameOf(orderId), JSON.stringify(attempt));
    setStanding({ kind: 'sending', points: attempt.points });
    const { data } = await redeem({
      input: {
        customerId,
        orderId,
        points: attempt.points,
        hold: { seconds: HOLD_SECONDS },
        idempotencyKey: attempt.key,
      },
    });
    const answer = data?.redeemXPoints;
    if (!answer) return setStanding({ kind: 'unknown', points: attempt.points });
    localStorage.removeItem(nameOf(orderId));
    onAnswered();
    if (answer.__typename === 'RedeemXPointsSuccess') {
      return setStanding({ kind: 'done', success: answer });
    }
    setStanding({ kind: 'refused', message: explain(answer) });
  }

  return { standing, use };
}

function nameOf(orderId: string): string {
  return `x-points-attempt:${orderId}`;
}

function stored(orderId: string): Attempt | null {
  const text = localStorage.getItem(nameOf(orderId));
  return text === null ? null : (JSON.parse(text) as Attempt);
}
