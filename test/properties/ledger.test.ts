import fc from 'fast-check';
import { type Instant, parseInstant } from '../../src/kernel/time';
import type { Command } from '../../src/ledger/command';
import { ENTRY_KINDS } from '../../src/ledger/entry';
import { accountOf, lotOf, orderOf } from '../../src/ledger/records';
import { rulesOf } from '../../src/ledger/rules';
import { type Books, openBooks } from '../ledger/stories';
import { type Step, story, Teller } from './story';
import { World } from './world';

let books: Books;
let clock: Instant = parseInstant('2025-01-10T10:00:00Z')!;
let number = 0;

beforeAll(async () => {
  books = await openBooks();
});
afterAll(() => books.close());

describe('random stories', () => {
  it('leave the database with what the decisions in memory hold, and every invariant whole', async () => {
    const numRuns = Number(process.env.REWARDS_PROPERTY_RUNS ?? 60);
    const together = fc.integer({ min: 1, max: 8 });
    await fc.assert(fc.asyncProperty(story, together, play), { numRuns });
    expect(await books.broken()).toEqual([]);
    if (numRuns >= NIGHTLY_RUNS) expect(await kindsSeen()).toEqual(Object.keys(ENTRY_KINDS).sort());
  });
});

/** So many stories see every kind of entry; fewer may miss a rare one. */
const NIGHTLY_RUNS = 500;

async function kindsSeen(): Promise<string[]> {
  const kinds: { kind: string }[] = await books.database.query('select distinct kind from entries');
  return kinds.map(({ kind }) => kind).sort();
}

/** Plays a story against the door, `together` commands at a time, and against memory; compares. */
async function play(steps: readonly Step[], together: number): Promise<void> {
  number += 1;
  await books.at(clock);
  const world = new World(rulesOf(books.programs));
  const teller = new Teller(number, world);
  let pending: { command: Command<object>; expected: object }[] = [];
  const flush = async () => {
    const batch = pending;
    pending = [];
    const answers = await Promise.all(batch.map(({ command }) => books.ledger.execute(command)));
    expect(answers).toEqual(batch.map(({ expected }) => expected));
  };
  for (const step of steps) {
    if (step.kind === 'wait') {
      await flush();
      clock += step.ms;
      await books.at(clock);
      continue;
    }
    for (const command of teller.commands(step)) {
      pending.push({ command, expected: world.run(command, clock) });
    }
    if (pending.length >= together) await flush();
  }
  await flush();
  await compare(world);
}

/** The rows of a story's customers and orders say what memory says. */
async function compare(world: World): Promise<void> {
  const ids = [...world.accounts.keys()];
  const read = (sql: string, keys: string[]) => books.database.query(sql, [keys]);
  const accounts = await read('select * from accounts where id = any ($1) order by id', ids);
  expect(accounts.map(accountOf).map(hideCode)).toEqual(sorted(world.accounts).map(hideCode));
  const lots = await read(
    'select * from lots where account_id = any ($1) order by account_id, number',
    ids,
  );
  expect(lots.map(lotOf)).toEqual(sorted(world.lots).flatMap((own) => [...own.values()]));
  const orders = await read('select * from orders where id = any ($1) order by id', [
    ...world.orders.keys(),
  ]);
  expect(orders.map(orderOf)).toEqual(sorted(world.orders));
  const [{ n }] = await read(
    'select count(*)::int as n from entries where account_id = any ($1)',
    ids,
  );
  expect(n).toBe(world.entries.length);
}

function sorted<T>(map: ReadonlyMap<string, T>): T[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

/** Referral codes are drawn by chance, once here and once there. */
function hideCode<T extends { referralCode: string | null }>(account: T): object {
  return { ...account, referralCode: account.referralCode !== null };
}
