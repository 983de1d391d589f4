import {
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
  parse,
  visit,
} from 'graphql';
import { PROPERTY_WITHOUT_ARGUMENTS } from '../../src/federation/directives';
import { REFUSAL_CODES } from '../../src/kernel/errors';
import { ENTRY_KINDS } from '../../src/ledger/entry';
import { graphqlSchema, sdl } from './world';

/** What the federation library adds and describes itself. */
const NOT_OURS =
  /^(__|_|link__|federation__|FieldSet$|Query$|Mutation$|Subscription$|ContextFieldValue$)/;

const ours = Object.values(graphqlSchema.getTypeMap()).filter(
  (type) => !isSpecifiedScalarType(type) && !NOT_OURS.test(type.name),
);

function undescribed(type: GraphQLNamedType): string[] {
  const missing = type.description ? [] : [type.name];
  if (isEnumType(type)) {
    for (const { name, description } of type.getValues()) {
      if (!description) missing.push(`${type.name}.${name}`);
    }
  } else if (isObjectType(type) || isInterfaceType(type)) {
    for (const field of Object.values(type.getFields())) {
      if (!field.description) missing.push(`${type.name}.${field.name}`);
      for (const arg of field.args) {
        if (!arg.description) missing.push(`${type.name}.${field.name}(${arg.name})`);
      }
    }
  } else if (isInputObjectType(type)) {
    for (const { name, description } of Object.values(type.getFields())) {
      if (!description) missing.push(`${type.name}.${name}`);
    }
  }
  return missing;
}

test('every type, field, argument, enum value and input field has a description', () => {
  const roots = ['Query', 'Mutation', 'Subscription'].map((name) => graphqlSchema.getType(name)!);
  const missing = [...ours, ...roots].flatMap(undescribed);
  const ignored = new Set([
    'Query',
    'Mutation',
    'Subscription',
    'Query._entities',
    'Query._entities(representations)',
    'Query._service',
  ]);
  expect(missing.filter((name) => !ignored.has(name))).toEqual([]);
  expect(ours.length).toBeGreaterThan(50);
});

test('an argument with a bound names the code of what is beyond it', () => {
  const bounded = Object.values(graphqlSchema.getTypeMap()).flatMap((type) => {
    if (NOT_OURS.test(type.name) && type.name !== 'Query') return [];
    if (!isObjectType(type)) return [];
    return Object.values(type.getFields()).flatMap(({ name, args }) =>
      args
        .filter(({ description }) => /\d (?:to|or more)|at most \d/.test(description ?? ''))
        .map((arg) => ({ where: `${type.name}.${name}(${arg.name})`, said: arg.description! })),
    );
  });
  expect(bounded.length).toBeGreaterThan(20);
  const silent = bounded.filter(({ said }) => !said.includes('BAD_USER_INPUT'));
  expect(silent.map(({ where }) => where)).toEqual([]);
});

test('no description is shorter than six characters: composing, Grafbase ends on such a one', () => {
  const short: string[] = [];
  visit(parse(sdl), {
    StringValue({ value, block }) {
      if (block && value.length < 6) short.push(value);
    },
  });
  expect(short).toEqual([]);
});

test('the entities are in the schema with their keys', () => {
  expect(sdl).toContain(
    'type Customer @key(fields: "id") @cacheControl(maxAge: 0, scope: PRIVATE) {',
  );
  expect(sdl).toContain('type Order @key(fields: "id") @cacheControl(maxAge: 0, scope: PRIVATE) {');
  expect(sdl).toMatch(/netTotal: Money @external/);
  expect(sdl).toMatch(
    /xPointsQuote\(.*?\n {2}\): XPointsQuote .*@requires\(fields: "netTotal \{ amount currency \}"\)/s,
  );
});

test('what an entity is asked for most has no resolver of its own: it is read as it is', () => {
  const plain = ['Customer', 'XPointsBalance', 'RewardsTierStatus', 'RewardsMembership', 'Money'];
  const resolved = plain.flatMap((name) => {
    const type = graphqlSchema.getType(name);
    if (!isObjectType(type)) return [name];
    return Object.values(type.getFields())
      .filter((field) => field.resolve && !field.extensions[PROPERTY_WITHOUT_ARGUMENTS])
      .map((field) => `${name}.${field.name}`);
  });
  expect(resolved.sort()).toEqual([
    'Customer.compensationClaims',
    'Customer.discountCodes',
    'Customer.lots',
    'Customer.rewardsNotifications',
    'Customer.rewardsVoidings',
    'Customer.xPointsHistory',
    'Customer.xPointsObjections',
    'XPointsBalance.expirySchedule',
  ]);
});

test('refusal codes and entry kinds of the schema are those of the code', () => {
  const values = (name: string): string[] => {
    const type = graphqlSchema.getType(name);
    return isEnumType(type) ? type.getValues().map((value) => value.name) : [];
  };
  expect(values('RefusalCode')).toEqual(Object.keys(REFUSAL_CODES));
  expect(values('XPointsEntryKind')).toEqual(Object.keys(ENTRY_KINDS));
});

test('security directives stand on no interface, desk fields need the scope of the desk', () => {
  expect(sdl).not.toMatch(/interface [^}]*@(authenticated|requiresScopes)/);
  for (const field of [
    'setAsideEvents',
    'orderDiscrepancies',
    'undeliveredWebhooks',
    'suspendMember',
    'terminateMember',
    'transferXPoints',
    'decideXPointsTransfer',
    'reviewReferral',
    'referralReviews',
    'discontinueProgram',
    'voidXPointsLots',
    'voidReferral',
    'voidDiscount',
    'settleClaim',
    'waiveClaim',
  ]) {
    const line = new RegExp(
      `\\n  ${field}\\([^)]*\\): [^\\n]*@requiresScopes\\(scopes: \\[\\["rewards:desk"\\]\\]\\)`,
    );
    expect(sdl).toMatch(line);
  }
  expect(sdl).not.toMatch(/referralInvitation\([^)]*\): [^\n]*@(authenticated|requiresScopes)/);
  expect(sdl).toMatch(/\n {2}rewardsPrograms: \[RewardsProgram!\]![^\n]*/);
  expect(sdl).not.toMatch(/\n {2}rewardsPrograms:[^\n]*@(authenticated|requiresScopes)/);
});

test('every page is bounded for whoever counts costs', () => {
  const lines = sdl.split('\n').filter((line) => /: \w+Connection!? @/.test(line));
  expect(lines.length).toBeGreaterThanOrEqual(5);
  for (const line of lines) expect(line).toContain('@listSize(slicingArguments: ["first"]');
});
