import { type Asker, at, DESK, Partners } from './partners';

/** Who may look at an organisation, asked over HTTP; and what cannot be asked. */

let partners: Partners;
beforeAll(async () => {
  partners = await Partners.open('2025-01-31T10:00:00Z');
  await partners.world.register('ada', null, 'EU', at('acme'));
  await partners.world.register('bob', null, 'EU', at('globex'));
  await partners.earn('a1', 'ada', '100.00');
});
afterAll(() => partners.close());

const query = 'query Q($id: ID!) { rewardsOrganization(id: $id) { id totals { available } } }';
const ask = (asker: Asker, id: unknown) => partners.ask(asker, query, { id });

const OTHERS: readonly (readonly [string, Asker, string])[] = [
  ['nobody', null, 'UNAUTHENTICATED'],
  ['the partner of another organisation', { partnerOf: 'globex' }, 'FORBIDDEN'],
  ['a partner of none', { scope: 'rewards:partner' }, 'FORBIDDEN'],
  ['a member of it', { customerId: 'ada', organizationId: 'acme' }, 'FORBIDDEN'],
  ['a service', { scope: 'rewards:service' }, 'FORBIDDEN'],
  [
    'a service with its organisation',
    { scope: 'rewards:service', organizationId: 'acme' },
    'FORBIDDEN',
  ],
  ['an analyst', { scope: 'rewards:analytics' }, 'FORBIDDEN'],
];

test.each(OTHERS)(
  '%s may not, and is told the same of what does not exist',
  async (_who, asker, code) => {
    const answer = await ask(asker, 'acme');
    expect(answer.data).toEqual({ rewardsOrganization: null });
    expect(answer.errors?.map(({ extensions }) => extensions.code)).toEqual([code]);
    expect(await ask(asker, 'no-such-organisation')).toEqual(answer);
  },
);

test('its partner and the desk see the same', async () => {
  const seen = { data: { rewardsOrganization: { id: 'acme', totals: [{ available: 100 }] } } };
  expect(await ask({ partnerOf: 'acme' }, 'acme')).toEqual(seen);
  expect(await ask(DESK, 'acme')).toEqual(seen);
});

test('a partner reads no member by any other way, their own organisation’s neither', async () => {
  const partner: Asker = { partnerOf: 'acme' };
  const member = await partners.ask(partner, '{ rewardsMember(customerId: "ada") { id } }');
  expect(member.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  const entity = await partners.ask(
    partner,
    `{ _entities(representations: [{ __typename: "Customer", id: "ada" }]) { ... on Customer { xPoints { available } } } }`,
  );
  expect(entity.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  expect(JSON.stringify(entity.data)).not.toContain('available');
});

test.each([
  ['nothing', ''],
  ['space', '   '],
  ['space around it', ' acme'],
  ['a control character', 'ac\u0000me'],
  ['a lone surrogate', 'acme\ud800'],
  ['more than any id', 'x'.repeat(300)],
  ['null', null],
  ['a list', ['acme']],
  ['an object', { id: 'acme' }],
])('an id of %s is refused', async (_what, id) => {
  for (const asker of [DESK, { partnerOf: 'acme' }]) {
    const { errors } = await ask(asker, id);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  }
});

test.each([`acme' or '1'='1`, 'acme%', '_cme', 'ACME', '{acme}'])(
  '%s is an id like any other, of nobody',
  async (id) => {
    expect(await ask(DESK, id)).toEqual({ data: { rewardsOrganization: null } });
    const { errors } = await ask({ partnerOf: 'acme' }, id);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
  },
);

test.each([
  ['members(sort: NAME)', 'GRAPHQL_VALIDATION_FAILED'],
  ['members(direction: UP)', 'GRAPHQL_VALIDATION_FAILED'],
  ['members(program: "eu")', 'GRAPHQL_VALIDATION_FAILED'],
  ['members(first: 1e9)', 'GRAPHQL_VALIDATION_FAILED'],
  ['history(kinds: [NOTHING])', 'GRAPHQL_VALIDATION_FAILED'],
  ['history(first: 0)', 'BAD_USER_INPUT'],
  ['transfers(first: 101)', 'BAD_USER_INPUT'],
  ['referrals(first: -5)', 'BAD_USER_INPUT'],
  ['transfers(after: "x")', 'BAD_USER_INPUT'],
])('%s is refused', async (field, code) => {
  const asked = `{ rewardsOrganization(id: "acme") { id ${field} { nodes { __typename } } } }`;
  const { errors } = await partners.ask({ partnerOf: 'acme' }, asked);
  expect(errors?.map(({ extensions }) => extensions.code)).toEqual([code]);
});

test('what asks for too much at once is too costly', async () => {
  const all = Array.from(
    { length: 12 },
    (_, n) => `l${n}: history(first: 100) { nodes { entry { lots { points } } } }`,
  );
  const { errors } = await partners.ask(
    { partnerOf: 'acme' },
    `{ rewardsOrganization(id: "acme") { ${all.join(' ')} } }`,
  );
  expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['TOO_COSTLY']);
});
