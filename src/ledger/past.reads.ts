import type { Reader } from '../database/transaction';
import { shardOf } from '../kernel/ids';
import type { Points } from '../kernel/points';
import { formatInstant, type Instant } from '../kernel/time';
import type { Account } from './account';
import { allocationsAt } from './allocations-at';
import {
  type BookColumns,
  LOT_JSON,
  ORDER_JSON,
  type PendingOrder,
  REDEMPTION_JSON,
  type StoredBook,
  storedBookOf,
} from './ledger.reads';
import { LOT_STATES } from './lot';
import { type OrderRecord, orderOf } from './order.records';
import { type AccountRecord, accountOf } from './records';

/** An account's past, from its entries: what became true until an instant, as far as it is booked now. */
export interface PastRead {
  /** As its row is now. */
  readonly account: Account;
  /** What the entries until then had left. */
  readonly left: PastBalance;
  /** Of the last entry until then, and of the one after it; null where there is none. */
  readonly termsVersion: number | null;
  readonly nextTermsVersion: number | null;
  /** The lots that were open then, and the holds that were undecided. */
  readonly book: StoredBook;
  /** Orders that were placed and neither judged nor cancelled then, as they are known now; none where they were not asked for. */
  readonly pendingOrders: readonly PendingOrder[];
}

/** The numbers of an account after an entry. */
export interface PastBalance {
  /** 0 before the first entry. */
  readonly sequence: number;
  readonly available: Points;
  readonly held: Points;
  readonly owed: Points;
  /** Minor units of the program's currency. */
  readonly turnover: bigint;
  readonly lifetimeEarned: Points;
  readonly lifetimeRedeemed: Points;
  readonly lifetimeExpired: Points;
}

/** SQL: points that `moved` brought into a state, less what it took out of it. */
const net = (state: string): string =>
  `coalesce(sum(points) filter (where to_state = '${state}'), 0) - coalesce(sum(points) filter (where from_state = '${state}'), 0)`;

const STATES = LOT_STATES.map((state) => `${net(state)} as ${state.toLowerCase()}`).join(', ');
const STATES_JSON = ['granted', ...LOT_STATES.map((state) => state.toLowerCase())]
  .map((column) => `'${column}', s.${column}`)
  .join(', ');

/**
 * The last entry that had become true, by halving: entries are numbered without gaps, in the order in which they became
 * true. So an account of a hundred thousand entries takes seventeen look-ups.
 */
const SEARCH = `search (shard, id, low, high) as (
  select a.shard, a.id, 0::bigint, a.sequence
  from unnest($1::smallint[], $2::text[]) as k (shard, id)
  cross join lateral (
    select shard, id, sequence, enrolled_at from accounts where shard = k.shard and id = k.id offset 0
  ) a
  where a.enrolled_at <= $3
  union all
  select s.shard, s.id, case when e.occurred_at <= $3 then e.sequence else s.low end,
    case when e.occurred_at <= $3 then s.high else e.sequence - 1 end
  from search s
  cross join lateral (
    select sequence, occurred_at from all_entries
    where shard = s.shard and account_id = s.id and sequence = (s.low + s.high + 1) / 2 offset 0
  ) e
  where s.low < s.high
)`;

/** SQL: the row of the account's by a number, beside each row; looked up one by one, or an account of many lots would be joined with itself. */
function byKey(table: 'lots' | 'redemptions', number: string): string {
  return `cross join lateral (
    select * from ${table} where shard = f.shard and account_id = f.id and number = ${number} offset 0
  )`;
}

/** What the account's points had come to by then: one pass over its steps, summed where they lie. */
const PAST = `cross join lateral (
  with moved as materialized (
    select lot, redemption, from_state, to_state, sum(points) as points
    from (
      select lot, redemption, from_state, to_state, points from all_allocations
      where shard = f.shard and account_id = f.id and sequence <= f.low offset 0
    ) m
    group by lot, redemption, from_state, to_state
  ), states as materialized (
    select s.*, l.source
    from (
      select lot, coalesce(sum(points) filter (where from_state = 'ISSUED'), 0) as granted, ${STATES}
      from moved group by lot
    ) s ${byKey('lots', 's.lot')} l
  ), kept as materialized (
    select redemption, lot, ${net('HELD')} as points from moved where redemption is not null
    group by redemption, lot having ${net('HELD')} > 0
  )
  select sums.*, (
      select jsonb_agg(${LOT_JSON} || jsonb_build_object(${STATES_JSON}) ||
        case when l.voided_at > $3 then '{"voided_at": null}'::jsonb else '{}' end)
      from (select * from states where remaining > 0 or held > 0) s ${byKey('lots', 's.lot')} l
    ) as lots, (
      select jsonb_agg(${REDEMPTION_JSON} || jsonb_build_object('state', 'HELD', 'held', k.points,
        'captured', 0, 'restored', 0, 'released', r.points - k.points, 'decided_at', null, 'slices', k.slices))
      from (
        select redemption, sum(points) as points,
          jsonb_agg(jsonb_build_object('lot', lot, 'state', 'HELD', 'points', points)) as slices
        from kept group by redemption
      ) k ${byKey('redemptions', 'k.redemption')} r
    ) as holds
  from (
    select coalesce(sum(s.redeemed), 0)::bigint as redeemed, coalesce(sum(s.expired), 0)::bigint as expired,
      (coalesce(sum(s.granted - s.voided) filter (where s.source <> 'TRANSFER'), 0)
        - coalesce(sum(s.reversed), 0))::bigint as granted
    from states s
  ) sums
) b`;

