import type { App } from '../app';
import { readClock } from '../database/clock';
import { type Refusal, refuse } from '../kernel/errors';
import { fingerprint, shardOf } from '../kernel/ids';
import { answerOnce } from '../ledger/seen';

export interface ResendInput {
  readonly customerId: string;
  /** The notification's number on the customer's account. */
  readonly number: number;
  readonly idempotencyKey: string;
  readonly actor: string;
}

export interface ResendAnswer {
  readonly customerId: string;
  readonly number: number;
}

/**
 * Has a mail that was given up sent again, with a full number of attempts. Refused, in this order: NOTIFICATION_NOT_FOUND,
 * NOTIFICATION_NOT_GIVEN_UP (its mail waits, was sent, or there was nobody to send one to).
 */
export async function resendNotification(
  app: Pick<App, 'config' | 'database' | 'log' | 'written'>,
  input: ResendInput,
): Promise<ResendAnswer | Refusal> {
  const { customerId, number, idempotencyKey, actor } = input;
  const ask = {
    account: customerId,
    operation: 'resendNotification',
    key: idempotencyKey,
    fingerprint: fingerprint({ number }),
    at: await readClock(app.database, app.config.sandbox),
  };
  const answer = await answerOnce<ResendAnswer>(app.database, ask, async (connection) => {
    const { rows } = await connection.query<{ known: boolean; again: boolean }>(AGAIN, [
      ...[shardOf(customerId), customerId, number],
    ]);
    if (!rows[0]?.known) return refuse('NOTIFICATION_NOT_FOUND');
    return rows[0].again ? { customerId, number } : refuse('NOTIFICATION_NOT_GIVEN_UP');
  });
  if (!('refused' in answer)) {
    app.log.info({ customerId, number, actor }, 'A mail is sent again');
    app.written.emit('notifications');
  }
  return answer;
}

const AGAIN = `
  with again as (
    update notifications set mail_state = 'PENDING', attempts = 0, next_attempt_at = clock_timestamp(), claimed_until = null
      where shard = $1 and account_id = $2 and number = $3 and mail_state = 'DEAD' returning 1)
  select exists (select from notifications where shard = $1 and account_id = $2 and number = $3) as known,
    exists (select from again) as again`;
