import { connect } from 'node:net';
import Fastify from 'fastify';
import { Webhook } from 'standardwebhooks';
import {
  BATCH_MAX,
  BODY_MAX,
  type EventResult,
  registerEvents,
} from '../../src/events/events.route';
import { startServer } from '../../src/server/start';
import { asOwner, ownerUrlOf } from '../support/database';
import { freshApp, type RunningApp } from './test-app';

const OLD_SECRET = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const NEW_SECRET = `whsec_${Buffer.alloc(24, 2).toString('base64')}`;
const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';

let app: RunningApp;
let server: Awaited<ReturnType<typeof startServer>>;
let lastId = 0;

beforeAll(async () => {
  app = await freshApp({ eventSecrets: [OLD_SECRET, NEW_SECRET] });
  server = await startServer(app);
});

afterAll(async () => {
  await server.stop();
  await app.close();
});

interface Answer {
  readonly status: number;
  readonly results: EventResult[];
  readonly message?: string;
}

interface Sending {
  readonly type?: string;
  readonly secret?: string | null;
  readonly at?: Date;
  readonly headers?: Record<string, string>;
}

function signature(body: string, secret: string, at = new Date()): Record<string, string> {
  return {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('msg_1', at, body),
  };
}

async function post(body: string | Buffer, sending: Sending = {}): Promise<Answer> {
  const { type = STRUCTURED, secret = NEW_SECRET, at, headers } = sending;
  const signed = secret === null ? {} : signature(body.toString(), secret, at);
  const response = await fetch(`${server.url}/events`, {
    method: 'POST',
    headers: { 'content-type': type, ...signed, ...headers },
    body: new Uint8Array(Buffer.from(body)),
  });
  return { status: response.status, ...((await response.json()) as Omit<Answer, 'status'>) };
}

function event(type: string, data: object, more: object = {}) {
  lastId += 1;
  return { specversion: '1.0', id: `e${lastId}`, source: 'shop', type, data, ...more };
}

async function send(type: string, data: object, more: object = {}): Promise<EventResult> {
  const { results } = await post(JSON.stringify(event(type, data, more)));
  return results[0]!;
}

const sendBatch = (events: unknown[]) => post(JSON.stringify(events), { type: BATCH });

async function accountOf(customerId: string): Promise<Record<string, unknown> | undefined> {
  const rows = await app.database.query<Record<string, unknown>[]>(
    'select * from accounts where id = $1',
    [customerId],
  );
  return rows[0];
}

const registration = (customerId: string) => ({ customerId, program: 'EU' });
const placing = (orderId: string, customerId: string, net = '100.00') => ({
  ...{ orderId, customerId, net },
  currency: 'EUR',
});

