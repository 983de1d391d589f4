import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { isTracing, startTracing } from '../../src/operations/tracing';
import { startRelay } from '../../src/outbox/relay';
import { Collector, type Span } from './collector';
import { ask, earn, REDEEM, type Running, startService, tell, tokenOf } from './running';

const SIGNING = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;

let collector: Collector;
let endpoint: string;
let platform: Server;
let webhook: string;
/** Headers of the webhooks that the platform got. */
let received: IncomingHttpHeaders[];
let running: Running;

beforeEach(async () => {
  collector = new Collector();
  endpoint = await collector.start();
  received = [];
  platform = createServer((request, response) => {
    received.push(request.headers);
    request.resume().on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(platform, 'listening');
  webhook = `http://127.0.0.1:${(platform.address() as AddressInfo).port}/`;
});
afterEach(async () => {
  await running.stop();
  await collector.stop();
  platform.close();
  platform.closeAllConnections();
});

function serve(env: Record<string, string> = {}): Promise<Running> {
  return startService({ WEBHOOK_URL: webhook, WEBHOOK_SECRET: SIGNING, ...env });
}

/** A trace that the router began, and its span. */
function trace() {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  return { traceId, spanId, headers: { traceparent: `00-${traceId}-${spanId}-01` } };
}

/** The one span of a name in a trace. */
function spanOf(name: string, traceId: string): Span {
  const found = collector.spans.filter((span) => span.name === name && span.traceId === traceId);
  expect([name, found.length]).toEqual([name, 1]);
  return found[0]!;
}

test('a trace goes on from the router through the door to the statements and out with the webhook', async () => {
  const tracing = startTracing(endpoint);
  running = await serve();
  const { server } = running;
  await earn(server, 'ada', 'o1');
  await tell(server, [
    {
      type: 'order.placed',
      data: { orderId: 'o2', customerId: 'ada', net: '500', currency: 'EUR' },
    },
  ]);
  const relay = startRelay(running.app);
  while (received.length === 0) await pause(10);
  await pause(200);
  received.length = 0;
  const router = trace();
  const input = { customerId: 'ada', orderId: 'o2', points: 10, idempotencyKey: 'secret-of-key' };
  const options = { token: await tokenOf('ada'), headers: router.headers, variables: { input } };
  expect((await ask(server, REDEEM, options)).errors).toBeUndefined();
  while (!received.some(({ traceparent = '' }) => String(traceparent).includes(router.traceId))) {
    relay.nudge();
    await pause(10);
  }
  await relay.stop();
  await tracing.stop();

  const { traceId } = router;
  const http = spanOf('POST /graphql', traceId);
  const operation = spanOf('mutation redeemXPoints', traceId);
  const command = spanOf('ledger redeemXPoints', traceId);
  const batch = spanOf('ledger batch', traceId);
  expect(http.parentSpanId).toBe(router.spanId);
  expect(operation.parentSpanId).toBe(http.spanId);
  expect(command.parentSpanId).toBe(operation.spanId);
  expect(batch.parentSpanId).toBe(command.spanId);
  expect(batch.links).toMatchObject([{ traceId, spanId: command.spanId }]);
  expect(command.links).toMatchObject([{ traceId, spanId: batch.spanId }]);
  for (const name of ['BEGIN', 'INSERT entries', 'UPDATE accounts', 'COMMIT']) {
    expect([name, spanOf(name, traceId).parentSpanId]).toEqual([name, batch.spanId]);
  }
  const deliveries = collector.spans.filter(
    (span) => span.traceId === traceId && span.name.startsWith('deliver '),
  );
  expect(deliveries.map(({ parentSpanId }) => parentSpanId)).toEqual(
    deliveries.map(() => command.spanId),
  );
  const handedOn = received.map(({ traceparent }) => traceparent).sort();
  expect(handedOn).toEqual(deliveries.map(({ spanId }) => `00-${traceId}-${spanId}-01`).sort());
  const [first] = collector.exports[0]!.resourceSpans;
  expect(first!.resource.attributes).toContainEqual({
    ...{ key: 'service.name', value: { stringValue: 'rewards' } },
  });
});

test('one batch serves several traces, and is linked with each of them', async () => {
  const tracing = startTracing(endpoint);
  running = await serve({ REWARDS_WRITERS: '1' });
  const { server, app } = running;
  for (const id of ['ada', 'bob', 'cy']) await earn(server, id, `order-of-${id}`);
  const runner = app.database.createQueryRunner();
  await runner.startTransaction();
  await runner.query(`select from accounts where id = 'ada' for update`);
  const cancel = (id: string, headers = {}) =>
    tell(server, [{ type: 'order.cancelled', data: { orderId: `order-of-${id}` } }], headers);
  const busy = cancel('ada');
  while ((await app.metrics.text()).includes('rewards_commands_waiting 0')) await pause(10);
  const [one, two] = [trace(), trace()];
  const queued = [cancel('bob', one.headers), cancel('cy', two.headers)];
  while (!(await app.metrics.text()).includes('rewards_commands_waiting 3')) await pause(10);
  await runner.commitTransaction();
  await runner.release();
  await Promise.all([busy, ...queued]);
  await tracing.stop();

  const commands = [one, two].map(({ traceId }) => spanOf('ledger order.cancelled', traceId));
  const batches = collector.spans.filter(
    ({ name, links }) => name === 'ledger batch' && links.length === 2,
  );
  expect(batches).toHaveLength(1);
  const linked = batches[0]!.links.map(({ traceId, spanId }) => ({ traceId, spanId }));
  const wanted = commands.map(({ traceId, spanId }) => ({ traceId, spanId }));
  expect(new Set(linked.map((link) => JSON.stringify(link)))).toEqual(
    new Set(wanted.map((link) => JSON.stringify(link))),
  );
  for (const command of commands) {
    expect(command.links).toMatchObject([{ spanId: batches[0]!.spanId }]);
  }
});

test('no span holds a parameter, a variable, a token or anything of a body', async () => {
  const tracing = startTracing(endpoint);
  running = await serve();
  const { server } = running;
  const marks = ['gone.person@example.org', 'id-of-customer', 'id-of-order', 'text-of-key'];
  const [email, customerId, orderId, idempotencyKey] = marks;
  await tell(server, [
    { type: 'customer.registered', data: { customerId, program: 'EU', email } },
    { type: 'order.placed', data: { orderId, customerId, net: '50', currency: 'EUR' } },
  ]);
  const token = await tokenOf(customerId!);
  const input = { customerId, orderId, points: 1, idempotencyKey };
  await ask(server, REDEEM, { token, variables: { input } });
  await ask(server, `{ rewardsMember(customerId: "${customerId}") { id } nothing }`, { token });
  await fetch(`${server.url}/${customerId}?email=${email}`);
  await tracing.stop();
  const text = collector.bodies.join('');
  expect(text).toContain('mutation redeemXPoints');
  expect(text).toContain('GET other');
  for (const mark of [...marks, token]) expect(text).not.toContain(mark);
});

test('a failure is told as one, by its kind', async () => {
  const tracing = startTracing(endpoint);
  running = await serve();
  const router = trace();
  await running.database.drop();
  await tell(running.server, [{ type: 'order.paid', data: { orderId: 'o1' } }], router.headers);
  await tracing.stop();
  expect(spanOf('POST /events', router.traceId).status).toMatchObject({ code: 2 });
  const command = spanOf('ledger order.paid', router.traceId);
  expect(command.status).toMatchObject({ code: 2, message: 'DatabaseError' });
});

test('without a collector nothing is traced, and the platform is told of no trace', async () => {
  const tracing = startTracing(null);
  expect(isTracing()).toBe(false);
  running = await serve();
  await tell(
    running.server,
    [{ type: 'customer.registered', data: { customerId: 'ada', program: 'EU' } }],
    trace().headers,
  );
  await earn(running.server, 'ada', 'o1');
  const relay = startRelay(running.app);
  while (received.length === 0) await pause(10);
  await relay.stop();
  await tracing.stop();
  expect(received[0]).not.toHaveProperty('traceparent');
  expect(collector.bodies).toEqual([]);
});
