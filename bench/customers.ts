import { randomUUID } from 'node:crypto';

/** Orders of each customer that points may pay for. */
export const OPEN_ORDERS = 4;
/** Points of one redemption: 1 to this many. */
export const POINTS = 100;

export function customerId(n: number): string {
  return `c-${n}`;
}

export function openOrderId(n: number, k: number): string {
  return `c-${n}-open-${k}`;
}

/** How the tokens of a run are signed. */
export interface Signing {
  readonly secret: string;
  readonly issuer: string;
  readonly audience: string;
}

/** One redemption that somebody asks for: by customer `n`, on their order `k`. */
export interface Wish {
  readonly n: number;
  readonly k: number;
  readonly customerId: string;
  readonly orderId: string;
  readonly points: number;
  readonly key: string;
}

/** A redemption of some customer, on one of their orders, of some points. */
export function anyWish(accounts: number): Wish {
  const n = 1 + Math.floor(Math.random() * accounts);
  const k = 1 + Math.floor(Math.random() * OPEN_ORDERS);
  return wish(n, k, 1 + Math.floor(Math.random() * POINTS), randomUUID());
}

/** The same redemptions each time, by the first customers in turn; some take from two lots. */
export function rehearsedWishes(customers: number, each: number): Wish[] {
  return Array.from({ length: customers * each }, (_, i) => {
    const n = 1 + (i % customers);
    return wish(n, 1 + (i % OPEN_ORDERS), 1 + ((i * 379) % 700), `rehearsal-${i}`);
  });
}

function wish(n: number, k: number, points: number, key: string): Wish {
  return { n, k, customerId: customerId(n), orderId: openOrderId(n, k), points, key };
}
