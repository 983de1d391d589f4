import type { ErrorCode } from '../../src/kernel/error-codes';

/** A request that is no good, and what it is answered with. */
export interface BadRequest {
  readonly what: string;
  readonly status: number;
  /** Of the first error; null where the answer has none. */
  readonly code: ErrorCode | null;
  /** As JSON.stringify would write it, or as it is. */
  readonly body?: string | Uint8Array | object;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Row = readonly [
  what: string,
  query: string,
  status: number,
  code: ErrorCode | null,
  variables?: object,
];

const repeat = (count: number, text: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => text(at)).join(' ');
const HISTORY =
  'query ($first: Int, $after: String, $kinds: [XPointsEntryKind!]) { rewardsMember(customerId: "ada") { xPointsHistory(first: $first, after: $after, kinds: $kinds) { nodes { sequence } } } }';
const MEMBER = 'query ($id: ID!) { rewardsMember(customerId: $id) { id } }';
const QUOTE =
  'query ($net: MoneyInput!) { xPointsQuote(customerId: "ada", net: $net) { __typename } }';
const PROGRAM =
  'query ($code: ProgramCode!) { rewardsProgram(code: $code) { code tiers { name } } }';
const ENTITIES =
  'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Customer { id xPoints { available } } ... on Order { id xPoints { earned } } } }';
const REDEEM =
  'mutation ($input: RedeemXPointsInput!) { redeemXPoints(input: $input) { __typename } }';
const good = { customerId: 'ada', orderId: 'open', points: 1, idempotencyKey: 'bad-inputs' };

const NUMBERS: readonly Row[] = [
  ...[0, -1, 101, 2_147_483_647].map(
    (first): Row => [`a page of ${first}`, HISTORY, 200, 'BAD_USER_INPUT', { first }],
  ),
  ...[2_147_483_648, -2_147_483_649, 1.5, '5', true, [5, 6], {}, Number.MAX_VALUE].map(
    (first): Row => [
      `a page of ${JSON.stringify(first)}`,
      HISTORY,
      400,
      'BAD_USER_INPUT',
      { first },
    ],
  ),
  ['a page of -0', HISTORY, 200, 'BAD_USER_INPUT', { first: -0 }],
  ['a page of 1.0, which is 1', HISTORY, 200, null, { first: 1.0 }],
  [
    'an infinite literal',
    '{ rewardsMember(customerId: "ada") { xPointsHistory(first: 1e400) { nodes { sequence } } } }',
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'an enormous literal',
    `{ rewardsMember(customerId: "ada") { xPointsHistory(first: ${'9'.repeat(2_000)}) { nodes { sequence } } } }`,
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ...[
    '-1',
    '1e5',
    '1.',
    '.5',
    '١',
    '1,5',
    '0x10',
    'NaN',
    'Infinity',
    '9'.repeat(18),
    '1.0000001',
    '',
    ' 1',
    '1\u0000',
    '--1',
    '+1',
  ].map(
    (amount): Row => [
      `the amount ${JSON.stringify(amount)}`,
      QUOTE,
      amount === '-1' ? 200 : 400,
      'BAD_USER_INPUT',
      { net: { amount, currency: 'EUR' } },
    ],
  ),
  ...[1, 1.5, null, {}, ['1.00', '2.00']].map(
    (amount): Row => [
      `the amount ${JSON.stringify(amount)}`,
      QUOTE,
      400,
      'BAD_USER_INPUT',
      { net: { amount, currency: 'EUR' } },
    ],
  ),
  ...['EURO', 'eur', '', 'E', 'X\u0000X'].map(
    (currency): Row => [
      `the currency ${JSON.stringify(currency)}`,
      QUOTE,
      400,
      'BAD_USER_INPUT',
      { net: { amount: '1.00', currency } },
    ],
  ),
];

const ILL_TEXT = [
  '',
  ' ',
  'a\u0000b',
  '\ud800',
  '\udfff\ud800',
  'a\u0007',
  '\r\nSet-Cookie: x',
  ' ada',
  'ada ',
  'x'.repeat(256),
  'x'.repeat(500_000),
];
const ODD_TEXT = [
  "' OR 1=1--",
  '#{1+1}',
  '%s%n',
  '{{7*7}}',
  '=1+1',
  '../../etc/passwd',
  '<script>',
  'a\u202eb',
  'a\u200bb',
  'e\u0301',
  '😀',
  '\\',
  '"',
  "'; drop table accounts; --",
  '$1',
  'null',
  'undefined',
  '[object Object]',
  '__proto__',
  'constructor',
  'x'.repeat(255),
];

const TEXT: readonly Row[] = [
  ...ILL_TEXT.map(
    (id): Row => [
      `the id ${JSON.stringify(id).slice(0, 30)}`,
      MEMBER,
      200,
      'BAD_USER_INPUT',
      { id },
    ],
  ),
  ...ODD_TEXT.map(
    (id): Row => [
      `the id ${JSON.stringify(id).slice(0, 30)}, somebody else's`,
      MEMBER,
      200,
      'FORBIDDEN',
      { id },
    ],
  ),
  ...[1.5, true, {}, [], ['ada', 'bo'], null].map(
    (id): Row => [`the id ${JSON.stringify(id)}`, MEMBER, 400, 'BAD_USER_INPUT', { id }],
  ),
  ...[
    ...ILL_TEXT.slice(2),
    ...ODD_TEXT,
    'eyJ',
    Buffer.from('["lots",1,2]').toString('base64url'),
    Buffer.from('[null,1e400]').toString('base64url'),
    Buffer.from('["history",9007199254740993]').toString('base64url'),
  ].map(
    (after): Row => [
      `the cursor ${JSON.stringify(after).slice(0, 30)}`,
      HISTORY,
      200,
      'BAD_USER_INPUT',
      { after },
    ],
  ),
  ...['EU ', 'eu', '', "EU'--", 'E'.repeat(1_000), 'EU\u0000', '__proto__'].map(
    (code): Row => [
      `the program ${JSON.stringify(code).slice(0, 20)}`,
      PROGRAM,
      400,
      'BAD_USER_INPUT',
      { code },
    ],
  ),
  ...[...ILL_TEXT, ...ODD_TEXT].map(
    (locale): Row => [
      `the language ${JSON.stringify(locale).slice(0, 20)}, which is English`,
      'query ($locale: String) { rewardsPrograms { tiers { name(locale: $locale) } } }',
      200,
      null,
      { locale },
    ],
  ),
  ...[...ILL_TEXT, ...ODD_TEXT].map(
    (code): Row => [
      `the invitation ${JSON.stringify(code).slice(0, 20)}`,
      'query ($code: String!) { referralInvitation(code: $code) { __typename } }',
      200,
      null,
      { code },
    ],
  ),
];

const TYPES: readonly Row[] = [
  [
    'an unknown field of an input',
    REDEEM,
    400,
    'BAD_USER_INPUT',
    { input: { ...good, amount: 1 } },
  ],
  ['no input', REDEEM, 400, 'BAD_USER_INPUT', {}],
  ['null in a list of values', HISTORY, 400, 'BAD_USER_INPUT', { kinds: [null] }],
  ['an enum in small letters', HISTORY, 400, 'BAD_USER_INPUT', { kinds: ['credited'] }],
  ['a scalar for a list, which is a list of it', HISTORY, 200, null, { kinds: 'CREDITED' }],
  ['lists in lists', HISTORY, 400, 'BAD_USER_INPUT', { kinds: [[[['CREDITED']]]] }],
  [
    'an object that looks like a parameter',
    HISTORY,
    400,
    'BAD_USER_INPUT',
    { after: { toPostgres: 'x' } },
  ],
  [
    'a list of 101',
    HISTORY,
    400,
    'LIST_TOO_LONG',
    { kinds: Array.from({ length: 101 }, () => 'CREDITED') },
  ],
  ['nesting of 1,000 in a variable', HISTORY, 400, 'BAD_USER_INPUT', { after: nest(1_000) }],
  [
    'variables that nobody asked for',
    '{ rewardsPrograms { code } }',
    200,
    null,
    { a: 1, b: { c: [1] } },
  ],
  [
    'an object of 50,000 members',
    HISTORY,
    400,
    'BAD_USER_INPUT',
    { after: Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`k${at}`, 1])) },
  ],
];

