import { randomUUID } from 'node:crypto';
import { shardOf } from '../src/kernel/ids';
import { openDatabase } from './books';
import { customerId, type Wish } from './customers';
import type { Plan } from './harness';

/**
 * One account that everybody redeems from at once: another one in each turn, with many orders of its own, so that neither its
 * points nor what was paid on an order before tell in the figures.
 */
export interface Hot {
  readonly turn: number;
  readonly orders: number;
}

/** Orders of each hot account. */
export const HOT_ORDERS = { whole: 20_000, quick: 4_000, smoke: 500 };

/** A redemption of one point, on some order of the hot account of a turn. */
export function hotWish({ turn, orders }: Hot): Wish {
  const k = 1 + Math.floor(Math.random() * orders);
  const n = hotCustomer(turn);
  const customer = customerId(n);
  return {
    n,
    k,
    customerId: customer,
    orderId: hotOrder(customer, k),
    points: 1,
    key: randomUUID(),
  };
}

/** Gives the hot accounts of all turns their orders, and tells pgbench where they are. */
export async function fillHot(url: string, plan: Plan): Promise<void> {
  const database = await openDatabase(url);
  try {
    await database.query(`create table bench_hot (turn integer, k integer, shard smallint not null, account_id text not null,
      order_shard smallint not null, order_id text not null, primary key (turn, k))`);
    for (let turn = 0; turn < plan.repetitions; turn += 1) {
      const account = customerId(hotCustomer(turn));
      const rows = Array.from({ length: HOT_ORDERS[plan.size] }, (_, i) => {
        const order = hotOrder(account, i + 1);
        const place = { turn, k: i + 1, shard: shardOf(account), account_id: account };
        return { ...place, order_shard: shardOf(order), order_id: order };
      });
      await database.query(
        'insert into bench_hot select * from json_populate_recordset(null::bench_hot, $1)',
        [JSON.stringify(rows)],
      );
    }
    await database.query(`insert into orders (shard, id, customer_shard, customer_id, net_minor, currency, placed_at, placed_number)
      select order_shard, order_id, shard, account_id, 100000000, 'EUR', now(), 100 + k from bench_hot`);
    await database.query('vacuum analyze bench_hot');
  } finally {
    await database.destroy();
  }
}

/** Of the model that earned most; the rehearsal is of others. */
function hotCustomer(turn: number): number {
  return 50 + 3 * turn;
}

function hotOrder(customer: string, k: number): string {
  return `${customer}-hot-${k}`;
}
