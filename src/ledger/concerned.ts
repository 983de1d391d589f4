import type { Command } from './command';
import type { Order } from './order';
import type { Referral } from './referral';

/** What tells whom a command concerns besides the customers it names. */
export interface Ties {
  readonly orders: ReadonlyMap<string, Order>;
  readonly referrals: ReadonlyMap<string, Referral>;
  readonly codeOwners: ReadonlyMap<string, string>;
}

/**
 * The customers a command concerns: those it names; for a fact its order's too, and whoever referred one of
 * them or owns the link somebody registers through, since a bonus may be credited or taken back.
 */
export function concerned(command: Command<object>, ties: Ties): string[] {
  const ids = new Set(command.customers);
  if (!command.records) return [...ids];
  const order = command.orderId === undefined ? undefined : ties.orders.get(command.orderId);
  if (order?.placed) ids.add(order.placed.customerId);
  for (const id of [...ids]) {
    const referral = ties.referrals.get(id);
    if (referral && countsFor(referral)) ids.add(referral.referrerId);
  }
  const owner =
    command.referralCode === undefined ? undefined : ties.codeOwners.get(command.referralCode);
  if (owner !== undefined) ids.add(owner);
  return [...ids];
}

/** Whether anything that happens to the referred customer can still concern the referrer. */
export function countsFor({ state }: Referral): boolean {
  return state !== 'LOST' && state !== 'VOIDED';
}