const DOCUMENTS: readonly Row[] = [
  ['nothing', '', 400, 'BAD_REQUEST'],
  ['blanks', '  \n#\n', 400, 'GRAPHQL_PARSE_FAILED'],
  ['no document', 'hello', 400, 'GRAPHQL_PARSE_FAILED'],
  ['a NUL', '{ rewardsPrograms\u0000 { code } }', 400, 'GRAPHQL_PARSE_FAILED'],
  [
    'a lone surrogate in a literal',
    '{ rewardsMember(customerId: "\\ud800") { id } }',
    400,
    'GRAPHQL_PARSE_FAILED',
  ],
  ['brackets 20,000 deep', '{a'.repeat(20_000), 400, 'TOO_MANY_TOKENS'],
  ['brackets 600 deep', `${'{a'.repeat(600)}${'}'.repeat(600)}`, 400, 'TOO_DEEP'],
  [
    'lists 900 deep',
    `{ rewardsMember(customerId: ${'['.repeat(900)}${']'.repeat(900)}) { id } }`,
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'types 900 deep',
    `query ($a: ${'['.repeat(900)}Int${']'.repeat(900)}) { rewardsPrograms { code } }`,
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    '10,000 fields of one name',
    `{ ${repeat(10_000, () => 'rewardsPrograms { code }')} }`,
    400,
    'TOO_MANY_TOKENS',
  ],
  [
    '1,500 fields of one name, which cost too much to compare',
    `{ ${repeat(1_500, () => '__typename')} }`,
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['1,000 aliases', `{ ${repeat(1_000, (at) => `a${at}: __typename`)} }`, 400, 'TOO_MANY_TOKENS'],
  ['400 aliases', `{ ${repeat(400, (at) => `a${at}: __typename`)} }`, 400, 'TOO_MANY_ALIASES'],
  [
    '500 commands',
    `mutation { ${repeat(500, (at) => `a${at}: redeemXPoints(input: {customerId: "ada", orderId: "open", points: 1, idempotencyKey: "k${at}"}) { __typename }`)} }`,
    400,
    'TOO_MANY_TOKENS',
  ],
  [
    'two commands',
    `mutation ($input: RedeemXPointsInput!) { a: redeemXPoints(input: $input) { __typename } ... on Mutation { b: redeemXPoints(input: $input) { __typename } } }`,
    400,
    'TOO_MANY_MUTATIONS',
    { input: good },
  ],
  [
    'two commands of two kinds in a fragment',
    'mutation { ...F } fragment F on Mutation { leaveRewards(input: {customerId: "ada", forfeits: 80, idempotencyKey: "k"}) { __typename } redeemXPoints(input: {customerId: "ada", orderId: "open", points: 1, idempotencyKey: "k"}) { __typename } }',
    400,
    'TOO_MANY_MUTATIONS',
  ],
  [
    'a command that is skipped, beside another',
    'mutation { a: leaveRewards(input: {customerId: "ada", forfeits: 80, idempotencyKey: "k"}) @skip(if: true) { __typename } b: leaveRewards(input: {customerId: "ada", forfeits: 80, idempotencyKey: "k"}) @skip(if: true) { __typename } }',
    400,
    'TOO_MANY_MUTATIONS',
  ],
  [
    '50,000 directives',
    `{ __typename ${'@skip(if: false) '.repeat(50_000)} }`,
    400,
    'TOO_MANY_TOKENS',
  ],
  [
    '200 directives',
    `{ ${repeat(200, () => '__typename @skip(if: false)')} }`,
    400,
    'TOO_MANY_DIRECTIVES',
  ],
  [
    'a directive twice',
    '{ __typename @skip(if: false) @skip(if: false) }',
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['an unknown directive', '{ rewardsPrograms @live { code } }', 400, 'GRAPHQL_VALIDATION_FAILED'],
  ['@defer', '{ rewardsPrograms { ... @defer { code } } }', 400, 'GRAPHQL_VALIDATION_FAILED'],
  ['@stream', '{ rewardsPrograms @stream { code } }', 400, 'GRAPHQL_VALIDATION_FAILED'],
  [
    'a cycle of fragments',
    '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'a fragment in itself',
    '{ ...A } fragment A on Query { ...A }',
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    '2^25 fragments of pages',
    `{ rewardsMember(customerId: "ada") { ...F0 } } ${repeat(25, (at) => `fragment F${at} on Customer { ...F${at + 1} ...F${at + 1} }`)} fragment F25 on Customer { lots(first: 100) { nodes { id } } }`,
    400,
    'TOO_COSTLY',
  ],
  [
    '200 inline fragments, which are one field',
    `{ ${repeat(200, () => '... on Query { __typename }')} }`,
    200,
    null,
  ],
  [
    'fields 15 deep',
    `{ rewardsMember(customerId: "ada") { lots { nodes ${'{ uses { entry { order { lots '.repeat(2)}{ uses { entry { order { id } } } }${' } } } }'.repeat(2)} } } }`,
    400,
    'TOO_DEEP',
  ],
  [
    'pages of pages of pages',
    '{ rewardsMember(customerId: "ada") { lots(first: 100) { nodes { uses(first: 100) { entry { lots { points } } } } } } }',
    400,
    'TOO_COSTLY',
  ],
  [
    '101 operations',
    repeat(101, (at) => `query Q${at} { __typename }`),
    400,
    'TOO_MANY_OPERATIONS',
  ],
  [
    'two operations, none named',
    'query A { __typename } query B { __typename }',
    400,
    'OPERATION_RESOLUTION_FAILURE',
  ],
  [
    'two operations of one name',
    'query A { __typename } query A { __typename }',
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['a schema', 'type Query { a: Int }', 400, 'GRAPHQL_VALIDATION_FAILED'],
  [
    'circles of introspection',
    `{ __schema { types { fields { type { ${'fields { type { '.repeat(8)} name ${'} }'.repeat(8)} } } } } }`,
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'a subscription',
    'subscription { xPointsBalanceChanged(customerId: "ada") { sequence } }',
    400,
    'BAD_REQUEST',
  ],
  ['an unknown type', '{ __type(name: "Nothing") { name } }', 200, null],
  ['a field of every object', '{ constructor }', 400, 'GRAPHQL_VALIDATION_FAILED'],
  ['__proto__ as a field', '{ __proto__ }', 400, 'GRAPHQL_VALIDATION_FAILED'],
  ['__proto__ as an alias', '{ __proto__: __typename }', 200, null],
  [
    '__proto__ as a variable',
    'query ($__proto__: ID!) { rewardsMember(customerId: $__proto__) { id } }',
    400,
    'BAD_USER_INPUT',
  ],
  [
    'a command without its input',
    'mutation { redeemXPoints { __typename } }',
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
];

const entity = { __typename: 'Customer', id: 'ada' };
const REPRESENTATIONS: readonly Row[] = [
  ['no representations', ENTITIES, 200, null, { of: [] }],
  ['null for them', ENTITIES, 400, 'BAD_USER_INPUT', { of: null }],
  ['null among them', ENTITIES, 400, 'BAD_USER_INPUT', { of: [entity, null] }],
  [
    '1,001',
    ENTITIES,
    400,
    'TOO_MANY_REPRESENTATIONS',
    { of: Array.from({ length: 1_001 }, () => entity) },
  ],
  [
    '5,000 in two lists',
    'query ($a: [_Any!]!, $b: [_Any!]!) { a: _entities(representations: $a) { __typename } b: _entities(representations: $b) { __typename } }',
    400,
    'TOO_MANY_REPRESENTATIONS',
    { a: Array.from({ length: 900 }, () => entity), b: Array.from({ length: 900 }, () => entity) },
  ],
  ...[
    {},
    [],
    7,
    'Customer:ada',
    true,
    [entity],
    { id: 'ada' },
    { __typename: 'Customer' },
    ...[
      'Unknown',
      'Query',
      'Mutation',
      'Money',
      'Refusal',
      'RefusalCode',
      '_Entity',
      '__Schema',
      'constructor',
      '__proto__',
      '',
      'customer',
      'X'.repeat(10_000),
    ].map((name) => ({ ...entity, __typename: name })),
    { ...entity, __typename: ['Customer'] },
    ...[{ $ne: null }, { toPostgres: 1 }, ['ada'], 7, true, null, ...ILL_TEXT].map((id) => ({
      ...entity,
      id,
    })),
  ].map(
    (one): Row => [
      `the representation ${JSON.stringify(one).slice(0, 40)}`,
      ENTITIES,
      200,
      'BAD_USER_INPUT',
      { of: [entity, one] },
    ],
  ),
  ...ODD_TEXT.map(
    (id): Row => [
      `the representation of ${JSON.stringify(id).slice(0, 20)}, somebody else's`,
      ENTITIES,
      200,
      'FORBIDDEN',
      { of: [entity, { ...entity, id }] },
    ],
  ),
  ...ODD_TEXT.map(
    (id): Row => [
      `the order ${JSON.stringify(id).slice(0, 20)}, which is none`,
      ENTITIES,
      200,
      null,
      { of: [{ __typename: 'Order', id }] },
    ],
  ),
  ...[
    7,
    'x',
    [],
    { amount: 'x', currency: 'EUR' },
    { amount: 1e300 },
    { amount: '1.00', currency: {} },
    { amount: '9'.repeat(100), currency: 'EUR' },
    { amount: '-5.00', currency: 'EUR' },
  ].map(
    (netTotal): Row => [
      `an order's net total of ${JSON.stringify(netTotal).slice(0, 30)}`,
      'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Order { netTotal { amount currency } xPointsQuote(customerId: "ada") { __typename } } } }',
      200,
      'BAD_USER_INPUT',
      { of: [{ __typename: 'Order', id: 'no-such-order', netTotal }] },
    ],
  ),
];

function nest(depth: number): unknown {
  let value: unknown = 'x';
  for (let at = 0; at < depth; at += 1) value = [value];
  return value;
}

const query = '{ rewardsPrograms { code } }';
const json = JSON.stringify({ query });
const FRAMES: readonly BadRequest[] = [
  { what: 'no body', status: 400, code: 'BAD_REQUEST', body: '' },
  { what: 'half a body', status: 400, code: 'BAD_REQUEST', body: json.slice(0, 20) },
  { what: 'something after the body', status: 400, code: 'BAD_REQUEST', body: `${json} {}` },
  {
    what: 'a byte order mark, which JSON readers skip',
    status: 200,
    code: null,
    body: `\ufeff${json}`,
  },
  { what: 'UTF-16', status: 400, code: 'BAD_REQUEST', body: Buffer.from(json, 'utf16le') },
  {
    what: 'bytes that are no text',
    status: 400,
    code: 'BAD_REQUEST',
    body: Buffer.from([0xff, 0xfe, 0x00, 0x80]),
  },
  { what: 'NaN', status: 400, code: 'BAD_REQUEST', body: '{"query":"{a}","variables":{"a":NaN}}' },
  ...['null', 'true', '7', '"{ rewardsPrograms { code } }"', '[]', '{}'].map(
    (body): BadRequest => ({ what: `the body ${body}`, status: 400, code: 'BAD_REQUEST', body }),
  ),
  { what: 'a batch', status: 400, code: 'BAD_REQUEST', body: [{ query }, { query }] },
  { what: 'a query that is a list', status: 400, code: 'BAD_REQUEST', body: { query: [query] } },
  { what: 'variables in text', status: 400, code: 'BAD_REQUEST', body: { query, variables: '{' } },
  { what: 'variables in a list', status: 400, code: 'BAD_REQUEST', body: { query, variables: [] } },
  {
    what: 'a name that is a number',
    status: 400,
    code: 'BAD_REQUEST',
    body: { query, operationName: 7 },
  },
  {
    what: 'a name that there is not',
    status: 400,
    code: 'OPERATION_RESOLUTION_FAILURE',
    body: { query, operationName: 'Other' },
  },
  {
    what: 'extensions in text',
    status: 400,
    code: 'BAD_REQUEST',
    body: { query, extensions: 'x' },
  },
  {
    what: 'a callback for a query',
    status: 400,
    code: 'BAD_REQUEST',
    body: { query, extensions: { subscription: {} } },
  },
  {
    what: 'a callback that is null',
    status: 400,
    code: 'BAD_REQUEST',
    body: { query, extensions: { subscription: null } },
  },
  {
    what: 'a prototype',
    status: 400,
    code: 'BAD_REQUEST',
    body: `{"query":"{a}","variables":{"__proto__":{"a":1}}}`,
  },
  {
    what: 'a constructor',
    status: 400,
    code: 'BAD_REQUEST',
    body: `{"query":"{a}","variables":{"constructor":{"prototype":{"a":1}}}}`,
  },
  {
    what: 'one key twice, of which the last counts',
    status: 200,
    code: null,
    body: `{"query":"{ no }","query":${JSON.stringify(query)}}`,
  },
  {
    what: 'a list 10,000 deep that nobody asked for',
    status: 200,
    code: null,
    body: `{"query":${JSON.stringify(query)},"variables":{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}}`,
  },
  {
    what: 'a hash instead of a document',
    status: 200,
    code: 'PERSISTED_QUERY_NOT_SUPPORTED',
    body: { extensions: { persistedQuery: { version: 1, sha256Hash: 'abc' } } },
  },
  {
    what: 'a hash of another document',
    status: 200,
    code: 'PERSISTED_QUERY_NOT_SUPPORTED',
    body: { query, extensions: { persistedQuery: { version: 1, sha256Hash: 'abc' } } },
  },
  {
    what: '2 MB of variables',
    status: 413,
    code: 'BODY_TOO_LARGE',
    body: { query, variables: { a: 'x'.repeat(2_000_000) } },
  },
  ...[
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
    'application/xml',
    'nonsense',
    'application/json; charset=ibm500',
  ].map(
    (type): BadRequest => ({
      what: `as ${type}`,
      status: type === 'text/plain' ? 400 : 415,
      code: 'BAD_REQUEST',
      body: json,
      headers: { 'content-type': type },
    }),
  ),
  ...['gzip', 'br', 'nonsense'].map(
    (encoding): BadRequest => ({
      what: `said to be ${encoding}`,
      status: 415,
      code: 'BAD_REQUEST',
      body: json,
      headers: { 'content-encoding': encoding },
    }),
  ),
  {
    what: 'a command by GET',
    status: 405,
    code: 'BAD_REQUEST',
    method: 'GET',
    path: `/graphql?query=${encodeURIComponent('mutation { leaveRewards(input: {customerId: "ada", forfeits: 80, idempotencyKey: "k"}) { __typename } }')}`,
    headers: { 'apollo-require-preflight': '1' },
  },
  {
    what: 'a GET as another site may make it',
    status: 400,
    code: 'BAD_REQUEST',
    method: 'GET',
    path: `/graphql?query=${encodeURIComponent(query)}`,
  },
  {
    what: 'a GET with half an escape',
    status: 400,
    code: 'GRAPHQL_PARSE_FAILED',
    method: 'GET',
    path: '/graphql?query=%E0%A4%A',
    headers: { 'apollo-require-preflight': '1' },
  },
  {
    what: 'a GET with variables that are no JSON',
    status: 400,
    code: 'BAD_REQUEST',
    method: 'GET',
    path: `/graphql?query=${encodeURIComponent(query)}&variables={`,
    headers: { 'apollo-require-preflight': '1' },
  },
  ...['PUT', 'DELETE', 'PATCH', 'OPTIONS'].map(
    (method): BadRequest => ({ what: method, status: 404, code: 'NOT_FOUND', method }),
  ),
  ...[
    '/GraphQL',
    '/graphql/',
    '//graphql',
    '/graphql/../graphql/x',
    '/%67raphqlx',
    '/health',
    '/events/',
    '/.env',
    '/graphql%00',
    '/%',
  ].map(
    (path): BadRequest => ({
      what: `the path ${path}`,
      status: path === '/%' ? 400 : 404,
      code: path === '/%' ? 'BAD_REQUEST' : 'NOT_FOUND',
      path,
      body: json,
    }),
  ),
  ...[
    'Bearer',
    'Bearer a b',
    'Basic YTpi',
    'Bearer ..',
    'Bearer null',
    `Bearer ${'x'.repeat(9_000)}`,
    `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"ada"}').toString('base64url')}.`,
  ].map(
    (authorization): BadRequest => ({
      what: `the token ${authorization.slice(0, 30)}`,
      status: 401,
      code: 'UNAUTHENTICATED',
      body: json,
      headers: { authorization },
    }),
  ),
];

const asRequest = ([what, query, status, code, variables]: Row): BadRequest => ({
  what,
  status,
  code,
  body: { query, variables },
});

/** Bad requests to /graphql as a customer with points, with the answer that each gets. */
export const BAD_REQUESTS: readonly BadRequest[] = [
  ...[...NUMBERS, ...TEXT, ...TYPES, ...DOCUMENTS, ...REPRESENTATIONS].map(asRequest),
  ...FRAMES,
];