/** Points that paid on an order by then: captured, or held until later. */
const PAID = `select sum(((m.to_state = 'REDEEMED')::integer - (m.from_state = 'REDEEMED')::integer
    + ((m.to_state = 'HELD')::integer - (m.from_state = 'HELD')::integer) * (r.held_until > $3 is true)::integer) * m.points)
  from redemptions r cross join unnest(r.entries) as s (sequence)
  cross join lateral (
    ${allocationsAt({ shard: 'r.shard', account: 'r.account_id', sequence: 's.sequence' }, 'redemption = r.number')}
  ) m
  where r.shard = f.shard and r.account_id = f.id and r.order_id = o.id and s.sequence <= f.low`;

const PENDING = `left join lateral (
  select jsonb_agg(${ORDER_JSON} || jsonb_build_object(
    'judged_at', null, 'cancelled_at', null, 'paid_points', coalesce((${PAID}), 0))) as pending
  from orders o
  where o.customer_shard = f.shard and o.customer_id = f.id and o.placed_at <= $3
    and (o.judged_at is null or o.judged_at > $3) and (o.cancelled_at is null or o.cancelled_at > $3)
) p on true`;

interface Row extends AccountRecord, BookColumns {
  readonly past_sequence: number;
  readonly past_terms: number | null;
  readonly next_terms: number | null;
  readonly available_after: Points;
  readonly held_after: Points;
  readonly owed_after: Points;
  readonly turnover_after: number;
  readonly lifetime_granted: Points;
  readonly past_redeemed: Points;
  readonly past_expired: Points;
  readonly pending: readonly (OrderRecord & { readonly paid_points: number })[] | null;
}

/**
 * The accounts of `ids` at `at`, by id; those that were not enrolled by then are missing. One statement of one moment,
 * whatever the number of accounts and of their entries.
 */
export async function readPast(
  database: Reader,
  ids: readonly string[],
  at: Instant,
  { pending }: { readonly pending: boolean },
): Promise<Map<string, PastRead>> {
  const rows: Row[] = await database.query(
    `with recursive ${SEARCH}
     select a.*, f.low as past_sequence, e.terms_version as past_terms, n.terms_version as next_terms,
       coalesce(e.available_after, 0) as available_after, coalesce(e.held_after, 0) as held_after,
       coalesce(e.owed_after, 0) as owed_after, coalesce(e.turnover_after, 0) as turnover_after,
       b.granted as lifetime_granted, b.redeemed as past_redeemed, b.expired as past_expired,
       b.lots, b.holds, ${pending ? 'p.pending' : 'null as pending'}
     from search f
     join accounts a on a.shard = f.shard and a.id = f.id
     left join all_entries e on e.shard = f.shard and e.account_id = f.id and e.sequence = f.low
     left join all_entries n on n.shard = f.shard and n.account_id = f.id and n.sequence = f.low + 1
     ${PAST} ${pending ? PENDING : ''}
     where f.low = f.high`,
    [ids.map(shardOf), ids, formatInstant(at)],
  );
  return new Map(rows.map((row) => [row.id, toPastRead(row)]));
}

function toPastRead(row: Row): PastRead {
  return {
    account: accountOf(row),
    left: {
      sequence: row.past_sequence,
      available: row.available_after,
      held: row.held_after,
      owed: row.owed_after,
      turnover: BigInt(row.turnover_after),
      lifetimeEarned: row.lifetime_granted - row.owed_after,
      lifetimeRedeemed: row.past_redeemed,
      lifetimeExpired: row.past_expired,
    },
    termsVersion: row.past_terms,
    nextTermsVersion: row.next_terms,
    book: storedBookOf(row),
    pendingOrders: (row.pending ?? []).map((order) => ({
      order: orderOf(order),
      paidPoints: order.paid_points,
    })),
  };
}

/** A version of the terms that a member was told of, and when; null where nobody could be (R2.6). */
export interface TermsTold {
  readonly version: number;
  readonly deliveredAt: Instant | null;
}

/** What members of `ids` were told of new terms, by id. */
export async function readTermsTold(
  database: Reader,
  ids: readonly string[],
): Promise<Map<string, TermsTold[]>> {
  const rows: { id: string; version: number; delivered_at: Instant | null }[] =
    await database.query(
      `select account_id as id, (data ->> 'version')::integer as version, delivered_at
       from unnest($1::smallint[], $2::text[]) as k (shard, id)
       join notifications n on n.shard = k.shard and n.account_id = k.id and n.kind = 'TERMS_CHANGED'
       order by n.number`,
      [ids.map(shardOf), ids],
    );
  const told = new Map<string, TermsTold[]>(ids.map((id) => [id, []]));
  for (const { id, version, delivered_at } of rows) {
    told.get(id)?.push({ version, deliveredAt: delivered_at });
  }
  return told;
}
