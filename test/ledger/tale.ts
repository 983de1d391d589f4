import { settleClaim, waiveClaim } from '../../src/abuse/decide-claim';
import { voidDiscount } from '../../src/abuse/void-discount';
import { voidXPointsLots } from '../../src/abuse/void-lots';
import { voidReferral } from '../../src/abuse/void-referral';
import { type Instant, parseInstant } from '../../src/kernel/time';
import { isRegistered, membershipState } from '../../src/ledger/account';
import { bookDue } from '../../src/ledger/book-due';
import type { Command } from '../../src/ledger/command';
import type { Claim } from '../../src/ledger/desk';
import type { DiscountCode } from '../../src/ledger/discount';
import type { Entry } from '../../src/ledger/entry';
import type { Lot } from '../../src/ledger/lot';
import { MemoryBooks } from '../../src/ledger/memory-books';
import type { Referral } from '../../src/ledger/referral';
import type { Rules } from '../../src/ledger/rules';
import { leaveRewards } from '../../src/members/leave';
import { objectToTerms } from '../../src/members/object-to-terms';
import { reinstateMember, suspendMember } from '../../src/members/suspend';
import { terminateMembership } from '../../src/members/terminate';
import { eventCommand } from '../../src/orders/event-command';
import type { PlatformEvent } from '../../src/orders/platform-event';
import type { Campaign } from '../../src/programs/campaign';
import type { PublishedTerms, Terms } from '../../src/programs/terms';
import { captureRedemption, releaseRedemption } from '../../src/redemption/decide-hold';
import { type RedemptionAnswer, redeem } from '../../src/redemption/redeem';
import { applyDiscountCode } from '../../src/referrals/apply-discount';
import { reviewReferral } from '../../src/referrals/review';
import { decideTransfer, requestTransfer, transferPoints } from '../../src/transfers/transfer';
import { followed } from '../abuse/followed';
import { shippedTerms } from '../programs/documents';
import { placed, registered } from './stories';

const PROGRAMS = { EU: shippedTerms('eu'), TR: shippedTerms('tr') };

let codes = 0;

/** Rules of a story of its own: the shipped terms, and what the story publishes. */
class TaleRules implements Rules {
  readonly published: PublishedTerms[] = Object.values(PROGRAMS).map((terms) => ({
    terms,
    publishedAt: 0,
  }));
  readonly started: Campaign[] = [];

  terms(program: string, version: number): Terms {
    return this.versions(program).find(({ terms }) => terms.version === version)!.terms;
  }

  bindingAt(program: string, at: Instant): Terms | undefined {
    const versions = this.versions(program);
    return (versions.findLast(({ terms }) => terms.effectiveAt <= at) ?? versions[0])?.terms;
  }

  versions(program: string): PublishedTerms[] {
    return this.published.filter(({ terms }) => terms.program === program);
  }

  campaigns(program: string): Campaign[] {
    return this.started.filter((campaign) => campaign.program === program);
  }

  async learn(): Promise<void> {}

  newCode(): string {
    codes += 1;
    return `CODE${codes}`;
  }
}

/** A story told to the decisions alone, in memory, at instants of its own. */
export class Tale {
  private readonly rules = new TaleRules();
  readonly world = new MemoryBooks(this.rules);
  private now: Instant = parseInstant('2025-01-10T10:00:00Z')!;
  private told = 0;

  at(instant: string): this {
    this.now = parseInstant(instant)!;
    return this;
  }

  /** Publishes a version of a program's terms. */
  publish(version: PublishedTerms): this {
    this.rules.published.push(version);
    return this;
  }

  /** Starts a campaign. */
  campaign(campaign: Campaign): this {
    this.rules.started.push(campaign);
    return this;
  }

  /** Sends an event; answers its outcome, or why it was set aside. */
  send(event: PlatformEvent, id = this.next('e')): string {
    const digest = JSON.stringify(event);
    const answer = this.run(
      eventCommand({ source: 'test', id, type: event.type, digest, payload: {}, event }),
    ) as { outcome: string; reason?: string };
    return answer.reason ?? answer.outcome;
  }

  register(customerId: string, fields: Parameters<typeof registered>[1] = {}): string {
    return this.send(registered(customerId, fields));
  }

