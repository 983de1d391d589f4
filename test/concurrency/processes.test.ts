import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { canonicalJson } from '../../src/kernel/ids';
import { MemoryBooks } from '../../src/ledger/memory-books';
import { accountOf, lotOf } from '../../src/ledger/records';
import { rulesOf } from '../../src/ledger/rules';
import { eventCommand } from '../../src/orders/event-command';
import type { EventAnswer, PlatformEvent } from '../../src/orders/platform-event';
import type { RedemptionAnswer } from '../../src/redemption/redeem';
import type { TransferAnswer } from '../../src/transfers/transfer';
import { type Books, balance, complete, openBooks, placed, registered } from '../ledger/stories';
import { commandOf, type Reply, type Request, type Telling } from './client';

const AT = '2025-01-10T10:00:00Z';
let books: Books;

beforeEach(async () => {
  books = await openBooks({ writers: 4 });
  await books.at(AT);
});
afterEach(() => books.close());

/** Sends requests from two processes of 32 callers each, at once. */
async function fromTwoProcesses<R extends Request | Telling, A = RedemptionAnswer>(
  requests: readonly R[],
): Promise<Reply<R, A>[]> {
  const processes = await Promise.all(
    [0, 1].map(async () => {
      const child = fork(join(__dirname, 'client.ts'), [books.url, '32'], {
        execArgv: ['-r', '@swc-node/register'],
      });
      await once(child, 'message');
      return child;
    }),
  );
  const replies = await Promise.all(
    processes.map(async (child, n) => {
      const answered = once(child, 'message');
      child.send(requests.filter((_, m) => m % 2 === n));
      const [mine] = (await answered) as [Reply<R, A>[]];
      await once(child, 'exit');
      return mine;
    }),
  );
  return replies.flat();
}

const refusals = (replies: readonly Reply<unknown, object>[]) =>
  replies.flatMap(({ answer }) => ('refused' in answer ? [answer.refused] : []));

describe('64 callers in two processes', () => {
  it('spend the last points of one account once (R6.4, L4, L9)', async () => {
    await books.send(registered('ada'));
    await complete(books, 'earned', 'ada', '100.00');
    await books.send(placed('open', 'ada', '5000.00'));
    const requests = Array.from(
      { length: 64 },
      (_, n): Request => ({
        kind: 'redeem',
        customerId: 'ada',
        orderId: 'open',
        points: 7,
        holdMs: null,
        key: `key-${n}`,
      }),
    );
    const replies = await fromTwoProcesses(requests);
    expect(refusals(replies)).toEqual(Array(50).fill('INSUFFICIENT_X_POINTS'));
    expect(await balance(books, 'ada')).toEqual({ available: 2, held: 0, owed: 0, sequence: 15 });
    expect(await books.broken()).toEqual([]);
  });

  it('and duplicates of every request leave what some serial order leaves (L8, L9)', async () => {
    const world = new MemoryBooks(rulesOf(books.programs));
    await setUp(world, 1000);
    const first = mixed(1000, 3000);
    const replies = await fromTwoProcesses(shuffled([...first, ...first]));
    const second = decisions(replies);
    const more = await fromTwoProcesses(shuffled([...second, ...second]));
    expectOneAnswerPerKey([...replies, ...more]);
    replay(world, [...replies, ...more]);
    await expectSame(world);
    expect(await books.broken()).toEqual([]);
    // Some ten thousand requests: a machine that does much else takes more than a minute.
  }, 240_000);
});

