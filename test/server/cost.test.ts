import 'reflect-metadata';
import { readdirSync, readFileSync } from 'node:fs';
import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
  Kind,
  parse,
  valueFromASTUntyped,
} from 'graphql';
import { checkOperation, costOf } from '../../src/server/cost';
import { LIMITS } from '../../src/server/limits';
import { buildSchema } from '../../src/server/schema';

const { schema } = buildSchema();

function cost(query: string, variables: Record<string, unknown> = {}): number {
  const document = parse(query);
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('It has an operation');
  return costOf(schema, document, operation, variables);
}

const member = (fields: string) => `{ rewardsMember(customerId: "a") { ${fields} } }`;

describe('the cost of an operation', () => {
  test.each([
    ['a plain value is free', '{ __typename }', 0],
    ['introspection is free', '{ __schema { types { name fields { name } } } }', 0],
    ['a read is 5', member('id'), 5],
    ['an object is 1', member('xPoints { available held }'), 6],
    [
      'a command is 20',
      'mutation { leaveRewards(input: {customerId: "a", forfeits: 0, idempotencyKey: "k"}) { __typename } }',
      20,
    ],
    ['a list of a size that is assumed', '{ rewardsPrograms { code } }', 5],
    [
      'lists in lists',
      '{ rewardsPrograms { tiers { code from { amount } } } }',
      5 * (1 + 5 * (1 + 1)),
    ],
    ['a page of its preset', member('lots { nodes { id } }'), 5 + 5 + 20],
    ['a page of a number', member('lots(first: 7) { nodes { id } }'), 5 + 5 + 7],
    ['a page of null', member('lots(first: null) { nodes { id } }'), 5 + 5 + 20],
    ['a page larger than there are', member('lots(first: 1000000) { nodes { id } }'), 5 + 5 + 100],
    [
      'edges too',
      member('lots(first: 7) { edges { node { id } } pageInfo { hasNextPage } }'),
      5 + 5 + 7 * 2 + 1,
    ],
    [
      'inside a page',
      member('lots(first: 7) { nodes { uses(first: 3) { points } } }'),
      5 + 5 + 7 * (1 + 3),
    ],
    [
      'fragments',
      `${member('lots(first: 7) { ...L }')} fragment L on XPointsLotConnection { nodes { ...N } } fragment N on XPointsLot { source { kind } }`,
      5 + 5 + 7 * (1 + 1),
    ],
    [
      'a fragment with pages of two sizes',
      `${member('a: lots(first: 7) { ...L } b: lots(first: 3) { ...L }')} fragment L on XPointsLotConnection { nodes { id } }`,
      5 + 5 + 7 + 5 + 3,
    ],
    [
      'inline fragments',
      member('... on Customer { ... { lots(first: 7) { nodes { id } } } }'),
      5 + 5 + 7,
    ],
    [
      'representations in the document',
      '{ _entities(representations: [{}, {}, {}]) { ... on Customer { xPoints { available } } } }',
      3 * 2,
    ],
  ])('%s', (_what, query, expected) => {
    expect(cost(query)).toBe(expected);
  });

  test.each([
    ['a variable', 'query ($n: Int) ', { n: 7 }, 7],
    ['a variable that is left out', 'query ($n: Int) ', {}, 20],
    ['a variable that is null', 'query ($n: Int) ', { n: null }, 20],
    ['a preset of the operation', 'query ($n: Int = 9) ', {}, 9],
    ['what is no number', 'query ($n: Int) ', { n: 'x' }, 100],
    ['a negative number', 'query ($n: Int) ', { n: -5 }, 100],
  ])('takes the size of a page from %s', (_what, head, variables, rows) => {
    expect(cost(head + member('lots(first: $n) { nodes { id } }'), variables)).toBe(10 + rows);
  });

  test('takes the number of representations from a variable', () => {
    const query =
      'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Customer { tier { tier { code } } } } }';
    expect(cost(query, { of: Array.from({ length: 40 }, () => ({})) })).toBe(40 * 3);
  });

  test('of a document that is asked again goes by the variables of each time', () => {
    const document = parse(
      `query ($of: [_Any!]!, $n: Int = 4) {
        _entities(representations: $of) { ... on Customer { lots(first: $n) { nodes { id } } } }
      }`,
    );
    const [operation] = document.definitions;
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('It has an operation');
    const ask = (count: number, more: object) => {
      const of = Array.from({ length: count }, () => ({}));
      return costOf(schema, document, operation, { of, ...more });
    };
    for (let again = 0; again < 2; again += 1) {
      expect(ask(1, {})).toBe(1 + 5 + 4);
      expect(ask(2, {})).toBe(2 * (1 + 5 + 4));
      expect(ask(1, { n: null })).toBe(1 + 5 + 4);
      expect(ask(1, { n: 7 })).toBe(1 + 5 + 7);
      expect(ask(1, { n: -7 })).toBe(1 + 5 + 100);
      expect(ask(1, { n: '7' })).toBe(1 + 5 + 100);
      // More sizes than are kept.
      for (let count = 1; count <= 300; count += 1) expect(ask(count, {})).toBe(count * 10);
    }
  });

  test('is counted once for fragments that double, however often', () => {
    const chain = Array.from(
      { length: 60 },
      (_, at) => `fragment F${at} on Query { ...F${at + 1} ...F${at + 1} }`,
    );
    const query = `{ ...F0 } ${chain.join(' ')} fragment F60 on Query { rewardsPrograms { code } }`;
    expect(cost(query)).toBe(5 * 2 ** 60);
  });

  test('is 10,000 at most', () => {
    const of = Array.from({ length: 1_000 }, () => ({}));
    const ask = (more: string) => {
      const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Customer { xPoints { pending value { amount } } tier { tier { code } } } } ${more} }`;
      const document = parse(query);
      const [operation] = document.definitions;
      if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('It has an operation');
      return () => checkOperation(schema, document, operation, { of });
    };
    expect(ask('')).not.toThrow();
    expect(ask('rewardsProgram(code: "EU") { code }')).toThrow(
      expect.objectContaining({ code: 'TOO_COSTLY', message: expect.stringContaining('10001') }),
    );
  });

  test('of what the platform asks is far below it', () => {
    const folder = 'schema/operations';
    const costs = readdirSync(folder).flatMap((file) => {
      const document = parse(readFileSync(`${folder}/${file}`, 'utf8'));
      return document.definitions.flatMap((definition) =>
        definition.kind === Kind.OPERATION_DEFINITION
          ? [costOf(schema, document, definition, { first: 100 })]
          : [],
      );
    });
    expect(costs.length).toBeGreaterThan(10);
    expect(Math.max(...costs)).toBeLessThan(LIMITS.cost.most / 2);
  });
});

const fields = Object.values(schema.getTypeMap())
  .filter((type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'))
  .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })));

test('the size of every list is known: by its argument, by what holds it, or assumed', () => {
  const sized = new Set(
    fields.flatMap(({ field }) => {
      const names = listSize(field)?.sizedFields;
      return Array.isArray(names)
        ? names.map((name) => `${getNamedType(field.type).name}.${name}`)
        : [];
    }),
  );
  const lists = fields.filter(({ field }) => isListType(getNullableType(field.type)));
  const unknown = lists.filter(({ type, field }) => {
    const size = listSize(field);
    const isKnown = size?.assumedSize !== undefined || size?.slicingArguments !== undefined;
    return !isKnown && !sized.has(`${type.name}.${field.name}`);
  });
  expect(lists.length).toBeGreaterThan(30);
  expect(unknown.map(({ type, field }) => `${type.name}.${field.name}`)).toEqual([
    'Query._entities',
  ]);
});

test('every argument that limits a list limits it to a page', () => {
  const named = fields.flatMap(({ field }) => listSize(field)?.slicingArguments ?? []);
  expect(named.length).toBeGreaterThan(5);
  expect(new Set(named)).toEqual(new Set(['first']));
});

function listSize(field: GraphQLField<unknown, unknown>) {
  const directive = field.astNode?.directives?.find(({ name }) => name.value === 'listSize');
  if (!directive) return undefined;
  const entries = directive.arguments?.map(({ name, value }) => [
    name.value,
    valueFromASTUntyped(value),
  ]);
  return Object.fromEntries(entries ?? []) as Record<string, unknown>;
}
