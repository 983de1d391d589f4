import { parseDecimal } from '../kernel/money';
import { isMember, mayEarn } from '../ledger/account';
import type { Book } from '../ledger/book';
import type { SetAsideReason, Situation } from '../ledger/command';
import { creditPoints } from '../ledger/credit-points';
import { earningOf, factsOf } from '../ledger/expected';
import { cost, netLeft, type Order } from '../ledger/order';
import { captureHold, paidOn, pointsOn, returnPoints } from '../ledger/redeem-points';
import { pointsFor } from '../programs/pricing';
import { rewardReferrer, takeBonusBack } from '../referrals/reward';
import { creditAward, type Earned, orderArithmetic, reverseEarned } from './earned';

type Placed = NonNullable<Order['placed']>;

/**
 * An order and its customer's account while one fact is applied. `book` is null while the customer is not
 * registered: then facts are kept, and nothing moves.
 */
export class OrderCase {
  constructor(
    public order: Order,
    private readonly book: Book | null,
    private readonly situation: Situation,
  ) {}

  /**
   * Cancels `net` of a placed order, or all of it (R4.1, R4.2): what exceeds the new cost comes back, then what
   * was credited for it is taken back. Beyond what is left it is cut; nothing left to cost is a full cancellation.
   */
  cancel(net: string | null): 'APPLIED' | 'UNCHANGED' | SetAsideReason {
    const placed = this.placed();
    if (this.order.cancelledAt !== null) return 'UNCHANGED';
    const asked = net === null ? placed.net : parseDecimal(net, placed.currency);
    if (asked === null) return 'AMOUNT_DOES_NOT_FIT';
    const left = netLeft(this.order);
    const cancelled = this.order.cancelled + (asked < left ? asked : left);
    this.reduce({ cancelled }, cancelled === placed.net);
    return 'APPLIED';
  }

  /** Sets a new whole net value (R3.8), until the order is judged or cancelled in full. */
  amend(net: string): 'APPLIED' | 'UNCHANGED' | SetAsideReason {
    const placed = this.placed();
    const { judged, cancelledAt, cancelled } = this.order;
    if (judged) return 'AMENDED_AFTER_JUDGED';
    if (cancelledAt !== null) return 'AMENDED_AFTER_CANCELLED';
    const whole = parseDecimal(net, placed.currency);
    if (whole === null) return 'AMOUNT_DOES_NOT_FIT';
    if (whole <= 0n) return 'AMENDED_TO_NOTHING';
    if (whole < cancelled) return 'AMENDED_BELOW_CANCELLED';
    if (whole === placed.net) return 'UNCHANGED';
    this.reduce({ placed: { ...placed, net: whole } }, whole === cancelled);
    return 'APPLIED';
  }

  /**
   * Once the order is placed, paid and its customer known: captures what is held for it, oldest first, and
   * compares with what the platform reckoned with (R6.6).
   */
  capturePaid(): void {
    const { order, book } = this;
    if (!book || !order.placed || order.paidAt === null || order.capturedPoints !== null) return;
    for (const redemption of book.redemptionsOn(order.id).reverse()) {
      if (redemption.state === 'HELD') captureHold(book, redemption, redemption.held);
    }
    const captured = book.redemptionsOn(order.id).reduce((sum, { captured }) => sum + captured, 0);
    this.order = { ...order, capturedPoints: captured };
    if (order.reckonedPoints !== null && order.reckonedPoints !== captured) {
      book.tell('order.discrepancy', {
        orderId: order.id,
        reckoned: order.reckonedPoints,
        captured,
      });
    }
  }

  /**
   * Judges an order once it is known to be placed, paid and delivered and its customer is known (R3.2, R3.7):
   * closes it for amendments whatever it earns, credits it, gives the member their referral code (R5.1).
   */
  judge(): void {
    const { order, book, situation } = this;
    if (!book || order.judged || !order.placed) return;
    if (order.paidAt === null || order.deliveredAt === null) return;
    const { account, terms } = book;
    const inCurrency = order.placed.currency === terms.currency;
    const completed =
      inCurrency && account.stage !== 'ENDED' && order.cancelledAt === null && netLeft(order) > 0n;
    if (completed) {
      book.change({
        completedOrders: account.completedOrders + 1,
        referralCode: account.referralCode ?? situation.newCode(),
      });
    }
    const earns =
      completed &&
      order.placed.at >= account.enrolledAt &&
      isMember(account, situation.now) &&
      mayEarn(account);
    this.order = {
      ...order,
      judged: { at: situation.now, completed, earned: earns ? this.credit(book) : null },
    };
    if (completed) rewardReferrer(situation, account.id, order.id);
  }

