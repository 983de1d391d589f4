import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { type GraphQLObjectType, getNamedType, isLeafType } from 'graphql';
import { checkIntegrity } from '../../src/ledger/integrity';
import { buildSchema } from '../../src/server/schema';
import { type ActorName, World } from '../refusals/world';
import { Socket } from '../server/running';
import { anyJson, documents, events, representations, valuesOf } from './arbitraries';
import { insideOf } from './clean';

/** How long each kind of input is tried, in milliseconds; more at night. */
const TIME_MS = Number(process.env.REWARDS_FUZZ_MS ?? 3_000);
const RUNS = { numRuns: 1_000_000, interruptAfterTimeLimit: TIME_MS };
const STATUSES = [200, 400, 405, 413];

jest.setTimeout(60_000 + 2 * TIME_MS);

const { schema } = buildSchema();
const tried: Record<string, number> = {};
let world: World;
const defects: unknown[] = [];
const remember = (error: unknown): void => void defects.push(error);
beforeAll(async () => {
  process.on('unhandledRejection', remember).on('uncaughtException', remember);
  world = await World.open();
});
afterAll(async () => {
  process.off('unhandledRejection', remember).off('uncaughtException', remember);
  process.stdout.write(`random inputs: ${JSON.stringify(tried)}\n`);
  await world.close();
  expect(defects).toEqual([]);
});

function count(kind: string): void {
  tried[kind] = (tried[kind] ?? 0) + 1;
}

