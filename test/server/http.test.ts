import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { ask, type Running, Socket, startFixture, token } from './running';

let server: Running;
let production: Running;

beforeAll(async () => {
  server = await startFixture({} as DataSource);
  production = await startProduction();
});
afterAll(async () => {
  await Promise.all([server.stop(), production.stop()]);
});

function startProduction(): Promise<Running> {
  return startFixture({} as DataSource, { production: true, sandbox: true });
}

async function post(body: string, headers: Record<string, string> = {}) {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  };
  const response = await fetch(`${server.url}/graphql`, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: JSON.parse(text) };
}

/** Speaks HTTP by hand, for what fetch will not send. */
function raw(lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.end(lines.join('\r\n')));
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

describe('who asks', () => {
  const secret = '{ customer(id: "ada") { secret } }';

  test('is the subject of the token', async () => {
    const { body } = await ask(server, secret, { token: await token('ada') });
    expect(body).toEqual({ data: { customer: { secret: 'secret of ada' } } });
  });

  test.each([
    ['nobody', undefined, 'UNAUTHENTICATED'],
    ['another customer', 'bob', 'FORBIDDEN'],
  ])('%s gets null and an error at that field only', async (_who, sub, code) => {
    const asked = sub === undefined ? undefined : await token(sub);
    const { status, body } = await ask(server, `{ count ${secret.slice(1)}`, { token: asked });
    expect(status).toBe(200);
    expect(body.data).toEqual({ count: 5, customer: { secret: null } });
    expect(body.errors).toMatchObject([{ path: ['customer', 'secret'], extensions: { code } }]);
  });

  test('with a bad token is told so at once, with 401', async () => {
    const { status, body } = await ask(server, '{ count }', { token: 'nonsense' });
    expect(status).toBe(401);
    expect(body).toEqual({
      errors: [
        { message: 'The access token is not valid.', extensions: { code: 'UNAUTHENTICATED' } },
      ],
    });
  });

  test('with two Authorization headers is refused', async () => {
    const bearer = `authorization: Bearer ${await token('ada')}`;
    const query = `/graphql?query=${encodeURIComponent('{count}')}`;
    const answer = await raw([
      `GET ${query} HTTP/1.1`,
      ...['host: x', 'apollo-require-preflight: 1', 'connection: close', bearer, bearer, '', ''],
    ]);
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });

  test('says nothing by headers of their own', async () => {
    const headers = { 'x-user-id': 'ada', 'x-customer-id': 'ada' };
    const { body } = await ask(server, secret, { headers });
    expect(body.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  });
});

describe('errors', () => {
  test('thrown on purpose keep message and code', async () => {
    const { status, body } = await ask(server, '{ fail(how: "request") }');
    expect(status).toBe(200);
    expect(body.errors).toMatchObject([
      { message: 'Too much of it.', path: ['fail'], extensions: { code: 'RATE_LIMITED' } },
    ]);
  });

  test.each(['{ fail(how: "error") }', '{ badStars }'])(
    'unexpected are masked, and logged with an id: %s',
    async (query) => {
      for (const each of [server, production]) {
        const { body } = await ask(each, query);
        const { message, extensions } = body.errors![0]!;
        expect(message).toBe(`Internal error, id ${extensions.id}`);
        expect(extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', id: expect.any(String) });
        expect(JSON.stringify(body)).not.toMatch(/hunter2|accounts|10\.0\.0\.7/);
        expect(each.logged.find((line) => line.includes(extensions.id!))).toMatch(
          /hunter2|accounts/,
        );
      }
    },
  );

  test.each([
    ['a syntax error', '{', undefined, 400, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', '{ counts }', undefined, 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['a wrong literal', '{ count(first: "x") }', undefined, 400, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'a wrong variable',
      'query ($n: Int!) { count(first: $n) }',
      { n: 1.5 },
      400,
      'BAD_USER_INPUT',
    ],
    [
      'Int of 32 bits',
      'query ($n: Int!) { count(first: $n) }',
      { n: 2 ** 31 },
      400,
      'BAD_USER_INPUT',
    ],
    [
      'null where none may be',
      'query ($n: Int = 1) { count(first: $n) }',
      { n: null },
      200,
      'BAD_USER_INPUT',
    ],
    ['tokens beyond 2000', `{ ${'count '.repeat(2_000)} }`, undefined, 400, 'TOO_MANY_TOKENS'],
    [
      'depth beyond 14',
      `{ customer(id: "a") ${'{ self '.repeat(14)}{ id }${' }'.repeat(14)} }`,
      undefined,
      400,
      'TOO_DEEP',
    ],
    [
      'depth hidden in fragments',
      `{ customer(id: "a") { ...A } } ${'ABCDEFGHIJKLMN'
        .split('')
        .map(
          (name, at, all) =>
            `fragment ${name} on Customer { self { id ...${all[at + 1] ?? 'Z'} } }`,
        )
        .join(' ')} fragment Z on Customer { id }`,
      ...([undefined, 400, 'TOO_DEEP'] as const),
    ],
    [
      'a cycle of fragments',
      '{ customer(id: "a") { ...A } } fragment A on Customer { self { ...A } }',
      undefined,
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a subscription over HTTP',
      'subscription { ticks(customerId: "a", every: 9) { number } }',
      undefined,
      400,
      'BAD_REQUEST',
    ],
  ] as const)('of the request are told: %s', async (_what, query, variables, status, code) => {
    const answer = await ask(server, query, { variables });
    expect(answer.body.errors?.[0]).toMatchObject({ extensions: { code } });
    expect(answer.body.errors?.[0]?.extensions).not.toHaveProperty('stacktrace');
    expect(answer.status).toBe(status);
  });

  test.each(['{ counts }', '{ count(firs: 1) }'])(
    'suggest no names in production: %s',
    async (query) => {
      expect((await ask(server, query)).body.errors![0]!.message).toMatch(/Did you mean/);
      expect((await ask(production, query)).body.errors![0]!.message).not.toMatch(/Did you mean/);
    },
  );
});

describe('the schema', () => {
  const introspection = '{ __schema { queryType { name } } }';
  const sdl = 'query { service: _service { sdl } }';

  test.each([introspection, sdl])('is open in development: %s', async (query) => {
    expect((await ask(server, query)).body.errors).toBeUndefined();
  });

  test.each([introspection, sdl, 'query Q { ...A } fragment A on Query { _service { sdl } }'])(
    'is shown to the service only in production: %s',
    async (query) => {
      for (const scope of [undefined, 'rewards:desk']) {
        const { body } = await ask(production, query, { token: await token('ada', { scope }) });
        expect(body).toEqual({
          errors: [expect.objectContaining({ extensions: { code: 'FORBIDDEN' } })],
        });
      }
      const service = await token('router', { scope: 'rewards:service' });
      expect((await ask(production, query, { token: service })).body.errors).toBeUndefined();
    },
  );

  test('leaves __typename open', async () => {
    expect((await ask(production, '{ __typename }')).body).toEqual({
      data: { __typename: 'Query' },
    });
  });
});

describe('HTTP', () => {
  test.each([
    ['no JSON', '{"query":', {}, 400],
    ['nothing', '', {}, 400],
    ['a form', 'query={count}', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    [
      'plain text, as a form of another site may send',
      '{"query":"{count}"}',
      { 'content-type': 'text/plain' },
      400,
    ],
    ['a batch', '[{"query":"{count}"},{"query":"{count}"}]', {}, 400],
    ['a key that would be a prototype', '{"query":"{count}","__proto__":{"a":1}}', {}, 400],
    ['the same, escaped', '{"query":"{count}","\\u005f_proto__":{"a":1}}', {}, 400],
    ['one by its constructor', '{"query":"{count}","constructor":{"prototype":{}}}', {}, 400],
    [
      'more than 1 MiB',
      JSON.stringify({ query: '{count}', pad: 'x'.repeat(1024 * 1024) }),
      {},
      413,
    ],
  ])('answers %s with JSON', async (_what, body, headers, status) => {
    const answer = await post(body, headers as Record<string, string>);
    expect(answer.status).toBe(status);
    const code = status === 413 ? 'BODY_TOO_LARGE' : 'BAD_REQUEST';
    expect(answer.body.errors).toMatchObject([{ extensions: { code } }]);
    expect(answer.headers.get('content-type')).toMatch(/application\/json/);
  });

  test('says what to send where a body is no JSON', async () => {
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const { status, body } = await post('--x--', headers);
    expect(status).toBe(415);
    const message = 'Send the body as JSON, with content-type application/json.';
    expect(body.errors).toMatchObject([{ message }]);
  });

  test('takes a body of just under 1 MiB', async () => {
    const pad = 'x'.repeat(1024 * 1024 - 100);
    const answer = await post(JSON.stringify({ query: '{count}', variables: { pad } }));
    expect(answer).toMatchObject({ status: 200, body: { data: { count: 5 } } });
  });

  test('has an id for each request: the caller’s, where it is a plain word', async () => {
    const given = await post('{"query":"{count}"}', { 'x-request-id': 'abc-1' });
    expect(given.headers.get('x-request-id')).toBe('abc-1');
    const ill = await post('{"query":"{count}"}', { 'x-request-id': 'a"b' });
    expect(ill.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('lets nobody keep an answer', async () => {
    expect((await post('{"query":"{count}"}')).headers.get('cache-control')).toBe('no-store');
  });

  test('refuses a GET that another site could make, and mutations by GET', async () => {
    const get = async (query: string, headers: Record<string, string>) =>
      (await fetch(`${server.url}/graphql?query=${encodeURIComponent(query)}`, { headers })).status;
    expect(await get('{count}', {})).toBe(400);
    expect(await get('{count}', { 'apollo-require-preflight': '1' })).toBe(200);
    expect(await get('mutation { double(number: 1) }', { 'apollo-require-preflight': '1' })).toBe(
      405,
    );
  });

  test('answers in the language asked for', async () => {
    const headers = { 'accept-language': 'fr, tr-TR;q=0.8, de;q=0.9' };
    const { body } = await ask(server, '{ customer(id: "ada") { language } }', { headers });
    expect(body.data).toEqual({ customer: { language: 'de' } });
  });

  test('says 404 in JSON', async () => {
    const response = await fetch(`${server.url}/elsewhere`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'NOT_FOUND' } }],
    });
  });
});

describe('GraphiQL', () => {
  const browser = { accept: 'text/html,application/xhtml+xml' };

  test('is a page with all its parts on this server, in development', async () => {
    for (const path of ['/graphql', '/graphiql']) {
      const response = await fetch(server.url + path, { headers: browser });
      expect(response.headers.get('content-type')).toMatch(/text\/html/);
      const page = await response.text();
      const parts = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
      expect(parts).toHaveLength(4);
      for (const part of parts) {
        expect(part).toMatch(/^\/graphiql\//);
        expect((await fetch(server.url + part)).status).toBe(200);
      }
    }
  });

  test('is not there in production', async () => {
    expect((await fetch(`${production.url}/graphql`, { headers: browser })).status).toBe(400);
    for (const path of ['/graphiql', '/graphiql/graphiql.js']) {
      expect((await fetch(production.url + path)).status).toBe(404);
    }
  });

  test('nor is the test clock of a sandbox', async () => {
    expect((await fetch(`${production.url}/sandbox/clock`)).status).toBe(404);
    expect((await fetch(`${server.url}/sandbox/clock`)).status).toBe(404);
  });
});

describe('stop', () => {
  test('finishes what is under way, closes sockets with 1001 and lets nobody new in', async () => {
    const leaving = await startFixture({} as DataSource);
    const socket = new Socket(leaving);
    await socket.init({ token: await token('ada') });
    await socket.subscribe('1', 'subscription { ticks(customerId: "ada", every: 9) { number } }');
    await socket.next('next', '1');
    const slow = ask(leaving, '{ slow(ms: 300) }');
    await pause(50);
    const started = Date.now();
    const stopped = leaving.stop();
    expect(leaving.stop()).toBe(stopped);
    await expect(socket.closed).resolves.toMatchObject({ code: 1001 });
    await expect(slow).resolves.toMatchObject({ status: 200, body: { data: { slow: 'done' } } });
    await stopped;
    expect(Date.now() - started).toBeLessThan(3_000);
    await expect(ask(leaving, '{ count }')).rejects.toThrow();
    await expect(new Socket(leaving).open()).rejects.toThrow();
  });

  test('does not wait for a client that never closes its socket', async () => {
    const leaving = await startFixture({} as DataSource);
    const socket = connect(leaving.port, '127.0.0.1');
    socket.write(
      [
        ...['GET /graphql HTTP/1.1', 'host: x', 'upgrade: websocket', 'connection: upgrade'],
        ...['sec-websocket-version: 13', 'sec-websocket-key: MDEyMzQ1Njc4OTAxMjM0NQ=='],
        ...['sec-websocket-protocol: graphql-transport-ws', '', ''],
      ].join('\r\n'),
    );
    await new Promise((resolve) => socket.once('data', resolve));
    socket.on('error', () => {});
    const started = Date.now();
    await leaving.stop();
    expect(Date.now() - started).toBeLessThan(4_000);
    socket.destroy();
  });
});