describe('an event', () => {
  it('has its effect once it is answered (R9.3)', async () => {
    expect(await send('customer.registered', registration('ada'))).toMatchObject({
      source: 'shop',
      outcome: 'APPLIED',
    });
    await send('order.placed', placing('ada-1', 'ada'));
    await send('order.paid', { orderId: 'ada-1' });
    expect(await accountOf('ada')).toMatchObject({ available: 0 });
    expect((await send('order.delivered', { orderId: 'ada-1' })).outcome).toBe('APPLIED');
    expect(await accountOf('ada')).toMatchObject({ available: 100, program: 'EU' });
  });

  it('that comes again changes nothing, with other content it is set aside (R3.7)', async () => {
    const placed = event('order.placed', placing('dup-1', 'dup'), { id: 'dup-event' });
    const body = JSON.stringify(placed);
    expect((await post(body)).results[0]!.outcome).not.toBe('DUPLICATE');
    expect((await post(body)).results).toEqual([
      { source: 'shop', id: 'dup-event', outcome: 'DUPLICATE' },
    ]);
    const other = JSON.stringify({ ...placed, data: placing('dup-1', 'dup', '999.00') });
    const again = await post(other);
    expect(again.status).toBe(200);
    expect(again.results).toEqual([
      { source: 'shop', id: 'dup-event', outcome: 'SET_ASIDE', reason: 'EVENT_ID_REUSED' },
    ]);
    const [order] = await app.database.query<[{ net_minor: number }]>(
      `select net_minor from orders where id = 'dup-1'`,
    );
    expect(order.net_minor).toBe(10_000);
  });

  it('of the same id from another source is another event', async () => {
    const data = { orderId: 'two-sources', xPoints: 1 };
    await send('order.paid', data, { id: 'same' });
    expect((await send('order.paid', data, { id: 'same', source: 'erp' })).outcome).toBe(
      'UNCHANGED',
    );
  });

  it('waits for what it refers to (R3.7)', async () => {
    expect((await send('order.delivered', { orderId: 'early' })).outcome).toMatch(
      /WAITING|APPLIED/,
    );
    expect((await send('order.cancelled', { orderId: 'early', net: '5.00' })).outcome).toBe(
      'WAITING',
    );
  });

  it('keeps its phone and fingerprint to itself: nothing of them is stored in clear (R5.5)', async () => {
    await send('customer.registered', {
      ...registration('private'),
      email: 'private.person@example.com',
      phone: '+49 170 555 1234',
      paymentFingerprint: 'fp_private',
    });
    const [inbox] = await app.database.query<[{ text: string }]>(
      `select string_agg(inbox::text, ' ') as text from inbox where payload::text like '%private%'`,
    );
    expect(inbox.text).toContain('private');
    expect(inbox.text).not.toMatch(/example\.com|5551234|555 1234|fp_private/);
  });

  it.each([
    ['without an id', { id: undefined }, null, /id is missing; expected/],
    ['with an empty id', { id: '' }, null, /id is "";/],
    ['with NUL in its id', { id: 'a\u0000' }, null, /id is/],
    ['with a lone surrogate in its id', { id: 'a\ud800' }, null, /id is/],
    ['with a number for an id', { id: 5 }, null, /id is number 5/],
    ['without a source', { source: null }, 'bad', /source is missing/],
    ['of another version', { specversion: '0.3' }, 'bad', /specversion is "0.3"; expected "1.0"/],
    ['of no type', { type: undefined }, 'bad', /type is missing/],
    ['of an unknown type', { type: 'order.lost' }, 'bad', /type is "order.lost"; expected one of/],
    ['with base64', { data: undefined, data_base64: 'e30=' }, 'bad', /data_base64/],
    ['with XML', { datacontenttype: 'text/xml' }, 'bad', /datacontenttype is "text\/xml"/],
    ['with a bad time', { time: 'yesterday' }, 'bad', /breaks the specification/],
    ['with a bad extension name', { 'X-y': '1' }, 'bad', /breaks the specification/],
    [
      'with __proto__',
      JSON.parse('{"__proto__": {"validate": 1}}') as object,
      'bad',
      /specification/,
    ],
    ['that overwrites a method', { validate: 'x' }, 'bad', /specification/],
    ['without data', { data: undefined }, 'bad', /data is malformed/],
    ['with a wrong field', { data: { orderId: 7 } }, 'bad', /data.orderId is number 7; expected/],
  ])('%s is refused with 400 and a reason', async (_, more, id, message) => {
    const body = event('order.paid', { orderId: 'x' }, { id: 'bad', ...more });
    const { status, results } = await post(JSON.stringify(body));
    expect(status).toBe(400);
    expect(results).toEqual([
      expect.objectContaining({ id, outcome: 'REJECTED', message: expect.stringMatching(message) }),
    ]);
  });

  it('that was refused leaves its id free', async () => {
    expect((await send('order.paid', { orderId: 7 }, { id: 'again' })).outcome).toBe('REJECTED');
    expect((await send('order.paid', { orderId: 'again' }, { id: 'again' })).outcome).not.toBe(
      'DUPLICATE',
    );
  });

  it('may have a subject, extensions and null attributes', async () => {
    const more = { subject: 'x', traceparent: '00-1-2-01', dataschema: null, time: null };
    expect((await send('order.paid', { orderId: 'ext' }, more)).outcome).not.toBe('REJECTED');
  });
});

