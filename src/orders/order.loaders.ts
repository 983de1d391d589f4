import type { App } from '../app';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { isMember, mayEarn, type RegisteredAccount } from '../ledger/account';
import { redemptionAt, withStageAt } from '../ledger/at-instant';
import { earningOf, factsOf } from '../ledger/expected';
import { type OrderRead, readOrders } from '../ledger/ledger.reads';
import { cost, expectedBase, type Order } from '../ledger/order';
import type { Redemption } from '../ledger/redemption';
import type { Campaign } from '../programs/campaign';
import { worth } from '../programs/pricing';
import type { Terms } from '../programs/terms';

/** A placed order of a member as it stands at the instant of reading, booked or not. */
export interface OrderView {
  readonly order: Order;
  readonly customerId: string;
  readonly at: Instant;
  /** The terms that bind the member; an order that earned has its own version besides. */
  readonly terms: Terms;
  /** The terms and the turnover it started from once it earned, else the member's present ones. */
  readonly standing: { readonly terms: Terms; readonly turnover: bigint };
  /** Oldest first. */
  readonly redemptions: readonly Redemption[];
  /** What is left to pay in money or points: what it costs less what points pay, in minor units. */
  readonly unpaid: bigint;
  /** The net turnover it will stand for, in minor units; 0 once it is judged. An estimate. */
  readonly base: bigint;
  /** What that earns at the present turnover, campaigns included (R1.5). */
  readonly expected: Points;
  /** Whether something fell due on the account that is not booked yet. */
  readonly isDue: boolean;
}

/** The orders of `ids` by id, in one statement; those that are not placed, or not by a member, are missing. */
export async function readOrderViews(
  { database, clock, programs }: Pick<App, 'database' | 'clock' | 'programs'>,
  ids: readonly string[],
): Promise<Map<string, OrderView>> {
  const views = new Map<string, OrderView>();
  for (const [id, read] of await readOrders(database, clock, ids)) {
    const { account, now } = read;
    if (!account || !isMember(account, now)) continue;
    const terms = await programs.published(account.program, account.termsVersion);
    const campaigns = programs.campaigns(account.program);
    const earned = read.order.judged?.earned;
    const standing = earned
      ? {
          terms: await programs.published(account.program, earned.termsVersion),
          turnover: earned.startTurnover,
        }
      : { terms, turnover: account.turnover };
    views.set(id, { ...viewOf(read, account, { terms, campaigns }), standing });
  }
  return views;
}

function viewOf(
  { order, now: at, redemptions: stored }: OrderRead,
  account: RegisteredAccount,
  { terms, campaigns }: { terms: Terms; campaigns: readonly Campaign[] },
): Omit<OrderView, 'standing'> {
  const { turnover, campaignPoints } = account;
  const overAt = account.stage === 'ACTIVE' ? null : account.redeemUntil;
  const redemptions = stored.map((redemption) => redemptionAt(redemption, at, overAt));
  const points = redemptions.reduce((sum, { held, captured }) => sum + held + captured, 0);
  const paid = worth(terms, points);
  const member = { enrolledAt: account.enrolledAt, currency: terms.currency };
  const base = mayEarn(withStageAt(account, at)) ? expectedBase(order, member, paid) : 0n;
  const unpaid = cost(order) - paid;
  return {
    order,
    customerId: account.id,
    at,
    terms,
    redemptions,
    unpaid: unpaid > 0n ? unpaid : 0n,
    base,
    expected:
      base > 0n
        ? earningOf(factsOf(order), base, { terms, campaigns, turnover, campaignPoints }).points
        : 0,
    isDue: account.nextDueAt !== null && account.nextDueAt <= at,
  };
}
