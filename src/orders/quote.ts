import type { Money } from '../kernel/money';
import type { Points } from '../kernel/points';
import { mayEarn, mayRedeem, type RegisteredAccount } from '../ledger/account';
import { earningOf, type OrderFacts } from '../ledger/expected';
import type { Award, Campaign } from '../programs/campaign';
import { pointsFor, tierAt, worth } from '../programs/pricing';
import type { Terms, Tier } from '../programs/terms';

/** What a net amount would earn a member, and how much of it points could pay. */
export interface Quote {
  readonly net: Money;
  readonly earns: Points;
  /** What of it campaigns give; and the code of the one that excludes the order from earning (R1.5). */
  readonly campaigns: readonly Award[];
  readonly excludedBy: Campaign | null;
  readonly tier: Tier;
  readonly tierAfter: Tier;
  readonly payable: Points;
  /** What `payable` pays, in minor units of the program's currency. */
  readonly payableMinor: bigint;
  /** What is left of `net`, in its minor units. */
  readonly remainder: bigint;
  readonly available: Points;
}

/** What is known of an order that was placed, besides what is left to pay of it. */
export interface KnownOrder {
  /** Whether points can pay for it (R6.4). */
  readonly isOpen: boolean;
  /** The net turnover it will stand for, in minor units; 0 where it will earn nothing. */
  readonly base: bigint;
}

/**
 * What `net` (0 or more) would earn `account` if it were paid in money and delivered now (R3.3), and as many
 * points as could pay of it (R6.4). In another currency than the program's it does neither (R3.6), nor where
 * the membership does not allow it (R2.9). Where `net` is what is left to pay of a placed order, `known` decides. Campaigns
 * that match its `facts` are part of what it earns (R1.5).
 */
export function quote(
  account: RegisteredAccount,
  rules: { readonly terms: Terms; readonly campaigns: readonly Campaign[] },
  net: Money,
  facts: OrderFacts,
  known: KnownOrder | null = null,
): Quote {
  const { turnover, available, campaignPoints } = account;
  const { terms } = rules;
  const ours = net.currency === terms.currency;
  const counted = known ? known.base : ours && mayEarn(account) ? net.minor : 0n;
  const pays = ours && mayRedeem(account) && (known?.isOpen ?? true);
  const payable = pays ? Math.min(available, pointsFor(terms, net.minor)) : 0;
  const payableMinor = worth(terms, payable);
  const earning =
    counted > 0n ? earningOf(facts, counted, { ...rules, turnover, campaignPoints }) : null;
  return {
    net,
    earns: earning?.points ?? 0,
    campaigns: earning?.offer.awards ?? [],
    excludedBy: earning?.offer.excludedBy ?? null,
    tier: tierAt(terms, turnover),
    tierAfter: tierAt(terms, turnover + counted),
    payable,
    payableMinor,
    remainder: net.minor - payableMinor,
    available,
  };
}