  /** Credits the order as a lot, and what campaigns give as lots of their own (R1.5); an excluded one adds turnover alone. */
  private credit(book: Book): Earned {
    const { order, situation } = this;
    const startTurnover = book.account.turnover;
    const base = this.netBase(book);
    const { campaignPoints, program } = book.account;
    const { plain: pricing, offer } = earningOf(factsOf(order), base, {
      terms: book.terms,
      turnover: startTurnover,
      campaigns: situation.campaigns(program),
      campaignPoints,
    });
    const excludedBy = offer.excludedBy?.code ?? null;
    const arithmetic = orderArithmetic(startTurnover, base, pricing, excludedBy);
    const { points } = arithmetic;
    const lot =
      base === 0n
        ? null
        : creditPoints(book, {
            ...{ source: 'ORDER', sourceRef: order.id, orderId: order.id },
            ...{ points, turnover: base, arithmetic },
          });
    const termsVersion = book.terms.version;
    const campaigns = offer.awards.map((award) => creditAward(book, order.id, award, arithmetic));
    const credited = { credited: points, reversed: 0, termsVersion, lot, campaigns };
    return { startTurnover, base, excludedBy, ...credited };
  }

  /** The cost changed: gives back what exceeds it, then takes back what was credited for it (R4.4, R4.2). */
  private reduce(change: Partial<Order>, whole: boolean): void {
    const cancelledAt = whole ? this.situation.now : null;
    this.order = { ...this.order, ...change, cancelledAt };
    if (!this.book) return;
    this.returnExcess(this.book);
    this.reverse(this.book);
    if (whole) this.giveDiscountBack(this.book);
  }

  private returnExcess(book: Book): void {
    const paid = pointsOn(book, this.order.id);
    const room = this.order.cancelledAt === null ? pointsFor(book.terms, cost(this.order)) : 0;
    if (paid > room) returnPoints(book, this.order.id, paid - room);
  }

  private reverse(book: Book): void {
    const { judged, cancelledAt } = this.order;
    if (!judged) return;
    const completed = judged.completed && cancelledAt === null;
    if (judged.completed && !completed) this.uncomplete(book);
    if (!judged.earned) {
      this.order = { ...this.order, judged: { ...judged, completed } };
      return;
    }
    const earned = reverseEarned(book, this.order.id, judged.earned, {
      base: this.netBase(book),
      terms: this.situation.terms(book.terms.program, judged.earned.termsVersion),
    });
    this.order = { ...this.order, judged: { ...judged, completed, earned } };
  }

  /** A completed order was cancelled in full: what it brought its customer's referrer is taken back (R4.5). */
  private uncomplete(book: Book): void {
    book.change({ completedOrders: book.account.completedOrders - 1 });
    takeBonusBack(this.situation, book.account.id, this.order.id);
  }

  /** The code goes back to its owner, with its old expiry (R5.2); one that was voided stays so (R8.1). */
  private giveDiscountBack(book: Book): void {
    const { id, discount } = this.order;
    if (!discount) return;
    const { code } = discount;
    const own = this.situation.discounts(book.account.id).find((known) => known.code === code);
    if (own) this.situation.keepDiscount({ ...own, orderId: null, appliedAt: null });
    this.order = { ...this.order, discount: null };
    if (own?.voidedAt == null) book.tell('discount.returned', { orderId: id, code });
  }

  /** The net turnover the order stands for (R3.1): what it costs, less what points pay. */
  private netBase(book: Book): bigint {
    const base = cost(this.order) - paidOn(book, this.order.id);
    return base > 0n ? base : 0n;
  }

  private placed(): Placed {
    if (!this.order.placed) throw new Error(`order ${this.order.id} is not placed`);
    return this.order.placed;
  }
}
