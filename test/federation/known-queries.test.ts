import { ApolloServer, HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import type { Actor } from '../../src/auth/actor';
import { batches } from '../../src/federation/graph';
import { loadersOf } from '../../src/federation/loaders';
import { createApollo } from '../../src/server/apollo';
import type { RequestContext } from '../../src/server/context';
import { errorFormatter } from '../../src/server/format-error';
import { buildSchema } from '../../src/server/schema';
import { watchOperations } from '../../src/server/watch-operations';
import { customer, desk, service, World } from './world';

const QUERY = `query Hot($r: [_Any!]!, $deep: Boolean = true) { _entities(representations: $r) {
  ... on Customer { id xPoints { available sequence } tier @include(if: $deep) { tier { code } } } } }
  query Other($r: [_Any!]!) { _entities(representations: $r) { ... on Customer { id } } }`;
const JSON_TYPE = 'application/json';

interface Asked {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly actor?: Actor | Error;
}

let world: World;
let inner: jest.SpyInstance;
beforeAll(async () => {
  world = await World.open('2025-01-10T10:00:00Z');
  for (const id of ['ada', 'bob']) await world.register(id);
  await world.earn('a1', 'ada', '20000.00');
  inner = jest.spyOn(ApolloServer.prototype, 'executeHTTPGraphQLRequest');
});
afterAll(() => world.close());

async function server(): Promise<ApolloServer<RequestContext>> {
  const { app } = world;
  const apollo = createApollo({
    ...{
      schema: buildSchema().schema,
      production: true,
      formatError: errorFormatter(app.log, true),
    },
    ...{ batches, mayTrace: true, callbacks: { start: async () => undefined }, log: app.log },
    ...{ watch: watchOperations(app), drain: {} },
  });
  await apollo.start();
  return apollo;
}

const members = (...ids: string[]) => ids.map((id) => ({ __typename: 'Customer', id }));
const hot = (variables: unknown, more: object = {}) => ({
  ...{ query: QUERY, operationName: 'Hot', variables, ...more },
});

/** The answer, whether Apollo Server itself gave it, and how many contexts were made for it. */
async function ask(apollo: ApolloServer<RequestContext>, asked: Asked) {
  const { method = 'POST', body = hot({ r: members('ada') }), headers, actor = service } = asked;
  const all = Object.entries({ 'content-type': JSON_TYPE, ...headers });
  let contexts = 0;
  inner.mockClear();
  const answer = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method, body, search: '', headers: new HeaderMap(all) },
    context: async () => {
      contexts += 1;
      if (actor instanceof Error) throw actor;
      const { app } = world;
      const loaders = loadersOf(app)(actor);
      return { app, actor, loaders, locale: 'en', requestId: 'r' };
    },
  });
  return { shown: shown(answer), byApollo: inner.mock.calls.length > 0, contexts };
}

function shown({ status, headers, body }: HTTPGraphQLResponse): unknown {
  const string = body.kind === 'complete' ? body.string : '';
  // Of what is masked each answer has an id of its own.
  const text = string.replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, 'id');
  return { status: status ?? 200, headers: Object.fromEntries(headers), text };
}

/** Asks a server that knows the query and one that never saw it. */
async function both(asked: Asked) {
  const [knowing, fresh] = [await server(), await server()];
  await ask(knowing, {});
  const answers = [await ask(knowing, asked), await ask(fresh, asked)] as const;
  await Promise.all([knowing.stop(), fresh.stop()]);
  return answers;
}

test.each<[string, Asked]>([
  ['the same again', {}],
  ['other customers, and nobody', { body: hot({ r: members('bob', 'nobody', 'ada') }) }],
  ['none', { body: hot({ r: [] }) }],
  ['less of them', { body: hot({ r: members('ada'), deep: false }) }],
  ['another actor', { actor: desk }],
  ['the customer themself', { actor: customer('ada') }],
])('is written at once: %s', async (_name, asked) => {
  const [known, fresh] = await both(asked);
  expect(known).toEqual({ shown: fresh.shown, byApollo: false, contexts: 1 });
});

test.each<[string, Asked]>([
  ['who may not see one', { actor: customer('ada'), body: hot({ r: members('ada', 'bob') }) }],
  ['who cannot be told', { actor: new Error('no database') }],
  ['a representation that is no good', { body: hot({ r: [{ __typename: 'Customer' }] }) }],
  ['variables of the wrong kind', { body: hot({ r: 'ada' }) }],
  ['no variables', { body: hot(undefined) }],
  ['variables as text', { body: hot('{}') }],
  ['too many', { body: hot({ r: Array.from({ length: 1_001 }, () => members('ada')[0]) }) }],
  [
    'another operation of the document',
    { body: hot({ r: members('ada') }, { operationName: 'Other' }) },
  ],
  ['no operation of the document', { body: hot({ r: members('ada') }, { operationName: 'None' }) }],
  ['no name of an operation', { body: hot({ r: members('ada') }, { operationName: null }) }],
  [
    'a persisted query',
    {
      body: hot(
        { r: members('ada') },
        { extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } },
      ),
    },
  ],
  ['extensions that are none', { body: hot({ r: members('ada') }, { extensions: 'x' }) }],
  ['several at once', { body: [hot({ r: members('ada') })] }],
  [
    'a subscription by callback',
    { body: hot({ r: members('ada') }, { extensions: { subscription: {} } }) },
  ],
  ['by GET', { method: 'GET' }],
  ['by PUT', { method: 'PUT' }],
  ['as a form', { headers: { 'content-type': 'text/plain' } }],
  ['what accepts no JSON', { headers: { accept: 'text/html' } }],
  ['what accepts another JSON', { headers: { accept: 'application/graphql-response+json' } }],
])('is for Apollo Server to answer: %s', async (_name, asked) => {
  const [known, fresh] = await both(asked);
  expect(known.byApollo).toBe(true);
  expect(known.contexts).toBe(fresh.contexts);
  expect(known.shown).toEqual(fresh.shown);
});

test('what was refused is not known, and what is written is counted once', async () => {
  const apollo = await server();
  for (const actor of [customer('bob'), customer('bob'), service]) {
    expect((await ask(apollo, { actor })).byApollo).toBe(true);
  }
  const before = await counted();
  expect((await ask(apollo, {})).byApollo).toBe(false);
  expect(await counted()).toBe(before + 1);
  await apollo.stop();
});

// The last one: from now on every field of the schema has a resolver.
test('a request that a router traces is walked', async () => {
  const [known] = await both({ headers: { 'apollo-federation-include-trace': 'ftv1' } });
  expect(known.byApollo).toBe(true);
  expect(JSON.stringify(known.shown)).toContain('ftv1');
});

async function counted(): Promise<number> {
  const text = await world.app.metrics.text();
  return Number(/rewards_operation_seconds_count\{operation="_entities"\} (\d+)/.exec(text)?.[1]);
}
