import { type ExecutionResult, parse } from 'graphql';
import type { Actor } from '../../src/auth/actor';
import { loadersOf } from '../../src/federation/loaders';
import { SharedEvents } from '../../src/server/shared-events';
import { type EventStream, subscribe } from '../../src/server/subscribe';
import { writeEvents } from '../../src/server/write-events';
import { anonymous, customer, desk, graphqlSchema, World } from './world';

const DOCUMENT = parse(`subscription S($id: ID!, $after: XPoints) {
  xPointsBalanceChanged(customerId: $id, after: $after) {
    sequence cursor
    entry { kind availableChange turnoverChange { amount } order { id } lots { number from to points } }
    customer { id tier { turnover { amount } } }
    balance { available held owed sequence value { amount } pending asOf expirySchedule { points } }
  }
}`);

interface Change {
  sequence: number;
  entry: { kind: string } | null;
  balance: { available: number; sequence: number; value: { amount: string } };
}
type Changes = EventStream;

let world: World;
beforeEach(async () => {
  world = await World.open('2025-01-10T10:00:00Z');
  await world.register('ada');
  await world.register('bob');
  await world.earn('a1', 'ada', '100.00');
});
afterEach(() => world.close());

function watch(
  actor: Actor,
  id: string,
  after?: number | null,
  document = DOCUMENT,
): Promise<Changes | ExecutionResult> {
  const { app } = world;
  const makeLoaders = loadersOf(app);
  const events = new SharedEvents(
    (caller) => ({
      ...caller,
      app,
      loaders: makeLoaders(caller.actor),
    }),
    writeEvents(graphqlSchema),
  );
  const args = { schema: graphqlSchema, document, variableValues: { id, after } };
  return subscribe({ args, caller: { actor, locale: 'en', requestId: 'test' } }, events);
}

async function changes(
  actor: Actor,
  id: string,
  after?: number | null,
  document = DOCUMENT,
): Promise<Changes> {
  const answer = await watch(actor, id, after, document);
  if (!('ask' in answer)) throw new Error(JSON.stringify(answer));
  return answer;
}

async function next(from: Changes): Promise<Change> {
  const { value } = await from.next();
  expect(value?.result.errors).toBeUndefined();
  return value?.result.data?.xPointsBalanceChanged as Change;
}

test('a snapshot comes first, then each change with the balance after it', async () => {
  const feed = await changes(customer('ada'), 'ada');
  expect(await next(feed)).toMatchObject({
    sequence: 1,
    cursor: null,
    entry: null,
    balance: { available: 100, sequence: 1 },
  });
  await world.earn('a2', 'ada', '50.00');
  expect(await next(feed)).toEqual({
    sequence: 2,
    cursor: null,
    entry: {
      kind: 'CREDITED',
      availableChange: 50,
      turnoverChange: { amount: '50.00' },
      order: { id: 'a2' },
      lots: [{ number: 2, from: 'ISSUED', to: 'REMAINING', points: 50 }],
    },
    customer: { id: 'ada', tier: { turnover: { amount: '150.00' } } },
    balance: {
      available: 150,
      held: 0,
      owed: 0,
      sequence: 2,
      value: { amount: '1.50' },
      pending: 0,
      asOf: '2025-01-10T10:00:00.000Z',
      expirySchedule: [{ points: 150 }],
    },
  });
  await feed.return();
});

test('what came since a sequence is replayed, each with the balance it left', async () => {
  await world.earn('a2', 'ada', '50.00');
  await world.earn('a3', 'ada', '7.00');
  const feed = await changes(desk, 'ada', 1);
  const seen = [await next(feed), await next(feed)];
  expect(
    seen.map(({ sequence, balance }) => [sequence, balance.available, balance.value.amount]),
  ).toEqual([
    [2, 150, '1.50'],
    [3, 157, '1.57'],
  ]);
  await feed.return();
});

// Whoever asks for plain fields is answered without graphql-js; `pending` is read, which leaves the whole to it.
test.each([
  ['plain fields', ''],
  ['what is read apart', 'pending'],
])('the same is written of the same change: %s', async (_what, more) => {
  const document = parse(`subscription Plain($id: ID!, $after: XPoints) {
    moved: xPointsBalanceChanged(customerId: $id, after: $after) {
      __typename at: sequence ...Parts balance { ...Shown ${more} }
    }
  }
  fragment Parts on XPointsBalanceChange { cursor entry { kind availableChange recordedAt turnoverChange { amount } } }
  fragment Shown on XPointsBalance { available value { amount currency } lifetimeEarned asOf held @skip(if: true) }`);
  await world.earn('a2', 'ada', '50.00');
  const feed = await changes(customer('ada'), 'ada', 1, document);
  const { value } = await feed.next();
  const at = '2025-01-10T10:00:00.000Z';
  const balance = {
    ...{
      available: 150,
      value: { amount: '1.50', currency: 'EUR' },
      lifetimeEarned: 150,
      asOf: at,
    },
    ...(more && { pending: 0 }),
  };
  const entry = {
    ...{ kind: 'CREDITED', availableChange: 50, recordedAt: at },
    turnoverChange: { amount: '50.00' },
  };
  const moved = { __typename: 'XPointsBalanceChange', at: 2, cursor: null, entry, balance };
  expect(value?.json).toBe(JSON.stringify({ data: { moved } }));
  expect(value?.result).toEqual({ data: { moved } });
  await feed.return();
});

test("nobody watches somebody else's balance, and nothing below 0 is a sequence", async () => {
  const answers = [
    await watch(customer('bob'), 'ada'),
    await watch(anonymous, 'ada'),
    await watch(customer('ada'), 'ada', -1),
  ];
  const errors = answers.map((answer) =>
    'errors' in answer ? answer.errors?.[0]?.originalError : answer,
  );
  expect(errors).toMatchObject([
    { code: 'FORBIDDEN' },
    { code: 'UNAUTHENTICATED' },
    { code: 'BAD_USER_INPUT' },
  ]);
});
