import type { DataSource } from 'typeorm';
import { nameEndpoints } from '../../src/outbox/endpoints';
import { type Relay, type RelayOptions, startRelay } from '../../src/outbox/relay';
import { type ReplayInput, replay } from '../../src/outbox/replay';
import { freshApp, type RunningApp } from '../events/test-app';
import { addMessages, countOf, endpoint, eventually, messagesOf } from './outbox';
import { Receiver } from './receiver';

const FAST: Partial<RelayOptions> = { retryDelaysMs: [], pollMs: 3_600_000, graceMs: 100 };

let app: RunningApp;
let database: DataSource;
let receiver: Receiver;
let relay: Relay | null = null;
let keys = 0;

beforeEach(async () => {
  receiver = await Receiver.start();
  app = await freshApp({
    webhooks: [endpoint(receiver.url), endpoint(receiver.url, { name: 'b' })],
  });
  database = app.database;
});

afterEach(async () => {
  await relay?.stop();
  relay = null;
  await app.close();
  await receiver.stop();
});

function start(): void {
  const config = { ...app.config, webhooks: app.config.webhooks.slice(0, 1) };
  relay = startRelay({ ...app, config }, FAST);
}

function ask(change: Partial<ReplayInput>) {
  keys += 1;
  const wish = {
    endpoint: 'platform',
    customerId: null,
    fromNumber: null,
    reason: 'They lost it.',
  };
  return replay(app, { ...wish, idempotencyKey: `k${keys}`, actor: 'desk:dan', ...change });
}

const numbers = (account: string) =>
  receiver.received.filter((r) => r.account === account).map((r) => r.number);

it('tells an account again from a number on, in order, and nobody else (R9.2)', async () => {
  await addMessages(database, 'a', 5);
  await addMessages(database, 'z', 2);
  start();
  await eventually(async () => (await countOf(database, 'DELIVERED')) === 7);
  expect(await ask({ customerId: 'a', fromNumber: 3 })).toEqual({
    ...{ replayed: 3, more: false, by: 'desk:dan', reason: 'They lost it.' },
  });
  await eventually(async () => (await countOf(database, 'DELIVERED')) === 7);
  expect(numbers('a')).toEqual([1, 2, 3, 4, 5, 3, 4, 5]);
  expect(numbers('z')).toEqual([1, 2]);
  expect(await countOf(database, 'PENDING', 'b')).toBe(7);
});

it('tells dead letters again, of one account or of all', async () => {
  receiver.behaviour = ({ number }) => (number === 2 ? 500 : 200);
  for (const account of ['a', 'b', 'c']) await addMessages(database, account, 3);
  start();
  await eventually(async () => (await countOf(database, 'DEAD')) === 3);
  await eventually(async () => (await countOf(database, 'DELIVERED')) === 6);
  receiver.behaviour = () => 200;
  expect(await ask({ customerId: 'b' })).toMatchObject({ replayed: 1 });
  await eventually(async () => (await countOf(database, 'DEAD')) === 2);
  expect(await ask({})).toMatchObject({ replayed: 2 });
  await eventually(async () => (await countOf(database, 'DELIVERED')) === 9);
  for (const account of ['a', 'b', 'c']) expect(numbers(account)).toEqual([1, 2, 3, 2]);
  expect(await ask({})).toEqual({ refused: 'NOTHING_TO_REPLAY' });
});

it('gives a message that goes wrong again its full number of attempts', async () => {
  receiver.behaviour = () => 500;
  await addMessages(database, 'a', 1);
  start();
  await eventually(async () => (await countOf(database, 'DEAD')) === 1);
  await ask({});
  await eventually(async () => (await countOf(database, 'DEAD')) === 1);
  expect(await messagesOf(database, 'a')).toMatchObject([{ attempts: 1, state: 'DEAD' }]);
  const [{ log }] = await database.query<[{ log: object[] }]>(
    `select log from webhook_deliveries where endpoint = 'platform'`,
  );
  expect(log).toMatchObject([
    { round: 0, attempt: 1, status: 500 },
    { round: 1, attempt: 1, status: 500 },
  ]);
});

it('tells what was under way meanwhile once more, in its turn', async () => {
  await addMessages(database, 'a', 4);
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  receiver.behaviour = ({ number }, attempt) =>
    number === 3 && attempt === 1 ? { status: 200, until: held } : 200;
  start();
  await eventually(() => receiver.received.length === 3);
  await ask({ customerId: 'a', fromNumber: 2 });
  await eventually(() => receiver.received.length >= 4);
  release();
  await eventually(async () => (await countOf(database, 'DELIVERED')) === 4);
  // The third was taken before the second came again; so it comes again after it.
  expect(numbers('a').slice(0, 3)).toEqual([1, 2, 3]);
  expect(numbers('a').slice(3)).toEqual([2, 3, 4]);
});

it('reaches back before the endpoint was added, where the desk asks for it', async () => {
  await addMessages(database, 'a', 2);
  await addMessages(database, 'a', 3, 3, 'redemption.held');
  const late = endpoint(receiver.url, { name: 'late', types: ['points.*'] });
  const config = { ...app.config, webhooks: [late] };
  await nameEndpoints(database, [late]);
  expect(await messagesOf(database, 'a', 'late')).toEqual([]);
  const wish = { endpoint: 'late', customerId: 'a', fromNumber: 1, reason: 'Fill it.' };
  const answer = await replay(
    { ...app, config },
    { ...wish, idempotencyKey: 'k', actor: 'desk:dan' },
  );
  expect(answer).toMatchObject({ replayed: 2 });
  expect(await messagesOf(database, 'a', 'late')).toMatchObject([
    { number: 1, state: 'PENDING' },
    { number: 2, state: 'PENDING' },
  ]);
});

it('is done once under its key, and refuses what there is not', async () => {
  await addMessages(database, 'a', 2);
  const wish = { customerId: 'a', fromNumber: 1, idempotencyKey: 'once' };
  const first = await ask(wish);
  const rounds = () =>
    database.query(`select round from webhook_deliveries where endpoint = 'platform'`);
  expect(await ask(wish)).toEqual(first);
  expect(await rounds()).toEqual([{ round: 1 }, { round: 1 }]);
  expect(await ask({ ...wish, fromNumber: 2 })).toEqual({ refused: 'IDEMPOTENCY_CONFLICT' });
  expect(await ask({ endpoint: 'nobody' })).toEqual({ refused: 'ENDPOINT_NOT_FOUND' });
  for (const nothing of [{ fromNumber: 3 }, { customerId: 'zoe' }, { fromNumber: null }]) {
    expect(
      await ask({ ...wish, idempotencyKey: `n${Object.values(nothing)[0]}`, ...nothing }),
    ).toEqual({
      refused: 'NOTHING_TO_REPLAY',
    });
  }
});