describe('a batch', () => {
  it('answers for each event in order, and a bad one costs the others nothing', async () => {
    const { status, results } = await sendBatch([
      event('customer.registered', registration('bob')),
      event('order.placed', { ...placing('bob-1', 'bob'), net: 'much' }),
      'nothing',
      event('order.placed', placing('bob-2', 'bob', '20000.00')),
      null,
      event('order.paid', { orderId: 'bob-2' }),
      { ...event('order.delivered', { orderId: 'bob-2' }), specversion: undefined },
      event('order.delivered', { orderId: 'bob-2' }),
    ]);
    expect(status).toBe(200);
    expect(results.map(({ outcome }) => outcome)).toEqual([
      'APPLIED',
      'REJECTED',
      'REJECTED',
      'APPLIED',
      'REJECTED',
      'APPLIED',
      'REJECTED',
      'APPLIED',
    ]);
    expect(results[1]!.message).toMatch(/data.net is "much"/);
    expect(results[2]).toMatchObject({ source: null, id: null });
    expect(await accountOf('bob')).toMatchObject({ available: 20_000 });
  });

  it('keeps the order of events of one order and of one customer', async () => {
    const customers = Array.from({ length: 60 }, (_, i) => `batch-${i}`);
    const { results } = await sendBatch(
      customers.flatMap((id) => [
        event('customer.registered', registration(id)),
        event('order.placed', placing(`${id}-o`, id)),
        event('order.amended', { orderId: `${id}-o`, net: '300.00' }),
        event('order.cancelled', { orderId: `${id}-o`, net: '50.00' }),
        event('order.paid', { orderId: `${id}-o` }),
        event('order.delivered', { orderId: `${id}-o` }),
        event('order.amended', { orderId: `${id}-o`, net: '400.00' }),
      ]),
    );
    const outcomes = results.map(({ outcome, reason }) => reason ?? outcome);
    expect(outcomes).toEqual(
      customers.flatMap(() => [...Array(6).fill('APPLIED'), 'AMENDED_AFTER_JUDGED']),
    );
    const [row] = await app.database.query<[{ points: number; n: number }]>(
      `select sum(available)::int8 as points, count(*) as n from accounts where id like 'batch-%'`,
    );
    expect(row).toEqual({ points: 60 * 250, n: 60 });
  });

  it('with an id twice applies the first, and tells the second by its content (R3.7)', async () => {
    const first = event('order.placed', placing('twice-1', 'twice'), { id: 'twice' });
    const { results } = await sendBatch([
      first,
      first,
      { ...first, data: placing('twice-1', 'twice', '5.00') },
      { ...first, data: placing('twice-2', 'other') },
    ]);
    expect(results.map(({ outcome, reason }) => reason ?? outcome)).toEqual([
      expect.stringMatching(/APPLIED|WAITING/),
      'DUPLICATE',
      'EVENT_ID_REUSED',
      'EVENT_ID_REUSED',
    ]);
  });

  it('may be empty, and may be sent again', async () => {
    expect(await sendBatch([])).toEqual({ status: 200, results: [] });
    const batch = [event('customer.registered', registration('eve'))];
    await sendBatch(batch);
    expect((await sendBatch(batch)).results[0]!.outcome).toBe('DUPLICATE');
  });

  it(`of ${BATCH_MAX} events is taken, of one more it is refused as a whole`, async () => {
    const events = Array.from({ length: BATCH_MAX }, (_, i) =>
      event('order.paid', { orderId: `many-${i}` }),
    );
    const taken = await sendBatch(events);
    expect(taken.status).toBe(200);
    expect(taken.results).toHaveLength(BATCH_MAX);
    expect(new Set(taken.results.map(({ id }) => id)).size).toBe(BATCH_MAX);
    const refused = await sendBatch([...events, event('order.paid', { orderId: 'one-more' })]);
    expect(refused).toMatchObject({ status: 413, results: [], message: /1001/ });
  });

  it('is a list', async () => {
    const one = JSON.stringify(event('order.paid', { orderId: 'x' }));
    expect(await post(one, { type: BATCH })).toMatchObject({ status: 400, message: /list/ });
    expect((await post(`[${one}]`)).results[0]!.message).toMatch(/no JSON object/);
  });
});

