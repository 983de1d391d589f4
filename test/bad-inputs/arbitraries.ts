import fc from 'fast-check';
import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';

/** Text that parsers, databases and terminals stumble over. */
const odd = fc.constantFrom(
  ...[
    '',
    ' ',
    '\u0000',
    '\ud800',
    "'",
    '"',
    '\\',
    '$1',
    '#{}',
    '%s',
    '__proto__',
    'constructor',
    'toString',
  ],
  ...[
    'ada',
    'bo',
    'open',
    'EU',
    'NaN',
    'null',
    '-1',
    '1e400',
    '9007199254740993',
    '2026-02-30T00:00:00Z',
  ],
  ...["' or 1=1--", '\r\n', '\u202e', 'e\u0301', 'x'.repeat(300)],
);
const text = fc.oneof(
  odd,
  fc.string({ maxLength: 20, unit: 'binary' }),
  fc.string({ maxLength: 20 }),
);
const number = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    -1,
    1,
    20,
    100,
    101,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 53,
    1e21,
    Number.MAX_VALUE,
    0.1,
  ),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** Any JSON, with what is odd in it more often than by chance. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(text, number, fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(
        fc.constantFrom('id', '__typename', 'amount', 'currency', 'points', 'input', 'toPostgres'),
        text,
      ),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value;

/** What is usual, and now and then anything at all. */
function mostly<T>(usual: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: anyJson });
}

/** Values that a type takes, most of them, though nobody may want them: odd text, enormous numbers, what is missing. */
export function valuesOf(type: GraphQLInputType): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return valuesOf(type.ofType);
  if (isListType(type)) return fc.array(valuesOf(type.ofType), { maxLength: 4 });
  if (isEnumType(type)) return mostly(fc.constantFrom(...type.getValues().map(({ name }) => name)));
  if (isInputObjectType(type)) {
    const fields = Object.entries(type.getFields());
    const model = Object.fromEntries(fields.map(([name, field]) => [name, valuesOf(field.type)]));
    const required = fields.filter(([, field]) => isNonNullType(field.type)).map(([name]) => name);
    return mostly(fc.record(model, { requiredKeys: required }));
  }
  return mostly(SCALARS[type.name] ?? text);
}

const whole = fc.oneof(
  fc.constantFrom(0, -1, 1, 20, 100, 101, 2 ** 31 - 1, -(2 ** 31), 60, 7_776_000),
  fc.integer(),
);
const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  ID: fc.oneof(fc.constantFrom('ada', 'bo', 'open', 'first', 'ada/1', 'YWRhLzE'), text),
  Int: whole,
  XPoints: fc.oneof(whole, fc.maxSafeInteger()),
  Boolean: fc.boolean(),
  ProgramCode: fc.constantFrom('EU', 'TR', 'XX', 'A_1'),
  Decimal: fc.constantFrom('0', '1.00', '0.01', '99999999999999999', '1.000001', '-1.00'),
  CurrencyCode: fc.constantFrom('EUR', 'TRY', 'JPY', 'USD'),
};

/** What routers send as representations, more or less. */
export const representations: fc.Arbitrary<unknown[]> = fc.array(
  fc.oneof(
    anyJson,
    fc.record(
      {
        __typename: fc.oneof(
          { weight: 4, arbitrary: fc.constantFrom('Customer', 'Order') },
          { weight: 1, arbitrary: anyJson },
        ),
        id: fc.oneof(
          { weight: 2, arbitrary: fc.constantFrom('ada', 'open', 'a1', 'bo') },
          { weight: 2, arbitrary: anyJson },
        ),
        netTotal: fc.oneof(
          anyJson,
          fc.record({ amount: anyJson, currency: anyJson }),
          fc.constant({ amount: '5.00', currency: 'EUR' }),
        ),
      },
      { requiredKeys: [] },
    ),
  ),
  { maxLength: 6 },
);

const TYPES = [
  'customer.registered',
  'customer.updated',
  'customer.deleted',
  'order.placed',
  'order.amended',
  'order.paid',
  'order.delivered',
  'order.cancelled',
];
const someId = (prefix: string) => fc.integer({ min: 1, max: 6 }).map((n) => `${prefix}${n}`);

