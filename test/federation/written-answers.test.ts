import type { GraphQLRequestContext } from '@apollo/server';
import { type DocumentNode, execute, getOperationAST, parse, validate } from 'graphql';
import * as graph from '../../src/federation/graph';
import type { RequestContext } from '../../src/server/context';
import type { Representation } from '../../src/server/entities';
import { buildSubgraph } from '../../src/server/subgraph';
import { stringifyResult, WrittenData, writeEntities } from '../../src/server/write-entities';
import { Chance, RandomOperations } from './random-operations';

/** The entities of an answer by id; a test fills it. */
const entities = new Map<string, object>();
const find = ({ id }: Representation) => entities.get(id) ?? null;
const reference = async (representation: Representation) => find(representation);
const { schema } = buildSubgraph<RequestContext>({
  ...graph,
  references: { Customer: reference, Order: reference },
});
const batch = async (representations: readonly Representation[]) => representations.map(find);
const watch = writeEntities({ Customer: batch, Order: batch }, schema);

type Variables = Record<string, unknown>;

/** The text of the answer; null where it is left to graphql-js. */
async function written(document: DocumentNode, variables: Variables): Promise<string | null> {
  const hooks = watch({} as GraphQLRequestContext<RequestContext>);
  const operation = getOperationAST(document) ?? undefined;
  const asked = { schema, document, operation, request: { variables }, contextValue: {} };
  const response = await hooks.responseForOperation!(asked as never);
  if (!response) return null;
  if (response.body.kind !== 'single') throw new Error('one answer is expected');
  return stringifyResult(response.body.singleResult as never);
}

/** The same by graphql-js. */
async function executed(document: DocumentNode, variables: Variables) {
  const contextValue = {} as RequestContext;
  const { data, errors } = await execute({
    schema,
    document,
    variableValues: variables,
    contextValue,
  });
  return { text: `${JSON.stringify({ data })}\n`, errors };
}

function representations(chance: Chance, random: RandomOperations, count: number): unknown[] {
  return Array.from({ length: count }, () => {
    const __typename = chance.of(['Customer', 'Order']);
    const id = `${__typename} ${entities.size}`;
    if (!chance.happens(0.05)) entities.set(id, random.entity(__typename));
    if (chance.happens(0.01))
      return chance.of([null, 7, { __typename }, { __typename: 'Query', id }]);
    return { __typename, id };
  });
}

/** Random operations with random answers: how many were written, and how many could have been. */
async function compare(seed: number, runs: number, odd: number, beyond: number) {
  const chance = new Chance(seed);
  const random = new RandomOperations(schema, chance, odd, beyond);
  const counts = { written: 0, left: 0, leftNeedlessly: 0, invalid: 0 };
  for (let run = 0; run < runs; run += 1) {
    const document = random.document();
    if (validate(schema, document).length > 0) {
      counts.invalid += 1;
      continue;
    }
    entities.clear();
    const variables: Variables = { a: chance.happens(0.5) };
    if (chance.happens(0.5)) variables.b = chance.happens(0.5);
    variables.r = representations(chance, random, chance.upTo(4));
    variables.s = representations(chance, random, chance.upTo(2));
    const answer = await written(document, variables);
    // The second time with what was made of the operation before.
    expect(await written(document, variables)).toBe(answer);
    counts[answer === null ? 'left' : 'written'] += 1;
    // There is no context for resolvers to work with.
    if (answer === null && beyond > 0) continue;
    const { text, errors } = await executed(document, variables);
    if (answer === null) counts.leftNeedlessly += errors ? 0 : 1;
    else expect({ run, answer, errors }).toEqual({ run, answer: text, errors: undefined });
  }
  return counts;
}

describe('written answers are those of graphql-js, byte for byte', () => {
  test.each([1, 2, 3])('of fields that are properties (seed %i)', async (seed) => {
    const counts = await compare(seed, 250, 0, 0);
    expect(counts.written).toBeGreaterThan(100);
    // Only what a representation has wrong.
    expect(counts.leftNeedlessly).toBe(0);
  });

  test.each([4, 5, 6])('with values of every wrong kind (seed %i)', async (seed) => {
    const counts = await compare(seed, 250, 0.01, 0);
    expect(counts.written).toBeGreaterThan(40);
    expect(counts.left).toBeGreaterThan(20);
  });

  test('with fields that are more than properties, which are never written', async () => {
    const counts = await compare(7, 250, 0, 0.2);
    expect(counts.written).toBeGreaterThan(5);
    expect(counts.left).toBeGreaterThan(50);
  });
});

describe('what is written', () => {
  const ask = (body: string, more = '') =>
    parse(`query ($r: [_Any!]!${more}) { _entities(representations: $r) { ${body} } }`);
  const r = [{ __typename: 'Customer', id: 'ada' }];
  beforeEach(() => entities.set('ada', { id: 'ada', xPoints: { available: 5 } }));

  test('an answer with a field of five switches is left to graphql-js: too many programs', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const fields = (count: number) =>
      names
        .slice(0, count)
        .map((name) => `${name}: id @include(if: $${name})`)
        .join(' ');
    const types = (count: number) =>
      names
        .slice(0, count)
        .map((name) => `, $${name}: Boolean!`)
        .join('');
    const values = Object.fromEntries(names.map((name) => [name, true]));
    const four = ask(`... on Customer { ${fields(4)} }`, types(4));
    const five = ask(`... on Customer { ${fields(5)} }`, types(5));
    expect(await written(four, { r, ...values })).not.toBeNull();
    expect(await written(five, { r, ...values })).toBeNull();
  });

  test.each([
    ['without variables', {}],
    ['with a single representation in place of a list, which is one', { r: r[0] }],
    ['with null', { r: null }],
    ['with null in the list', { r: [...r, null] }],
  ])('a request %s is left to graphql-js', async (_, variables) => {
    expect(await written(ask('... on Customer { id }'), variables)).toBeNull();
  });

  test('a mutation, and a query of anything else beside entities, are left', async () => {
    const beside = parse(
      'query ($r: [_Any!]!) { __typename _entities(representations: $r) { __typename } }',
    );
    expect(await written(beside, { r })).toBeNull();
    expect(await written(parse('mutation { __typename }'), {})).toBeNull();
  });

  test('is one value of JSON for whoever looks into the result', () => {
    const data = new WrittenData('{"a":[1]}');
    expect(JSON.parse(JSON.stringify({ data }))).toEqual({ data: { a: [1] } });
    expect(stringifyResult({ data })).toBe('{"data":{"a":[1]}}\n');
    expect(stringifyResult({ data: { a: 1 }, extensions: {} })).toBe(
      '{"data":{"a":1},"extensions":{}}\n',
    );
  });
});