describe('a signature', () => {
  const body = () => JSON.stringify(event('order.paid', { orderId: 'signed' }));

  it('may be of any secret that is valid at the moment', async () => {
    expect((await post(body(), { secret: OLD_SECRET })).status).toBe(200);
    expect((await post(body(), { secret: NEW_SECRET })).status).toBe(200);
    const text = body();
    const rotating = `v1,AAAA v2,x ${signature(text, OLD_SECRET)['webhook-signature']}`;
    const headers = { ...signature(text, OLD_SECRET), 'webhook-signature': rotating };
    expect((await post(text, { secret: null, headers })).status).toBe(200);
  });

  it.each([
    ['missing', { secret: null }],
    ['of a stranger', { secret: `whsec_${Buffer.alloc(24, 9).toString('base64')}` }],
    ['older than five minutes', { at: new Date(Date.now() - 6 * 60_000) }],
    ['of the future', { at: new Date(Date.now() + 6 * 60_000) }],
    ['for another id', { headers: { 'webhook-id': 'msg_2' } }],
    ['for another moment', { headers: { 'webhook-timestamp': '1700000000' } }],
    ['without a number for a moment', { headers: { 'webhook-timestamp': 'now' } }],
    ['empty', { headers: { 'webhook-signature': '' } }],
    ['without a value', { headers: { 'webhook-signature': 'v1' } }],
    ['of no version', { headers: { 'webhook-signature': 'AAAA' } }],
  ])('%s is refused with 401, and nothing is read', async (_, sending) => {
    const before = await inboxSize();
    const answer = await post(body(), sending as Sending);
    expect(answer).toMatchObject({ status: 401, results: [], message: /Standard Webhooks/ });
    expect(await inboxSize()).toBe(before);
  });

  it('covers the body to the byte', async () => {
    const text = body();
    const headers = signature(text, NEW_SECRET);
    const sending = { secret: null, headers };
    expect((await post(`${text} `, sending)).status).toBe(401);
    expect((await post(`\ufeff${text}`, sending)).status).toBe(401);
    expect((await post(text.replace('signed', 'forged'), sending)).status).toBe(401);
  });

  async function inboxSize(): Promise<number> {
    const [row] = await app.database.query<[{ n: number }]>('select count(*) as n from inbox');
    return row.n;
  }
});

describe('a body', () => {
  const body = JSON.stringify(event('order.paid', { orderId: 'body' }));

  it.each([
    ['no JSON', '{"specversion":', {}, 400, /no JSON/],
    ['empty', '', {}, 400, /./],
    ['a byte order mark before it', `\ufeff${body}`, {}, 400, /no JSON/],
    ['bytes after it', `${body}x`, {}, 400, /no JSON/],
    ['plain JSON without ce- headers', body, { type: 'application/json' }, 415, /cloudevents/],
    ['a form', body, { type: 'application/x-www-form-urlencoded' }, 415, /cloudevents/],
    ['no type', body, { type: '' }, 415, /./],
    ['a type like ours', body, { type: 'application/cloudevents+jsonp' }, 415, /cloudevents/],
    ['another charset', body, { type: `${STRUCTURED}; charset=ibm500` }, 415, /UTF-8/],
    ['UTF-16 by its charset', body, { type: `${STRUCTURED};charset="utf-16le"` }, 415, /UTF-8/],
    ['a packed one', body, { headers: { 'content-encoding': 'gzip' } }, 415, /gzip/],
  ])('of %s is refused (%#)', async (_, text, sending, status, message) => {
    const answer = await post(text, sending);
    expect(answer).toMatchObject({ status, results: [] });
    expect(answer.message).toMatch(message);
  });

  it('of bytes that are no UTF-8 is refused, also where they look signed', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"a":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ]);
    expect(await post(bytes)).toMatchObject({ status: 400, message: /UTF-8/ });
    expect(await post(Buffer.from(body, 'utf16le'))).toMatchObject({ status: 400 });
  });

  it('may name its charset', async () => {
    const types = ['; charset=utf-8', ';charset="UTF-8"', '; CHARSET=UTF8; x=y'];
    for (const parameters of types) {
      expect((await post(body, { type: STRUCTURED + parameters })).status).toBe(200);
    }
  });

  it('is at most 1 MiB', async () => {
    const padded = (size: number) => body + ' '.repeat(size - body.length);
    expect((await post(padded(BODY_MAX))).status).toBe(200);
    expect(await post(padded(BODY_MAX + 1))).toMatchObject({ status: 413, results: [] });
  });

  it('nested without end is refused, and the process lives', async () => {
    const nested = JSON.stringify(event('order.paid', { orderId: 'x', deep: 0 })).replace(
      '"deep":0',
      `"deep":${'['.repeat(200_000)}${']'.repeat(200_000)}`,
    );
    expect((await post(nested)).results[0]!.message).toMatch(/nested too deep/);
    expect((await post('['.repeat(500_000), { type: BATCH })).status).toBe(400);
  });

  it('that breaks off harms nobody', async () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.write('POST /events HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n{"a"');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    expect((await post(body)).status).toBe(200);
  });
});