/** What the platform sends as events, more or less: mostly good, about a few customers and orders. */
export const events: fc.Arbitrary<unknown[]> = fc.array(
  mostly(
    fc.record({
      specversion: mostly(fc.constant('1.0')),
      id: mostly(fc.uuid()),
      source: mostly(fc.constantFrom('/shop', '/other')),
      type: mostly(fc.constantFrom(...TYPES)),
      data: mostly(
        fc.record(
          {
            customerId: mostly(someId('fuzz-')),
            orderId: mostly(someId('order-')),
            program: mostly(fc.constantFrom('EU', 'TR', 'XX')),
            net: mostly(
              fc.constantFrom('0.01', '10.00', '4999.99', '70000.00', '90071992547409.91'),
            ),
            currency: mostly(fc.constantFrom('EUR', 'TRY', 'USD')),
            organizationId: mostly(fc.constantFrom('acme', null)),
            email: mostly(fc.constantFrom('a@b.example', null)),
            registeredAt: mostly(
              fc.constantFrom(
                '2025-01-01T00:00:00Z',
                '2025-06-15T09:59:59Z',
                '2031-01-01T00:00:00Z',
                '1970-01-01T00:00:00Z',
              ),
            ),
            placedAt: mostly(fc.constantFrom('2025-06-01T00:00:00Z', '2030-01-01T00:00:00Z')),
            xPoints: mostly(fc.constantFrom(0, 1, 2 ** 53 - 1)),
            tags: mostly(fc.constantFrom(['a'], [])),
          },
          { requiredKeys: ['customerId', 'orderId', 'program', 'net', 'currency'] },
        ),
      ),
    }),
  ),
  { maxLength: 12 },
);

/** Documents as the schema has them, with arguments that it may not have, and a few letters changed. */
export function documents(schema: GraphQLSchema, root: GraphQLObjectType): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.array(fc.nat(1_000), { minLength: 10, maxLength: 60 }),
      fc.array(literal, { minLength: 8, maxLength: 8 }),
      edits,
    )
    .map(([choices, literals, changes]) =>
      edited(new Writer(schema, choices, literals).write(root), changes),
    );
}

const literal = fc.oneof(
  number.map((value) => String(value)),
  fc.constantFrom(
    'null',
    'true',
    '$v',
    'CREDITED',
    'OPEN',
    '[]',
    '{}',
    '[[[1]]]',
    '{a: {b: 1}}',
    '"ada"',
    '"EU"',
    '"""block"""',
    '1e400',
    '-',
    '"\\ud800"',
  ),
  anyJson.map((value) => JSON.stringify(value).replace(/"(\w+)":/g, '$1:')),
);

const edits = fc.array(
  fc.record({
    at: fc.nat(10_000),
    cut: fc.nat(3),
    put: fc.constantFrom(
      '',
      '{',
      '}',
      '(',
      ')',
      '"',
      '@',
      '...',
      '$',
      ' a: ',
      '@skip(if: true)',
      '@include(if: $v)',
      '\u0000',
      '#',
      ' on ',
      '!',
      '&',
      '|',
      'fragment',
    ),
  }),
  { maxLength: 2 },
);

function edited(
  document: string,
  changes: readonly { at: number; cut: number; put: string }[],
): string {
  return changes.reduce((text, { at, cut, put }) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + put + text.slice(place + cut);
  }, document);
}

/** Writes a document by choices: deterministic, so that a failing one can be shrunk. */
class Writer {
  private next = 0;

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly choices: readonly number[],
    private readonly literals: readonly string[],
  ) {}

  write(root: GraphQLObjectType): string {
    const word =
      root === this.schema.getMutationType()
        ? 'mutation'
        : root === this.schema.getSubscriptionType()
          ? 'subscription'
          : 'query';
    return `${word} ${this.fields(root, 4)}`;
  }

  private choose(below: number): number {
    this.next += 1;
    return (this.choices[this.next % this.choices.length]! + this.next) % below;
  }

  private fields(type: GraphQLObjectType, depth: number): string {
    const all = Object.values(type.getFields());
    const count = 1 + this.choose(3);
    const chosen = Array.from({ length: count }, () => all[this.choose(all.length)]!);
    return `{ ${chosen.map((field) => this.field(field, depth)).join(' ')} }`;
  }

  private field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const given = field.args.filter(
      (arg) => String(arg.type).endsWith('!') || this.choose(3) === 0,
    );
    const list = given.map((arg) => `${arg.name}: ${this.argument(String(arg.type))}`).join(', ');
    const type = getNamedType(field.type);
    const name = this.choose(8) === 0 ? `a${this.next}: ${field.name}` : field.name;
    const inner = !isCompositeType(type)
      ? ''
      : isObjectType(type) && depth > 0
        ? this.fields(type, depth - 1)
        : '{ __typename }';
    return `${name}${list && `(${list})`} ${inner}`;
  }

  private argument(type: string): string {
    if (this.choose(3) === 0) return this.literals[this.choose(this.literals.length)]!;
    if (type.startsWith('ID')) return '"ada"';
    if (type.startsWith('Int') || type.startsWith('XPoints')) return '5';
    if (type.startsWith('ProgramCode')) return '"EU"';
    if (type.startsWith('[_Any')) return '[{__typename: "Customer", id: "ada"}]';
    return type.startsWith('Boolean') ? 'true' : '"text"';
  }
}
