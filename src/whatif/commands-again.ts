import { voidDiscount } from '../abuse/void-discount';
import { voidXPointsLots } from '../abuse/void-lots';
import { voidReferral } from '../abuse/void-referral';
import { adjustPoints } from '../adjustments/adjust';
import type { Instant } from '../kernel/time';
import { isRegistered } from '../ledger/account';
import { bookDue } from '../ledger/book-due';
import type { Command, LotOf } from '../ledger/command';
import { pointsToForfeit } from '../ledger/end-membership';
import type { MemoryBooks } from '../ledger/memory-books';
import { leaveRewards } from '../members/leave';
import { objectToTerms } from '../members/object-to-terms';
import { reinstateMember, suspendMember } from '../members/suspend';
import { terminateMembership } from '../members/terminate';
import { captureRedemption, releaseRedemption } from '../redemption/decide-hold';
import { redeem } from '../redemption/redeem';
import { applyDiscountCode } from '../referrals/apply-discount';
import { reviewReferral } from '../referrals/review';
import { decideTransfer, requestTransfer, transferPoints } from '../transfers/transfer';
import { type Asked, type Known, lotKey } from './history';

/** A command whose input was kept. */
export type Asking = Extract<Asked, { kind: 'COMMAND' }> & { readonly input: object };

/** What stands in the place of reasons and notes: the history keeps none of them. */
const WORDS = 'told again';

/**
 * Makes the commands of a history again for books in which ids that the ledger draws (redemptions, lots, codes) may be
 * others: what names one is translated.
 */
export class CommandsAgain {
  /** Numbers of redemptions in these books, by those of the first time. */
  private readonly redemptions = new Map<string, number>();

  constructor(
    private readonly books: MemoryBooks,
    private readonly known: Known,
  ) {}

  /** Remembers the number that a redemption has in these books. */
  remember(accountId: string, first: number, now: number): void {
    this.redemptions.set(lotKey(accountId, first), now);
  }

  /** The command of what was asked; null where it names what there is not in these books. */
  of(asked: Asking): Command<object> | null {
    const { accountId: customerId, key: idempotencyKey, input } = asked;
    const { actor = 'system' } = input;
    const caller = { customerId, idempotencyKey, actor };
    const number = this.redemptions.get(lotKey(customerId, Number(input.number)));
    switch (asked.operation) {
      case 'redeemXPoints':
        return redeem({ ...(input as unknown as Parameters<typeof redeem>[0]), ...caller });
      case 'captureRedemption':
        if (number === undefined) return null;
        return captureRedemption({ ...caller, number, points: input.points as number | null });
      case 'releaseRedemption':
        return number === undefined ? null : releaseRedemption({ ...caller, number });
      case 'applyDiscountCode': {
        const code = this.discountOf(customerId, String(input.code));
        return applyDiscountCode({ ...caller, orderId: String(input.orderId), code });
      }
      case 'leaveRewards':
        return leaveRewards({ ...caller, forfeits: this.toForfeit(customerId, asked.at) });
      case 'suspendMember':
        return suspendMember({ ...caller, reason: WORDS });
      case 'reinstateMember':
        return reinstateMember(caller);
      case 'terminateMembership':
        return terminateMembership({
          ...caller,
          goodCause: input.goodCause === true,
          reason: WORDS,
        });
      case 'objectToTerms':
        return objectToTerms({ ...caller, version: Number(input.version) });
      default:
        return this.betweenPeople(asked, caller) ?? this.byTheDesk(asked, caller);
    }
  }

  private betweenPeople({ operation, input, accountId }: Asking, caller: Caller) {
    switch (operation) {
      case 'requestXPointsTransfer':
      case 'transferXPoints': {
        const wish = {
          ...(input as unknown as Parameters<typeof transferPoints>[0]),
          ...{ evidence: null, ...caller },
        };
        return operation === 'transferXPoints'
          ? transferPoints(wish)
          : requestTransfer({ ...wish, askerId: accountId });
      }
      case 'decideXPointsTransfer': {
        const transferId = String(input.transferId);
        const { fromId = accountId, toId = accountId } = this.books.transfers.get(transferId) ?? {};
        const approve = input.approve === true;
        return decideTransfer({ ...caller, transferId, fromId, toId, approve, note: null });
      }
      case 'reviewReferral': {
        const referrerId = this.books.referrals.get(accountId)?.referrerId ?? '';
        const accept = input.accept === true;
        return reviewReferral({ ...caller, refereeId: accountId, referrerId, accept, note: WORDS });
      }
      default:
        return null;
    }
  }

