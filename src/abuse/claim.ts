import { isId } from '../kernel/ids';
import { formatDecimal } from '../kernel/money';
import type { Points } from '../kernel/points';
import type { Book } from '../ledger/book';
import type { Situation } from '../ledger/command';
import type { Claim } from '../ledger/desk';
import { discountOn } from '../ledger/discount';
import { netLeft, type Order } from '../ledger/order';
import { redemptionId } from '../ledger/redemption';

/** The public id of a claim: opaque, and enough to find its account. */
export function claimId(accountId: string, number: number): string {
  return Buffer.from(JSON.stringify(['claim', accountId, number]), 'utf8').toString('base64url');
}

/** What a claim's id names; null where it is none of ours. */
export function parseClaimId(id: string): { accountId: string; number: number } | null {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(id, 'base64url').toString('utf8'));
    if (!Array.isArray(parsed) || parsed.length !== 3 || parsed[0] !== 'claim') return null;
    const [, accountId, number] = parsed as unknown[];
    if (typeof accountId !== 'string' || !isId(accountId)) return null;
    // The column is a 4-byte integer.
    if (typeof number !== 'number' || number !== (number | 0) || number < 1) return null;
    return claimId(accountId, number) === id ? { accountId, number } : null;
  } catch {
    return null;
  }
}

/** What a claim is for, as it stands now. */
export interface ClaimedNow {
  /** What the claim's redemption still draws on one of the redeemer's lots. */
  redeemed(lot: number): Points;
  /** The order a discount was applied to. */
  readonly order: Order | null;
}

/**
 * What is left of an open claim, in minor units: an order that was cancelled later gave points back to where they are gone,
 * or costs its discount no more, and nobody owes that (R8.1). 0 once it is decided; never more than when it was opened.
 */
export function outstanding(claim: Claim, now: ClaimedNow): bigint {
  if (claim.state !== 'OPEN') return 0n;
  const { points, minor, discountCode } = claim;
  if (discountCode !== null) {
    const discount = now.order?.discount;
    if (!now.order || discount?.code !== discountCode) return 0n;
    const left = discountOn(netLeft(now.order), discount.percent);
    return left < minor ? left : minor;
  }
  const left = claim.lots.reduce(
    (sum, part) => sum + Math.min(part.points, now.redeemed(part.lot)),
    0,
  );
  // A claim is its points at one value each.
  return (minor / BigInt(points)) * BigInt(left);
}

/** What is still drawn by a redemption on a lot. */
export function stillRedeemed(book: Book | null, redemption: number | null, lot: number): Points {
  const drawn = redemption === null ? undefined : book?.redemptions.get(redemption);
  return (drawn?.slices ?? [])
    .filter((slice) => slice.state === 'REDEEMED' && slice.lot === lot)
    .reduce((sum, slice) => sum + slice.points, 0);
}

/** What is claimed, and why. */
export type Claimed = Pick<
  Claim,
  'redeemerId' | 'redemption' | 'lots' | 'orderId' | 'discountCode' | 'points' | 'minor'
>;

/** Opens a claim against a member and tells the platform. Answers its number. */
export function openClaim(
  situation: Situation,
  against: Book,
  claimed: Claimed,
  by: { readonly reason: string; readonly actor: string },
): number {
  const claim: Claim = {
    ...claimed,
    accountId: against.account.id,
    number: against.nextCase(),
    currency: against.terms.currency,
    reason: by.reason,
    state: 'OPEN',
    openedBy: by.actor,
    openedAt: situation.now,
    decision: null,
    decidedMinor: null,
  };
  situation.keepClaim(claim);
  tellClaim(against, 'claim.opened', claim, claim.minor);
  return claim.number;
}

/** Tells the platform of a claim, with what it amounts to by then (R9.2). */
export function tellClaim(
  book: Book,
  type: 'claim.opened' | 'claim.settled' | 'claim.waived',
  claim: Claim,
  minor: bigint,
): void {
  const { accountId, number, redeemerId, redemption, currency } = claim;
  book.tell(type, {
    claimId: claimId(accountId, number),
    redeemerId,
    redemptionId: redemption === null ? null : redemptionId(redeemerId, redemption),
    orderId: claim.orderId,
    discountCode: claim.discountCode,
    points: claim.points,
    amount: { amount: formatDecimal(minor, currency), currency },
  });
}
