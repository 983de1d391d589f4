import { setTimeout as pause } from 'node:timers/promises';
import { isInputObjectType, isNonNullType } from 'graphql';
import { AuditLog } from '../../src/audit/audit-log';
import { namedIds } from '../../src/audit/named-ids';
import { Metrics } from '../../src/operations/metrics';
import { buildSchema } from '../../src/server/schema';
import {
  ask,
  earn,
  REDEEM,
  type Running,
  SUSPEND,
  startService,
  tell,
  tokenOf,
} from '../operations/running';
import { Socket } from '../server/running';
import { asOwner } from '../support/database';

interface Seen {
  readonly actor: string;
  readonly operation: string;
  readonly customerIds: string[];
  readonly ids: string[];
  readonly outcome: string | null;
  readonly times: number;
  readonly requestId: string;
}

const LIST = `query Audit($first: Int, $after: String, $actor: String, $customerId: ID) {
  rewardsAuditLog(first: $first, after: $after, actor: $actor, customerId: $customerId) {
    nodes { actor operation customerIds ids outcome times requestId answeredAt }
    pageInfo { hasNextPage endCursor }
  }
}`;

let running: Running;
let desk: string;

beforeEach(async () => {
  running = await startService();
  desk = await tokenOf('dan', 'rewards:desk');
  await earn(running.server, 'ada', 'o1');
});
afterEach(() => running.stop());

/** What the desk sees, latest first. */
async function list(variables: object = {}): Promise<{ nodes: Seen[]; pageInfo: never }> {
  const answer = await ask(running.server, LIST, { token: desk, variables });
  expect(answer.errors).toBeUndefined();
  return answer.data!.rewardsAuditLog!;
}

/** The rows that stand in the table, earliest first. */
function rows(): Promise<
  { step: string; operation: string; outcome: string | null; times: number }[]
> {
  return running.app.database.query(
    `select step, actor, operation, outcome, times, ids, customer_ids from audit_log order by at, step`,
  );
}

/** Denials are written beside the answer. */
async function untilWritten(count: number): Promise<void> {
  while ((await rows()).length < count) await pause(10);
}

const input = (fields: object) => ({
  input: { customerId: 'ada', idempotencyKey: 'k1', ...fields },
});

test('what the desk does is written before and after it is done, with whom it is about', async () => {
  const variables = input({ reason: 'gone.person@example.org looks odd' });
  const headers = { 'x-request-id': 'req-1' };
  await ask(running.server, SUSPEND, { token: desk, variables, headers });
  expect(await rows()).toEqual([
    expect.objectContaining({ step: 'ASKED', actor: 'desk:dan', outcome: null }),
    expect.objectContaining({ step: 'ANSWERED', actor: 'desk:dan', outcome: 'DONE' }),
  ]);
  const { nodes } = await list();
  expect(nodes).toEqual([
    expect.objectContaining({
      ...{ actor: 'desk:dan', operation: 'suspendMember', outcome: 'DONE', requestId: 'req-1' },
      ...{ customerIds: ['ada'], ids: ['customerId ada', 'idempotencyKey k1'], times: 1 },
    }),
  ]);
  expect(JSON.stringify(await rows())).not.toContain('gone.person');
});

test('a refusal and a malformed input are written with their code', async () => {
  await ask(running.server, SUSPEND, { token: desk, variables: input({ reason: 'x' }) });
  const again = input({ reason: 'x', idempotencyKey: 'k2' });
  await ask(running.server, SUSPEND, { token: desk, variables: again });
  await ask(running.server, SUSPEND, { token: desk, variables: input({ reason: '' }) });
  const outcomes = (await list()).nodes.map(({ outcome }) => outcome);
  expect(outcomes).toEqual(['BAD_USER_INPUT', 'MEMBERSHIP_NOT_ACTIVE', 'DONE']);
});