/** Asks; fails where the answer is our failure, or shows the inside. */
async function ask(actor: ActorName, kind: string, body: object): Promise<void> {
  count(kind);
  const token = world.token(actor);
  const response = await fetch(`${world.server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (response.status === 200) count(`${kind} that ran`);
  // A code that a message quotes is not ours.
  const inside = insideOf(
    text.replace(/"message":"(?:[^"\\]|\\.)*"/g, (message) =>
      /Internal error|out of reach/.test(message) ? message : '',
    ),
  );
  if (!STATUSES.includes(response.status) || inside) {
    throw new Error(`${response.status} ${inside}: ${text.slice(0, 500)}`);
  }
}

/** Sent side by side, as callers do. */
function several<T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.array(one, { minLength: 1, maxLength: 8 });
}

async function unchanged(work: () => Promise<unknown>): Promise<void> {
  const before = await world.digest();
  await work();
  expect(await world.digest()).toEqual(before);
}

test('documents: queries as a member, commands as somebody who may none', () =>
  unchanged(async () => {
    const query = documents(schema, schema.getQueryType()!);
    const mutation = documents(schema, schema.getMutationType()!);
    const variables = fc.dictionary(fc.constantFrom('v', 'input', 'first'), anyJson, {
      maxKeys: 2,
    });
    await fc.assert(
      fc.asyncProperty(several(query), several(mutation), variables, async (asked, told, given) => {
        await Promise.all([
          ...asked.map((one) => ask('ada', 'documents', { query: one, variables: given })),
          ...told.map((one) => ask('analytics', 'documents', { query: one, variables: given })),
        ]);
      }),
      RUNS,
    );
  }));

/** Every field of a root type as an operation of its own, all its arguments in variables. */
function operationsOf(root: GraphQLObjectType, word: string) {
  const operations = Object.values(root.getFields())
    .filter(({ name }) => !name.startsWith('_'))
    .map(({ name, args, type }) => {
      const declared = args.map((arg) => `$${arg.name}: ${arg.type}`).join(', ');
      const given = args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
      const shown = isLeafType(getNamedType(type)) ? '' : '{ __typename }';
      const query = `${word} ${declared && `(${declared})`} { ${name}${given && `(${given})`} ${shown} }`;
      return fc
        .record(Object.fromEntries(args.map((arg) => [arg.name, valuesOf(arg.type)])))
        .map((variables) => ({ query, variables }));
    });
  expect(operations.length).toBeGreaterThan(5);
  return fc.oneof(...operations);
}

test('arguments of every query, as a member and as the desk', () =>
  unchanged(async () => {
    await fc.assert(
      fc.asyncProperty(several(operationsOf(schema.getQueryType()!, 'query')), async (bodies) => {
        await Promise.all(
          bodies.flatMap((body) => [ask('ada', 'queries', body), ask('desk', 'queries', body)]),
        );
      }),
      RUNS,
    );
  }));

test('representations', () =>
  unchanged(async () => {
    const query = `query ($of: [_Any!]!) { _entities(representations: $of) {
      ... on Customer { id xPoints { available pending value { amount } expirySchedule { points } } lots { nodes { id } } referral { pointsEarned } }
      ... on Order { id netTotal { amount currency } xPoints { earned } lots { id } xPointsQuote(customerId: "ada") { __typename } } } }`;
    await fc.assert(
      fc.asyncProperty(several(representations), async (lists) => {
        await Promise.all(
          lists.map((of) => ask('ada', 'representations', { query, variables: { of } })),
        );
      }),
      RUNS,
    );
  }));

test('operations on a socket, where another goes on', async () => {
  const socket = new Socket(world.server);
  await socket.init({ token: world.token('ada') });
  const watch = 'subscription { xPointsBalanceChanged(customerId: "ada") { sequence } }';
  await socket.subscribe('good', watch);
  await socket.next('next', 'good');
  const subscription = documents(schema, schema.getSubscriptionType()!);
  let serial = 0;
  await fc.assert(
    fc.asyncProperty(subscription, anyJson, async (query, v) => {
      // As many as a socket may send in a minute, less what the rest of the test needs.
      if (serial >= 280) return;
      count('operations on a socket');
      const id = `s${++serial}`;
      await socket.subscribe(id, query, { v });
      let answer: unknown;
      for (let waited = 0; answer === undefined && waited < 5_000; waited += 2) {
        await pause(2);
        answer = socket.messages.find((message) => message.id === id);
      }
      await socket.send({ type: 'complete', id });
      expect(insideOf(JSON.stringify(answer))).toBeNull();
    }),
    { ...RUNS, numRuns: 280 },
  );
  await world.tell(['order.cancelled', { orderId: 'a1', net: '1.00' }]);
  for (let waited = 0; waited < 5_000; waited += 5) {
    if (socket.messages.filter(({ id, type }) => id === 'good' && type === 'next').length === 2)
      break;
    await pause(5);
  }
  expect(socket.messages.filter(({ id, type }) => id === 'good' && type === 'next')).toHaveLength(
    2,
  );
  socket.end();
});

test('inputs of every command, of those who may; the books are right afterwards', async () => {
  const commands = several(operationsOf(schema.getMutationType()!, 'mutation'));
  await fc.assert(
    fc.asyncProperty(commands, async (bodies) => {
      await Promise.all(
        bodies.flatMap((body) => [ask('ada', 'commands', body), ask('desk', 'commands', body)]),
      );
    }),
    RUNS,
  );
  await booksAreRight();
});

test('events: each has its outcome, and the books are right afterwards', async () => {
  await fc.assert(
    fc.asyncProperty(events, async (batch) => {
      count('events');
      const response = await fetch(`${world.server.url}/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/cloudevents-batch+json' },
        body: JSON.stringify(batch),
      });
      const text = await response.text();
      const { results } = JSON.parse(text) as { results: { outcome: string }[] };
      expect([response.status, results.length]).toEqual([200, batch.length]);
      expect(results.filter(({ outcome }) => outcome === 'FAILED')).toEqual([]);
      if (results.every(({ outcome }) => outcome !== 'REJECTED')) expect(insideOf(text)).toBeNull();
    }),
    RUNS,
  );
  await booksAreRight();
});

async function booksAreRight(): Promise<void> {
  const breaches = await checkIntegrity(world.app.database, world.app.programs);
  expect(breaches.length).toBeGreaterThan(5);
  expect(breaches.filter(({ rows }) => rows > 0)).toEqual([]);
}
