import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { bookDue } from '../../src/ledger/book-due';
import { freezeAccount } from '../../src/ledger/freeze';
import { dueAccounts } from '../../src/ledger/ledger.store';
import type { Desk } from '../../src/maintenance/operator';
import { type Report, reconcile } from '../../src/maintenance/reconcile';
import { discontinueProgram, endPrograms } from '../../src/members/discontinue';
import { suspendMember } from '../../src/members/suspend';
import { redeem } from '../../src/redemption/redeem';
import { transferPoints } from '../../src/transfers/transfer';
import { tellOfEverybody } from '../ledger/books-of-everybody';
import { type Books, balance, complete, openBooks, placed, registered } from '../ledger/stories';
import { ownerUrlOf } from '../support/database';

const NEVER = new AbortController().signal;

let books: Books;
let owner: DataSource;
let desk: Desk;
let printed: string[];

beforeEach(async () => {
  books = await openBooks();
  await tellOfEverybody(books);
  owner = await createDataSource(ownerUrlOf(books.url), { session: 'migration' }).initialize();
  desk = { database: owner, programs: books.programs };
  printed = [];
});

afterEach(async () => {
  await owner.destroy();
  await books.close();
});

const run = (...args: string[]) => reconcile(desk, args, (line) => printed.push(line), NEVER);
const report = () => JSON.parse(printed.join('\n')) as Report;
const corrupt = () => owner.query(`update accounts set available = available + 5 where id = 'ada'`);
const repair = () => owner.query(`update accounts set available = available - 5 where id = 'ada'`);
const spend = (customerId: string, orderId: string, idempotencyKey: string) =>
  books.ledger.execute(
    redeem({ customerId, orderId, points: 5, holdMs: null, idempotencyKey, actor: 'test' }),
  );

/** Every row of an account, in one text. */
async function rowsOf(id: string): Promise<string> {
  const tables = ['lots', 'entries', 'allocations', 'redemptions', 'members', 'answers', 'outbox'];
  const parts = await Promise.all([
    owner.query('select * from accounts where id = $1', [id]),
    ...tables.map((table) =>
      owner.query(`select * from ${table} where account_id = $1 order by ctid`, [id]),
    ),
  ]);
  return JSON.stringify(parts);
}

test('whole books are said to be whole', async () => {
  expect(await run()).toBe(0);
  expect(printed.at(-1)).toBe('4 accounts and 8 orders were looked at.');
  expect(printed.filter((line) => /^L\d+ +0 /.test(line))).toHaveLength(printed.length - 1);
});

test('what is broken is named, and the exit code says so; nothing is frozen unasked', async () => {
  await corrupt();
  expect(await run('--json')).toBe(1);
  expect(report()).toMatchObject({ complete: true, inDoubt: ['ada'], frozen: [] });
  const broken = report().breaches.filter(({ rows }) => rows > 0);
  expect(broken.map(({ number, accounts }) => [number, accounts])).toEqual([
    ['L4', ['ada']],
    ['L10', ['ada']],
  ]);
  printed = [];
  expect(await run('--program', 'TR', '--json')).toBe(0);
  await expect(run('--program', 'XX')).rejects.toThrow('There is no program XX.');
  expect(await spend('ada', 'a-open', 'still')).not.toHaveProperty('refused');
});

test('asked to, it freezes who is in doubt: every command is refused, neighbours go on', async () => {
  await corrupt();
  expect(await run('--freeze', '--by', 'olga')).toBe(1);
  expect(printed.at(-1)).toBe('Frozen now: ada');
  const before = await rowsOf('ada');
  expect(JSON.parse(before)[0][0]).toMatchObject({
    ...{ frozen_by: 'operator:olga', frozen_reason: 'The books break L4, L10.' },
  });

  expect(await spend('ada', 'a-open', 'new')).toEqual({ refused: 'ACCOUNT_FROZEN' });
  expect(await spend('ada', 'a-open', 'new')).toEqual({ refused: 'ACCOUNT_FROZEN' });
  for (const [fromId, toId] of [
    ['ada', 'bo'],
    ['bo', 'ada'],
  ] as const) {
    const wish = { id: fromId, fromId, toId, points: 5, reason: 'OTHER', evidence: null } as const;
    expect(
      await books.ledger.execute(
        transferPoints({ ...wish, idempotencyKey: fromId, actor: 'desk:dan' }),
      ),
    ).toEqual({ refused: 'ACCOUNT_FROZEN' });
  }
  const suspension = { customerId: 'ada', reason: 'x', idempotencyKey: 's', actor: 'desk:dan' };
  expect(await books.ledger.execute(suspendMember(suspension))).toEqual({
    refused: 'ACCOUNT_FROZEN',
  });
  const entries = (rows: string) => JSON.parse(rows)[2];
  expect(entries(await rowsOf('ada'))).toEqual(entries(before));

  expect(await spend('dee', 'dee-open', 'new')).not.toHaveProperty('refused');
  expect(await balance(books, 'dee')).toMatchObject({ available: 95 });
  expect(await run('--freeze')).toBe(1);
  expect(printed.filter((line) => line.startsWith('Frozen now'))).toHaveLength(1);
});

test('what was answered before is answered again', async () => {
  const first = await spend('ada', 'a-open', 'before');
  await run('--freeze', 'ada', '--reason', 'A look.');
  expect(await spend('ada', 'a-open', 'before')).toEqual(first);
});

