import type { DataSource } from 'typeorm';
import { shardOf } from '../kernel/ids';
import type { Instant } from '../kernel/time';
import type { NotificationChannel, NotificationKind } from '../ledger/notification';
import type { Told } from './letter';

/** A mail that was given up, and its place in the list. */
export interface UndeliveredMailRead {
  readonly customerId: string;
  readonly number: number;
  readonly kind: NotificationKind;
  readonly createdAt: Instant;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly shard: number;
}

/** What the list is ordered by. */
export type MailPlace = readonly [
  createdAt: Instant,
  shard: number,
  account: string,
  number: number,
];

/** Mails given up after a place, oldest first, at most `limit`. */
export async function readUndeliveredMails(
  database: DataSource,
  after: MailPlace | null,
  limit: number,
): Promise<UndeliveredMailRead[]> {
  const [createdAt, shard, customerId, number] = after ?? [null, null, null, null];
  return database.query(
    `select account_id as "customerId", number, kind, created_at as "createdAt", attempts,
       last_error as "lastError", shard
     from notifications
     where mail_state = 'DEAD' and ($1::timestamptz is null
       or (created_at, shard, account_id, number) > ($1::timestamptz, $2::integer, $3::text, $4::bigint))
     order by created_at, shard, account_id, number limit $5`,
    [createdAt === null ? null : new Date(createdAt), shard, customerId, number, limit],
  );
}

/** A notification as whoever reads it in the product sees it. */
export type StoredNotification = Told & {
  readonly accountId: string;
  readonly number: number;
  readonly deliveredAt: Instant | null;
  readonly channel: NotificationChannel | null;
};

const COLUMNS = `n.account_id as "accountId", n.number, n.kind, n.data, n.created_at as "createdAt",
  n.delivered_at as "deliveredAt", n.channel, a.program, a.terms_version as "termsVersion"`;

/** Notifications of customers before a number (null: from the latest on), latest first, at most `limit` of each, in one statement. */
export async function readNotificationsBefore(
  database: DataSource,
  customerIds: readonly string[],
  page: { readonly before: number | null; readonly limit: number },
): Promise<Map<string, StoredNotification[]>> {
  const rows = await database.query<StoredNotification[]>(
    `select ${COLUMNS} from unnest($1::smallint[], $2::text[]) as k (shard, id)
       join accounts a on a.shard = k.shard and a.id = k.id
       cross join lateral (
         select * from notifications n where n.shard = k.shard and n.account_id = k.id and ($3::bigint is null or n.number < $3)
           order by n.number desc limit $4) n
     order by n.account_id, n.number desc`,
    [customerIds.map(shardOf), customerIds, page.before, page.limit],
  );
  const found = new Map<string, StoredNotification[]>();
  for (const row of rows) {
    const own = found.get(row.accountId);
    if (own) own.push(row);
    else found.set(row.accountId, [row]);
  }
  return found;
}

/** A mail as the page of development shows it: to whom, and what it says. */
export type KeptMail = StoredNotification & {
  readonly email: string | null;
  readonly locale: string | null;
};

const KEPT = `select ${COLUMNS}, m.email, m.locale
  from notifications n join accounts a on a.shard = n.shard and a.id = n.account_id
    left join members m on m.shard = n.shard and m.account_id = n.account_id
  where n.channel in ('EMAIL', 'PAGE')`;

/** The latest mails, at most `limit`. Goes through all of them: for development. */
export async function readKeptMails(database: DataSource, limit: number): Promise<KeptMail[]> {
  return database.query(
    `${KEPT} order by n.delivered_at desc, n.created_at desc, n.account_id, n.number desc limit $1`,
    [limit],
  );
}

/** One mail; null where none like that was sent or kept. */
export async function readKeptMail(
  database: DataSource,
  customerId: string,
  number: number,
): Promise<KeptMail | null> {
  const [mail] = await database.query<KeptMail[]>(
    `${KEPT} and n.shard = $1 and n.account_id = $2 and n.number = $3`,
    [shardOf(customerId), customerId, number],
  );
  return mail ?? null;
}