test('what a customer does for themself is not; what they are denied is', async () => {
  const ada = await tokenOf('ada');
  const redeem = { customerId: 'ada', orderId: 'o1', points: 1, idempotencyKey: 'r1' };
  await ask(running.server, REDEEM, { token: ada, variables: { input: redeem } });
  expect(await rows()).toEqual([]);
  const other = await tokenOf('bob');
  await ask(running.server, REDEEM, { token: other, variables: { input: redeem } });
  await ask(running.server, '{ mine: rewardsMember(customerId: "ada") { id } }', { token: other });
  await ask(running.server, '{ rewardsMember(customerId: "ada") { id } }');
  await ask(running.server, '{ rewardsPrograms { code } }', { token: 'no token' });
  await untilWritten(4);
  const seen = (await list()).nodes.map((node) => [
    ...[node.actor, node.operation, node.outcome, node.customerIds.join()],
  ]);
  expect(seen.sort()).toEqual([
    ['anonymous', 'request', 'UNAUTHENTICATED', ''],
    ['anonymous', 'rewardsMember', 'UNAUTHENTICATED', 'ada'],
    ['customer:bob', 'redeemXPoints', 'FORBIDDEN', 'ada'],
    ['customer:bob', 'rewardsMember', 'FORBIDDEN', 'ada'],
  ]);
});

test('a service that is denied a mutation is written once, by its name', async () => {
  const token = await tokenOf('orders', 'rewards:service');
  await ask(running.server, SUSPEND, { token, variables: input({ reason: 'x' }) });
  expect(await rows()).toMatchObject([
    { step: 'ASKED', outcome: null },
    { step: 'ANSWERED', outcome: 'FORBIDDEN' },
  ]);
});

test('an entity that is denied is written with its id', async () => {
  const query = `query ($them: [_Any!]!) { _entities(representations: $them) { ... on Customer { xPoints { available } } } }`;
  const them = [
    { __typename: 'Customer', id: 'bob' },
    { __typename: 'Customer', id: 'ada' },
  ];
  await ask(running.server, query, { token: await tokenOf('bob'), variables: { them } });
  await untilWritten(1);
  expect(await rows()).toMatchObject([
    { step: 'DENIED', operation: '_entities', outcome: 'FORBIDDEN', customer_ids: ['ada'] },
  ]);
});

test('over a socket as over HTTP', async () => {
  const stranger = new Socket(running.server);
  await stranger.send({ type: 'connection_init', payload: { token: 'no token' } });
  expect(await stranger.closed).toMatchObject({ code: 4403 });
  const socket = new Socket(running.server, { headers: { 'x-request-id': 'req-2' } });
  await socket.init({ token: await tokenOf('bob') });
  const query = 'subscription ($id: ID!) { xPointsBalanceChanged(customerId: $id) { sequence } }';
  await socket.subscribe('1', query, { id: 'ada' });
  await socket.next('complete', '1');
  await untilWritten(2);
  socket.end();
  expect((await list()).nodes).toMatchObject([
    {
      ...{ actor: 'customer:bob', operation: 'xPointsBalanceChanged', outcome: 'FORBIDDEN' },
      ...{ customerIds: ['ada'], requestId: 'req-2' },
    },
    { actor: 'anonymous', operation: 'request', outcome: 'UNAUTHENTICATED' },
  ]);
});

