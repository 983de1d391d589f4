import { type Instant, parseInstant } from '../../src/kernel/time';
import { bookDue } from '../../src/ledger/book-due';
import type { Command } from '../../src/ledger/command';
import type { Entry } from '../../src/ledger/entry';
import type { Lot } from '../../src/ledger/lot';
import type { Rules } from '../../src/ledger/rules';
import { reinstateMember, suspendMember } from '../../src/members/suspend';
import { eventCommand } from '../../src/orders/event-command';
import type { PlatformEvent } from '../../src/orders/platform-event';
import { captureRedemption, releaseRedemption } from '../../src/redemption/decide-hold';
import { type RedemptionAnswer, redeem } from '../../src/redemption/redeem';
import { shippedTerms } from '../programs/documents';
import { World } from '../properties/world';
import { placed, registered } from './stories';

const PROGRAMS = { EU: shippedTerms('eu'), TR: shippedTerms('tr') };

const rules: Rules = {
  terms: (program) => PROGRAMS[program as 'EU' | 'TR'],
  bindingAt: (program) => PROGRAMS[program as 'EU' | 'TR'],
  learn: async () => undefined,
  newCode: () => 'CODE',
};

/** A story told to the decisions alone, in memory, at instants of its own. */
export class Tale {
  readonly world = new World(rules);
  private now: Instant = parseInstant('2025-01-10T10:00:00Z')!;
  private told = 0;

  at(instant: string): this {
    this.now = parseInstant(instant)!;
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
