import { setTimeout as pause } from 'node:timers/promises';
import type { Chance } from '../../src/demo/chance';
import { type Caller, GivenUpError } from './caller';
import type { Answer, Asked } from './history';

type Fact = Extract<Asked, { kind: 'event' }>;
type Mutation = Exclude<Asked, { kind: 'event' }>;

/** Probability that a client does not ask again at once, but only when the run is over. */
const FORGETS = 0.02;

/** What a session has asked, to be asked again: the same key must get the same answer for good. */
const REMEMBERED = 200;

/** Asked once, not answered, and left for the end of the run. */
class ForgottenError extends Error {}

/**
 * One client of the platform, doing what clients do, and what they should not: it earns, pays, holds and decides, moves
 * points, sends events late, twice and in any order, repeats old keys, reuses them. It owns its orders (nobody else tells
 * of them) and shares the accounts with everybody.
 */
export class Session {
  private count = 0;
  private readonly asked: Asked[] = [];
  private readonly late: Fact[] = [];
  /** Left open on purpose: settled by `settle`. */
  private readonly forgotten: Asked[] = [];

  constructor(
    private readonly caller: Caller,
    private readonly accounts: readonly string[],
    private readonly chance: Chance,
    private readonly thinkMs: number,
  ) {}

  /** Does one thing after the other until the run is over. */
  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      try {
        await this.oneThing();
      } catch (error) {
        if (error instanceof GivenUpError) return;
        if (!(error instanceof ForgottenError)) throw error;
      }
      await pause(this.chance.between(0, 2 * this.thinkMs));
    }
  }

  /** Tells what is still untold, and asks again what was never answered. */
  async settle(): Promise<void> {
    for (const fact of this.late.splice(0)) await this.caller.ask(fact, { mischief: 'delayed' });
    for (const asked of this.forgotten.splice(0)) {
      await this.caller.ask(asked, { mischief: 'resolved at the end' });
    }
  }

  private oneThing(): Promise<unknown> {
    const things: [weight: number, thing: () => Promise<unknown>][] = [
      [28, () => this.earn()],
      [34, () => this.pay()],
      [8, () => this.spendTheSamePoints()],
      [14, () => this.move()],
      [6, () => this.repeat()],
      [3, () => this.reuseKey()],
      [4, () => this.poison()],
      [3, () => this.catchUp()],
    ];
    let place = this.chance.next() * things.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, thing] of things) {
      place -= weight;
      if (place < 0) return thing();
    }
    return this.earn();
  }

  /** An order is placed, paid and delivered, in any order; now and then cancelled afterwards, in part or whole. */
  private async earn(): Promise<void> {
    const orderId = this.next('o');
    const facts = [
      this.placing(orderId, this.account(), this.amount(5, 150)),
      this.fact('order.paid', { orderId }),
      this.fact('order.delivered', { orderId }),
    ];
    const isReordered = this.chance.happens(0.3);
    if (isReordered) facts.reverse();
    for (const fact of facts) {
      if (isReordered && this.chance.happens(0.1)) this.late.push(fact);
      else await this.tell(fact, isReordered ? 'reordered' : undefined);
    }
    if (!this.chance.happens(0.3)) return;
    const net = this.chance.happens(0.5) ? {} : { net: this.amount(1, 60) };
    await this.tell(this.fact('order.cancelled', { orderId, ...net }));
  }

  /** Points pay an open order, at once or by a hold that is captured, given back, raced for, paid or left to lapse. */
  private async pay(): Promise<void> {
    const orderId = this.next('o');
    const customerId = this.account();
    await this.tell(this.placing(orderId, customerId, this.amount(1, 20)));
    const holdSeconds = this.chance.happens(0.6) ? this.chance.whole(60, 3_600) : null;
    const points = this.chance.happens(0.15) ? null : this.chance.whole(1, 60);
    const key = this.next('k');
    const answer = await this.ask({
      kind: 'redeem',
      ...{ key, customerId, orderId, points, holdSeconds },
    });
    if (holdSeconds !== null && answer.number !== undefined) {
      await this.decide(customerId, Number(answer.number));
    }
    const end = this.chance.next();
    if (end < 0.25) await this.tell(this.fact('order.cancelled', { orderId }));
    else if (end < 0.4) {
      await this.tell(this.fact('order.amended', { orderId, net: this.amount(1, 10) }));
    } else if (end < 0.6) await this.tell(this.fact('order.paid', { orderId }));
  }

  private async decide(customerId: string, number: number): Promise<void> {
    const capture = { kind: 'capture', key: this.next('k'), customerId, number } as const;
    const release = { kind: 'release', key: this.next('k'), customerId, number } as const;
    const way = this.chance.next();
    if (way < 0.35) await this.ask(capture);
    else if (way < 0.55) await this.ask(release);
    else if (way < 0.7) await this.together([capture, release]);
  }

  /** Several payments from one account at once, some under the same key. */
  private async spendTheSamePoints(): Promise<void> {
    const customerId = this.accounts[0]!;
    const orderId = this.next('o');
    await this.tell(this.placing(orderId, customerId, '500.00'));
    const keys = Array.from({ length: this.chance.whole(2, 4) }, () => this.next('k'));
    const payments = [...keys, keys[0]!].map(
      (key): Mutation => ({
        kind: 'redeem',
        ...{ key, customerId, orderId, points: null, holdSeconds: null },
      }),
    );
    await this.together(payments);
  }

  private async move(): Promise<void> {
    const [fromId, toId] = [this.account(), this.account()];
    const points = this.chance.happens(0.05) ? null : this.chance.whole(1, 80);
    await this.ask({ kind: 'transfer', key: this.next('k'), fromId, toId, points });
  }

  /** Something asked before, under the same key. */
  private async repeat(): Promise<void> {
    const asked = this.asked[this.chance.whole(0, this.asked.length - 1)];
    if (asked) await this.caller.ask(asked, { mischief: 'duplicated' });
  }

  /** A key that was used before, with other content: refused, and without effect. */
  private async reuseKey(): Promise<void> {
    const mutations = this.asked.filter((asked) => asked.kind === 'redeem');
    const asked = mutations[this.chance.whole(0, mutations.length - 1)];
    if (!asked) return;
    const points = (asked.points ?? 1) + 7;
    await this.caller.ask({ ...asked, points }, { forged: true, mischief: 'key reused' });
  }

  /** Events that nobody can apply: malformed, of an unknown type, or another under a known id. */
  private async poison(): Promise<void> {
    const manner = { forged: true, mischief: 'poisoned' };
    const kind = this.chance.whole(0, 2);
    if (kind === 0) {
      const data = { orderId: this.next('o'), customerId: this.account(), net: 'much' };
      await this.caller.ask(this.fact('order.placed', data), manner);
    } else if (kind === 1) {
      await this.caller.ask(this.fact('order.teleported', { orderId: this.next('o') }), manner);
    } else {
      const fact = this.asked.findLast((asked) => asked.kind === 'event');
      if (fact) await this.caller.ask({ ...fact, data: { ...fact.data, more: 1 } }, manner);
    }
  }

  /** What was delayed arrives. */
  private async catchUp(): Promise<void> {
    const fact = this.late.shift();
    if (fact) await this.tell(fact, 'delayed');
  }

  /** An event, as a platform may deliver it: now and then several times at once. */
  private async tell(fact: Fact, mischief?: string): Promise<void> {
    if (!this.chance.happens(0.15)) {
      await this.ask(fact, mischief);
      return;
    }
    const times = this.chance.whole(2, 4);
    await Promise.all(
      Array.from({ length: times }, () => this.caller.ask(fact, { mischief: 'duplicated' })),
    );
    this.remember(fact);
  }

  private async together(mutations: readonly Mutation[]): Promise<void> {
    await Promise.all(mutations.map((mutation) => this.caller.ask(mutation)));
    for (const mutation of mutations) this.remember(mutation);
  }

  private async ask(asked: Asked, mischief?: string): Promise<Answer> {
    const manner = mischief === undefined ? {} : { mischief };
    if (this.chance.happens(FORGETS)) {
      const { answer } = await this.caller.attempt(asked, manner);
      if (answer === null) {
        this.forgotten.push(asked);
        throw new ForgottenError();
      }
      return answer;
    }
    const answer = await this.caller.ask(asked, manner);
    this.remember(asked);
    return answer;
  }

  private remember(asked: Asked): void {
    this.asked.push(asked);
    if (this.asked.length > REMEMBERED) this.asked.shift();
  }

  private placing(orderId: string, customerId: string, net: string): Fact {
    return this.fact('order.placed', { orderId, customerId, net, currency: 'EUR' });
  }

  private fact(type: string, data: object): Fact {
    return { kind: 'event', id: this.next('e'), type, data };
  }

  /** The first account is everybody's favourite. */
  private account(): string {
    return this.chance.happens(0.25)
      ? this.accounts[0]!
      : this.accounts[this.chance.whole(0, this.accounts.length - 1)]!;
  }

  private amount(low: number, high: number): string {
    return this.chance.between(low, high).toFixed(2);
  }

  private next(prefix: string): string {
    this.count += 1;
    return `${this.caller.name}-${prefix}${this.count}`;
  }
}