test('events about it are sent back, not lost: sent again after it was let go they count', async () => {
  await run('--freeze', 'ada', '--reason', 'A look.');
  const before = await rowsOf('ada');
  const events = [
    () => books.send(placed('a-9', 'ada', '70.00'), 'e1'),
    () => books.send({ type: 'order.paid', orderId: 'a-open', xPoints: null }, 'e2'),
    () => books.send({ type: 'order.cancelled', orderId: 'a-2', net: null }, 'e3'),
    () =>
      books.send({ type: 'customer.updated', customerId: 'ada', changes: { locale: 'de' } }, 'e4'),
  ];
  for (const send of events) await expect(send()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(await rowsOf('ada')).toBe(before);
  await run('--unfreeze', 'ada', '--reason', 'All is well.');
  for (const send of events) expect(await send()).toBe('APPLIED');
  expect(await books.broken()).toEqual([]);
});

test('somebody else’s event is sent back only where it would move its points', async () => {
  await books.send(registered('eve', { referralCode: await codeOf('ada') }));
  await run('--freeze', 'ada', '--reason', 'A look.');
  expect(await books.send(placed('e-1', 'eve', '100.00'))).toBe('APPLIED');
  expect(await books.send({ type: 'order.paid', orderId: 'e-1', xPoints: null })).toBe('APPLIED');
  const delivered = () => books.send({ type: 'order.delivered', orderId: 'e-1' }, 'delivered');
  await expect(delivered()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(await balance(books, 'eve')).toMatchObject({ available: 0, sequence: 0 });
  await run('--unfreeze', 'ada', '--reason', 'All is well.');
  expect(await delivered()).toBe('APPLIED');
  expect(await balance(books, 'eve')).toMatchObject({ available: 100 });
  expect(await books.broken()).toEqual([]);
});

test('what falls due on it waits', async () => {
  await run('--freeze', 'ada', '--reason', 'A look.');
  const later = Date.UTC(2027, 0, 1);
  await books.at(later);
  const before = await rowsOf('ada');
  expect(await dueAccounts(books.database, later, 10)).not.toContain('ada');
  expect(await books.ledger.execute(bookDue('ada'))).toEqual({ refused: 'ACCOUNT_FROZEN' });
  await books.ledger.execute(bookDue('dee'));
  expect(await balance(books, 'dee')).toMatchObject({ available: 0 });
  expect(await rowsOf('ada')).toBe(before);
  await run('--unfreeze', 'ada', '--reason', 'All is well.');
  expect(await dueAccounts(books.database, later, 10)).toContain('ada');
  await books.ledger.execute(bookDue('ada'));
  expect(await balance(books, 'ada')).toMatchObject({ available: 0, held: 0 });
  expect(await books.broken()).toEqual([]);
});

test('a program that is discontinued waits for it', async () => {
  await run('--freeze', 'ada', '--reason', 'A look.');
  const { database, ledger, programs } = books;
  const parts = { database, ledger, programs, config: { sandbox: true } };
  const input = { program: 'EU', endsOn: '2025-12-31', goodCause: false, reason: 'Over.' };
  const ending = await discontinueProgram(parts as Parameters<typeof endPrograms>[0], {
    ...{ ...input, idempotencyKey: 'k', actor: 'desk:dan' },
  });
  expect(ending).toMatchObject({ finishedAt: null });
  // Nothing is left to do now: the job may rest.
  expect(await endPrograms(parts as Parameters<typeof endPrograms>[0])).toBe(true);
  await run('--unfreeze', 'ada', '--reason', 'All is well.');
  expect(await endPrograms(parts as Parameters<typeof endPrograms>[0])).toBe(true);
  const [found] = await database.query(
    `select (select count(*) from accounts where stage = 'ENDING') as ending, finished_at is not null as finished from program_endings`,
  );
  expect(found).toEqual({ ending: 4, finished: true });
});

test('letting go is recorded with who and why, as freezing is; repaired, it serves again', async () => {
  await corrupt();
  await run('--freeze', '--by', 'olga');
  await repair();
  printed = [];
  expect(await run('--unfreeze', 'ada', '--reason', 'Put right.', '--by', 'paul')).toBe(0);
  expect(await run('--unfreeze', 'ada', 'nobody', '--reason', 'Again.')).toBe(2);
  expect(printed).toEqual(['ada: let go', 'ada: is not frozen', 'nobody: no such account']);
  expect(await spend('ada', 'a-open', 'after')).not.toHaveProperty('refused');
  const kept = await owner.query('select * from interventions order by number');
  expect(kept).toMatchObject([
    { ...{ account_id: 'ada', number: 1, kind: 'FREEZE', actor: 'operator:olga' } },
    { number: 2, kind: 'UNFREEZE', actor: 'operator:paul', reason: 'Put right.' },
  ]);
  await expect(run('--unfreeze', 'ada')).rejects.toThrow('Say why');
  await expect(run('ada')).rejects.toThrow('Usage');
  await expect(run('--what')).rejects.toThrow('Usage');
});

test('the application’s role can neither freeze nor let go', async () => {
  const by = { actor: 'x', reason: 'x' };
  await expect(freezeAccount(books.database, 'ada', by)).rejects.toMatchObject({ code: '42501' });
});

test('interrupted it says that not all was looked at', async () => {
  const stopped = AbortSignal.abort();
  expect(await reconcile(desk, [], (line) => printed.push(line), stopped)).toBe(1);
  expect(printed.at(-1)).toContain('it was interrupted, the rest was not');
});

async function codeOf(id: string): Promise<string> {
  const rows = await owner.query('select referral_code from accounts where id = $1', [id]);
  return rows[0].referral_code;
}

test('an order that completes nothing for a frozen referrer is nobody’s business', async () => {
  await run('--freeze', 'ada', '--reason', 'A look.');
  await complete(books, 'c-2', 'cy', '100.00');
  expect(await balance(books, 'cy')).toMatchObject({ available: 190 });
});