  place(orderId: string, customerId: string, net: string, currency = 'EUR'): string {
    return this.send(placed(orderId, customerId, net, { currency }));
  }

  pay(orderId: string, xPoints: number | null = null): string {
    return this.send({ type: 'order.paid', orderId, xPoints });
  }

  deliver(orderId: string): string {
    return this.send({ type: 'order.delivered', orderId });
  }

  cancel(orderId: string, net: string | null = null): string {
    return this.send({ type: 'order.cancelled', orderId, net });
  }

  amend(orderId: string, net: string): string {
    return this.send({ type: 'order.amended', orderId, net });
  }

  /** Places, pays and delivers. */
  complete(orderId: string, customerId: string, net: string): void {
    this.place(orderId, customerId, net);
    this.pay(orderId);
    this.deliver(orderId);
  }

  /** Redeems; answers the redemption's number, or why it was refused. */
  redeem(
    customerId: string,
    orderId: string,
    points: number | null,
    holdMs: number | null = null,
  ): number | string {
    return numberOf(this.run(redeem({ customerId, orderId, points, holdMs, ...this.caller() })));
  }

  capture(
    customerId: string,
    number: number | string,
    points: number | null = null,
  ): number | string {
    return numberOf(
      this.run(captureRedemption({ customerId, number: Number(number), points, ...this.caller() })),
    );
  }

  release(customerId: string, number: number | string): number | string {
    return numberOf(
      this.run(releaseRedemption({ customerId, number: Number(number), ...this.caller() })),
    );
  }

  /** The member's referral code; it comes with the first completed order. */
  code(customerId: string): string {
    return this.world.accounts.get(customerId)?.referralCode ?? 'no code';
  }

  /** Registers through somebody's link. */
  refer(
    referrerId: string,
    refereeId: string,
    fields: Parameters<typeof registered>[1] = {},
  ): string {
    return this.register(refereeId, { referralCode: this.code(referrerId), ...fields });
  }

  referral(refereeId: string): Referral | undefined {
    return this.world.referrals.get(refereeId);
  }

  review(refereeId: string, accept: boolean): string {
    const referrerId = this.referral(refereeId)?.referrerId ?? 'nobody';
    return refusalOf(
      this.run(reviewReferral({ refereeId, referrerId, accept, note: 'test', ...this.caller() })),
    );
  }

  /** The customer's first discount code. */
  discount(customerId: string): DiscountCode | undefined {
    return this.world.discounts.get(customerId)?.[0];
  }

  applyDiscount(customerId: string, orderId: string, code?: string): string {
    const own = code ?? this.discount(customerId)?.code ?? 'none';
    return refusalOf(
      this.run(applyDiscountCode({ customerId, orderId, code: own, ...this.caller() })),
    );
  }

  /** The desk moves points. */
  transfer(fromId: string, toId: string, points: number | null): string {
    const id = this.next('t');
    const wish = { id, fromId, toId, points, reason: 'OTHER' as const, evidence: null };
    return refusalOf(this.run(transferPoints({ ...wish, ...this.caller() })));
  }

  /** A member asks for a transfer; answers its id, or why it was refused. */
  request(askerId: string, fromId: string, toId: string, points: number | null): string {
    const id = this.next('t');
    const wish = { id, fromId, toId, points, reason: 'OTHER' as const, evidence: 'a letter' };
    const answer = this.run(requestTransfer({ ...wish, askerId, ...this.caller() }));
    return 'refused' in answer ? String(answer.refused) : id;
  }

  decide(transferId: string, approve: boolean): string {
    const { fromId = 'a', toId = 'b' } = this.world.transfers.get(transferId) ?? {};
    const decision = { transferId, fromId, toId, approve, note: 'seen' };
    return refusalOf(this.run(decideTransfer({ ...decision, ...this.caller() })));
  }

  /** The desk voids lots for abuse, by their numbers. */
  voidLots(customerId: string, ...lots: number[]): string {
    const known = followed(this.world, customerId, lots);
    const input = { customerId, lots, followed: known, reason: 'abuse', ...this.caller() };
    return refusalOf(this.run(voidXPointsLots(input)));
  }

