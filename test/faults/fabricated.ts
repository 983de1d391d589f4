import { MemoryBooks } from '../../src/ledger/memory-books';
import type { Rules } from '../../src/ledger/rules';
import { shippedTerms } from '../programs/documents';
import type { Evidence, Rows } from './evidence';
import { type Asked, type Attempt, causeOf, storedAnswer } from './history';
import { commandReader } from './replay';

const TERMS = shippedTerms('eu');
const SIGNAL_KEY = 'a key for tests';

const RULES: Rules = {
  terms: () => TERMS,
  bindingAt: () => TERMS,
  versions: () => [{ terms: TERMS, publishedAt: 0 }],
  campaigns: () => [],
  learn: async () => undefined,
  newCode: () => 'CODE',
};

type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;

type Copied = Omit<Evidence, 'rules' | 'signalKey'>;

/** Evidence that a test may change. */
export type Spoilable = Mutable<Copied> & Pick<Evidence, 'rules' | 'signalKey'>;

/**
 * A history as a faultless run would leave it, made up in memory: every command one after the other, answered at once. Tests
 * then take something out of it, add something, or exchange something.
 */
export class Fabricated {
  private readonly world = new MemoryBooks(RULES);
  private readonly history: Attempt[] = [];
  private readonly answers: Rows['answers'][number][] = [];
  private readonly commandOf = commandReader(SIGNAL_KEY);
  private now = Date.parse('2026-03-01T08:00:00Z');
  private stepMs = 60_000;
  private count = 0;

  /** One command, a minute after the one before it. */
  ask(asked: Asked, as: Partial<Attempt> = {}): this {
    this.now += this.stepMs;
    this.count += 1;
    const command = this.commandOf(asked, { id: `transfer-${this.count}` });
    const answer = storedAnswer(this.world.run(command, this.now));
    const start = this.count * 1_000;
    this.history.push({
      ...{ by: 'a client', n: this.count, asked, server: 0, start, end: start + 500 },
      ...{ ending: 'ok', answer, error: null, forged: false, mischief: null, ...as },
    });
    this.answers.push({ cause: causeOf(asked), at: this.now, answer });
    return this;
  }

  /** From now on the clock stands still: it does not tell any more what came first. */
  standStill(): this {
    this.stepMs = 0;
    return this;
  }

  event(id: string, type: string, data: object): this {
    return this.ask({ kind: 'event', id, type, data });
  }

  /** A member with points of two lots, 100 and 50. */
  member(customerId: string): this {
    const same = { organizationId: 'acme', billingAccountId: 'acme-1' };
    this.event(`${customerId}-0`, 'customer.registered', { customerId, program: 'EU', ...same });
    for (const [n, net] of ['100.00', '50.00'].entries()) {
      const orderId = `${customerId}-${n}`;
      this.event(`${orderId}-placed`, 'order.placed', {
        orderId,
        customerId,
        net,
        currency: 'EUR',
      });
      this.event(`${orderId}-paid`, 'order.paid', { orderId });
      this.event(`${orderId}-delivered`, 'order.delivered', { orderId });
    }
    return this;
  }

  /** An open order, and points on it. */
  redeem(key: string, customerId: string, points: number): this {
    const orderId = `${customerId}-${key}`;
    const data = { orderId, customerId, net: '20.00', currency: 'EUR' };
    this.event(`${orderId}-placed`, 'order.placed', data);
    return this.ask({ kind: 'redeem', key, customerId, orderId, points, holdSeconds: null });
  }

  /** What the checker would be shown; a copy that a test may change. */
  evidence(): Spoilable {
    const { world } = this;
    const numbered = <T>(maps: ReadonlyMap<string, ReadonlyMap<number, T>>) =>
      [...maps].flatMap(([accountId, own]) =>
        [...own.values()].map((what) => ({ accountId, what })),
      );
    const entries = world.entries
      .map(({ accountId, what }) => ({ accountId, ...what }))
      .sort((a, b) => a.accountId.localeCompare(b.accountId) || a.sequence - b.sequence);
    const rows: Rows = {
      answers: this.answers,
      accounts: [...world.accounts.values()],
      lots: numbered(world.lots),
      redemptions: numbered(world.redemptions).map(
        ({ accountId, what: { slices: _, ...what } }) => ({
          ...{ accountId, what },
        }),
      ),
      orders: [...world.orders.values()],
      entries,
      messages: [...world.accounts.values()].flatMap(({ id: accountId, lastMessage }) =>
        Array.from({ length: lastMessage }, (_, n) => ({
          ...{ accountId, number: n + 1, state: 'DELIVERED' },
        })),
      ),
      broken: [],
    };
    const watches = rows.accounts.map(({ id: accountId }) => ({
      ...{ name: `watcher of ${accountId}`, accountId, after: 0 },
      seen: entries
        .filter((entry) => entry.accountId === accountId)
        .map(({ sequence, availableAfter }) => ({ sequence, available: availableAfter })),
    }));
    const received = rows.messages.map(({ accountId, number }) => ({ accountId, number }));
    const { history } = this;
    const copy = structuredClone({ history, rows, watches, received }) as Mutable<Copied>;
    return { ...copy, rules: RULES, signalKey: SIGNAL_KEY };
  }
}
