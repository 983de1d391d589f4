import { settleClaim, waiveClaim } from '../../src/abuse/decide-claim';
import { voidDiscount } from '../../src/abuse/void-discount';
import { voidXPointsLots } from '../../src/abuse/void-lots';
import { voidReferral } from '../../src/abuse/void-referral';
import { bookDue } from '../../src/ledger/book-due';
import type { Command } from '../../src/ledger/command';
import type { Claim } from '../../src/ledger/desk';
import { pointsToForfeit } from '../../src/ledger/end-membership';
import type { MemoryBooks } from '../../src/ledger/memory-books';
import { isOpen } from '../../src/ledger/order';
import { leaveRewards } from '../../src/members/leave';
import { reinstateMember, suspendMember } from '../../src/members/suspend';
import { terminateMembership } from '../../src/members/terminate';
import { eventCommand } from '../../src/orders/event-command';
import type { PlatformEvent } from '../../src/orders/platform-event';
import { captureRedemption, releaseRedemption } from '../../src/redemption/decide-hold';
import { redeem } from '../../src/redemption/redeem';
import { applyDiscountCode } from '../../src/referrals/apply-discount';
import { reviewReferral } from '../../src/referrals/review';
import { decideTransfer, requestTransfer, transferPoints } from '../../src/transfers/transfer';
import { followed } from '../abuse/followed';
import { placed, registered } from '../ledger/stories';
import { deskCommand } from './desk-steps';
import type { RuleStep } from './rule-steps';
import type { Commanded, Step } from './story';

const NO_CLAIM: Claim = {
  ...{ accountId: 'nobody', number: 1, redeemerId: 'nobody', redemption: 1, lots: [] },
  ...{ orderId: 'none', discountCode: null, points: 1, minor: 1n, currency: 'EUR' },
  ...{ reason: 'test', state: 'OPEN', openedBy: 'test', openedAt: 0 },
  ...{ decision: null, decidedMinor: null },
};

/** A command, and the scenario step that says the same; null where the format has no word for it. */
export interface Told {
  readonly command: Command<object>;
  readonly scenario: object | null;
}

/** Turns the steps of one story into commands, looking at the world as it is by then; every id carries the story's number. */
export class Teller {
  private readonly customers: string[] = [];
  private orders = 0;
  private events = 0;
  private ids = 0;

  constructor(
    private readonly number: number,
    private readonly world: MemoryBooks,
  ) {}

  tell(step: Exclude<Step, { kind: 'wait' } | RuleStep>): Told[] {
    switch (step.kind) {
      case 'register':
        return [this.register(step)];
      case 'place':
        return this.place(step);
      case 'placed again':
        return [this.event(placed(this.orderId(step.order), this.customer(1), '7.00'))];
      case 'paid':
      case 'delivered': {
        const fact = this.fact(step.kind, this.orderId(step.order));
        return [fact, { ...fact, scenario: null }];
      }
      case 'cancelled':
        return [
          this.event({ type: 'order.cancelled', orderId: this.orderId(step.order), net: step.net }),
        ];
      case 'amended':
        return [
          this.event({ type: 'order.amended', orderId: this.orderId(step.order), net: step.net }),
        ];
      case 'deleted':
        return [this.event({ type: 'customer.deleted', customerId: this.customer(step.customer) })];
      default:
        return [this.command(step)];
    }
  }

  private register(step: Extract<Step, { kind: 'register' }>): Told {
    const referrer = step.refer ? this.customer(step.customer) : null;
    const code =
      referrer === null ? null : (this.world.accounts.get(referrer)?.referralCode ?? null);
    const id = this.own(`c${this.customers.length}`);
    const emailHash = step.sameEmail && referrer !== null ? referrer : id;
    this.customers.push(id);
    const told = this.event(
      registered(id, {
        referralCode: code,
        emailHash,
        organizationId: 'acme',
        billingAccountId: 'acme-1',
      }),
    );
    const data = {
      customerId: id,
      program: 'EU',
      organizationId: 'acme',
      billingAccountId: 'acme-1',
    };
    const referredBy = referrer === null ? {} : { referredBy: referrer };
    const scenario = {
      event: 'customer.registered',
      data: { ...data, email: `${emailHash}@acme.example`, ...referredBy },
    };
    return { ...told, scenario };
  }

