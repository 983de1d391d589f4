import { shardOf } from '../kernel/ids';
import { DAY_MS, type Instant } from '../kernel/time';
import type { Account } from './account';
import { Batch } from './batch';
import type { RedemptionWithSlices } from './book';
import { type Command, seenKey } from './command';
import type { Adjustment, Claim, Objection, Voiding } from './desk';
import type { DiscountCode } from './discount';
import type { Entry } from './entry';
import type { Changes } from './ledger.writes';
import type { Lot } from './lot';
import type { Member } from './member';
import type { Notification } from './notification';
import type { Order } from './order';
import type { ProgramEnding } from './program-ending';
import type { Referral, ReferralSignals } from './referral';
import type { Rules } from './rules';
import type { Transfer } from './transfer';

/**
 * The books in memory alone: the same decisions, and maps in the database's place. What tests compare the database with,
 * and what tells a history again under other terms.
 */
export class MemoryBooks {
  readonly accounts = new Map<string, Account>();
  readonly orders = new Map<string, Order>();
  readonly members = new Map<string, Member>();
  readonly lots = new Map<string, Map<number, Lot>>();
  readonly redemptions = new Map<string, Map<number, RedemptionWithSlices>>();
  readonly entries: { accountId: string; what: Entry }[] = [];
  readonly referrals = new Map<string, Referral>();
  readonly discounts = new Map<string, DiscountCode[]>();
  readonly transfers = new Map<string, Transfer>();
  readonly adjustments = new Map<string, Adjustment>();
  readonly objections = new Map<string, Objection>();
  readonly claims = new Map<string, Claim>();
  readonly voidings = new Map<string, Voiding>();
  readonly notifications = new Map<string, Map<number, Notification>>();
  readonly endings = new Map<string, ProgramEnding>();
  private readonly codes = new Map<string, string>();
  private readonly seen = new Map<string, { fingerprint: string; answer: object }>();

  constructor(private readonly rules: Rules) {}

  /** Decides a command at an instant and keeps what it changed. */
  run(command: Command<object>, now: Instant): object {
    const { answer, keep } = this.decide(command, now);
    keep();
    return answer;
  }

  /** Decides a command at an instant; what it would change is kept only where `keep` is called, before anything else is. */
  decide(command: Command<object>, now: Instant): { answer: object; keep(): void } {
    if (command.records) {
      for (const id of command.customers)
        if (!this.accounts.has(id)) this.accounts.set(id, stub(id));
    }
    const people = {
      ...this,
      codeOwners: this.codes,
      signals: this.signals(command, now),
      cases: {
        adjustments: [...this.adjustments.values()],
        objections: [...this.objections.values()],
        claims: [...this.claims.values()],
      },
      notifications: (command.notifications ?? []).flatMap(({ accountId, number }) => {
        const what = this.notifications.get(accountId)?.get(number);
        return what ? [{ accountId, what }] : [];
      }),
    };
    const batch = new Batch(
      { ...this, ...this.concerning(command), ...NOT_LOADED, now, people },
      this.rules,
    );
    const result = batch.run(command);
    if ('error' in result) throw result.error;
    return { answer: result.answer, keep: () => this.keep(batch.changes()) };
  }

  /** The order and the answer that a command concerns: a batch copies what it is given, and a world may be large. */
  private concerning({ orderId, operation, seen, waitingOrdersOf }: Command<object>) {
    const order = orderId === undefined ? undefined : this.orders.get(orderId);
    const orders = order ? new Map([[order.id, order]]) : new Map<string, Order>();
    const key = seen && seenKey(operation, seen);
    const before = key === undefined ? undefined : this.seen.get(key);
    return {
      orders: waitingOrdersOf === undefined ? orders : this.orders,
      seen: new Map(key !== undefined && before ? [[key, before]] : []),
    };
  }

