import type { DataSource } from 'typeorm';
import { shardOf } from '../kernel/ids';
import type { Points } from '../kernel/points';
import { formatInstant, type Instant } from '../kernel/time';
import type { DiscountCode } from '../ledger/discount';
import { type DiscountRecord, discountOf, type ReferralRecord, referralOf } from '../ledger/people';
import type { Referral, ReferralState } from '../ledger/referral';

/** Referrals and discount codes as they are shown: without a lock, one statement for any number of customers. */

/** A place in a list of referrals: when the customer registered, and who that is. */
export type ReferralPlace = readonly [registeredAt: Instant, shard: number, refereeId: string];

/** Those of the referred customers of `ids` who were referred, by their id. */
export async function readReferralsOf(
  database: DataSource,
  ids: readonly string[],
): Promise<Map<string, Referral>> {
  const rows: ReferralRecord[] = await database.query(
    `select r.* from unnest($1::smallint[], $2::text[]) as k (shard, id)
     join referrals r on r.shard = k.shard and r.account_id = k.id`,
    [ids.map(shardOf), ids],
  );
  return new Map(rows.map((row) => [row.account_id, referralOf(row)]));
}

/** Whom each of the referrers referred before a place, latest first, at most `limit` each. */
export async function readInvitees(
  database: DataSource,
  referrerIds: readonly string[],
  page: { readonly before: ReferralPlace | null; readonly limit: number },
): Promise<Map<string, Referral[]>> {
  const [registeredAt, shard, refereeId] = page.before ?? [null, null, null];
  const rows: ReferralRecord[] = await database.query(
    `select r.* from unnest($1::smallint[], $2::text[]) as k (shard, id)
     cross join lateral (
       select * from referrals r
       where r.referrer_shard = k.shard and r.referrer_id = k.id
         and ($3::timestamptz is null
           or (r.registered_at, r.shard, r.account_id) < ($3::timestamptz, $4::integer, $5::text))
       order by r.registered_at desc, r.shard desc, r.account_id desc limit $6
     ) r
     order by r.registered_at desc, r.shard desc, r.account_id desc`,
    [
      referrerIds.map(shardOf),
      referrerIds,
      registeredAt === null ? null : formatInstant(registeredAt),
      shard,
      refereeId,
      page.limit,
    ],
  );
  const found = new Map<string, Referral[]>();
  for (const row of rows) append(found, row.referrer_id, referralOf(row));
  return found;
}

/** What each of the referrers was credited for referring, less what was taken back. */
export async function readPointsEarned(
  database: DataSource,
  referrerIds: readonly string[],
): Promise<Map<string, Points>> {
  const rows: { referrer_id: string; points: Points }[] = await database.query(
    `select r.referrer_id, sum(r.bonus - r.reversed)::bigint as points
     from unnest($1::smallint[], $2::text[]) as k (shard, id)
     join referrals r on r.referrer_shard = k.shard and r.referrer_id = k.id
     group by r.referrer_id`,
    [referrerIds.map(shardOf), referrerIds],
  );
  return new Map(rows.map(({ referrer_id, points }) => [referrer_id, points]));
}

/** The discount codes of each customer, oldest first. */
export async function readDiscountCodes(
  database: DataSource,
  customerIds: readonly string[],
): Promise<Map<string, DiscountCode[]>> {
  const rows: DiscountRecord[] = await database.query(
    `select d.* from unnest($1::smallint[], $2::text[]) as k (shard, id)
     join discount_codes d on d.shard = k.shard and d.account_id = k.id
     order by d.issued_at, d.code`,
    [customerIds.map(shardOf), customerIds],
  );
  const found = new Map<string, DiscountCode[]>();
  for (const row of rows) append(found, row.account_id, discountOf(row));
  return found;
}

/** Who owns a referral code; null where nobody does. */
export async function readCodeOwner(database: DataSource, code: string): Promise<string | null> {
  const [row]: { account_id: string }[] = await database.query(
    'select account_id from referral_codes where code = $1',
    [code],
  );
  return row?.account_id ?? null;
}

/** Referrals that are flagged, rejected or voided, after a place, oldest registration first, at most `limit`. */
export async function readReviewable(
  database: DataSource,
  page: {
    /** Null: wherever they stand. */
    readonly state: ReferralState | null;
    readonly after: ReferralPlace | null;
    readonly limit: number;
  },
): Promise<Referral[]> {
  const [registeredAt, shard, refereeId] = page.after ?? [null, null, null];
  const rows: ReferralRecord[] = await database.query(
    `select * from referrals
     where (cardinality(flags) > 0 or state in ('REJECTED', 'VOIDED')) and ($1::text is null or state = $1)
       and ($2::timestamptz is null
         or (registered_at, shard, account_id) > ($2::timestamptz, $3::integer, $4::text))
     order by registered_at, shard, account_id limit $5`,
    [
      page.state,
      registeredAt === null ? null : formatInstant(registeredAt),
      shard,
      refereeId,
      page.limit,
    ],
  );
  return rows.map(referralOf);
}

function append<T>(groups: Map<string, T[]>, key: string, value: T): void {
  const group = groups.get(key);
  if (group) group.push(value);
  else groups.set(key, [value]);
}
