import { setImmediate as nextTurn } from 'node:timers/promises';
import { buildSchema as buildPlainSchema, parse } from 'graphql';
import { type Actor, ANONYMOUS } from '../../src/auth/actor';
import type { RequestContext } from '../../src/server/context';
import { buildSchema } from '../../src/server/schema';
import { SharedEvents, type Watching } from '../../src/server/shared-events';
import { writeEvents } from '../../src/server/write-events';

const schema = buildPlainSchema(`
  type Query { ok: Boolean }
  type Change { number: Int fails: Int plus(more: Int): Int }
  type Subscription { changed(id: ID!, after: Int): Change }
`);
const document = parse(
  'subscription ($id: ID!, $after: Int, $more: Int) { changed(id: $id, after: $after) { number plus(more: $more) } }',
);
const failing = parse('subscription { changed(id: "ada") { number fails } }');

const ada: Actor = { ...ANONYMOUS, subject: 'ada', customerId: 'ada', expiresAt: 1 };
const desk: Actor = { ...ANONYMOUS, subject: 'ada', scopes: new Set(['rewards:desk']) };

const event = () => ({
  changed: {
    number: 1,
    plus: ({ more = 0 }: { more?: number }) => 1 + more,
    fails: () => Promise.reject(new Error('not today')),
  },
});

let executed: number;
let events: SharedEvents;
beforeEach(() => {
  executed = 0;
  events = new SharedEvents((caller) => {
    executed += 1;
    return caller as RequestContext;
  }, writeEvents(schema));
});

function watching(
  changes: { actor?: Actor; locale?: 'de' | 'en'; variables?: object; of?: typeof document } = {},
): Watching {
  const { actor = ada, locale = 'en', variables = {}, of = document } = changes;
  const variableValues = { id: 'ada', ...variables };
  return {
    args: { schema, document: of, variableValues },
    caller: { actor, locale, requestId: String(Math.random()) },
  };
}

test('who asks the same with the same rights shares one execution and its text', async () => {
  const change = event();
  const alike = [
    watching(),
    watching({ actor: { ...ada, expiresAt: 2, scopes: new Set() } }),
    watching({ variables: { after: 7 } }),
  ];
  const results = await Promise.all(alike.map((one) => events.resultOf(one, change)));
  expect(executed).toBe(1);
  expect(new Set(results.map(({ json }) => json))).toEqual(
    new Set(['{"data":{"changed":{"number":1,"plus":1}}}']),
  );
});

test.each<[string, Parameters<typeof watching>[0]]>([
  ['other rights', { actor: desk }],
  ['another subject', { actor: { ...ada, subject: 'ben' } }],
  ['another organisation', { actor: { ...ada, organizationId: 'acme' } }],
  ['another language', { locale: 'de' }],
  ['another document', { of: parse('subscription { changed(id: "ada") { number } }') }],
  ['another value of a variable that is shown', { variables: { more: 1 } }],
])('%s: an execution of its own', async (_what, other) => {
  const change = event();
  await Promise.all([watching(), watching(other)].map((one) => events.resultOf(one, change)));
  expect(executed).toBe(2);
});

test('another event, and whoever asks in a later turn: a new execution', async () => {
  const change = event();
  await Promise.all([change, event()].map((one) => events.resultOf(watching(), one)));
  expect(executed).toBe(2);
  await nextTurn();
  await events.resultOf(watching(), change);
  expect(executed).toBe(3);
});

test('an event that fails is executed for each: its errors belong to one request', async () => {
  const change = event();
  const both = [watching({ of: failing }), watching({ of: failing })];
  const results = await Promise.all(both.map((one) => events.resultOf(one, change)));
  expect(executed).toBe(2);
  expect(results[0]!.result.errors![0]).not.toBe(results[1]!.result.errors![0]);
});

test('what is no object is nobody else’s event', async () => {
  await Promise.all([1, 1, null, null].map((one) => events.resultOf(watching(), one)));
  expect(executed).toBe(4);
});

test('many who ask different things are all answered', async () => {
  const change = event();
  const many = Array.from({ length: 30 }, (_, more) => watching({ variables: { more } }));
  const results = await Promise.all(many.map((one) => events.resultOf(one, change)));
  expect(results.map(({ result }) => result.data)).toEqual(
    many.map((_, more) => ({ changed: { number: 1, plus: 1 + more } })),
  );
});

// The arguments of a subscription are not compared: nothing that is shown of its events may depend on them.
test('the subscriptions are those of which that was looked at', () => {
  const fields = buildSchema().schema.getSubscriptionType()!.getFields();
  expect(Object.keys(fields)).toEqual(['xPointsBalanceChanged', 'organizationXPointsChanged']);
});
