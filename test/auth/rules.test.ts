import { getNamedType, buildSchema as parseSchema } from 'graphql';
import { type Action, directiveOf, FIELDS } from '../../src/auth/permissions';
import { printSubgraph } from '../../src/server/schema';
import { graphqlSchema as schema, sdl } from '../federation/world';
import {
  directivesOf,
  entitiesOf,
  fieldsThatNeedRules,
  keysOf,
  missingRules,
  reachedFrom,
  unreachedFields,
  uselessRules,
} from './graph-walk';

const RULES: Readonly<Record<string, Action>> = FIELDS;

test('every field that needs a rule has one', () => {
  expect(missingRules(schema, sdl, RULES)).toEqual([]);
  expect(fieldsThatNeedRules(schema, sdl).length).toBeGreaterThan(35);
});

test('every rule is of a field', () => {
  expect(uselessRules(schema, RULES)).toEqual([]);
});

test('every field of an answer is led to by a field with a rule', () => {
  expect(unreachedFields(schema, sdl)).toEqual([]);
});

test('what is led to without a token is the program, its campaigns and an invitation, nothing of a member', () => {
  const types = fieldsThatNeedRules(schema, sdl)
    .filter(({ name }) => RULES[name] && directiveOf(RULES[name]) === null)
    .filter(({ name }) => name !== 'Query._entities')
    .flatMap(({ field }) => [...reachedFrom(schema, getNamedType(field.type))])
    .map((name) => name.split('.')[0]);
  expect([...new Set(types)].sort()).toEqual([
    'Money',
    'PageInfo',
    'ReferralInvitation',
    'RewardsCampaign',
    'RewardsCampaignConditions',
    'RewardsCampaignConnection',
    'RewardsCampaignEdge',
    'RewardsCampaignRecord',
    'RewardsProgram',
    'RewardsProgramEnding',
    'RewardsTerms',
    'RewardsTier',
  ]);
});

describe('what is missing is said', () => {
  const small = `
    directive @key(fields: String!) repeatable on OBJECT
    directive @external on FIELD_DEFINITION
    type Query { foo: String bar: Bar _entities: [_Entity] }
    type Mutation { change: String }
    type Customer @key(fields: "id") { id: ID! theirs: Int @external xPoints: Int }
    type Bar { baz: Int }
    type Lost { gone: Int }
    union _Entity = Customer`;
  const parsed = parseSchema(small);

  test('a field without a rule, with the line to add', () => {
    expect(
      missingRules(parsed, small, { 'Query._entities': 'askEntities', 'Query.bar': 'quote' }),
    ).toEqual([
      "Query.foo has no rule in src/auth/permissions.ts: add 'Query.foo': '<action>' to FIELDS",
      "Mutation.change has no rule in src/auth/permissions.ts: add 'Mutation.change': '<action>' to FIELDS",
      "Customer.xPoints has no rule in src/auth/permissions.ts: add 'Customer.xPoints': '<action>' to FIELDS",
    ]);
  });

  test('a rule of no field', () => {
    expect(
      uselessRules(parsed, { 'Query.foo': 'quote', 'Query.fou': 'quote', 'Baz.bar': 'quote' }),
    ).toEqual([
      'FIELDS in src/auth/permissions.ts has a rule for Query.fou, which is no field of the schema',
      'FIELDS in src/auth/permissions.ts has a rule for Baz.bar, which is no field of the schema',
    ]);
  });

  test('a field that nothing with a rule leads to', () => {
    expect(unreachedFields(parsed, small)).toEqual(['Lost.gone is led to by no field with a rule']);
  });
});

describe('the directives of the SDL', () => {
  const GUARD = / @authenticated| @requiresScopes\(scopes: \[[^)]*\]\)/g;
  const lines = guardsByField(sdl);

  test('are those of the table, on every field and on no other', () => {
    const expected = Object.entries(RULES)
      .filter(([name]) => !name.startsWith('Query._'))
      .flatMap(([name, action]) => {
        const directive = directiveOf(action);
        return directive === null ? [] : [[name, directive] as const];
      });
    expect(lines).toEqual(new Map([...expected].sort()));
  });

  test('stand on no type, no interface and no key', () => {
    const directives = directivesOf(sdl);
    for (const [name, found] of directives) {
      if (!name.includes('.')) expect([name, [...found].filter(isGuard)]).toEqual([name, []]);
    }
    for (const { name } of entitiesOf(schema)) {
      const keys = keysOf(sdl, name);
      expect([...keys]).toEqual(['id']);
      for (const key of keys)
        expect([...directives.get(`${name}.${key}`)!].filter(isGuard)).toEqual([]);
    }
  });

  test('can be left out for a router that refuses them, and nothing else is', () => {
    const plain = printSubgraph({ security: false });
    expect(plain).not.toMatch(/authenticated|requiresScopes/);
    const stripped = sdl.replace('"@authenticated", "@requiresScopes", ', '').replaceAll(GUARD, '');
    expect(plain).toBe(stripped);
    expect(printSubgraph({ security: true })).toBe(sdl);
  });

  function isGuard(name: string): boolean {
    return name === 'authenticated' || name === 'requiresScopes';
  }
});

/** What guards each field, as it is printed. */
function guardsByField(text: string): ReadonlyMap<string, string> {
  const found: [string, string][] = [];
  let type = '';
  let open = '';
  for (const line of text.split('\n')) {
    type = /^(?:type|interface) (\w+)/.exec(line)?.[1] ?? type;
    open = /^ {2}(\w+)[(:]/.exec(line)?.[1] ?? open;
    const guard = /@authenticated|@requiresScopes\(scopes: \[[^)]*\]\)/.exec(line)?.[0];
    if (guard && !line.includes('import:')) found.push([`${type}.${open}`, guard]);
  }
  return new Map(found.sort());
}