test('the list is read in pages, by actor and by customer, and by the desk alone', async () => {
  for (let n = 1; n <= 5; n += 1) {
    const variables = { input: { customerId: `c${n % 2}`, reason: 'x', idempotencyKey: `k${n}` } };
    await ask(running.server, SUSPEND, {
      token: n < 5 ? desk : await tokenOf('eve', 'rewards:desk'),
      variables,
    });
  }
  const keys: string[] = [];
  let after: string | null = null;
  do {
    const page: { nodes: Seen[]; pageInfo: { hasNextPage: boolean; endCursor: string } } =
      await list({ first: 2, after });
    expect(page.nodes.length).toBeLessThanOrEqual(2);
    keys.push(...page.nodes.map(({ ids }) => ids[1]!));
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null);
  expect(keys).toEqual([5, 4, 3, 2, 1].map((n) => `idempotencyKey k${n}`));
  expect((await list({ actor: 'desk:eve' })).nodes).toHaveLength(1);
  expect((await list({ customerId: 'c0' })).nodes).toHaveLength(2);
  const refused = await ask(running.server, LIST, { token: await tokenOf('ada') });
  expect(refused.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  const forged = await ask(running.server, LIST, {
    token: desk,
    variables: { after: 'WyJhdWRpdCJd' },
  });
  expect(forged.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
});

test('where it cannot be written, nothing is done', async () => {
  await asOwner(
    running.database,
    `alter table audit_log add constraint closed check (step <> 'ASKED') not valid`,
  );
  const variables = input({ reason: 'x' });
  const answer = await ask(running.server, SUSPEND, { token: desk, variables });
  expect(answer.errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
  const [{ suspended }] = await running.app.database.query(
    `select suspended_at is not null as suspended from accounts where id = 'ada'`,
  );
  expect(suspended).toBe(false);
});

test('where what came of it cannot be written, it is not answered; repeated, it is', async () => {
  await asOwner(
    running.database,
    `alter table audit_log add constraint closed check (step <> 'ANSWERED') not valid`,
  );
  const variables = input({ reason: 'x' });
  const answer = await ask(running.server, SUSPEND, { token: desk, variables });
  expect(answer.errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
  await asOwner(running.database, 'alter table audit_log drop constraint closed');
  const repeated = await ask(running.server, SUSPEND, { token: desk, variables });
  expect(repeated.errors).toBeUndefined();
  expect((await list()).nodes.map(({ outcome }) => outcome)).toEqual(['DONE', null]);
});

test('nobody changes or deletes it', async () => {
  await ask(running.server, SUSPEND, { token: desk, variables: input({ reason: 'x' }) });
  for (const statement of [
    `update audit_log set actor = 'desk:eve'`,
    'delete from audit_log',
    'truncate audit_log',
  ]) {
    await expect(running.app.database.query(statement)).rejects.toThrow(
      /permission denied|append-only/,
    );
    await expect(asOwner(running.database, statement)).rejects.toThrow('append-only');
  }
});

test('a flood of denials is counted, not written row by row', async () => {
  const { database, log } = running.app;
  const audit = new AuditLog({ database, log, metrics: new Metrics() }, 60_000);
  for (let n = 0; n < 500; n += 1) {
    const attempt = {
      actor: 'customer:eve',
      operation: 'rewardsMember',
      ids: { customerId: `v${n}` },
    };
    audit.denied({ ...attempt, requestId: `r${n}` }, 'FORBIDDEN');
  }
  await audit.stop();
  const written = (await rows()) as unknown as { times: number; customer_ids: string[] }[];
  expect(written.map(({ times }) => times).sort((a, b) => a - b)).toEqual([1, 499]);
  expect(Math.max(...written.map((row) => row.customer_ids.length))).toBe(20);
});

test('an unsigned event is a denial', async () => {
  await running.stop();
  running = await startService({
    EVENTS_SECRET: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
  });
  await tell(running.server, [{ type: 'order.paid', data: { orderId: 'o1' } }]);
  await untilWritten(1);
  expect(await rows()).toMatchObject([
    { step: 'DENIED', operation: 'events', outcome: 'UNAUTHENTICATED' },
  ]);
});

test('of every mutation the ids and the key are found, and none of its free text', () => {
  const mutations = Object.values(buildSchema().schema.getMutationType()!.getFields());
  expect(mutations.length).toBeGreaterThan(10);
  for (const { name, args } of mutations) {
    const type = args[0]!.type;
    const inside = isNonNullType(type) ? type.ofType : type;
    const fields = isInputObjectType(inside) ? Object.keys(inside.getFields()) : [];
    const values = Object.fromEntries(fields.map((field) => [field, `text of ${field}`]));
    const found = namedIds(args, { input: values });
    expect([name, found.idempotencyKey]).toEqual([name, 'text of idempotencyKey']);
    const wanted = fields.filter((field) => /Id$|^lots$/.test(field) || field === 'idempotencyKey');
    expect([name, ...Object.keys(found)].sort()).toEqual([name, ...wanted].sort());
  }
});
