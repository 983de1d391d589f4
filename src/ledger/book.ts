import { invariant } from '../kernel/errors';
import { type Points, points as wholePoints } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { tierAt } from '../programs/pricing';
import type { Terms } from '../programs/terms';
import type { RegisteredAccount } from './account';
import type { Allocation, Entry } from './entry';
import type { Holding, Posting, RedemptionWithSlices } from './holding';
import { compareSpendOrder, isExpired, type Lot, type LotSource, type PointState } from './lot';
import type { Message, MessageType } from './message';
import { change, type Move, takeFrom, withPoints } from './moves';
import { nextDueAt } from './next-due';
import type { Notification, NotificationContent } from './notification';

export type { Holding, RedemptionWithSlices } from './holding';

/**
 * A working copy of one account for one command: what a decision writes into, in memory. The decision
 * is a pure function of the holding it was opened on; nothing here reads a clock or a database.
 */
export class Book {
  account: RegisteredAccount;
  readonly lots: Map<number, Lot>;
  readonly redemptions: Map<number, RedemptionWithSlices>;
  readonly capturedBesides: ReadonlyMap<string, Points>;
  readonly entries: Entry[] = [];
  readonly messages: Message[] = [];
  readonly notifications: Notification[] = [];
  readonly changedLots = new Set<number>();
  readonly changedRedemptions = new Set<number>();
  readonly isPartial: boolean;

  constructor(
    holding: Holding,
    /** Any published version of the account's program. */
    private readonly termsOf: (version: number) => Terms,
    /** The command's instant; when entries are recorded. */
    readonly now: Instant,
    private readonly cause: string,
    private readonly actor: string,
  ) {
    this.account = holding.account;
    this.lots = new Map(holding.lots);
    this.redemptions = new Map(holding.redemptions);
    this.capturedBesides = holding.capturedBesides;
    this.isPartial = holding.isPartial ?? false;
  }

  /** The terms that bind the member now (R2.6). */
  get terms(): Terms {
    return this.termsOf(this.account.termsVersion);
  }

  /** The account as it stands now: what the next command of a batch is opened on. */
  holding(): Holding {
    const { account, lots, redemptions, capturedBesides, isPartial } = this;
    const due = { ...account, nextDueAt: nextDueAt(this) };
    return { account: due, lots, redemptions, capturedBesides, isPartial };
  }

  /** Changes the account's own fields (membership, referral code); never a balance. */
  change(
    fields: Partial<
      Pick<
        RegisteredAccount,
        | 'suspendedAt'
        | 'suspendedReason'
        | 'referralCode'
        | 'ordersPlaced'
        | 'completedOrders'
        | 'stage'
        | 'noticeAt'
        | 'endsAt'
        | 'redeemUntil'
        | 'endedAt'
        | 'endReason'
        | 'termsVersion'
        | 'termsAhead'
        | 'termsKnown'
        | 'campaignPoints'
        | 'lastCase'
        | 'expiryToldUntil'
      >
    >,
  ): void {
    this.account = { ...this.account, ...fields };
  }

  /** Adds a lot with nothing in it yet; an entry's ISSUED moves fill it. */
  addLot(lot: {
    source: LotSource;
    sourceRef: string;
    granted: Points;
    creditedAt: Instant;
    expiresAt: Instant;
    termsVersion?: number;
    origin?: Lot['origin'];
  }): number {
    const number = this.account.lastLot + 1;
    this.account = { ...this.account, lastLot: number };
    this.lots.set(number, {
      termsVersion: this.terms.version,
      origin: null,
      ...lot,
      number,
      remaining: 0,
      held: 0,
      redeemed: 0,
      transferred: 0,
      expired: 0,
      forfeited: 0,
      reversed: 0,
      voided: 0,
      voidedAt: null,
    });
    return number;
  }

  /** Marks a lot as taken away for abuse: what comes back to it from now on is gone at once (R8.1). */
  markVoided(number: number): void {
    this.lots.set(number, { ...this.lot(number), voidedAt: this.now });
    this.changedLots.add(number);
  }

  /** The next number of an adjustment, objection or claim of this account. */
  nextCase(): number {
    const number = this.account.lastCase + 1;
    this.change({ lastCase: number });
    return number;
  }

  /** The lot of a number; the loader brought every lot a decision may touch. */
  lot(number: number): Lot {
    const lot = this.lots.get(number);
    invariant(lot !== undefined, `lot ${number} of ${this.account.id} was loaded`);
    return lot;
  }

  /** Lots with points left, in spend order (R6.3). */
  spendable(): Lot[] {
    invariant(!this.isPartial, `the lots of ${this.account.id} were loaded`);
    return [...this.lots.values()].filter((lot) => lot.remaining > 0).sort(compareSpendOrder);
  }

  /** The first `points` of what can be spent, first in first out, as moves to `to` (R6.3). */
  take(points: Points, to: PointState, redemption?: number): Move[] {
    const parts = this.spendable().map((lot) => ({ lot: lot.number, points: lot.remaining }));
    return takeFrom(parts, points).map((part) => ({ ...part, from: 'REMAINING', to, redemption }));
  }

  /** Where points go that come back to a lot: a voided one, one past its expiry, or of an ended membership, keeps nothing (R4.4, R6.8, R8.1). */
  backTo(lot: Lot, at: Instant): PointState {
    if (lot.voidedAt !== null) return 'VOIDED';
    if (isExpired(lot, at)) return 'EXPIRED';
    return this.account.stage === 'ENDED' ? 'FORFEITED' : 'REMAINING';
  }