describe('the binary mode', () => {
  const headers = {
    'ce-specversion': '1.0',
    'ce-id': 'binary-1',
    'ce-source': 'shop',
    'ce-type': 'order.paid',
  };
  const type = 'application/json; charset=utf-8';

  it('takes an event with its attributes in headers', async () => {
    const answer = await post('{"orderId":"binary"}', { type, headers });
    expect(answer.results).toEqual([
      { source: 'shop', id: 'binary-1', outcome: expect.stringMatching(/APPLIED|WAITING/) },
    ]);
  });

  it('is one with the structured mode: the same event is known again', async () => {
    const data = { orderId: 'binary' };
    const same = event('order.paid', data, { id: 'binary-1' });
    expect((await post(JSON.stringify(same))).results[0]!.outcome).toBe('DUPLICATE');
  });

  it.each([
    ['no version', { ...headers, 'ce-specversion': undefined }],
    ['another version', { ...headers, 'ce-specversion': '0.3' }],
    ['no type', { ...headers, 'ce-type': undefined }],
    ['no source', { ...headers, 'ce-source': undefined }],
  ])('refuses one with %s', async (_, some) => {
    const sent = JSON.parse(JSON.stringify(some)) as Record<string, string>;
    expect((await post('{"orderId":"binary"}', { type, headers: sent })).status).toBe(400);
  });

  it('refuses data that is no JSON', async () => {
    expect((await post('{"orderId"', { type, headers })).status).toBe(400);
  });
});

describe('an unexpected failure', () => {
  it('is FAILED with a number for the log and no detail, and can be sent again', async () => {
    const batch = [
      event('customer.registered', registration('unlucky')),
      event('order.placed', { ...placing('unlucky', 'unlucky'), net: 5 }),
    ];
    const owner = { ownerUrl: ownerUrlOf(app.config.databaseUrl!) };
    await asOwner(owner, 'alter table inbox rename to inbox_away');
    const failed = await sendBatch(batch);
    await asOwner(owner, 'alter table inbox_away rename to inbox');
    expect(failed.status).toBe(503);
    expect(failed.results.map(({ outcome }) => outcome)).toEqual(['FAILED', 'REJECTED']);
    expect(failed.results[0]!.message).toMatch(/^Unexpected failure [0-9a-f-]{36};/);
    expect(JSON.stringify(failed)).not.toMatch(/inbox|relation|select/i);
    expect((await sendBatch(batch)).results.map(({ outcome }) => outcome)).toEqual([
      'APPLIED',
      'REJECTED',
    ]);
  });

  it('of the connections costs nobody an effect: sent again, each event counts once', async () => {
    const batch = Array.from({ length: 300 }, (_, i) => [
      event('customer.registered', registration(`cut-${i}`)),
      event('order.placed', placing(`cut-${i}`, `cut-${i}`)),
      event('order.paid', { orderId: `cut-${i}` }),
      event('order.delivered', { orderId: `cut-${i}` }),
    ]).flat();
    const answers = [batch.slice(0, 600), batch.slice(600)].map(sendBatch);
    await app.database.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    const { length } = (await Promise.all(answers)).filter(({ status }) => status !== 200);
    expect(length).toBeLessThanOrEqual(2);
    for (const half of [batch.slice(0, 600), batch.slice(600)]) {
      const { results } = await sendBatch(half);
      expect(results.filter(({ outcome }) => outcome === 'FAILED')).toEqual([]);
    }
    const [row] = await app.database.query<[{ points: number; entries: number }]>(
      `select (select sum(available)::int8 from accounts where id like 'cut-%') as points,
        (select count(*) from entries where account_id like 'cut-%') as entries`,
    );
    expect(row).toEqual({ points: 300 * 100, entries: 300 });
  });
});

describe('without a secret', () => {
  async function statusOf(production: boolean): Promise<number> {
    const fastify = Fastify();
    const config = { ...app.config, production, eventSecrets: [] };
    await registerEvents(fastify, { ...app, config });
    const url = await fastify.listen({ port: 0, host: '127.0.0.1' });
    const response = await fetch(`${url}/events`, {
      method: 'POST',
      headers: { 'content-type': STRUCTURED },
      body: JSON.stringify(event('order.paid', { orderId: 'unsigned' })),
    });
    await fastify.close();
    return response.status;
  }

  it('unsigned events are taken in development', async () => {
    expect(await statusOf(false)).toBe(200);
  });

  it('nothing is taken in production', async () => {
    expect(await statusOf(true)).toBe(401);
  });
});
