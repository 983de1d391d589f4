import type { DataSource } from 'typeorm';
import { shardOf } from '../kernel/ids';
import { formatInstant, type Instant } from '../kernel/time';
import type { Objection } from '../ledger/desk';
import { type ObjectionRecord, objectionOf } from '../ledger/desk.records';
import type { ProgramCode } from '../programs/terms';
import type { ObjectionSubject } from './object';

/** An objection, when its member was told of what it is about, and the terms that bind them. */
export interface ObjectionRead {
  readonly objection: Objection;
  /** Null where they were told nothing, or the telling was not delivered. */
  readonly toldAt: Instant | null;
  readonly program: ProgramCode;
  readonly termsVersion: number;
}

/** What the desk's list of objections is ordered by. */
export type ObjectionPlace = readonly [
  raisedAt: Instant,
  shard: number,
  account: string,
  number: number,
];

/**
 * SQL: a member's notification `n` is the one about a subject `o`: of the credit, of what the order was credited, or of
 * the code. That a discount is missing nobody was told.
 */
const IS_ABOUT = `n.shard = o.shard and n.account_id = o.account_id and case o.about
    when 'CREDIT' then n.sequence = o.sequence
    when 'MISSING_CREDIT' then n.kind = 'POINTS_CREDITED' and n.data ->> 'orderId' = o.order_id
    when 'DISCOUNT' then n.kind = 'DISCOUNT_ISSUED' and n.data ->> 'code' = o.discount_code
    else false end`;

/** Whether a member has what they object to, and their notification of it; what was written once stays. */
export async function readSubject(
  database: DataSource,
  customerId: string,
  { about, sequence, orderId, discountCode }: ObjectionSubject,
): Promise<{ readonly isKnown: boolean; readonly notification: number | null }> {
  const [row]: { isKnown: boolean; notification: number | null }[] = await database.query(
    `select case o.about
         when 'CREDIT' then exists (select from all_entries e where e.shard = o.shard and e.account_id = o.account_id
           and e.sequence = o.sequence and e.kind in ('CREDITED', 'TRANSFERRED_IN'))
         when 'DISCOUNT' then exists (select from discount_codes d
           where d.shard = o.shard and d.account_id = o.account_id and d.code = o.discount_code)
         else exists (select from orders p where p.shard = $7 and p.id = o.order_id and p.customer_id = o.account_id)
       end as "isKnown",
       (select n.number from notifications n where ${IS_ABOUT} order by n.number limit 1) as notification
     from (select $1::smallint as shard, $2::text as account_id, $3::text as about, $4::bigint as sequence,
       $5::text as order_id, $6::text as discount_code) o`,
    [
      ...[shardOf(customerId), customerId, about, sequence, orderId, discountCode],
      orderId === null ? null : shardOf(orderId),
    ],
  );
  return row!;
}

type Row = ObjectionRecord & {
  told_at: Instant | null;
  program: ProgramCode;
  terms_version: number;
};

const COLUMNS = `o.*, a.program, a.terms_version,
  (select n.delivered_at from notifications n where ${IS_ABOUT} order by n.number limit 1) as told_at`;

/** Objections after a place, oldest first. */
export async function readObjectionsAfter(
  database: DataSource,
  page: {
    /** Null: wherever they stand. */
    readonly state: Objection['state'] | null;
    readonly after: ObjectionPlace | null;
    readonly limit: number;
  },
): Promise<ObjectionRead[]> {
  const [raisedAt, shard, accountId, number] = page.after ?? [null, null, null, null];
  const rows: Row[] = await database.query(
    `select ${COLUMNS} from objections o join accounts a on a.shard = o.shard and a.id = o.account_id
     where ($1::text is null or o.state = $1) and ($2::timestamptz is null
       or (o.raised_at, o.shard, o.account_id, o.number) > ($2::timestamptz, $3::integer, $4::text, $5::integer))
     order by o.raised_at, o.shard, o.account_id, o.number limit $6`,
    [
      ...[page.state, raisedAt === null ? null : formatInstant(raisedAt)],
      ...[shard, accountId, number, page.limit],
    ],
  );
  return rows.map(readOf);
}

/** Objections of customers before a number (null: from the latest on), latest first, at most `limit` of each, in one statement. */
export async function readObjectionsBefore(
  database: DataSource,
  customerIds: readonly string[],
  page: { readonly before: number | null; readonly limit: number },
): Promise<Map<string, ObjectionRead[]>> {
  const rows: Row[] = await database.query(
    `select ${COLUMNS} from unnest($1::smallint[], $2::text[]) as k (shard, id)
     join accounts a on a.shard = k.shard and a.id = k.id
     cross join lateral (
       select * from objections o where o.shard = k.shard and o.account_id = k.id and ($3::integer is null or o.number < $3)
       order by o.number desc limit $4) o
     order by o.account_id, o.number desc`,
    [customerIds.map(shardOf), customerIds, page.before, page.limit],
  );
  const found = new Map<string, ObjectionRead[]>();
  for (const row of rows) {
    found.set(row.account_id, [...(found.get(row.account_id) ?? []), readOf(row)]);
  }
  return found;
}

/** One objection as it stands; null where there is none. */
export async function readObjection(
  database: DataSource,
  customerId: string,
  number: number,
): Promise<ObjectionRead | null> {
  const page = { before: number + 1, limit: 1 };
  const found = await readObjectionsBefore(database, [customerId], page);
  const [read] = found.get(customerId) ?? [];
  return read?.objection.number === number ? read : null;
}

function readOf({ told_at: toldAt, program, terms_version: termsVersion, ...row }: Row) {
  return { objection: objectionOf(row), toldAt, program, termsVersion };
}