describe('people, from two processes', () => {
  const ACME = { organizationId: 'acme', billingAccountId: 'acme-1' };

  it('everybody one customer referred, told in any order and twice, earns one bonus each (R3.7, R5.3)', async () => {
    await books.send(registered('ada'));
    await complete(books, 'a1', 'ada', '100.00');
    const [{ code }] = await books.database.query(
      `select referral_code as code from accounts where id = 'ada'`,
    );
    const events = Array.from({ length: 100 }, (_, n): PlatformEvent[] => [
      registered(`r${n}`, { referralCode: code, registeredAt: Date.parse('2025-01-01T00:00:00Z') }),
      placed(`o${n}`, `r${n}`, '10.00'),
      { type: 'order.paid', orderId: `o${n}`, xPoints: null },
      { type: 'order.delivered', orderId: `o${n}` },
    ]).flat();
    const told = events.map((event, n): Telling => ({ kind: 'event', event, key: `told-${n}` }));
    const replies = await fromTwoProcesses<Telling, EventAnswer>(shuffled([...told, ...told]));
    const duplicates = replies.filter(
      ({ answer }) => 'outcome' in answer && answer.outcome === 'DUPLICATE',
    );
    expect(duplicates).toHaveLength(told.length);
    const all = { available: 100 + 100 * 5000, held: 0, owed: 0, sequence: 101 };
    expect(await balance(books, 'ada')).toEqual(all);
    expect(await books.broken()).toEqual([]);
  });

  it('points that move to and fro arrive once each, and nobody waits for the other for ever (R7.3, L8, L9)', async () => {
    const ids = ['ada', 'bo', 'cy', 'di'];
    for (const id of ids) {
      await books.send(registered(id, ACME));
      await complete(books, `${id}-1`, id, '1000.00');
    }
    const moves = Array.from({ length: 400 }, (_, n): Telling => {
      const [fromId = '', toId = ''] = shuffled([...ids]);
      return { kind: 'transfer', fromId, toId, points: 1 + (n % 3), key: `move-${n}` };
    });
    const replies = await fromTwoProcesses<Telling, TransferAnswer>(shuffled([...moves, ...moves]));
    expect(refusals(replies)).toEqual([]);
    for (const id of ids) {
      const sum = moves.reduce((total, move) => {
        if (move.kind !== 'transfer') return total;
        return total + (move.toId === id ? move.points : move.fromId === id ? -move.points : 0);
      }, 1000);
      expect(await balance(books, id)).toMatchObject({ available: sum, owed: 0 });
    }
    expect(await books.broken()).toEqual([]);
  });
});

/** `n` customers with 500 points each and an open order, in the database and in memory. */
async function setUp(world: MemoryBooks, n: number): Promise<void> {
  const events: PlatformEvent[] = [];
  for (let i = 0; i < n; i += 1) {
    const id = `c${i}`;
    events.push(registered(id), placed(`e${i}`, id, '500.00'));
    events.push({ type: 'order.paid', orderId: `e${i}`, xPoints: null });
    events.push({ type: 'order.delivered', orderId: `e${i}` }, placed(`o${i}`, id, '3.00'));
  }
  await Promise.all(events.map((event, i) => books.send(event, `setup-${i}`)));
  for (const [i, event] of events.entries()) {
    const seen = { source: 'test', id: `setup-${i}`, type: event.type, digest: '', payload: {} };
    world.run(eventCommand({ ...seen, event }), Date.parse(AT));
  }
}

function mixed(accounts: number, n: number): Request[] {
  return Array.from({ length: n }, (_, i): Request => {
    const account = random(accounts);
    return {
      kind: 'redeem',
      customerId: `c${account}`,
      orderId: `o${account}`,
      points: 1 + random(200),
      holdMs: random(2) === 0 ? null : 30 * 60_000,
      key: `mixed-${i}`,
    };
  });
}

/** A capture and a release for every hold: one of the two comes too late. */
function decisions(replies: readonly Reply[]): Request[] {
  const holds = new Map<string, { customerId: string; number: number }>();
  for (const { request, answer } of replies) {
    if ('refused' in answer || answer.redemption.state !== 'HELD') continue;
    const { customerId, redemption } = answer;
    holds.set(`${request.key}`, { customerId, number: redemption.number });
  }
  return [...holds].flatMap(([key, hold]): Request[] => [
    { kind: 'capture', ...hold, key: `capture-${key}` },
    { kind: 'release', ...hold, key: `release-${key}` },
  ]);
}

function expectOneAnswerPerKey(replies: readonly Reply[]): void {
  const answers = new Map<string, string>();
  for (const { request, answer } of replies) {
    const text = canonicalJson(answer);
    expect(answers.get(request.key) ?? text).toBe(text);
    answers.set(request.key, text);
  }
}

/** Accepted commands, account by account in the order of their sequence, decided again in memory. */
function replay(world: MemoryBooks, replies: readonly Reply[]): void {
  const accepted = new Map(
    replies.flatMap(({ request, answer }) =>
      'refused' in answer ? [] : [[request.key, { request, answer }] as const],
    ),
  );
  const inOrder = [...accepted.values()].sort((a, b) => a.answer.sequence - b.answer.sequence);
  for (const { request, answer } of inOrder) {
    expect(world.run(commandOf(request), Date.parse(AT))).toEqual(answer);
  }
}

async function expectSame(world: MemoryBooks): Promise<void> {
  const rows = await books.database.query('select * from accounts');
  expect(rows).toHaveLength(world.accounts.size);
  for (const row of rows) {
    const { referralCode: _, ...account } = accountOf(row);
    expect(world.accounts.get(row.id)).toMatchObject(account);
  }
  for (const row of await books.database.query('select * from lots')) {
    expect(world.lots.get(row.account_id)?.get(row.number)).toEqual(lotOf(row));
  }
}

function random(below: number): number {
  return Math.floor(Math.random() * below);
}

function shuffled<T>(items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i -= 1) {
    const j = random(i + 1);
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}
