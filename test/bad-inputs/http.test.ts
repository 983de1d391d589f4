import { connect } from 'node:net';
import { World } from '../refusals/world';
import { insideOf } from './clean';
import { BAD_REQUESTS, type BadRequest } from './http-corpus';

let world: World;
let before: Record<string, string>;
let tried = 0;
beforeAll(async () => {
  world = await World.open();
  before = await world.digest();
});
afterAll(async () => {
  process.stdout.write(`bad requests over HTTP: ${tried}\n`);
  await world.close();
});

async function send({ method = 'POST', path = '/graphql', headers, body }: BadRequest) {
  tried += 1;
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(world.server.url + path, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      authorization: `Bearer ${world.token('ada')}`,
      ...headers,
    },
    ...(body === undefined ? {} : { body: isRaw ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, type: response.headers.get('content-type'), text };
}

test.each(BAD_REQUESTS)('$what', async (request) => {
  const { status, type, text } = await send(request);
  const { errors } = JSON.parse(text) as { errors?: { extensions: { code: string } }[] };
  const code = errors?.[0]?.extensions.code ?? null;
  expect([status, code, text.slice(0, 500)]).toEqual([
    request.status,
    request.code,
    text.slice(0, 500),
  ]);
  expect(type).toMatch(/^application\/(graphql-response\+)?json/);
  expect(insideOf(text)).toBeNull();
  expect(text.length).toBeLessThan(100_000);
});

describe('what no client library sends', () => {
  /** One request by hand; everything that comes back. */
  function raw(text: string): Promise<string> {
    tried += 1;
    return new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(world.server.url).port), '127.0.0.1', () => {
        socket.end(text);
      });
      let answer = '';
      socket.on('data', (data) => {
        answer += data;
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
    });
  }
  const body = '{"query":"{ __typename }"}';
  const head = (...lines: string[]) =>
    ['POST /graphql HTTP/1.1', 'host: x', 'content-type: application/json', ...lines, '', ''].join(
      '\r\n',
    );
  const length = `content-length: ${body.length}`;

  test.each([
    ['no HTTP', 'hello\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['HTTP of the future', 'POST /graphql HTTP/9.9\r\n\r\n', /^HTTP\/1\.1 (400|505) /],
    ['no host', `POST /graphql HTTP/1.1\r\n${length}\r\n\r\n${body}`, /^HTTP\/1\.1 400 /],
    [
      'TRACE',
      'TRACE /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      /^HTTP\/1\.1 404 /,
    ],
    ['CONNECT', 'CONNECT example.com:80 HTTP/1.1\r\nhost: x\r\n\r\n', /^$/],
    ['two lengths', head(length, 'content-length: 5') + body, /^HTTP\/1\.1 400 /],
    ['a length and chunks', head(length, 'transfer-encoding: chunked') + body, /^HTTP\/1\.1 400 /],
    ['a length that is no number', head('content-length: x') + body, /^HTTP\/1\.1 400 /],
    ['a chunk of no size', `${head('transfer-encoding: chunked')}zz\r\n`, /^HTTP\/1\.1 400 /],
    ['a header without a colon', head('nonsense', length) + body, /^HTTP\/1\.1 400 /],
    ['a header with a NUL', head('x-a: \u0000', length) + body, /^HTTP\/1\.1 400 /],
    ['headers of 32 KB', head(`x-a: ${'x'.repeat(32_768)}`, length) + body, /^HTTP\/1\.1 431 /],
    ['a folded header', head('x-a: 1\r\n 2', length) + body, /^HTTP\/1\.1 (400|200) /],
    [
      'an upgrade to nothing known',
      head('upgrade: nonsense', 'connection: upgrade', length) + body,
      /^HTTP\/1\.1 (200|400|405) |^$/,
    ],
    [
      'an expectation',
      head('expect: 100-continue', 'connection: close', length) + body,
      /^HTTP\/1\.1 100 /,
    ],
    [
      'another expectation',
      head('expect: nonsense', 'connection: close', length) + body,
      /^HTTP\/1\.1 (200|417) /,
    ],
    [
      '1,500 headers',
      head(...Array.from({ length: 1_500 }, (_, at) => `a${at}: 1`), 'connection: close', length) +
        body,
      /^HTTP\/1\.1 (200|400|431) /,
    ],
    [
      'two requests at once',
      head(length) + body + head('connection: close', length) + body,
      /^HTTP\/1\.1 200 .*HTTP\/1\.1 200 /s,
    ],
    [
      'HEAD',
      'HEAD /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      /^HTTP\/1\.1 (400|404|405) /,
    ],
  ])('%s', async (_what, text, expected) => {
    const answer = await raw(text);
    expect(answer).toMatch(expected);
    expect(insideOf(answer)).toBeNull();
  });
});

test('changed nothing, and the server answers as before', async () => {
  expect(await world.digest()).toEqual(before);
  const { status, text } = await send({
    what: 'a good one',
    ...{ status: 200, code: null, body: { query: '{ rewardsMember(customerId: "ada") { id } }' } },
  });
  expect([status, JSON.parse(text)]).toEqual([200, { data: { rewardsMember: { id: 'ada' } } }]);
});