  setRedemption(redemption: RedemptionWithSlices): void {
    this.redemptions.set(redemption.number, redemption);
    this.changedRedemptions.add(redemption.number);
  }

  /** The redemptions on an order that were loaded, newest placed first (R4.4): all, where the order changes. */
  redemptionsOn(orderId: string): RedemptionWithSlices[] {
    return [...this.redemptions.values()]
      .filter((redemption) => redemption.orderId === orderId)
      .sort((a, b) => b.number - a.number);
  }

  /**
   * Writes one entry: applies its moves, pays what is owed with whatever came in, first in first out
   * (R4.3: nobody is ever owing and able to spend at once), and numbers it.
   */
  post(posting: Posting): Entry {
    const moves = [...posting.moves];
    for (const move of moves) this.apply(move);
    let available = this.account.available + change(moves, 'REMAINING');
    const owedBefore = this.account.owed + (posting.owedChange ?? 0);
    const paid = Math.min(owedBefore, available);
    for (const move of paid > 0 ? this.take(paid, 'REVERSED') : []) {
      moves.push(move);
      this.apply(move);
    }
    available -= paid;
    const held = this.account.held + change(moves, 'HELD');
    const owed = owedBefore - paid;
    const turnover = this.account.turnover + (posting.turnoverChange ?? 0n);
    invariant(
      available >= 0 && held >= 0 && owed >= 0 && turnover >= 0n,
      'no balance is negative (L4)',
    );
    const entry = this.entryOf(posting, moves, { available, held, owed, turnover });
    this.entries.push(entry);
    this.enter(entry);
    return entry;
  }

  /** Tells the platform, in the account's order (R9.2). */
  tell(type: MessageType, data: Readonly<Record<string, unknown>>, occurredAt = this.now): void {
    const number = this.account.lastMessage + 1;
    this.account = { ...this.account, lastMessage: number };
    this.messages.push({ number, sequence: this.account.sequence, type, occurredAt, data });
  }

  /** Tells the member (R9.1), and the platform that they are told. Answers the notification's number. */
  notify(content: NotificationContent, about: { sequence?: number } = {}): number {
    const number = this.account.lastNotification + 1;
    this.account = { ...this.account, lastNotification: number };
    this.notifications.push({
      number,
      ...content,
      sequence: about.sequence ?? null,
      createdAt: this.now,
      delivered: null,
    });
    this.tell('member.notified', { notification: number, ...content });
    return number;
  }

  private apply(move: Move): void {
    const { from, to, points } = move;
    invariant(Number.isSafeInteger(points) && points > 0, 'a move is of at least 1 point');
    const lot = this.lot(move.lot);
    const taken = from === 'ISSUED' ? lot : withPoints(lot, from, -points);
    this.lots.set(lot.number, withPoints(taken, to, points));
    this.changedLots.add(lot.number);
  }

  private entryOf(
    posting: Posting,
    moves: readonly Move[],
    after: { available: Points; held: Points; owed: Points; turnover: bigint },
  ): Entry {
    return {
      sequence: this.account.sequence + 1,
      kind: posting.kind,
      availableChange: after.available - this.account.available,
      heldChange: after.held - this.account.held,
      owedChange: after.owed - this.account.owed,
      turnoverChange: posting.turnoverChange ?? 0n,
      availableAfter: wholePoints(after.available),
      heldAfter: wholePoints(after.held),
      owedAfter: wholePoints(after.owed),
      turnoverAfter: after.turnover,
      occurredAt: posting.occurredAt,
      recordedAt: this.now,
      orderId: posting.orderId ?? null,
      redemption: posting.redemption ?? null,
      termsVersion: this.terms.version,
      cause: posting.due ? 'due' : this.cause,
      actor: posting.due ? 'system' : this.actor,
      arithmetic: posting.arithmetic ?? null,
      allocations: moves.map(
        (move, ordinal): Allocation => ({
          ordinal,
          lot: move.lot,
          redemption: move.redemption ?? null,
          from: move.from,
          to: move.to,
          points: move.points,
        }),
      ),
    };
  }

  /** Of what was voided, what had been credited to this account: transferred points were earned elsewhere. */
  private voidedOfOwn(allocations: readonly Allocation[]): Points {
    return change(
      allocations.filter(({ to, lot }) => to === 'VOIDED' && this.lot(lot).source !== 'TRANSFER'),
      'VOIDED',
    );
  }

  private enter(entry: Entry): void {
    const { allocations } = entry;
    const before = this.account;
    this.account = {
      ...before,
      available: entry.availableAfter,
      held: entry.heldAfter,
      owed: entry.owedAfter,
      turnover: entry.turnoverAfter,
      lifetimeEarned:
        before.lifetimeEarned -
        (entry.kind === 'TRANSFERRED_IN' ? 0 : change(allocations, 'ISSUED')) -
        change(allocations, 'REVERSED') -
        this.voidedOfOwn(allocations) -
        entry.owedChange,
      lifetimeRedeemed: before.lifetimeRedeemed + change(allocations, 'REDEEMED'),
      lifetimeExpired: before.lifetimeExpired + change(allocations, 'EXPIRED'),
      sequence: entry.sequence,
      lastEntryAt: entry.recordedAt,
    };
    if (entry.turnoverChange !== 0n) {
      const tier = (turnover: bigint) => tierAt(this.terms, turnover).code;
      const [from, to] = [tier(before.turnover), tier(entry.turnoverAfter)];
      if (from !== to) this.tell('tier.changed', { from, to }, entry.occurredAt);
    }
  }
}
