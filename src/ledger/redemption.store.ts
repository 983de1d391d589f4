import { numberArray, textArray } from '../database/prepared';
import { arraysSql, columnsSql, preparedOnce, type Statement } from '../database/row-statements';
import type { Connection } from '../database/transaction';
import type { Instant } from '../kernel/time';
import { allocationsBeyond } from './allocations-at';
import type { RedemptionWithSlices } from './book';
import type { LotOf } from './command';
import { byIds, placesOf } from './ledger.store';
import { compareSpendOrder, type Lot } from './lot';
import type { RedemptionState, Slice } from './redemption';

/** What the door reads of redemptions under its locks. */

/** A redemption with what of lots is still its own, and whose it is. */
export type FoundRedemption = RedemptionWithSlices & { readonly accountId: string };

/** SQL: of those redemptions, everything; with what of lots is still theirs. */
const redemptionsSql = (concerned: string) =>
  `select ${columnsSql('redemptions', 'r')}, (
     select coalesce(json_agg(json_build_array(s.lot, s.held, s.redeemed)), '[]') from (
       select a.lot,
         sum(case when a.to_state = 'HELD' then a.points when a.from_state = 'HELD' then -a.points else 0 end) as held,
         sum(case when a.to_state = 'REDEEMED' then a.points when a.from_state = 'REDEEMED' then -a.points else 0 end) as redeemed
       from unnest(r.entries) as e (sequence) cross join lateral (
         ${allocationsBeyond('o.archived_sequence', { shard: 'r.shard', account: 'r.account_id', sequence: 'e.sequence' }, 'redemption = r.number')}
       ) a
       group by a.lot
     ) s where s.held > 0 or s.redeemed > 0
   ) as slices
   from (${concerned}) r join accounts o on o.shard = r.shard and o.id = r.account_id`;

// `offset 0`: customer by customer. While few hold anything the planner would rather read everybody's holds, and goes on when they are many.
const heldSql = (keys: string) => `select r.* from ${keys} as k cross join lateral (
    select * from redemptions where shard = k.shard and account_id = k.id and state = 'HELD' offset 0
  ) r`;
const ALL_HELD = byIds((keys) => redemptionsSql(heldSql(keys)));
const HELD_OR_ON = byIds((keys) =>
  redemptionsSql(
    `${heldSql(keys)} union all
     select r.* from ${arraysSql({ shard: 'smallint', id: 'text', order_id: 'text' }, 3)} as k cross join lateral (
       select * from redemptions where shard = k.shard and order_id = k.order_id and account_id = k.id and captured > 0 offset 0
     ) r`,
  ),
);

/**
 * Redemptions that are held, or pay on an order of its customer; with what of lots is still theirs. Those that were given back
 * pay nothing, and an order may have hundreds: each time a cart is opened again.
 */
export async function readRedemptions(
  connection: Connection,
  customerIds: Iterable<string>,
  on: readonly { readonly accountId: string; readonly orderId: string }[],
): Promise<FoundRedemption[]> {
  if (on.length === 0) return query(connection, ALL_HELD(customerIds));
  const orders = textArray(on.map(({ orderId }) => orderId));
  return query(connection, HELD_OR_ON(customerIds, [...placesOf(on), orders]));
}

const NUMBERED = preparedOnce(() =>
  redemptionsSql(
    `select r.* from ${arraysSql({ shard: 'smallint', id: 'text', number: 'bigint' })} as k cross join lateral (
       select * from redemptions where shard = k.shard and account_id = k.id and number = k.number offset 0
     ) r`,
  ),
);

/** Redemptions of customers by their numbers. */
export async function readNumberedRedemptions(
  connection: Connection,
  numbered: readonly { readonly accountId: string; readonly number: number }[],
): Promise<FoundRedemption[]> {
  const numbers = numberArray(numbered.map(({ number }) => number));
  return query(connection, NUMBERED([...placesOf(numbered), numbers]));
}

const DRAWN_ON = preparedOnce(() =>
  redemptionsSql(
    `select distinct on (r.shard, r.account_id, r.number) r.*
     from ${arraysSql({ shard: 'smallint', id: 'text', lot: 'integer' })} as k
     join all_allocations a on a.shard = k.shard and a.account_id = k.id and a.lot = k.lot and a.redemption is not null
     join redemptions r on r.shard = a.shard and r.account_id = a.account_id and r.number = a.redemption`,
  ),
);

/** Redemptions that drew on lots. */
export async function readRedemptionsOf(
  connection: Connection,
  lots: readonly LotOf[],
): Promise<FoundRedemption[]> {
  return query(connection, DRAWN_ON([...placesOf(lots), numberArray(lots.map(({ lot }) => lot))]));
}

async function query(connection: Connection, statement: Statement): Promise<FoundRedemption[]> {
  const { rows } = await connection.query<RedemptionRecord>(statement);
  return rows.map(redemptionOf);
}

interface RedemptionRecord {
  account_id: string;
  number: number;
  order_id: string;
  state: RedemptionState;
  points: number;
  held: number;
  captured: number;
  released: number;
  restored: number;
  terms_version: number;
  placed_at: Instant;
  held_until: Instant | null;
  decided_at: Instant | null;
  entries: number[];
  slices: [lot: number, held: number, redeemed: number][];
}

function redemptionOf(row: RedemptionRecord): FoundRedemption {
  const slices = row.slices.map(
    ([lot, held, redeemed]): Slice =>
      held > 0
        ? { lot, state: 'HELD', points: held }
        : { lot, state: 'REDEEMED', points: redeemed },
  );
  return {
    accountId: row.account_id,
    number: row.number,
    orderId: row.order_id,
    state: row.state,
    points: row.points,
    held: row.held,
    captured: row.captured,
    released: row.released,
    restored: row.restored,
    termsVersion: row.terms_version,
    placedAt: row.placed_at,
    heldUntil: row.held_until,
    decidedAt: row.decided_at,
    entries: row.entries,
    slices,
  };
}

/** Slices in the order in which their redemption consumed them: the spend order of their lots (R6.3). */
export function inConsumedOrder(
  redemption: RedemptionWithSlices,
  lots: ReadonlyMap<number, Lot>,
): RedemptionWithSlices {
  const slices = [...redemption.slices].sort((a, b) =>
    compareSpendOrder(lots.get(a.lot)!, lots.get(b.lot)!),
  );
  return { ...redemption, slices };
}