  private place(step: Extract<Step, { kind: 'place' }>): Told[] {
    this.orders += 1;
    const orderId = this.orderId(0);
    const { net, currency, complete } = step;
    const placing = this.event(placed(orderId, this.customer(step.customer), net, { currency }));
    const rest = complete ? [this.fact('paid', orderId), this.fact('delivered', orderId)] : [];
    return [placing, ...rest];
  }

  private command(step: Commanded): Told {
    const same = { idempotencyKey: `key-${step.key}`, actor: 'test' };
    switch (step.kind) {
      case 'redeem':
        return this.redeem(step, same);
      case 'capture':
      case 'release':
        return this.decision(step, same);
      case 'discount': {
        const orderId =
          (step.key % 2 ? this.discountable() : undefined) ?? this.openOrder(step.order);
        const customerId = this.ownerOf(orderId);
        const code = this.world.discounts.get(customerId)?.[0]?.code ?? 'none';
        return {
          command: applyDiscountCode({ customerId, orderId, code, ...same }),
          scenario: { do: 'applyDiscount', data: { customerId, orderId } },
        };
      }
      case 'transfer':
      case 'request':
        return this.transfer(step, same);
      case 'decide':
        return this.decide(step, same);
      case 'review': {
        const refereeId =
          [...this.world.referrals.keys()].at(-1 - step.customer) ?? this.customer(0);
        const referrerId = this.world.referrals.get(refereeId)?.referrerId ?? 'nobody';
        const review = { refereeId, referrerId, accept: step.yes, note: 'test', ...same };
        return { command: reviewReferral(review), scenario: null };
      }
      case 'void lot':
      case 'void discount':
      case 'void referral':
        return this.voiding(step, { ...same, reason: 'test' });
      case 'settle':
      case 'waive':
        return this.claim(step, same);
      case 'adjust':
      case 'approve':
      case 'object':
      case 'answer':
      case 'tell terms':
      case 'object to terms':
      case 'deliver': {
        const customerId = this.customer(step.customer);
        return { command: deskCommand(step, this.world, customerId, same), scenario: null };
      }
      default:
        return this.membership(step, same);
    }
  }

  private membership(
    step: Extract<Commanded, { kind: 'leave' | 'terminate' | 'suspend' | 'reinstate' | 'due' }>,
    same: { idempotencyKey: string; actor: string },
  ): Told {
    const customerId = this.customer(step.customer);
    const scenario = { do: step.kind, data: { customerId } };
    switch (step.kind) {
      case 'leave': {
        const account = this.world.accounts.get(customerId);
        const lots = this.world.lots.get(customerId) ?? new Map();
        const named = account?.program
          ? pointsToForfeit({ account: account as never, lots }, 0)
          : 0;
        const forfeits = step.right ? named : named + 1;
        return { command: leaveRewards({ customerId, forfeits, ...same }), scenario };
      }
      case 'terminate': {
        const { goodCause } = step;
        return {
          command: terminateMembership({ customerId, goodCause, reason: 'test', ...same }),
          scenario: { do: 'terminate', data: { customerId, goodCause } },
        };
      }
      case 'suspend':
        return { command: suspendMember({ customerId, reason: 'test', ...same }), scenario };
      case 'reinstate':
        return { command: reinstateMember({ customerId, ...same }), scenario };
      case 'due':
        return { command: bookDue(customerId), scenario: null };
    }
  }

