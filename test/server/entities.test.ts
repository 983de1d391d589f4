import type { DataSource } from 'typeorm';
import { LIMITS } from '../../src/server/limits';
import { ask, type Running, startFixture, token } from './running';

const MAX_REPRESENTATIONS = LIMITS.representations.most;
const ENTITIES =
  'query ($representations: [_Any!]!) { _entities(representations: $representations) { __typename ... on Customer { id } } }';

let server: Running;
beforeAll(async () => {
  server = await startFixture({} as DataSource);
});
afterAll(() => server.stop());

async function entities(representations: readonly unknown[]) {
  const { status, body } = await ask(server, ENTITIES, { variables: { representations } });
  const data = body.data as { _entities: unknown[] } | undefined | null;
  return { status, found: data?._entities, errors: body.errors };
}

const ada = { __typename: 'Customer', id: 'ada' };

describe('_entities', () => {
  test('finds entities in the order of the representations, the same one twice too', async () => {
    const bob = { ...ada, id: 'bob' };
    const { found, errors } = await entities([bob, ada, bob, { ...ada, id: 'nobody' }]);
    expect(errors).toBeUndefined();
    expect(found).toEqual([bob, ada, bob, null]);
  });

  test('takes none at all', async () => {
    expect((await entities([])).found).toEqual([]);
  });

  test('takes a frozen entity', async () => {
    expect((await entities([{ ...ada, id: 'frozen' }])).found).toEqual([{ ...ada, id: 'frozen' }]);
  });

  test.each([
    ['without __typename', { id: 'ada' }],
    ['of an unknown type', { __typename: 'Unknown', id: 'ada' }],
    ['of a type that is no entity', { __typename: 'Tick', id: 'ada' }],
    ['of a root type', { __typename: 'Query', id: 'ada' }],
    ['of a type of every object', { __typename: 'constructor', id: 'ada' }],
    ['whose __typename is no text', { __typename: ['Customer'], id: 'ada' }],
    ['that is a number', 7],
    ['that is a list', [ada]],
    ['that is true', true],
    ['without a key', { __typename: 'Customer' }],
    ['whose key is an object', { ...ada, id: { $ne: null } }],
    ['whose key is a list', { ...ada, id: ['ada'] }],
    ['whose key is a number', { ...ada, id: 7 }],
    ['whose key is null', { ...ada, id: null }],
    ['whose key is empty', { ...ada, id: '' }],
    ['whose key has a NUL', { ...ada, id: 'a\u0000' }],
    ['whose key is no Unicode', { ...ada, id: 'a\ud800' }],
    ['whose key is overlong', { ...ada, id: 'x'.repeat(256) }],
  ])('loses only the slot of a representation %s', async (_what, bad) => {
    const { status, found, errors } = await entities([ada, bad, ada]);
    expect(status).toBe(200);
    expect(found).toEqual([ada, null, ada]);
    expect(errors).toMatchObject([
      { path: ['_entities', 1], extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  });

  test.each([
    ['throws at once', 'sync', 'INTERNAL_SERVER_ERROR'],
    ['fails', 'late', 'FORBIDDEN'],
  ])('loses only the slot of an entity whose reference %s', async (_how, id, code) => {
    const { found, errors } = await entities([ada, { ...ada, id }, ada]);
    expect(found).toEqual([ada, null, ada]);
    expect(errors).toMatchObject([{ path: ['_entities', 1], extensions: { code } }]);
  });

  test('refuses null among the representations', async () => {
    expect(await entities([ada, null])).toMatchObject({
      ...{ status: 400, errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
    });
  });

  test('answers representations written into the document too', async () => {
    const query =
      '{ _entities(representations: [{ __typename: "Customer", id: "ada" }]) { ... on Customer { id } } }';
    expect((await ask(server, query)).body).toEqual({ data: { _entities: [{ id: 'ada' }] } });
  });

  test(`answers ${MAX_REPRESENTATIONS} at once, and refuses more`, async () => {
    const many = Array.from({ length: MAX_REPRESENTATIONS }, (_, n) => ({ ...ada, id: `c${n}` }));
    expect((await entities(many)).found).toEqual(many);
    expect(await entities([...many, ada])).toMatchObject({
      ...{ status: 400, errors: [{ extensions: { code: 'TOO_MANY_REPRESENTATIONS' } }] },
    });
  });

  test('opens nothing that a plain query does not', async () => {
    const secret = `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Customer { secret } } }`;
    const variables = { representations: [ada, { ...ada, id: 'bob' }] };
    const asked = await ask(server, secret, { variables, token: await token('ada') });
    expect(asked.body.data).toEqual({ _entities: [{ secret: 'secret of ada' }, { secret: null }] });
    expect(asked.body.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    const anonymous = await ask(server, secret, { variables });
    expect(anonymous.body.data).toEqual({ _entities: [{ secret: null }, { secret: null }] });
  });
});
