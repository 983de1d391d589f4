import { randomUUID } from 'node:crypto';
import { createLog, REMOVED, tellError } from '../../src/operations/log';
import { asOwner } from '../support/database';
import { ask, earn, REDEEM, type Running, SUSPEND, startService, tell, tokenOf } from './running';

/** What of a person or a secret is found wherever it is logged. */
const MARKS = {
  email: 'gone.person@example.org',
  umlaut: 'jürgen.müller@exämple.org',
  phone: '+49 170 5550123',
  digits: '491705550123',
  name: 'Gerda Gone',
  fingerprint: 'card-fingerprint-4711',
  reason: 'suspicion-that-nobody-else-reads',
  signing: `whsec_${Buffer.alloc(32, 9).toString('base64')}`,
};
const REGISTRATION = {
  type: 'customer.registered',
  data: {
    ...{ customerId: 'gone', program: 'EU', email: MARKS.email, phone: MARKS.phone },
    ...{ paymentFingerprint: MARKS.fingerprint, organizationId: 'acme', name: MARKS.name },
  },
};

let running: Running;
beforeEach(async () => {
  running = await startService({
    WEBHOOK_URL: 'http://127.0.0.1:9/',
    WEBHOOK_SECRET: MARKS.signing,
  });
});
afterEach(() => running.stop());

function lines(): Record<string, unknown>[] {
  return running.logged.map((line) => JSON.parse(line));
}

test('at its loudest the log has no token, no address, no secret, nothing of a body', async () => {
  const { server } = running;
  const desk = await tokenOf('dan', 'rewards:desk');
  const tokens = [
    desk,
    await tokenOf('gone'),
    'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.forged',
  ];
  await tell(server, [
    REGISTRATION,
    { ...REGISTRATION, id: 'again' },
    { ...REGISTRATION, id: 'again' },
  ]);
  await earn(server, 'ada', 'o1');
  await tell(server, [{ type: 'order.placed', data: { orderId: MARKS.email, net: MARKS.name } }]);
  for (const token of tokens) {
    const input = { customerId: 'gone', idempotencyKey: randomUUID() };
    const headers = { cookie: `session=${MARKS.fingerprint}` };
    await ask(server, SUSPEND, {
      token,
      headers,
      variables: { input: { ...input, reason: MARKS.reason } },
    });
    await ask(server, REDEEM, { token, variables: { input: { ...input, orderId: MARKS.email } } });
    await ask(server, `{ rewardsMember(customerId: "${MARKS.email}") { nothing } }`, { token });
  }
  await fetch(`${server.url}/events?token=${desk}`, { method: 'POST', body: MARKS.email });
  await breakEverything();
  await ask(server, REDEEM, {
    token: await tokenOf('ada'),
    variables: {
      input: { customerId: 'ada', orderId: 'o1', points: 1, idempotencyKey: MARKS.name },
    },
  });
  await tell(server, [
    { ...REGISTRATION, id: 'broken', data: { ...REGISTRATION.data, customerId: 'new' } },
  ]);

  const text = running.logged.join('');
  expect(text).toContain('Internal error');
  expect(text).toContain('An event failed');
  const [hash] = await running.app.database.query(
    `select email_hash, phone_hash, payment_hash from members where account_id = 'gone'`,
  );
  expect(Object.values(hash)).toHaveLength(3);
  const secrets = [...tokens.map((token) => token.split('.')[2]!), ...Object.values<string>(hash)];
  for (const mark of [...Object.values(MARKS), ...secrets]) expect(text).not.toContain(mark);
  expect(text).not.toContain(new URL(running.database.url).password);
});

test('each line of a request names it, and its trace', async () => {
  const { server } = running;
  await earn(server, 'ada', 'o1');
  await breakEverything();
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
  const headers = { 'x-request-id': 'req-7', traceparent };
  const input = { customerId: 'ada', orderId: 'o1', points: 1, idempotencyKey: 'k' };
  await ask(server, REDEEM, { token: await tokenOf('ada'), headers, variables: { input } });
  const data = { ...REGISTRATION.data, customerId: 'new' };
  await tell(server, [{ ...REGISTRATION, data }], headers);
  const told = lines().filter(({ requestId }) => requestId === 'req-7');
  expect(told.map(({ msg }) => msg)).toEqual([
    'Internal error',
    'Answered',
    'An event failed',
    'Answered',
  ]);
  for (const line of told) expect(line.traceId).toBe(traceId);
});

test('what looks private is struck from a line, whoever wrote it', () => {
  const written: string[] = [];
  const log = createLog('trace', { write: (line) => void written.push(line) });
  log.info({
    deep: { email: MARKS.email },
    payload: { a: MARKS.reason },
    headers: { x: MARKS.reason },
  });
  log.info(`mail to ${MARKS.email} and ${MARKS.umlaut} with Bearer abc.def and ${MARKS.signing}`);
  log.info({ url: 'postgres://rewards:hunter2@db.example:5432/rewards' });
  log.info({ to: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl' });
  const text = written.join('');
  for (const mark of [...Object.values(MARKS), 'abc.def', 'hunter2', 'c2lnbmF0dXJl']) {
    expect(text).not.toContain(mark);
  }
  expect(text).toContain(`postgres://${REMOVED}@db.example:5432/rewards`);
});

test('of an error its kind, code, constraint and place are told, and nothing else of it', () => {
  const driverError = Object.assign(
    new Error(`invalid input syntax for type bigint: "${MARKS.email}"`),
    {
      ...{
        code: '22P02',
        detail: `Key (email)=(${MARKS.email})`,
        where: MARKS.name,
        constraint: 'c',
      },
    },
  );
  const failed = Object.assign(new Error(driverError.message), {
    ...{ driverError, query: 'select $1', parameters: [MARKS.email] },
  });
  const told = tellError(failed);
  expect(told).toMatchObject({
    ...{ type: 'Error', message: `invalid input syntax for type bigint: "${REMOVED}"` },
    cause: { code: '22P02', constraint: 'c' },
  });
  expect(told.stack).toContain('log.test.ts');
  for (const mark of [MARKS.email, MARKS.name]) expect(JSON.stringify(told)).not.toContain(mark);
});

/** The ledger fails from here on, in ways that PostgreSQL tells with the row concerned. */
async function breakEverything(): Promise<void> {
  await asOwner(
    running.database,
    `alter table accounts add constraint broken check (id = 'gone') not valid;
     alter table answers add constraint broken check (key = '') not valid`,
  );
}
