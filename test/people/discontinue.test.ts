import type { App } from '../../src/app';
import type { Ledger } from '../../src/ledger/command';
import { discontinueProgram, endPrograms, programEnding } from '../../src/members/discontinue';
import { type Books, openBooks, registered } from '../ledger/stories';

const NOW = '2025-06-15T10:00:00Z';
const MEMBERS = 1200;
const PAGE = 500;
const WISH = {
  program: 'EU',
  endsOn: '2025-12-31',
  goodCause: false,
  reason: 'It is over.',
  idempotencyKey: 'wish',
  actor: 'desk:dan',
};
type Parts = Parameters<typeof endPrograms>[0];

let books: Books;
let other: Books;

beforeEach(async () => {
  books = await openBooks({ writers: 4 });
  other = await openBooks({ url: books.url, writers: 4 });
  await books.at(NOW);
  const ids = Array.from({ length: MEMBERS }, (_, n) => `m${n}`);
  await Promise.all(ids.map((id) => books.send(registered(id))));
  await books.send(registered('tom', { program: 'TR' }));
});
afterEach(async () => {
  await other.close();
  await books.close();
});

function parts(door: Books, ledger: Ledger = door.ledger): Parts {
  const config = { sandbox: true } as App['config'];
  return { database: door.database, programs: door.programs, ledger, config };
}

async function stages(): Promise<Record<string, number>> {
  const rows: { stage: string; n: number }[] = await books.database.query(
    `select program || ' ' || stage as stage, count(*)::int as n from accounts group by 1 order by 1`,
  );
  return Object.fromEntries(rows.map(({ stage, n }) => [stage, n]));
}

/** How often a member was told that their membership changed. */
async function told(): Promise<Record<string, number>> {
  const rows: { n: number; members: number }[] = await books.database.query(
    `select n, count(*)::int as members from (select count(*)::int as n from outbox
       where type = 'membership.changed' group by shard, account_id) m group by n`,
  );
  return Object.fromEntries(rows.map(({ n, members }) => [n, members]));
}

/** A door that breaks down after so many commands. */
function breaking(ledger: Ledger, after: number): Ledger {
  let left = after;
  return {
    ...ledger,
    drain: () => ledger.drain(),
    execute: (command) => {
      left -= 1;
      return left < 0 ? Promise.reject(new Error('broken off')) : ledger.execute(command);
    },
  };
}

test('a program ends page by page, may break off anywhere, and by two processes at once (R2.5)', async () => {
  const first = await discontinueProgram(parts(books), WISH);
  expect(first).toMatchObject({ members: MEMBERS, done: PAGE, finishedAt: null });
  expect(await stages()).toEqual({ 'EU ACTIVE': 700, 'EU ENDING': PAGE, 'TR ACTIVE': 1 });

  await expect(endPrograms(parts(books, breaking(books.ledger, 123)))).rejects.toThrow('broken');
  await books.ledger.drain();
  expect(await stages()).toEqual({ 'EU ACTIVE': 577, 'EU ENDING': 623, 'TR ACTIVE': 1 });
  expect(await programEnding(books.database, 'EU')).toMatchObject({ done: PAGE, finishedAt: null });

  // Who registers meanwhile is told at once, and counts among nobody's progress.
  await books.send(registered('late'));
  expect(await stages()).toMatchObject({ 'EU ENDING': 624 });

  for (let turns = 0; !(await bothEnd()); turns += 1) expect(turns).toBeLessThan(5);
  const ending = await programEnding(other.database, 'EU');
  const finishedAt = Date.parse(NOW);
  expect(ending).toMatchObject({ members: MEMBERS, done: MEMBERS, finishedAt });
  expect(await stages()).toEqual({ 'EU ENDING': MEMBERS + 1, 'TR ACTIVE': 1 });
  expect(await told()).toEqual({ 1: MEMBERS + 1 });
  expect(await books.broken()).toEqual([]);
});

async function bothEnd(): Promise<boolean> {
  const done = await Promise.all([books, other].map((door) => endPrograms(parts(door))));
  return done.every(Boolean);
}

test('asked twice at once, by two processes, it is one end of the program (R2.5)', async () => {
  const answers = await Promise.all(
    [books, other].map((door) => discontinueProgram(parts(door), WISH)),
  );
  for (const answer of answers) expect(answer).toMatchObject({ members: MEMBERS });
  const words = { ...WISH, reason: 'Other words.' };
  for (const idempotencyKey of ['wish', 'another']) {
    const again = { ...WISH, idempotencyKey };
    expect(await discontinueProgram(parts(other), again)).toMatchObject({ members: MEMBERS });
  }
  expect(await discontinueProgram(parts(other), words)).toEqual({
    refused: 'IDEMPOTENCY_CONFLICT',
  });
  expect(await discontinueProgram(parts(other), { ...words, idempotencyKey: 'new' })).toEqual({
    refused: 'PROGRAM_ENDING_ALREADY',
  });
  expect(await told()).toEqual({ 1: expect.any(Number) });
});

test('for good cause the points are gone page by page, and the end is the same for all (R2.5, L16)', async () => {
  const wish = { ...WISH, endsOn: null, goodCause: true };
  expect(await discontinueProgram(parts(books), wish)).toMatchObject({ done: PAGE });
  while (!(await endPrograms(parts(other)))) await books.ledger.drain();
  expect(await stages()).toEqual({ 'EU ENDED': MEMBERS, 'TR ACTIVE': 1 });
  expect(await told()).toEqual({ 1: MEMBERS });
  expect(await books.broken()).toEqual([]);
});
