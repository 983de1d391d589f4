import { World } from '../refusals/world';
import { insideOf } from './clean';

let world: World;
let before: Record<string, string>;
let tried = 0;
beforeAll(async () => {
  world = await World.open();
  before = await world.digest();
});
afterAll(async () => {
  process.stdout.write(`bad events: ${tried}\n`);
  await world.close();
});

async function send(body: string | Uint8Array, headers: Record<string, string> = {}) {
  const response = await fetch(`${world.server.url}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json', ...headers },
    body,
  });
  const text = await response.text();
  expect(insideOf(text)).toBeNull();
  return {
    status: response.status,
    body: JSON.parse(text) as { results: { outcome: string; message?: string }[] },
  };
}

const ILL_ID = [
  '',
  ' ',
  ' a',
  'a\u0000',
  '\ud800',
  'a\nb',
  'x'.repeat(256),
  'x'.repeat(100_000),
  7,
  1.5,
  true,
  null,
  {},
  ['a'],
  { $ne: null },
  { toPostgres: 'x' },
];
const ILL_AMOUNT = [
  '',
  '-1.00',
  '1e3',
  'NaN',
  '1.005',
  '1,00',
  '٣',
  '0x1',
  '99999999999999999',
  '9'.repeat(1_000),
  ' 1.00',
  '1.00\u0000',
  100,
  1.5,
  null,
  {},
  ['1.00'],
  true,
];
const ILL_INSTANT = [
  '',
  'now',
  '2026-02-30T00:00:00Z',
  '2026-02-01',
  '+275760-09-13T00:00:01Z',
  '10000-01-01T00:00:00Z',
  '1969-12-31T23:59:59Z',
  'infinity',
  '-infinity',
  0,
  1e300,
  {},
  [],
  true,
];
const ILL_CURRENCY = ['', 'eur', 'EURO', 'XXXX', 'E\u0000R', 978, null, {}, ['EUR']];
const ILL_POINTS = [-1, 1.5, '5', 2 ** 53, 1e300, true, {}, []];
const ILL_TAGS = [
  'a',
  7,
  {},
  [''],
  [7],
  [null],
  ['a\u0000'],
  Array.from({ length: 21 }, (_, at) => `t${at}`),
  [['a']],
];

const placed = { orderId: 'bad', customerId: 'ada', net: '1.00', currency: 'EUR' };
const registered = { customerId: 'bad', program: 'EU' };
const GOOD: Readonly<Record<string, object>> = {
  'order.placed': placed,
  'order.amended': { orderId: 'open', net: '1.00' },
  'order.paid': { orderId: 'open' },
  'order.delivered': { orderId: 'open' },
  'order.cancelled': { orderId: 'open' },
  'customer.registered': registered,
  'customer.updated': { customerId: 'ada' },
  'customer.deleted': { customerId: 'ada' },
};

/** Data of an event with one field that is no good. */
const BAD_DATA: readonly (readonly [type: string, data: unknown])[] = [
  ...Object.entries(GOOD).flatMap(([type, good]) => {
    const key = type.startsWith('order') ? 'orderId' : 'customerId';
    return [
      ...[null, 7, 'x', [], [good], true].map((data) => [type, data] as const),
      ...ILL_ID.map((id) => [type, { ...good, [key]: id }] as const),
      [type, { ...good, [key]: undefined }] as const,
      [type, { ...good, extra: nested(40) }] as const,
    ];
  }),
  ...ILL_ID.map((customerId) => ['order.placed', { ...placed, customerId }] as const),
  ...ILL_AMOUNT.map((net) => ['order.placed', { ...placed, net }] as const),
  ...ILL_CURRENCY.map((currency) => ['order.placed', { ...placed, currency }] as const),
  ...ILL_INSTANT.map((placedAt) => ['order.placed', { ...placed, placedAt }] as const),
  ...ILL_TAGS.map((tags) => ['order.placed', { ...placed, tags }] as const),
  ...ILL_AMOUNT.filter((net) => net !== '1.005' && net !== '99999999999999999').map(
    (net) => ['order.amended', { orderId: 'open', net }] as const,
  ),
  ...[
    '0',
    '0.00',
    ...ILL_AMOUNT.filter((net) => net !== null && net !== '1.005' && net !== '99999999999999999'),
  ].map((net) => ['order.cancelled', { orderId: 'open', net }] as const),
  ...ILL_POINTS.map((xPoints) => ['order.paid', { orderId: 'open', xPoints }] as const),
  ...ILL_ID.map((program) => ['customer.registered', { ...registered, program }] as const),
  ...ILL_INSTANT.map(
    (registeredAt) => ['customer.registered', { ...registered, registeredAt }] as const,
  ),
  ...ILL_ID.filter((id) => id !== null).flatMap((value) => [
    ['customer.registered', { ...registered, organizationId: value }] as const,
    ['customer.updated', { customerId: 'ada', billingAccountId: value }] as const,
    ['customer.updated', { customerId: 'ada', paymentFingerprint: value }] as const,
    ['customer.registered', { ...registered, referralCode: value }] as const,
  ]),
  ...['nobody', 'a@b c', `${'x'.repeat(320)}@b`, 'a\u0000@b', 7, {}, []].map(
    (email) => ['customer.updated', { customerId: 'ada', email }] as const,
  ),
  ...['none', '', 7, {}, '\u0000'].map(
    (phone) => ['customer.updated', { customerId: 'ada', phone }] as const,
  ),
  ...['deutsch bitte', '', 7, {}, 'x'.repeat(100)].map(
    (locale) => ['customer.updated', { customerId: 'ada', locale }] as const,
  ),
  ...['order.shipped', '', 'toString', '__proto__', 'ORDER.PLACED', 'order.placed\u0000'].map(
    (type) => [type, placed] as const,
  ),
];

const envelope = {
  specversion: '1.0',
  id: 'bad',
  source: '/shop',
  type: 'order.placed',
  data: placed,
};
const BAD_ENVELOPES: readonly unknown[] = [
  ...[null, 7, 'x', [], [envelope], true, {}],
  ...['0.3', '1', 1, null, {}].map((specversion) => ({ ...envelope, specversion })),
  ...ILL_ID.map((id) => ({ ...envelope, id })),
  ...ILL_ID.map((source) => ({ ...envelope, source })),
  ...[7, null, {}, ['order.placed'], ''].map((type) => ({ ...envelope, type })),
  ...['text/plain', 'application/xml', 7].map((datacontenttype) => ({
    ...envelope,
    datacontenttype,
  })),
  { ...envelope, data_base64: 'e30=' },
  { ...envelope, data: undefined },
  { ...envelope, Extension: 'x' },
  { ...envelope, 'bad name': 'x' },
];

test('every event of a bad batch is rejected for itself, with what to correct', async () => {
  const events = [
    ...BAD_DATA.map(([type, data], at) => ({ ...envelope, id: `bad-${at}`, type, data })),
    ...BAD_ENVELOPES,
  ];
  tried += events.length;
  for (let at = 0; at < events.length; at += 50) {
    const batch = events.slice(at, at + 50);
    const { status, body } = await send(JSON.stringify(batch));
    expect(status).toBe(200);
    const taken = body.results.flatMap((result, index) =>
      result.outcome === 'REJECTED' &&
      /expected|breaks the specification|not taken/.test(result.message ?? '')
        ? []
        : [{ event: JSON.stringify(batch[index]).slice(0, 200), result }],
    );
    expect(taken).toEqual([]);
  }
});

const BATCH = 'application/cloudevents-batch+json';
const good = JSON.stringify([envelope]);
test.each<[string, string | Uint8Array, Record<string, string>, number]>([
  ['nothing', '', {}, 400],
  ['no JSON', '[{', {}, 400],
  ['something after it', `${good} x`, {}, 400],
  ['an object for a batch', JSON.stringify(envelope), {}, 400],
  ['null', 'null', {}, 400],
  ['bytes that are no text', Buffer.from([0xff, 0xfe]), {}, 400],
  ['UTF-16', Buffer.from(good, 'utf16le'), {}, 400],
  ['a byte order mark', `\ufeff${good}`, {}, 400],
  ['a list 100,000 deep', '['.repeat(100_000) + ']'.repeat(100_000), {}, 200],
  ['plain text', good, { 'content-type': 'text/plain' }, 415],
  ['JSON without headers', good, { 'content-type': 'application/json' }, 415],
  ['another charset', good, { 'content-type': `${BATCH}; charset=utf-16` }, 415],
  ['said to be compressed', good, { 'content-encoding': 'gzip' }, 415],
  ['1,001 events', JSON.stringify(Array.from({ length: 1_001 }, () => ({}))), {}, 413],
  ['2 MB', JSON.stringify([{ ...envelope, data: 'x'.repeat(2_000_000) }]), {}, 413],
  ['binary without a version', '{}', { 'content-type': 'application/json', 'ce-id': '1' }, 400],
  [
    'binary with half of it',
    '{}',
    { 'content-type': 'application/json', 'ce-id': '1', 'ce-specversion': '1.0' },
    400,
  ],
  [
    'binary of another version',
    '{}',
    {
      'content-type': 'application/json',
      'ce-id': '1',
      'ce-specversion': '9',
      'ce-source': 's',
      'ce-type': 'order.placed',
    },
    400,
  ],
  [
    'binary that is no JSON',
    '{',
    {
      'content-type': 'application/json',
      'ce-id': '1',
      'ce-specversion': '1.0',
      'ce-source': 's',
      'ce-type': 'order.placed',
    },
    400,
  ],
  ['one event that is none', '{}', { 'content-type': 'application/cloudevents+json' }, 400],
])('a request with %s', async (_what, body, headers, status) => {
  tried += 1;
  expect((await send(body, headers)).status).toBe(status);
});

test('changed nothing, and a good event is applied', async () => {
  expect(await world.digest()).toEqual(before);
  await world.tell(['order.placed', { ...placed, orderId: 'good' }]);
  expect(tried).toBeGreaterThan(300);
});

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let at = 0; at < levels; at += 1) value = { a: value };
  return value;
}
