import type { DataSource } from 'typeorm';
import { shardOf } from '../../src/kernel/ids';
import type { NotificationContent } from '../../src/ledger/notification';
import type { RunningApp } from '../events/test-app';
import { report } from '../events/test-events';

/** How the mail of a notification stands. */
export interface MailRow {
  readonly number: number;
  readonly mail_state: string;
  readonly channel: string | null;
  readonly delivered: boolean;
  readonly attempts: number;
  readonly last_error: string | null;
}

/** A member of the EU program, whom the platform reported. */
export function addMember(
  app: RunningApp,
  customerId: string,
  email: string | null,
  locale: string | null = null,
): Promise<void> {
  const known = { ...(email === null ? {} : { email }), ...(locale === null ? {} : { locale }) };
  return report(app, 'customer.registered', { customerId, program: 'EU', ...known });
}

const CONTENT: NotificationContent = {
  kind: 'DISCOUNT_ISSUED',
  data: { code: 'WELCOME-1', percent: 10, expiresAt: '2027-03-01T23:00:00.000Z' },
};

/** Writes the member's next notifications. */
export async function notify(
  database: DataSource,
  id: string,
  count = 1,
  { kind, data }: NotificationContent = CONTENT,
): Promise<void> {
  await database.query(
    `insert into notifications (shard, account_id, number, kind, data, created_at)
      select $1, $2, coalesce((select max(number) from notifications where shard = $1 and account_id = $2), 0) + n, $3, $4, '2026-03-01Z'
      from generate_series(1, $5::int) n`,
    [shardOf(id), id, kind, JSON.stringify(data), count],
  );
}

/** How the mails to a member stand, in order. */
export async function mailsOf(database: DataSource, id: string): Promise<MailRow[]> {
  return database.query(
    `select number, mail_state, channel, delivered_at is not null as delivered, attempts, last_error
      from notifications where shard = $1 and account_id = $2 order by number`,
    [shardOf(id), id],
  );
}

/** How many mails are in a state. */
export async function mailsIn(database: DataSource, state: string): Promise<number> {
  const [row] = await database.query<[{ n: number }]>(
    'select count(*) as n from notifications where mail_state = $1',
    [state],
  );
  return row.n;
}
