import { Client } from 'pg';
import { checkIntegrity } from '../../src/ledger/integrity';
import { desk, World } from '../federation/world';
import { ownerUrlOf } from '../support/database';

const NAMES = { en: 'A', de: 'B', tr: 'C', pl: 'D', es: 'E' };
const CAMPAIGN = {
  ...{ program: 'EU', code: 'BONUS', kind: 'BONUS', bonus: 500, capPerMember: 800, names: NAMES },
  ...{ endsAt: '2025-12-31T23:00:00Z', reason: 'Few orders.' },
};

let world: World;
/** What is planted is planted by a superuser. */
let owner: Client;
beforeAll(async () => {
  world = await World.open('2025-03-01T10:00:00Z');
  owner = new Client({ connectionString: ownerUrlOf(world.app.config.databaseUrl!) });
  await owner.connect();
  await world.register('ada');
  const command = async (name: string, input: object) => {
    const { data, errors } = await world.command<{ code?: string }>(desk, name, input, '');
    expect([errors, data?.answer.code]).toEqual([[], undefined]);
  };
  await command('startCampaign', CAMPAIGN);
  await world.earn('a1', 'ada', '100.00');
  await world.earn('a2', 'ada', '100.00');
  await world.tell({ type: 'order.cancelled', orderId: 'a2', net: '40.00' });
  const ada = { customerId: 'ada' };
  await command('adjustXPoints', { ...ada, points: 25, reason: 'Goodwill.' });
  await command('adjustXPoints', { ...ada, points: -10, reason: 'A mistake.' });
  const credit = { ...ada, about: 'CREDIT', entrySequence: 1, statement: 'Too few.' };
  await command('objectToCredit', credit);
  await command('decideObjection', { ...ada, number: 3, points: 5, note: 'It was.' });
});
afterAll(async () => {
  await owner.end();
  await world.close();
});

/** The invariants that rows break. */
async function broken(): Promise<string[]> {
  const { database, programs } = world.app;
  const breaches = await checkIntegrity(database, programs);
  return breaches.filter(({ rows }) => rows > 0).map(({ number }) => number);
}

test('the books of campaigns, adjustments and objections are whole', async () => {
  expect(await broken()).toEqual([]);
});

test.each([
  ['L21', 'update adjustments set points = 26 where number = 1'],
  ['L21', 'update adjustments set points = -11 where number = 2'],
  ['L21', 'update adjustments set sequence = 1 where number = 2'],
  ['L21', 'delete from adjustments where number = 1'],
  ['L21', 'delete from adjustments where number = 2'],
  ['L21', 'update adjustments set objection = null where objection is not null'],
  ['L21', `update objections set state = 'REJECTED', adjustment = null`],
  ['L21', 'update objections set adjustment = 1'],
  ['L21', `update lots set source = 'ORDER' where source = 'ADJUSTMENT' and source_ref = '1'`],
  ['L21', `update lots set source_ref = '9' where source = 'ADJUSTMENT' and source_ref = '1'`],
  ['L22', `update lots set source_ref = 'OTHER' where source = 'CAMPAIGN'`],
  ['L22', `update lots set source = 'ORDER' where source = 'CAMPAIGN'`],
  ['L22', `update lots set source = 'CAMPAIGN' where source = 'ORDER' and source_ref = 'a1'`],
  ['L22', `update orders set campaigns = '[]' where id = 'a1'`],
  ['L22', `update orders set campaigns = campaigns || campaigns where id = 'a1'`],
  ['L22', `update accounts set campaign_points = '{}'`],
  ['L22', `update accounts set campaign_points = campaign_points || '{"OTHER": 5}'`],
])('%s does not hold after: %s', async (number, change) => {
  const whole = await tables();
  try {
    await owner.query('set session_replication_role = replica');
    await owner.query(change);
    expect(await broken()).toContain(number);
  } finally {
    // What was changed is put back, row by row.
    for (const [table, rows] of whole) {
      await owner.query('set session_replication_role = replica');
      await owner.query(`delete from ${table}`);
      await owner.query(
        `insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1)`,
        [rows],
      );
      await owner.query('set session_replication_role = default');
    }
  }
  expect(await broken()).toEqual([]);
});

const CHANGED = ['adjustments', 'objections', 'lots', 'orders', 'accounts'];

async function tables(): Promise<[table: string, rows: string][]> {
  return Promise.all(
    CHANGED.map(async (table): Promise<[string, string]> => {
      const [row]: { rows: object[] }[] = await world.app.database.query(
        `select jsonb_agg(to_jsonb(t)) as rows from ${table} t`,
      );
      return [table, JSON.stringify(row!.rows)];
    }),
  );
}
