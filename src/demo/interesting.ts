import type { SubgraphClient } from '../scenarios/client';
import type { DemoCustomer } from './year';

/** A query that shows most of what a member has; it takes the customer's id. */
export function memberQuery(customerId: string): string {
  return `{
  rewardsMember(customerId: "${customerId}") {
    xPoints {
      available held pending owed value { amount currency }
      expirySchedule(first: 3) { expiresAt points }
    }
    tier { tier { name } turnover { amount } next { tier { name } missing { amount } } }
    referral { link { url } pointsEarned invitees(first: 5) { nodes { customer { id } state bonus } } }
    discountCodes { code percent state }
    lots(first: 5) { nodes { source { kind reference } granted remaining held expiresAt } }
    xPointsHistory(first: 10) {
      nodes { sequence kind availableChange availableAfter occurredAt order { id } }
    }
  }
}`;
}

const BALANCE = `query Balance($id: ID!) {
  rewardsMember(customerId: $id) {
    xPoints { available held pending owed lifetimeRedeemed lifetimeExpired }
  }
}`;

interface Balance {
  readonly rewardsMember: { readonly xPoints: Readonly<Record<string, number>> | null } | null;
}

/** The customer whose balance has most to show: every number that is not 0 counts, then what can be spent. */
export async function mostInteresting(
  customers: readonly DemoCustomer[],
  client: SubgraphClient,
): Promise<DemoCustomer | null> {
  let best: { customer: DemoCustomer; shown: number; available: number } | null = null;
  for (const customer of customers) {
    const { rewardsMember } = await client.query<Balance>('service', BALANCE, { id: customer.id });
    const balance = rewardsMember?.xPoints;
    if (!balance) continue;
    const shown = Object.values(balance).filter((number) => number > 0).length;
    const available = balance.available ?? 0;
    if (!best || shown > best.shown || (shown === best.shown && available > best.available)) {
      best = { customer, shown, available };
    }
  }
  return best?.customer ?? null;
}