  private byTheDesk({ operation, input, accountId, answer }: Asking, caller: Caller) {
    switch (operation) {
      case 'adjustXPoints':
      case 'decideAdjustment':
      case 'decideObjection': {
        const points = bookedPoints(operation, input, answer);
        if (points === null) return NOTHING;
        return adjustPoints({ ...caller, points, reason: WORDS, approvalAbove: Infinity });
      }
      case 'objectToCredit':
      case 'settleClaim':
      case 'waiveClaim':
        return NOTHING;
      case 'voidXPointsLots': {
        const lots = (input.lots as number[]).flatMap((lot) => this.lotOf(accountId, lot) ?? []);
        const followed = lots.flatMap((lot) => this.follow({ accountId, lot }));
        return voidXPointsLots({ ...caller, lots, followed, reason: WORDS });
      }
      case 'voidReferral': {
        const { referrerId = '', lot = null } = this.books.referrals.get(accountId) ?? {};
        const root = lot === null ? [] : [{ accountId: referrerId, lot }];
        const orderId = this.books.discounts.get(accountId)?.[0]?.orderId ?? null;
        const followed = [...root, ...root.flatMap((it) => this.follow(it))];
        return voidReferral({
          ...{ ...caller, refereeId: accountId, referrerId, followed, orderId, reason: WORDS },
        });
      }
      case 'voidDiscount': {
        const code = this.discountOf(accountId, String(input.code));
        const own = this.books.discounts.get(accountId)?.find((it) => it.code === code);
        return voidDiscount({ ...caller, code, orderId: own?.orderId ?? null, reason: WORDS });
      }
      default:
        return null;
    }
  }

  /** The code in this telling that came in the place of one of the first. */
  private discountOf(customerId: string, code: string): string {
    const place = this.known.members.get(customerId)?.discountCodes.indexOf(code) ?? -1;
    return this.books.discounts.get(customerId)?.[place]?.code ?? code;
  }

  private toForfeit(customerId: string, at: Instant): number {
    this.books.run(bookDue(customerId), at);
    const account = this.books.accounts.get(customerId);
    const lots = this.books.lots.get(customerId) ?? new Map();
    return account && isRegistered(account) ? pointsToForfeit({ account, lots }, at) : 0;
  }

  /** The lot of this telling that the same thing credited. */
  private lotOf(accountId: string, number: number): number | null {
    const then = this.known.lots.get(lotKey(accountId, number));
    const lots = [...(this.books.lots.get(accountId)?.values() ?? [])];
    const same = lots.find(
      (lot) =>
        lot.source === then?.source && lot.sourceRef === then.sourceRef && lot.voidedAt === null,
    );
    return same?.number ?? null;
  }

  /** Every lot that points of this one became by transfers. */
  private follow({ accountId, lot }: LotOf): LotOf[] {
    const next: LotOf[] = [];
    for (const [owner, lots] of this.books.lots) {
      for (const { number, origin } of lots.values()) {
        if (origin?.accountId === accountId && origin.lot === lot) {
          next.push({ accountId: owner, lot: number });
        }
      }
    }
    return [...next, ...next.flatMap((it) => this.follow(it))];
  }
}

interface Caller {
  readonly customerId: string;
  readonly idempotencyKey: string;
  readonly actor: string;
}

/** A command that changes nothing: what it answers is told by another. */
const NOTHING: Command<object> = {
  operation: 'nothing',
  actor: 'system',
  customers: [],
  decide: () => ({ answer: {} }),
};

/** The points of an adjustment that a command booked; null where it booked none. */
function bookedPoints(
  operation: string,
  input: Readonly<Record<string, unknown>>,
  answer: Readonly<Record<string, unknown>>,
): number | null {
  if (operation === 'decideObjection') {
    const { objection } = answer as { objection?: { state: string } };
    return objection?.state === 'CORRECTED' ? Number(input.points) : null;
  }
  const { adjustment } = answer as { adjustment?: { state: string; points: number } };
  return adjustment?.state === 'BOOKED' ? adjustment.points : null;
}
