import type { DataSource } from 'typeorm';
import { RequestError } from '../kernel/errors';
import { shardOf } from '../kernel/ids';
import { formatInstant, type Instant } from '../kernel/time';
import { allocationsAt } from '../ledger/allocations-at';
import type { LotOf } from '../ledger/command';
import type { Claim, Voiding } from '../ledger/desk';
import { type ClaimRecord, claimOf } from '../ledger/desk.records';
import type { Order } from '../ledger/order';
import { type OrderRecord, orderOf } from '../ledger/order.records';
import { type VoidingRecord, voidingOf } from '../ledger/voiding.records';
import { outstanding } from './claim';

/** Claims and voidings as they are shown, and what a voiding has to know before it locks: all without a lock. */

/** The most lots that one voiding follows. */
const FOLLOWED_MAX = 10_000;

/**
 * Lots, and every lot that their points became by transfers, and so on. LIMIT_EXCEEDED where these are more than 10,000.
 */
export async function followLots(
  database: DataSource,
  accountId: string,
  numbers: readonly number[],
): Promise<LotOf[]> {
  const rows: LotOf[] = await database.query(
    `with recursive followed as (
       select account_id, number, transferred from lots
       where shard = $1 and account_id = $2 and number = any ($3)
       union
       select l.account_id, l.number, l.transferred from followed f
       join lots l on l.origin_account = f.account_id and l.origin_lot = f.number
       where f.transferred > 0
     )
     select account_id as "accountId", number as lot from followed limit $4`,
    [shardOf(accountId), accountId, numbers, FOLLOWED_MAX + 1],
  );
  if (rows.length <= FOLLOWED_MAX) return rows;
  throw new RequestError(
    'BAD_USER_INPUT',
    `The points of these lots went to more than ${FOLLOWED_MAX} others. Void fewer at once, or void the receivers' lots first.`,
  );
}

/** A claim or a voiding of an account. */
export interface CaseKey {
  readonly accountId: string;
  readonly number: number;
}

/** The text by which answers name what was asked for. */
export function caseKey({ accountId, number }: CaseKey): string {
  return `${number} ${accountId}`;
}

/** Claims by account and number. */
export async function readClaims(
  database: DataSource,
  keys: readonly CaseKey[],
): Promise<Map<string, Claim>> {
  const claims = (await byNumber<ClaimRecord>(database, 'claims', keys)).map(claimOf);
  return new Map(claims.map((claim) => [caseKey(claim), claim]));
}

/** Voidings by account and number. */
export async function readVoidings(
  database: DataSource,
  keys: readonly CaseKey[],
): Promise<Map<string, Voiding>> {
  const voidings = (await byNumber<VoidingRecord>(database, 'voidings', keys)).map(voidingOf);
  return new Map(voidings.map((voiding) => [caseKey(voiding), voiding]));
}

function byNumber<R>(
  database: DataSource,
  table: 'claims' | 'voidings',
  keys: readonly CaseKey[],
): Promise<R[]> {
  return database.query(
    `select t.* from unnest($1::smallint[], $2::text[], $3::integer[]) as k (shard, id, number)
     join ${table} t on t.shard = k.shard and t.account_id = k.id and t.number = k.number`,
    [
      keys.map(({ accountId }) => shardOf(accountId)),
      keys.map(({ accountId }) => accountId),
      keys.map(({ number }) => number),
    ],
  );
}

/** A page of an account's claims or voidings, newest first. */
export interface CasesPage {
  readonly before: number | null;
  readonly limit: number;
}

/** The claims against each customer before a number, newest first, at most `limit` each; of `state` alone where it is named. */
export async function readClaimsOf(
  database: DataSource,
  customerIds: readonly string[],
  page: CasesPage & { readonly state: Claim['state'] | null },
): Promise<Map<string, Claim[]>> {
  const rows = await newestOf<ClaimRecord>(database, 'claims', customerIds, page, page.state);
  return grouped(rows.map(claimOf));
}

/** The voidings of each customer before a number, newest first, at most `limit` each. */
export async function readVoidingsOf(
  database: DataSource,
  customerIds: readonly string[],
  page: CasesPage,
): Promise<Map<string, Voiding[]>> {
  const rows = await newestOf<VoidingRecord>(database, 'voidings', customerIds, page, null);
  return grouped(rows.map(voidingOf));
}