  private keep(changes: Changes): void {
    for (const account of changes.accounts) this.accounts.set(account.id, account);
    for (const order of [...changes.newOrders, ...changes.changedOrders]) {
      this.orders.set(order.id, order);
    }
    for (const member of changes.members) this.members.set(member.accountId, member);
    for (const { accountId, what } of [...changes.newLots, ...changes.changedLots]) {
      of(this.lots, accountId).set(what.number, what);
    }
    for (const { accountId, what } of [...changes.newRedemptions, ...changes.changedRedemptions]) {
      of(this.redemptions, accountId).set(what.number, what);
    }
    for (const { operation, seen, answer } of changes.answers) {
      const fingerprint = seen.in === 'answers' ? seen.fingerprint : seen.digest;
      this.seen.set(seenKey(operation, seen), { fingerprint, answer });
    }
    for (const referral of changes.referrals) this.referrals.set(referral.refereeId, referral);
    for (const discount of changes.discounts) {
      const others = (this.discounts.get(discount.accountId) ?? []).filter(
        ({ code }) => code !== discount.code,
      );
      this.discounts.set(discount.accountId, [...others, discount]);
    }
    for (const transfer of changes.transfers) this.transfers.set(transfer.id, transfer);
    for (const it of changes.adjustments) this.adjustments.set(caseKey(it), it);
    for (const it of changes.objections) this.objections.set(caseKey(it), it);
    for (const it of changes.claims) this.claims.set(caseKey(it), it);
    for (const it of changes.voidings) this.voidings.set(caseKey(it), it);
    for (const { accountId, what } of [...changes.notifications, ...changes.deliveries]) {
      of(this.notifications, accountId).set(what.number, what);
    }
    for (const id of changes.erase) this.erase(id);
    for (const { code, accountId } of changes.codes) this.codes.set(code, accountId);
    this.entries.push(...changes.entries);
  }

  /** As personal-data.ts does, for what is compared here. */
  private erase(id: string): void {
    for (const transfer of this.transfers.values()) {
      if (transfer.fromId !== id && transfer.toId !== id) continue;
      this.transfers.set(transfer.id, { ...transfer, evidence: null, note: null });
    }
  }

  private signals(command: Command<object>, now: Instant): Map<string, ReferralSignals> {
    const { referralCode = '', emailHash = null, customers } = command;
    const referrer = this.codes.get(referralCode);
    const refereeId = customers[0];
    if (referrer === undefined || refereeId === undefined) return new Map();
    const recent = [...this.referrals.values()].filter(
      ({ referrerId, registeredAt }) => referrerId === referrer && registeredAt > now - DAY_MS,
    ).length;
    const registeredBefore = [...this.members.values()].some(
      (member) =>
        member.accountId !== refereeId &&
        member.registeredAt !== null &&
        emailHash !== null &&
        member.emailHash === emailHash,
    );
    return new Map([[refereeId, { recent, registeredBefore }]]);
  }
}

/** All redemptions are there. */
const NOT_LOADED = { capturedBesides: new Map<string, number>(), revision: 0, position: 0 };

function of<T>(maps: Map<string, Map<number, T>>, id: string): Map<number, T> {
  const map = maps.get(id) ?? new Map<number, T>();
  maps.set(id, map);
  return map;
}

function caseKey({ accountId, number }: { accountId: string; number: number }): string {
  return JSON.stringify([accountId, number]);
}

function stub(id: string): Account {
  return {
    shard: shardOf(id),
    id,
    program: null,
    termsVersion: null,
    termsAhead: [],
    termsKnown: null,
    campaignPoints: {},
    lastNotification: 0,
    lastCase: 0,
    expiryToldUntil: null,
    enrolledAt: null,
    stage: 'ACTIVE',
    noticeAt: null,
    endsAt: null,
    redeemUntil: null,
    endedAt: null,
    endReason: null,
    suspendedAt: null,
    suspendedReason: null,
    referralCode: null,
    available: 0,
    held: 0,
    owed: 0,
    turnover: 0n,
    lifetimeEarned: 0,
    lifetimeRedeemed: 0,
    lifetimeExpired: 0,
    sequence: 0,
    lastLot: 0,
    lastMessage: 0,
    ordersPlaced: 0,
    completedOrders: 0,
    frozenAt: null,
    nextDueAt: null,
    lastEntryAt: null,
  };
}