  voidReferral(refereeId: string): string {
    const { referrerId = 'nobody', lot = null } = this.referral(refereeId) ?? {};
    const known = lot === null ? [] : followed(this.world, referrerId, [lot]);
    const orderId = this.discount(refereeId)?.orderId ?? null;
    const input = { refereeId, referrerId, followed: known, orderId, reason: 'abuse' };
    return refusalOf(this.run(voidReferral({ ...input, ...this.caller() })));
  }

  voidDiscount(customerId: string, code = this.discount(customerId)?.code ?? 'none'): string {
    const orderId = this.discount(customerId)?.orderId ?? null;
    const input = { customerId, code, orderId, reason: 'abuse', ...this.caller() };
    return refusalOf(this.run(voidDiscount(input)));
  }

  /** The claims against a member, oldest first. */
  claims(customerId: string): Claim[] {
    return [...this.world.claims.values()].filter(({ accountId }) => accountId === customerId);
  }

  /** The desk settles or waives the member's claim of that place, the first: 0. */
  decideClaim(customerId: string, place: number, how: 'settle' | 'waive'): string {
    const claim = this.claims(customerId)[place]!;
    const decide = how === 'settle' ? settleClaim : waiveClaim;
    return refusalOf(this.run(decide({ claim, note: 'seen', ...this.caller() })));
  }

  leave(customerId: string, forfeits: number): string {
    return refusalOf(this.run(leaveRewards({ customerId, forfeits, ...this.caller() })));
  }

  terminate(customerId: string, goodCause = false): string {
    return refusalOf(
      this.run(terminateMembership({ customerId, goodCause, reason: 'test', ...this.caller() })),
    );
  }

  objectToTerms(customerId: string, version: number): string {
    return refusalOf(this.run(objectToTerms({ customerId, version, ...this.caller() })));
  }

  /** What the membership shows as. */
  membership(customerId: string): string {
    this.run(bookDue(customerId));
    const account = this.world.accounts.get(customerId)!;
    return isRegistered(account) ? membershipState(account) : 'none';
  }

  suspend(customerId: string): string {
    return refusalOf(this.run(suspendMember({ customerId, reason: 'test', ...this.caller() })));
  }

  reinstate(customerId: string): string {
    return refusalOf(this.run(reinstateMember({ customerId, ...this.caller() })));
  }

  /** The account at the present instant, what is due booked. */
  account(customerId: string): { available: number; held: number; owed: number; turnover: bigint } {
    this.run(bookDue(customerId));
    const { available, held, owed, turnover } = this.world.accounts.get(customerId)!;
    return { available, held, owed, turnover };
  }

  /** Lots with points left or held, as `reference remaining+held`. */
  openLots(customerId: string): string[] {
    this.run(bookDue(customerId));
    return [...(this.world.lots.get(customerId)?.values() ?? [])]
      .filter(({ remaining, held }) => remaining + held > 0)
      .map(({ sourceRef, remaining, held }) => `${sourceRef} ${remaining}+${held}`);
  }

  lot(customerId: string, orderId: string): Lot {
    const lots = [...(this.world.lots.get(customerId)?.values() ?? [])];
    return lots.find(({ sourceRef }) => sourceRef === orderId)!;
  }

  /** The kinds of a customer's entries, oldest first. */
  entries(customerId: string): Entry[] {
    return this.world.entries
      .filter(({ accountId }) => accountId === customerId)
      .map(({ what }) => what);
  }

  /** What an order still credits, less what was taken back. */
  earned(orderId: string): number {
    const earned = this.world.orders.get(orderId)?.judged?.earned;
    return earned ? earned.credited - earned.reversed : 0;
  }

  run(command: Command<object>): object {
    return this.world.run(command, this.now);
  }

  private next(prefix: string): string {
    this.told += 1;
    return `${prefix}${this.told}`;
  }

  private caller(): { idempotencyKey: string; actor: string } {
    return { idempotencyKey: this.next('k'), actor: 'test' };
  }
}

function numberOf(answer: object): number | string {
  return 'refused' in answer
    ? String(answer.refused)
    : (answer as RedemptionAnswer).redemption.number;
}

function refusalOf(answer: object): string {
  return 'refused' in answer ? String(answer.refused) : 'ok';
}