function newestOf<R>(
  database: DataSource,
  table: 'claims' | 'voidings',
  customerIds: readonly string[],
  { before, limit }: CasesPage,
  state: string | null,
): Promise<R[]> {
  return database.query(
    `select t.* from unnest($1::smallint[], $2::text[]) as k (shard, id)
     cross join lateral (
       select * from ${table} t where t.shard = k.shard and t.account_id = k.id
         and ($3::integer is null or t.number < $3) ${state === null ? '' : 'and t.state = $5'}
       order by t.number desc limit $4
     ) t order by t.account_id, t.number desc`,
    [customerIds.map(shardOf), customerIds, before, limit, ...(state === null ? [] : [state])],
  );
}

function grouped<T extends { readonly accountId: string }>(things: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const thing of things) {
    const group = groups.get(thing.accountId);
    if (group) group.push(thing);
    else groups.set(thing.accountId, [thing]);
  }
  return groups;
}

/** What the desk's list of claims is ordered by. */
export type ClaimPlace = readonly [
  openedAt: Instant,
  shard: number,
  accountId: string,
  number: number,
];

/** Claims of everybody after a place, oldest first, at most `limit`; of `state` alone where it is named. */
export async function readClaimsAfter(
  database: DataSource,
  page: {
    readonly state: Claim['state'] | null;
    readonly after: ClaimPlace | null;
    readonly limit: number;
  },
): Promise<Claim[]> {
  const [openedAt, shard, accountId, number] = page.after ?? [null, null, null, null];
  const rows: ClaimRecord[] = await database.query(
    `select * from claims
     where ($1::text is null or state = $1)
       and ($2::timestamptz is null or (opened_at, shard, account_id, number)
         > ($2::timestamptz, $3::integer, $4::text, $5::integer))
     order by opened_at, shard, account_id, number limit $6`,
    [
      page.state,
      openedAt === null ? null : formatInstant(openedAt),
      ...[shard, accountId, number, page.limit],
    ],
  );
  return rows.map(claimOf);
}

/** What is left of each claim now, in minor units, in the order of `claims`. */
export async function readOutstanding(
  database: DataSource,
  claims: readonly Claim[],
): Promise<bigint[]> {
  const open = claims.filter(({ state }) => state === 'OPEN');
  const [redeemed, orders] = await Promise.all([
    readRedeemed(database, open),
    readOrders(
      database,
      open.filter((it) => it.discountCode !== null).map((it) => it.orderId),
    ),
  ]);
  return claims.map((claim) =>
    outstanding(claim, {
      redeemed: (lot) => redeemed.get(drawnKey(claim, lot)) ?? 0,
      order: orders.get(claim.orderId) ?? null,
    }),
  );
}

function drawnKey({ accountId, number }: CaseKey, lot: number): string {
  return JSON.stringify([accountId, number, lot]);
}

/** What redemptions still draw on the lots that claims are about. */
async function readRedeemed(
  database: DataSource,
  claims: readonly Claim[],
): Promise<Map<string, number>> {
  const drawn = claims.flatMap((claim) => claim.lots.map(({ lot }) => ({ claim, lot })));
  if (drawn.length === 0) return new Map();
  const rows: { n: number; redeemed: number }[] = await database.query(
    `select k.n::int as n,
       sum(case when a.to_state = 'REDEEMED' then a.points when a.from_state = 'REDEEMED' then -a.points else 0 end)::bigint as redeemed
     from unnest($1::smallint[], $2::text[], $3::bigint[], $4::integer[]) with ordinality as k (shard, id, redemption, lot, n)
     join redemptions r on r.shard = k.shard and r.account_id = k.id and r.number = k.redemption
     cross join unnest(r.entries) as e (sequence)
     cross join lateral (
       ${allocationsAt({ shard: 'k.shard', account: 'k.id', sequence: 'e.sequence' }, 'redemption = k.redemption and lot = k.lot')}
     ) a
     group by k.n`,
    [
      drawn.map(({ claim }) => shardOf(claim.redeemerId)),
      drawn.map(({ claim }) => claim.redeemerId),
      drawn.map(({ claim }) => claim.redemption),
      drawn.map(({ lot }) => lot),
    ],
  );
  return new Map(
    rows.map(({ n, redeemed }) => {
      const { claim, lot } = drawn[n - 1]!;
      return [drawnKey(claim, lot), redeemed];
    }),
  );
}

async function readOrders(
  database: DataSource,
  ids: readonly string[],
): Promise<Map<string, Order>> {
  if (ids.length === 0) return new Map();
  const rows: OrderRecord[] = await database.query(
    `select o.* from unnest($1::smallint[], $2::text[]) as k (shard, id)
     join orders o on o.shard = k.shard and o.id = k.id`,
    [ids.map(shardOf), ids],
  );
  return new Map(rows.map((row) => [row.id, orderOf(row)]));
}