  private redeem(
    step: Extract<Commanded, { kind: 'redeem' }>,
    same: { idempotencyKey: string; actor: string },
  ): Told {
    const orderId = this.openOrder(step.order);
    const customerId = step.stranger ? this.customer(step.order + 1) : this.ownerOf(orderId);
    const { points, holdMs } = step;
    const data = {
      customerId,
      orderId,
      points: points ?? 'max',
      ...(holdMs ? { hold: true } : {}),
    };
    return {
      command: redeem({ customerId, orderId, points, holdMs, ...same }),
      scenario: { do: 'redeem', data: { ...data, as: `r${step.key}` } },
    };
  }

  /** A decision on one of the newest holds of anybody, or where there is none on any redemption. */
  private decision(
    step: Extract<Commanded, { kind: 'capture' | 'release' }>,
    same: { idempotencyKey: string; actor: string },
  ): Told {
    const all = [...this.world.redemptions].flatMap(([customerId, own]) =>
      [...own.values()].map((redemption) => ({ customerId, ...redemption })),
    );
    const held = all.filter(({ state }) => state === 'HELD');
    const chosen = (held.length > 0 && step.number < 2 ? held : all).at(-1 - (step.number % 2));
    const customerId = chosen?.customerId ?? this.customer(0);
    const hold = { customerId, number: chosen?.number ?? 1, ...same };
    const command =
      step.kind === 'capture'
        ? captureRedemption({ ...hold, points: step.points })
        : releaseRedemption(hold);
    return { command, scenario: null };
  }

  private transfer(
    step: Extract<Commanded, { kind: 'transfer' | 'request' }>,
    same: { idempotencyKey: string; actor: string },
  ): Told {
    const fromId = this.customer(step.customer);
    const toId = this.customer(step.other);
    this.ids += 1;
    const wish = {
      id: this.own(`t${this.ids}`),
      fromId,
      toId,
      points: step.points,
      reason: 'OTHER' as const,
      evidence: null,
      ...same,
    };
    if (step.kind === 'request') {
      return { command: requestTransfer({ ...wish, askerId: fromId }), scenario: null };
    }
    const data = { from: fromId, to: toId, points: step.points ?? 'all', reason: 'OTHER' };
    return { command: transferPoints(wish), scenario: { do: 'transfer', data } };
  }

  private decide(
    step: Extract<Commanded, { kind: 'decide' | 'review' }>,
    same: { idempotencyKey: string; actor: string },
  ): Told {
    const open = [...this.world.transfers.values()].filter(({ state }) => state === 'REQUESTED');
    const chosen = open.at(-1 - step.customer) ?? open.at(-1);
    const transferId = chosen?.id ?? 'none';
    const { fromId = this.customer(0), toId = this.customer(1) } = chosen ?? {};
    const decision = { transferId, fromId, toId, approve: step.yes, note: null, ...same };
    return { command: decideTransfer(decision), scenario: null };
  }

  /** The newest open order of somebody with a discount code that is on none. */
  private discountable(): string | undefined {
    const { orders, discounts } = this.world;
    return [...orders.values()]
      .filter(isOpen)
      .filter(({ placed }) => discounts.get(placed?.customerId ?? '')?.[0]?.orderId === null)
      .at(-1)?.id;
  }

