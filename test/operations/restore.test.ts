import { createApp } from '../../src/app';
import { loadConfig } from '../../src/config';
import { readClock } from '../../src/database/clock';
import { formatInstant } from '../../src/kernel/time';
import { checkIntegrity } from '../../src/ledger/integrity';
import { type RunningServer } from '../../src/server/server';
import { startServer } from '../../src/server/start';
import { ArchivedPostgres } from './cluster-files';
import { ask, REDEEM, type RunningApp, tell, tokenOf } from './running';

jest.setTimeout(180_000);

/** What somebody was told, and would hold against us. */
interface Acknowledged {
  readonly id: string;
  readonly redeemed: string;
}

interface Service {
  readonly app: RunningApp;
  readonly server: RunningServer;
  stop(): Promise<void>;
}

async function serve(postgres: ArchivedPostgres): Promise<Service> {
  const { url, ownerUrl } = postgres.server;
  const config = loadConfig({
    ...{ DATABASE_URL: url, DATABASE_MIGRATION_URL: ownerUrl, PORT: '0', LOG_LEVEL: 'silent' },
    ...{ AUTH_SECRET: 'a shared secret of at least 32 bytes' },
    ...{ AUTH_ISSUER: 'https://id.example', AUTH_AUDIENCE: 'rewards' },
  });
  const app = await createApp(config);
  const server = await startServer(app);
  const stop = async () => {
    await server.stop();
    await app.close();
  };
  return { app, server, stop };
}

const eventsOf = (id: string) => [
  { id: `1 ${id}`, type: 'customer.registered', data: { customerId: id, program: 'EU' } },
  {
    id: `2 ${id}`,
    type: 'order.placed',
    data: { orderId: `a ${id}`, customerId: id, net: '900', currency: 'EUR' },
  },
  { id: `3 ${id}`, type: 'order.paid', data: { orderId: `a ${id}` } },
  { id: `4 ${id}`, type: 'order.delivered', data: { orderId: `a ${id}` } },
  {
    id: `5 ${id}`,
    type: 'order.placed',
    data: { orderId: `b ${id}`, customerId: id, net: '90', currency: 'EUR' },
  },
];

async function redeem({ server }: Service, id: string): Promise<string> {
  const input = { customerId: id, orderId: `b ${id}`, points: 40, idempotencyKey: `key ${id}` };
  return JSON.stringify(
    await ask(server, REDEEM, { token: await tokenOf(id), variables: { input } }),
  );
}

/** So many customers who earn and redeem, several at once, each step acknowledged. */
async function traffic(service: Service, phase: string, count: number): Promise<Acknowledged[]> {
  const ids = Array.from({ length: count }, (_, n) => `${phase}-${n}`);
  return Promise.all(
    ids.map(async (id) => {
      const { results } = await tell(service.server, eventsOf(id));
      expect(results.map(({ outcome }) => outcome)).toEqual(Array(5).fill('APPLIED'));
      return { id, redeemed: await redeem(service, id) };
    }),
  );
}

/** What the database holds of somebody: their account's numbers, and how many entries. */
function booksOf({ app }: Service, id: string): Promise<object[]> {
  return app.database.query(
    `select available, held, owed, sequence, (select count(*)::int from entries where account_id = id) as entries
     from accounts where id = $1`,
    [id],
  );
}

test('a database is restored to a moment: whatever was acknowledged before is there, nothing after it, and the books are whole', async () => {
  let postgres = await ArchivedPostgres.start();
  try {
    const before = await serve(postgres);
    const first = await traffic(before, 'before-backup', 20);
    const during = traffic(before, 'during-backup', 20);
    await postgres.backUp();
    const second = [...(await during), ...(await traffic(before, 'after-backup', 20))];
    // PostgreSQL reads no T and no Z there.
    const moment = formatInstant((await readClock(before.app.database, false)) + 1);
    const target = moment.replace('T', ' ').replace('Z', '+00');
    const books = await Promise.all([...first, ...second].map(({ id }) => booksOf(before, id)));
    await new Promise((done) => setTimeout(done, 50));
    const third = await traffic(before, 'after-target', 20);
    await postgres.archiveAll();
    await before.stop();
    await postgres.destroy();

    postgres = await postgres.restore(target);
    const after = await serve(postgres);
    const { database, programs } = after.app;
    const broken = (await checkIntegrity(database, programs)).filter(({ rows }) => rows > 0);
    expect(broken).toEqual([]);
    const restored = await Promise.all([...first, ...second].map(({ id }) => booksOf(after, id)));
    expect(restored).toEqual(books);
    for (const { id } of third) expect(await booksOf(after, id)).toEqual([]);

    // Whoever was told something before it is told the same again, and nothing is done twice.
    for (const { id, redeemed } of [first[0]!, second[0]!, second.at(-1)!]) {
      expect(await redeem(after, id)).toBe(redeemed);
      const { results } = await tell(after.server, eventsOf(id));
      expect(results.map(({ outcome }) => outcome)).toEqual(Array(5).fill('DUPLICATE'));
    }
    expect(await Promise.all([...first, ...second].map(({ id }) => booksOf(after, id)))).toEqual(
      books,
    );
    // What came after it is made good by telling it again, as the runbook says.
    expect((await traffic(after, 'after-target', 20)).map(({ redeemed }) => redeemed)).toEqual(
      third.map(({ redeemed }) => redeemed),
    );
    expect((await checkIntegrity(database, programs)).filter(({ rows }) => rows > 0)).toEqual([]);
    await after.stop();
  } finally {
    await postgres.stop();
  }
});
