import { connect } from 'node:net';
import type { DataSource } from 'typeorm';
import { ask, type Running, startFixture, token } from '../server/running';

const SECRET_OF_ADA = '{ customer(id: "ada") { secret } }';
const SEEN = { customer: { secret: 'secret of ada' } };
const INVALID = {
  message: 'The access token is not valid.',
  extensions: { code: 'UNAUTHENTICATED' },
};

let server: Running;
beforeAll(async () => {
  server = await startFixture({} as DataSource);
});
afterAll(() => server.stop());

test('a token is taken from the Authorization header', async () => {
  const answer = await ask(server, SECRET_OF_ADA, { token: await token('ada') });
  expect(answer).toMatchObject({ status: 200, body: { data: SEEN } });
});

test('a token of more than 8 KiB is refused before it is looked at', async () => {
  const answer = await ask(server, SECRET_OF_ADA, { token: 'x'.repeat(9_000) });
  expect(answer).toEqual({ status: 401, body: { errors: [INVALID] } });
});

test('two Authorization headers are refused, whichever a proxy has read', async () => {
  const [ada, bob] = [`Bearer ${await token('ada')}`, `Bearer ${await token('bob')}`];
  for (const pair of [
    [ada, bob],
    [bob, ada],
    [ada, ada],
    ['', ada],
  ]) {
    const answer = await raw(pair.map((value) => `Authorization: ${value}`));
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(answer).toContain(INVALID.message);
    expect(answer).not.toContain('secret of ada');
  }
  expect(await raw([`Authorization: ${ada}`])).toContain('secret of ada');
});

describe('nothing else says who asks', () => {
  test.each([
    [
      'headers that routers and proxies set',
      { 'x-user-id': 'ada', 'x-customer-id': 'ada' } as Record<string, string>,
    ],
    [
      'scopes in a header',
      { 'x-scopes': 'rewards:desk', 'x-forwarded-user': 'ada' } as Record<string, string>,
    ],
    [
      'claims in a header',
      { 'x-jwt-claims': '{"sub":"ada","scope":"rewards:desk"}' } as Record<string, string>,
    ],
    ['a cookie', { cookie: 'authorization=ada; token=ada' } as Record<string, string>],
  ])('%s', async (_what, extra) => {
    const nobody = await ask(server, SECRET_OF_ADA, { headers: extra });
    expect(nobody.body.errors?.map(({ extensions }) => extensions.code)).toEqual([
      'UNAUTHENTICATED',
    ]);
    const bob = await ask(server, SECRET_OF_ADA, { headers: extra, token: await token('bob') });
    expect(bob.body.errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
  });

  test('claims in the extensions of an operation, or a token in the address', async () => {
    const ada = await token('ada');
    const response = await fetch(`${server.url}/graphql?token=${ada}&access_token=${ada}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: SECRET_OF_ADA,
        extensions: { claims: { sub: 'ada', scope: 'rewards:desk' }, token: ada },
      }),
    });
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });
});

/** A request written by hand: clients join headers of one name. */
function raw(lines: readonly string[]): Promise<string> {
  const body = JSON.stringify({ query: SECRET_OF_ADA });
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket.on('error', reject).on('close', () => resolve(answer));
    socket.write(
      [
        ...['POST /graphql HTTP/1.1', 'host: x', 'connection: close'],
        ...['content-type: application/json', `content-length: ${body.length}`, ...lines, '', body],
      ].join('\r\n'),
    );
  });
}