  /**
   * A voiding of a lot that something was redeemed or transferred of, else of one of the newest of somebody's; of a code
   * that is on an order, where there is one; of one of the newest referrals.
   */
  private voiding(
    step: Extract<Commanded, { kind: 'void lot' | 'void discount' | 'void referral' }>,
    same: { idempotencyKey: string; actor: string; reason: string },
  ): Told {
    const { world } = this;
    const customerId = this.customer(step.customer);
    const codeOf = (id: string) => world.discounts.get(id)?.[0];
    if (step.kind === 'void lot') {
      const spent = [...world.lots].flatMap(([id, own]) =>
        [...own.values()]
          .filter(({ voidedAt, redeemed, transferred }) => !voidedAt && redeemed + transferred > 0)
          .map(({ number }) => ({ id, lot: number })),
      );
      const redeemedElsewhere = [...world.lots.values()].flatMap((own) =>
        [...own.values()]
          .filter(({ voidedAt, redeemed, origin }) => !voidedAt && redeemed > 0 && origin)
          .map(({ origin }) => ({ id: origin!.accountId, lot: origin!.lot })),
      );
      if (step.lot === 0) spent.push(...redeemedElsewhere);
      const newest = [...(world.lots.get(customerId)?.keys() ?? [])].at(1 - step.lot);
      const own = { id: customerId, lot: newest ?? step.lot };
      const chosen = (step.lot < 2 ? spent.at(-1 - step.lot) : undefined) ?? own;
      const lots = [chosen.lot];
      const input = { customerId: chosen.id, lots, followed: followed(world, chosen.id, lots) };
      return { command: voidXPointsLots({ ...input, ...same }), scenario: null };
    }
    if (step.kind === 'void discount') {
      const used = [...world.discounts.values()].flat().filter((it) => it.orderId !== null);
      const discount = step.customer % 2 === 0 ? used.at(-1) : undefined;
      const { accountId, code, orderId } = discount ??
        codeOf(customerId) ?? { accountId: customerId, code: 'none', orderId: null };
      const input = { customerId: accountId, code, orderId, ...same };
      return { command: voidDiscount(input), scenario: null };
    }
    const refereeId = [...world.referrals.keys()].at(-1 - step.customer) ?? customerId;
    const { referrerId = 'nobody', lot = null } = world.referrals.get(refereeId) ?? {};
    const known = lot === null ? [] : followed(world, referrerId, [lot]);
    const orderId = codeOf(refereeId)?.orderId ?? null;
    const input = { refereeId, referrerId, followed: known, orderId, ...same };
    return { command: voidReferral(input), scenario: null };
  }

  /** A decision on one of the newest claims; where there is none, on one that nobody has. */
  private claim(
    step: Extract<Commanded, { kind: 'settle' | 'waive' }>,
    same: { idempotencyKey: string; actor: string },
  ): Told {
    const claims = [...this.world.claims.values()];
    const claim = claims.at(-1 - (step.customer % 2)) ?? NO_CLAIM;
    const decide = step.kind === 'settle' ? settleClaim : waiveClaim;
    return { command: decide({ claim, note: 'test', ...same }), scenario: null };
  }

  private fact(fact: 'paid' | 'delivered', orderId: string): Told {
    return this.event(
      fact === 'paid'
        ? { type: 'order.paid', orderId, xPoints: null }
        : { type: 'order.delivered', orderId },
    );
  }

  private event(event: PlatformEvent): Told {
    this.events += 1;
    const digest = JSON.stringify(event);
    const id = this.own(`event-${this.events}`);
    const { type, ...fields } = event;
    const data = Object.fromEntries(
      Object.entries(fields).filter(([, value]) => value !== null && !Array.isArray(value)),
    );
    return {
      command: eventCommand({ source: 'test', id, type, digest, payload: {}, event }),
      scenario: { event: type, data },
    };
  }

  private openOrder(ago: number): string {
    const open = [...this.world.orders.values()].filter(isOpen);
    return open.at(-1 - Math.abs(ago))?.id ?? this.orderId(ago);
  }

  private ownerOf(orderId: string): string {
    return this.world.orders.get(orderId)?.placed?.customerId ?? this.customer(0);
  }

  private orderId(ago: number): string {
    return this.own(`o${Math.max(1, this.orders - ago)}`);
  }

  /** A customer by place, the newest first from the third place on; before there is one, one to come. */
  private customer(place: number): string {
    const { customers } = this;
    return (
      (place < 2 ? customers[place] : customers.at(1 - place)) ?? this.own(`c${customers.length}`)
    );
  }

  private own(id: string): string {
    return `${id}-${this.number}`;
  }
}
