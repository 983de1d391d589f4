import { asOwner, ownerUrlOf } from '../support/database';
import { anonymous, codes, customer, desk, service, World } from './world';

interface Report {
  readonly report: {
    readonly whole: boolean;
    readonly complete: boolean;
    readonly next: string | null;
    readonly accounts: number;
    readonly orders: number;
    readonly invariants: readonly { number: string; rows: number; accounts: string[] }[];
  };
}

const QUERY = `query ($program: ProgramCode!, $after: String) {
  report: rewardsIntegrity(program: $program, after: $after) {
    whole complete next accounts orders checkedAt invariants { number statement rows accounts }
  }
}`;

let world: World;
beforeAll(async () => {
  world = await World.open('2025-01-10T10:00:00Z');
  await world.register('ada');
  await world.earn('o1', 'ada', '10.00');
});
afterAll(() => world.close());

async function ask(program: string, after: string | null = null): Promise<Report['report']> {
  const { data, errors } = await world.ask<Report>(desk, QUERY, { program, after });
  expect(errors).toEqual([]);
  return data.report;
}

const owner = () => ({ ownerUrl: ownerUrlOf(world.app.config.databaseUrl!) });

test('whole books are said to be whole, invariant by invariant', async () => {
  const report = await ask('EU');
  expect(report).toMatchObject({ whole: true, complete: true, next: null, accounts: 1, orders: 1 });
  const numbers = report.invariants.map(({ number }) => number);
  const all = Array.from({ length: 22 }, (_, n) => `L${n + 1}`);
  expect(numbers).toEqual(all.filter((number) => number !== 'L9'));
});

test('what is broken is counted and named, for the program it is in', async () => {
  await asOwner(owner(), `update accounts set lifetime_earned = 0 where id = 'ada'`);
  const report = await ask('EU');
  expect(report.whole).toBe(false);
  expect(report.invariants.filter(({ rows }) => rows > 0)).toMatchObject([
    { number: 'L14', rows: 1, accounts: ['ada'] },
  ]);
  expect((await ask('TR')).whole).toBe(true);
  await asOwner(owner(), `update accounts set lifetime_earned = 10 where id = 'ada'`);
});

test('what takes too long is looked at in parts, which together are everything', async () => {
  await asOwner(
    owner(),
    `insert into accounts (shard, id) select n % 256, 'stub-' || n from generate_series(1, 1200) n`,
  );
  const now = performance.now.bind(performance);
  let calls = 0;
  // Every look at the watch is three seconds after the last one.
  const watch = jest.spyOn(performance, 'now').mockImplementation(() => {
    calls += 1;
    return now() + calls * 3_000;
  });
  let accounts = 0;
  let parts = 0;
  let after: string | null = null;
  do {
    const report: Report['report'] = await ask('EU', after);
    expect(report.complete).toBe(report.next === null);
    accounts += report.accounts;
    parts += 1;
    after = report.next;
  } while (after !== null);
  watch.mockRestore();
  expect({ accounts, parts }).toEqual({ accounts: 1201, parts: 4 });
});

test('it is for the desk only, of a program that there is, from a place that is one', async () => {
  const variables = { program: 'EU', after: null };
  const codeOf = async (actor: Parameters<World['ask']>[0], asked: object) =>
    codes((await world.ask(actor, QUERY, { ...variables, ...asked })).errors).report;
  expect(await codeOf(anonymous, {})).toBe('UNAUTHENTICATED');
  for (const actor of [customer('ada'), service]) {
    expect(await codeOf(actor, {})).toBe('FORBIDDEN');
  }
  const forged = (place: unknown[]) =>
    Buffer.from(JSON.stringify(['integrity', ...place])).toString('base64url');
  for (const wrong of [
    { program: 'XX' },
    { after: 'x' },
    { after: forged(['entries', 0, 'x']) },
    { after: forged(['orders', 40_000, 'x']) },
    { after: forged(['orders', 0]) },
  ]) {
    expect(await codeOf(desk, wrong)).toBe('BAD_USER_INPUT');
  }
});
