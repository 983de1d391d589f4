import { setTimeout as pause } from 'node:timers/promises';
import { loadConfig } from '../../src/config';
import { Socket } from '../server/running';
import { asOwner } from '../support/database';
import { ask, earn, REDEEM, type Running, SUSPEND, startService, tell, tokenOf } from './running';

let running: Running;
beforeEach(async () => {
  running = await startService();
});
afterEach(() => running.stop());

async function metrics(): Promise<string> {
  const response = await fetch(`${running.operations}/metrics`);
  expect(response.status).toBe(200);
  return response.text();
}

/** The samples of a metric by their labels. */
async function samples(name: string): Promise<Record<string, number>> {
  const lines = (await metrics()).split('\n').filter((line) => /^[^#]/.test(line));
  const found = lines.filter((line) => line.split(/[{ ]/)[0] === name);
  return Object.fromEntries(
    found.map((line) => {
      const [, labels = '', value] = /^[^{ ]+(?:\{(.*)\})? (\S+)$/.exec(line)!;
      return [labels.replaceAll('"', ''), Number(value)];
    }),
  );
}

test('what was done is what is counted', async () => {
  const { server } = running;
  await earn(server, 'ada', 'o1');
  await tell(server, [
    {
      type: 'order.placed',
      data: { orderId: 'o2', customerId: 'ada', net: '500', currency: 'EUR' },
    },
  ]);
  await tell(server, [
    { type: 'order.cancelled', data: {} },
    { type: 'no.such.event', data: {} },
  ]);
  const token = await tokenOf('ada');
  const redeem = (points: number, key: string) =>
    ask(server, REDEEM, {
      token,
      variables: { input: { customerId: 'ada', orderId: 'o2', points, idempotencyKey: key } },
    });
  await redeem(10, 'a');
  await redeem(20, 'b');
  await redeem(1_000_000, 'c');
  await ask(server, '{ rewardsMember(customerId: "ada") { id } rewardsPrograms { code } }', {
    token,
  });
  await ask(server, '{ rewardsMember(customerId: "bob") { id } }', { token });
  await ask(server, 'query BadName { nothing }', { token });

  expect(await samples('rewards_commands_total')).toMatchObject({
    'operation=redeemXPoints,outcome=done': 2,
    'operation=redeemXPoints,outcome=refused': 1,
    'operation=order.placed,outcome=done': 2,
  });
  expect(await samples('rewards_refusals_total')).toEqual({ 'code=EXCEEDS_ORDER_VALUE': 1 });
  expect(await samples('rewards_events_total')).toMatchObject({
    'type=customer.registered,outcome=APPLIED': 1,
    'type=unknown,outcome=REJECTED': 2,
  });
  expect(await samples('rewards_operation_seconds_count')).toEqual({
    ...{ 'operation=redeemXPoints': 3, 'operation=several': 1, 'operation=rewardsMember': 1 },
    'operation=other': 1,
  });
  expect(await samples('rewards_errors_total')).toEqual({
    ...{ 'code=FORBIDDEN': 1, 'code=GRAPHQL_VALIDATION_FAILED': 1 },
  });
  expect(await samples('rewards_http_seconds_count')).toMatchObject({
    ...{ 'route=/graphql,status=2xx': 5, 'route=/events,status=2xx': 3 },
  });
  const { '': batches = 0 } = await samples('rewards_batch_commands_count');
  expect(await samples('rewards_batch_commands_sum')).toEqual({ '': 8 });
  expect(await samples('rewards_batch_seconds_count')).toEqual({ '': batches });
  expect((await samples('rewards_commit_seconds_count'))['']).toBeGreaterThanOrEqual(batches);
  expect((await samples('rewards_lock_wait_seconds_count'))['']).toBeGreaterThanOrEqual(batches);
  const statements = await samples('rewards_statement_seconds_count');
  expect(statements).toMatchObject({ 'statement=INSERT entries': 3 });
  expect(await samples('rewards_commands_waiting')).toEqual({ '': 0 });
  expect(await samples('rewards_pool_waiting')).toEqual({ '': 0 });
  expect(await metrics()).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
});

test('a wait for a lock is seen, and commands that wait for it', async () => {
  const { server } = running;
  await earn(server, 'ada', 'o1');
  const runner = running.app.database.createQueryRunner();
  await runner.startTransaction();
  await runner.query(`select from accounts where id = 'ada' for update`);
  const waiting = tell(server, [{ type: 'order.cancelled', data: { orderId: 'o1' } }]);
  while ((await samples('rewards_commands_waiting'))[''] !== 1) await pause(10);
  await pause(300);
  await runner.commitTransaction();
  await runner.release();
  expect(await waiting).toMatchObject({ results: [{ outcome: 'APPLIED' }] });
  expect((await samples('rewards_lock_wait_seconds_sum'))['']).toBeGreaterThan(0.3);
  expect((await samples('rewards_lock_wait_seconds_bucket'))['le=+Inf']).toBeGreaterThan(0);
});

test('sockets, subscriptions and how late changes come are told', async () => {
  const { server } = running;
  await earn(server, 'ada', 'o1');
  const socket = new Socket(server);
  await socket.init({ token: await tokenOf('ada') });
  await socket.subscribe(
    '1',
    'subscription { xPointsBalanceChanged(customerId: "ada") { sequence } }',
  );
  await socket.next('next', '1');
  expect(await samples('rewards_sockets')).toEqual({ '': 1 });
  expect(await samples('rewards_subscriptions')).toEqual({ '': 1 });
  expect(await samples('rewards_subscription_lag_seconds_count')).toEqual({ '': 0 });
  await tell(server, [{ type: 'order.cancelled', data: { orderId: 'o1' } }]);
  while ((await samples('rewards_subscription_lag_seconds_count'))[''] !== 1) await pause(10);
  socket.end();
  while ((await samples('rewards_sockets'))[''] !== 0) await pause(10);
  while ((await samples('rewards_subscriptions'))[''] !== 0) await pause(10);
});

test('what only the database knows is told: what is due, what waits, what is given up, what is broken', async () => {
  await running.stop();
  running = await startService({
    WEBHOOK_URL: 'http://127.0.0.1:9/',
    WEBHOOK_SECRET: `whsec_${Buffer.alloc(32).toString('base64')}`,
    SMTP_URL: 'smtp://127.0.0.1:9',
    MAIL_FROM: 'rewards@example.com',
  });
  await earn(running.server, 'ada', 'o1');
  expect(await samples('rewards_integrity_age_seconds')).toEqual({});
  expect(await samples('rewards_outbox_pending')).not.toEqual({ '': 0 });
  await asOwner(
    running.database,
    `insert into integrity_walks (number, started_at, continued_at, finished_at, breaches)
     values (1, now(), now(), now() - interval '2 hours', '[{"number": "L5", "statement": "", "rows": 3, "accounts": ["ada"]}]');
     update accounts set next_due_at = now() - interval '90 seconds', frozen_at = now(), frozen_reason = 'x', frozen_by = 'x' where id = 'ada';
     update outbox set occurred_at = now() - interval '5 minutes';
     insert into outbox (shard, account_id, number, type, sequence, occurred_at, data)
       select shard, account_id, 1000, type, sequence, occurred_at, data from outbox limit 1;
     insert into webhook_deliveries (shard, account_id, number, endpoint, state, settled_at)
       select shard, account_id, number, 'platform', 'DEAD', now() from outbox where number = 1000;
     insert into webhook_endpoints (name, seen_at) values ('gone', now() - interval '1 year');
     insert into webhook_deliveries (shard, account_id, number, endpoint)
       select shard, account_id, number, 'gone' from outbox where number = 1000;
     update outbox set occurred_at = now() - interval '1 year' where number = 1000;
     insert into notifications (shard, account_id, number, kind, created_at, data, mail_state)
       select shard, id, 1000 + n, 'POINTS_EXPIRING', now() - interval '3 hours', '{}', state
       from accounts, (values (1, 'PENDING'), (2, 'DEAD')) as s (n, state) where id = 'ada'`,
  );
  // Figures are kept for two seconds, so that asking often costs nothing.
  while ((await samples('rewards_outbox_dead'))[''] !== 1) await pause(100);
  const seen = async (name: string) => (await samples(`rewards_${name}`))[''];
  expect(await seen('due_accounts')).toBe(1);
  expect(await seen('due_lag_seconds')).toBeGreaterThanOrEqual(90);
  expect(await seen('outbox_oldest_seconds')).toBeGreaterThanOrEqual(300);
  // What waits for an endpoint that nobody names any more waits for nobody.
  expect(await seen('outbox_oldest_seconds')).toBeLessThan(86_400);
  expect(await seen('outbox_dead')).toBe(1);
  expect(await seen('mails_dead')).toBe(1);
  expect(await seen('mails_oldest_seconds')).toBeGreaterThanOrEqual(3 * 3600);
  expect(await seen('accounts_frozen')).toBe(1);
  expect(await seen('integrity_age_seconds')).toBeGreaterThanOrEqual(7200);
  // Nobody rolls up here; and where no rollups stand every entry is one that they do not have.
  expect(await seen('rollups_lag_seconds')).toBeGreaterThan(0);
  expect(await samples('rewards_integrity_breaches')).toMatchObject({
    'invariant=L5': 3,
    'invariant=L2': 0,
  });
  expect(await seen('figures_up')).toBe(1);
  // Nothing is archived here: nothing is said of it.
  expect(await samples('rewards_wal_archive_failing')).toEqual({});
});

test('without its database it still tells what it knows, and that it knows no more', async () => {
  await running.database.drop();
  expect(await samples('rewards_figures_up')).toEqual({ '': 0 });
  expect(await samples('rewards_outbox_dead')).toEqual({});
  expect(await samples('rewards_sockets')).toEqual({ '': 0 });
});

test('names and labels come from closed lists: a caller cannot make a series', async () => {
  const { server } = running;
  const before = (await metrics()).split('\n').length;
  for (let n = 0; n < 50; n += 1) {
    await ask(server, `query Made${n} { alias${n}: rewardsPrograms { code } }`);
    await fetch(`${server.url}/made/${n}`);
    await tell(server, [{ type: `made.${n}`, data: {} }]);
    await ask(server, SUSPEND, {
      token: await tokenOf(`desk-${n}`, 'rewards:desk'),
      variables: { input: { customerId: `c${n}`, reason: 'x', idempotencyKey: 'k' } },
    });
  }
  const after = await metrics();
  expect(after.split('\n').length - before).toBeLessThan(300);
  expect(after).not.toMatch(/made|alias|desk-/i);
});

test('it is served on a port of its own alone, and nothing else is there', async () => {
  expect((await fetch(`${running.server.url}/metrics`)).status).toBe(404);
  expect((await fetch(`${running.operations}/graphql`)).status).toBe(404);
  expect((await fetch(`${running.operations}/metrics`, { method: 'POST' })).status).toBe(404);
  expect(new URL(running.operations).hostname).toBe('127.0.0.1');
});

test('no port is open unless one is named, and then on loopback unless told otherwise', () => {
  expect(loadConfig({}).operations).toBeNull();
  expect(loadConfig({ OPERATIONS_PORT: '9464' }).operations).toEqual({
    port: 9464,
    host: '127.0.0.1',
  });
  expect(() => loadConfig({ OPERATIONS_HOST: '0.0.0.0' })).toThrow('OPERATIONS_PORT is missing');
});
