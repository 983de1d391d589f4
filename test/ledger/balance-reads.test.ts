import { clockSql } from '../../src/database/clock';
import { balanceReader } from '../../src/ledger/balance.reads';
import { readAccounts } from '../../src/ledger/ledger.reads';
import { redeem } from '../../src/redemption/redeem';
import { World } from '../federation/world';

const CLOCK = clockSql(true);
const IDS = ['ada', 'nobody', 'bob', 'cem', 'dua', 'ece', 'ada', 'ğ"\\'];

let world: World;
beforeAll(async () => {
  world = await World.open('2025-01-30T10:00:00.123Z');
  for (const id of ['ada', 'bob', 'cem', 'ece', 'ğ"\\']) await world.register(id);
  await world.register('dua', null, 'TR');
  for (const id of ['ada', 'bob', 'cem']) await world.earn(`${id}-1`, id, '2000.00');
  await use('bob', 3_600_000);
  await use('cem', null);
  await world.tell({ type: 'order.cancelled', orderId: 'cem-1', net: '2000.00' });
});
afterAll(() => world.close());

async function use(customerId: string, holdMs: number | null): Promise<void> {
  const orderId = `${customerId}-2`;
  await world.place(orderId, customerId, '50.00');
  const wish = { customerId, orderId, points: 20, holdMs, idempotencyKey: orderId };
  const answer = await world.app.ledger.execute(
    redeem({ ...wish, actor: `customer:${customerId}` }),
  );
  expect(answer).not.toHaveProperty('refused');
}

/** What is read of each, who of them is due, and that it is what their rows have, by readers that do and do not know what is usual. */
async function readAll() {
  const { database } = world.app;
  const accounts = await readAccounts(database, CLOCK, IDS, { pending: false, book: false });
  const told: unknown[] = [];
  for (const whole of [false, true]) {
    const read = balanceReader(database, CLOCK, whole);
    for (let time = 0; time < 3; time += 1) {
      const balances = await read(IDS);
      for (const [n, balance] of balances.entries()) {
        const account = accounts.get(IDS[n]!)?.account;
        expect(balance === undefined).toBe(account === undefined);
        if (!balance || !account) continue;
        const { program, termsVersion, available, held, owed, turnover, sequence } = account;
        const row = { program, termsVersion, available, held, owed, turnover, sequence };
        expect(balance).toMatchObject({ ...row, isWhole: whole });
      }
      const shown = balances.map((balance) => {
        return balance && [balance.program, balance.held, balance.owed, balance.isDue];
      });
      told.push(Object.fromEntries(IDS.map((id, n) => [id, shown[n]])));
    }
  }
  for (const same of told) expect(same).toEqual(told[0]);
  return told[0];
}

test('whoever has what few have is read as their row is, and so is everybody beside them', async () => {
  const usual = ['EU', 0, 0, false];
  expect(await readAll()).toEqual({
    ...{ ada: usual, ece: usual, 'ğ"\\': usual, nobody: undefined },
    bob: ['EU', 20, 0, false],
    cem: ['EU', 0, 20, false],
    dua: ['TR', 0, 0, false],
  });
});

test('what fell due since is told of whoever it did', async () => {
  await world.at('2025-01-30T11:00:00.123Z');
  expect(await readAll()).toMatchObject({
    ...{ ada: ['EU', 0, 0, false], cem: ['EU', 0, 20, false], dua: ['TR', 0, 0, false] },
    bob: ['EU', 20, 0, true],
  });
});
