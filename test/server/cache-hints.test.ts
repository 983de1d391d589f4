import { randomUUID } from 'node:crypto';
import { parse } from 'graphql';
import { policyOf } from '../../src/server/cache-hints';
import { buildSchema } from '../../src/server/schema';
import { type Running, startService, tokenOf } from '../operations/running';

let running: Running;
beforeAll(async () => {
  running = await startService();
});
afterAll(() => running.stop());

async function ask(query: string, token?: string) {
  const response = await fetch(`${running.server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query }),
  });
  const body = (await response.json()) as { errors?: unknown; extensions?: object };
  return { header: response.headers.get('cache-control'), body };
}

const CUSTOMER = '{ rewardsMember(customerId: "ada") { id xPoints { available } } }';

describe('what a cache is told over HTTP', () => {
  test('a program is the same for everybody for a minute, and has a tag to take it back by', async () => {
    const { header, body } = await ask(
      '{ rewardsPrograms { code pointValue { amount currency } tiers { code } } }',
    );
    expect(body.errors).toBeUndefined();
    expect(header).toBe('max-age=60, public');
    expect(body.extensions).toEqual({ apolloCacheTags: ['rewards-programs'] });
  });

  test("names in the reader's own language are the reader's; in a language that is named, everybody's", async () => {
    const inTheirs = await ask('{ rewardsProgram(code: "EU") { tiers { name } } }');
    expect(inTheirs.header).toBe('max-age=60, private');
    const inGerman = await ask('{ rewardsProgram(code: "EU") { tiers { name(locale: "de") } } }');
    expect(inGerman.header).toBe('max-age=60, public');
  });

  test('a balance is kept nowhere, by whichever way it is asked', async () => {
    const token = await tokenOf('ada');
    const service = await tokenOf('router', 'rewards:service');
    const entities = `{ _entities(representations: [{ __typename: "Customer", id: "ada" }]) {
      ... on Customer { id xPoints { available } } } }`;
    for (const [query, by] of [
      [CUSTOMER, token],
      [entities, service],
      [`{ rewardsPrograms { code } ${CUSTOMER.slice(1)}`, token],
    ] as const) {
      const { header, body } = await ask(query, by);
      expect(body.errors).toBeUndefined();
      expect(header).toMatch(/^no-store/);
      expect(body.extensions).toBeUndefined();
    }
  });

  test('nothing is kept of an answer with an error, or of a mutation', async () => {
    expect((await ask(CUSTOMER)).header).toBe('no-store');
    expect((await ask('{ rewardsPrograms { nonsense } }')).header).toBe('no-store');
    const redeem = `mutation { redeemXPoints(input: { customerId: "ada", orderId: "o", points: 1, idempotencyKey: "${randomUUID()}" }) { __typename } }`;
    expect((await ask(redeem, await tokenOf('ada'))).header).toBe('no-store');
  });
});

test.each([
  ['{ __typename rewardsPrograms { code } }', 60, 'public'],
  ['{ rewardsPrograms { ...P } } fragment P on RewardsProgram { code }', 60, 'public'],
  ['{ __schema { description } }', 0, 'public'],
  ['{ rewardsPrograms { terms { program } } }', 0, 'public'],
  ['{ rewardsMember(customerId: "a") { id } }', 0, 'private'],
  [
    'query ($no: Boolean!) { rewardsPrograms { code } rewardsMember(customerId: "a") @include(if: $no) { id } }',
    0,
    'private',
  ],
])('%s may be kept for %d s, %s', (query, maxAge, scope) => {
  expect(policyOf(buildSchema().schema, parse(query))).toEqual({ maxAge, scope });
});
