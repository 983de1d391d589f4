import { parseDecimal } from '../kernel/money';
import { isMember, mayEarn } from '../ledger/account';
import type { Book } from '../ledger/book';
import type { SetAsideReason, Situation } from '../ledger/command';
import { creditPoints, reversePoints } from '../ledger/credit-points';
import type { Arithmetic } from '../ledger/entry';
import { cost, netLeft, type Order } from '../ledger/order';
import { captureHold, paidOn, pointsOn, returnPoints } from '../ledger/redeem-points';
import { pointsFor, price } from '../programs/pricing';
import { rewardReferrer, takeBonusBack } from '../referrals/reward';

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

  private credit(book: Book): NonNullable<NonNullable<Order['judged']>['earned']> {
    const startTurnover = book.account.turnover;
    const base = this.netBase(book);
    const pricing = price(book.terms, startTurnover, base);
    const lot =
      base === 0n
        ? null
        : creditPoints(book, {
            source: 'ORDER',
            sourceRef: this.order.id,
            points: pricing.points,
            turnover: base,
            orderId: this.order.id,
            arithmetic: arithmeticOf(startTurnover, base, pricing),
          });
    const termsVersion = book.terms.version;
    return { startTurnover, base, credited: pricing.points, reversed: 0, termsVersion, lot };
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
    const { earned } = judged;
    const now = this.netBase(book);
    const base = now < earned.base ? now : earned.base;
    const terms = this.situation.terms(book.terms.program, earned.termsVersion);
    const pricing = price(terms, earned.startTurnover, base);
    const creditedBefore = earned.credited - earned.reversed;
    const points = Math.max(0, creditedBefore - pricing.points);
    const turnover = earned.base - base;
    if (points > 0 || turnover > 0n) {
      const arithmetic = {
        ...arithmeticOf(earned.startTurnover, base, pricing),
        creditedBefore,
      };
      reversePoints(book, {
        lot: earned.lot,
        points,
        turnover,
        orderId: this.order.id,
        arithmetic,
      });
    }
    const after = { ...earned, base, reversed: earned.reversed + points };
    this.order = { ...this.order, judged: { ...judged, completed, earned: after } };
  }

  /** A completed order was cancelled in full: what it brought its customer's referrer is taken back (R4.5). */
  private uncomplete(book: Book): void {
    book.change({ completedOrders: book.account.completedOrders - 1 });
    takeBonusBack(this.situation, book.account.id, this.order.id);
  }

  /** The code goes back to its owner, with its old expiry (R5.2). */
  private giveDiscountBack(book: Book): void {
    const { id, discount } = this.order;
    if (!discount) return;
    const { code } = discount;
    const own = this.situation.discounts(book.account.id).find((known) => known.code === code);
    if (own) this.situation.keepDiscount({ ...own, orderId: null, appliedAt: null });
    this.order = { ...this.order, discount: null };
    book.tell('discount.returned', { orderId: id, code });
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

function arithmeticOf(
  turnoverBefore: bigint,
  base: bigint,
  pricing: ReturnType<typeof price>,
): Arithmetic {
  return {
    turnoverBefore: turnoverBefore.toString(),
    base: base.toString(),
    brackets: pricing.brackets.map((bracket) => ({ ...bracket, base: bracket.base.toString() })),
    points: pricing.points,
  };
}
