import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, type JWTPayload, SignJWT } from 'jose';
import { actorName } from '../../src/auth/actor';
import {
  type Authenticate,
  bearerToken,
  connectionToken,
  createAuthenticator,
} from '../../src/auth/authenticate';
import { devSecret, signToken } from '../../src/auth/dev-token';

const ISSUER = 'https://id.example';
const AUDIENCE = 'rewards';
const SECRET = 'a shared secret of at least 32 bytes';
const NOW = Math.floor(Date.now() / 1000);

const shared = {
  jwksUrl: null,
  secret: SECRET,
  algorithms: ['HS256'],
  issuer: ISSUER,
  audience: AUDIENCE,
};

function authenticator(auth: Partial<typeof shared> | { jwksUrl: string; secret: null } = {}) {
  return createAuthenticator({
    auth: { ...shared, ...auth },
    dataDir: '/nonexistent',
    production: true,
  });
}

function claims(changes: Record<string, unknown> = {}): JWTPayload {
  const all = { sub: 'ada', iss: ISSUER, aud: AUDIENCE, exp: NOW + 600, ...changes };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Signs by hand, so that anything at all can be signed. */
function signed(payload: object, header: object = {}, secret = SECRET): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'HS256', typ: 'JWT', ...header })}.${part(payload)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

const refused = { code: 'UNAUTHENTICATED' };

describe('a token', () => {
  const authenticate = authenticator();

  test('without scopes of ours speaks for a customer', async () => {
    const actor = await authenticate(
      signed(claims({ organization_id: 'acme', scope: 'openid mail' })),
    );
    expect(actor).toEqual({
      ...{ subject: 'ada', customerId: 'ada', scopes: new Set(), organizationId: 'acme' },
      expiresAt: (NOW + 600) * 1000,
    });
    expect(actorName(actor)).toBe('customer:ada');
  });

  test.each([
    ['scope as text', { scope: 'openid rewards:desk' }],
    ['scopes as a list', { scopes: ['openid', 'rewards:desk'] }],
    ['scp as a list', { scp: ['rewards:desk'] }],
    ['scp as text', { scp: 'rewards:desk' }],
  ])('with a scope (%s) speaks for a role and for no customer', async (_shape, scope) => {
    const actor = await authenticate(signed(claims(scope)));
    expect(actor).toMatchObject({ customerId: null, scopes: new Set(['rewards:desk']) });
    expect(actorName(actor)).toBe('desk:ada');
  });

  test('that is absent makes the caller anonymous', async () => {
    const actor = await authenticate(null);
    expect(actor).toMatchObject({ subject: null, customerId: null, expiresAt: null });
    expect(actorName(actor)).toBe('anonymous');
  });

  test.each(['JWT', 'at+jwt', 'application/at+jwt', undefined])(
    'may call itself %p',
    async (typ) => {
      await expect(authenticate(signed(claims(), { typ }))).resolves.toMatchObject({
        customerId: 'ada',
      });
    },
  );

  test('that has just expired is taken within the tolerance of clocks, and not beyond it', async () => {
    await expect(authenticate(signed(claims({ exp: NOW - 5 })))).resolves.toMatchObject({
      subject: 'ada',
    });
    await expect(authenticate(signed(claims({ exp: NOW - 61 })))).rejects.toMatchObject({
      ...refused,
      message: 'The access token has expired.',
    });
  });
});

describe('a token is refused', () => {
  const authenticate = authenticator();
  const unsigned = (alg: string) =>
    `${signed(claims(), { alg }).split('.').slice(0, 2).join('.')}.`;

  test.each([
    ['with alg none', unsigned('none')],
    ['with alg None', unsigned('None')],
    ['with alg none that is signed', signed(claims(), { alg: 'none' })],
    ['with an algorithm that is not listed', signed(claims(), { alg: 'HS512' })],
    ['signed with another secret', signed(claims(), {}, 'another secret of at least 32 bytes!')],
    ['signed with no secret', signed(claims(), {}, '')],
    [
      'whose payload was changed',
      signed(claims()).replace(/\.[^.]+\./, `.${signed(claims({ sub: 'bob' })).split('.')[1]}.`),
    ],
    ['for another audience: an ID token', signed(claims({ aud: 'webshop' }))],
    ['for an audience in other case', signed(claims({ aud: 'Rewards' }))],
    ['of another issuer', signed(claims({ iss: 'https://evil.example' }))],
    ['without exp', signed(claims({ exp: undefined }))],
    ['without aud', signed(claims({ aud: undefined }))],
    ['without iss', signed(claims({ iss: undefined }))],
    ['without sub', signed(claims({ sub: undefined }))],
    ['with exp as text', signed(claims({ exp: String(NOW + 600) }))],
    ['with exp beyond any date', signed(claims({ exp: 1e30 }))],
    ['with exp null', signed(claims({ exp: null }))],
    ['that is not valid yet', signed(claims({ nbf: NOW + 300 }))],
    ['with an empty sub', signed(claims({ sub: '' }))],
    ['with sub as a number', signed(claims({ sub: 7 }))],
    ['with a line break in sub', signed(claims({ sub: 'ada\nroot' }))],
    ['with a lone surrogate in sub', signed(claims({ sub: 'ada\ud800' }))],
    ['with an overlong sub', signed(claims({ sub: 'a'.repeat(256) }))],
    ['with scopes as an object', signed(claims({ scopes: { 'rewards:desk': true } }))],
    ['with an organisation that is a number', signed(claims({ organization_id: 7 }))],
    ['of another type: a logout token', signed(claims(), { typ: 'logout+jwt' })],
    ['of another type: a proof of possession', signed(claims(), { typ: 'dpop+jwt' })],
    ['with exp in the past of all pasts', signed(claims({ exp: -1 }))],
    ['with exp as a list', signed(claims({ exp: [NOW + 600] }))],
    ['with iss as a list', signed(claims({ iss: [ISSUER] }))],
    ['with aud as an object', signed(claims({ aud: { rewards: true } }))],
    ['with an organisation of control characters', signed(claims({ organization_id: 'a\u0000' }))],
    ['with critical extensions', signed(claims(), { crit: ['b64'], b64: false })],
    ['longer than 8 KiB', signed(claims({ pad: 'x'.repeat(8192) }))],
    ['that is empty', ''],
    ['that is no token', 'ada'],
    ['whose parts are no base64', 'ä.ö.ü'],
    ['whose payload is no object', signed(['ada'])],
    ['that is encrypted', 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..a.b.c'],
  ])('%s', async (_why, token) => {
    await expect(authenticate(token)).rejects.toMatchObject(refused);
  });

  test.each([
    ['a scope in other case', { scope: 'Rewards:Desk REWARDS:SERVICE' }],
    ['a scope with more around it', { scope: 'xrewards:desk rewards:desk2 rewards:desk,' }],
    ['a claim in other case', { Scope: 'rewards:desk', SCOPES: ['rewards:desk'] }],
    ['claims that other systems read', { role: 'desk', roles: ['rewards:desk'], admin: true }],
    ['a prototype', Object.fromEntries([['__proto__', { scope: 'rewards:desk' }]])],
  ])('as anybody but a customer, with %s', async (_what, extra) => {
    const actor = await authenticate(signed(claims(extra)));
    expect(actor).toMatchObject({ scopes: new Set(), customerId: 'ada' });
  });

  test.each(['../../etc/passwd', "x' or 1=1--", 'http://evil.example/key'])(
    'only for what it is: kid %p changes nothing',
    async (kid) => {
      const evil = { kid, jku: 'http://127.0.0.1:1/', x5u: 'http://127.0.0.1:1/' };
      await expect(authenticate(signed(claims(), evil))).resolves.toMatchObject({ subject: 'ada' });
      await expect(authenticate(signed(claims(), evil, ''))).rejects.toMatchObject(refused);
    },
  );
});

describe('with a key set', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  /** What was asked of the issuer. */
  const asked: (string | undefined)[] = [];
  let issuer: Server;
  let authenticate: Authenticate;
  let isDown = false;

  beforeAll(async () => {
    const keys = [
      { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' },
      { ...(await exportJWK(curve.publicKey)), kid: 'k3', alg: 'ES256', use: 'sig' },
      // What no issuer should publish: a key that both signs and verifies.
      { kty: 'oct', k: Buffer.from(SECRET).toString('base64url'), kid: 'k4', alg: 'HS256' },
    ];
    issuer = createServer((request, response) => {
      asked.push(request.url);
      response.statusCode = isDown ? 500 : 200;
      response.end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    authenticate = withKeySet();
  });
  afterAll(() => new Promise((resolve) => issuer.close(resolve)));

  function withKeySet(): Authenticate {
    const { port } = issuer.address() as AddressInfo;
    return authenticator({
      ...{ jwksUrl: `http://127.0.0.1:${port}/keys`, secret: null, algorithms: ['RS256', 'ES256'] },
    });
  }
  const signedBy = (key: KeyObject, header: object = {}) =>
    new SignJWT(claims()).setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header }).sign(key);

  test('a token of the issuer is taken', async () => {
    await expect(authenticate(await signedBy(privateKey))).resolves.toMatchObject({
      subject: 'ada',
    });
  });

  test('the public key does not serve as a shared secret', async () => {
    const secret = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const token = signed(claims(), { kid: 'k1' }, secret);
    await expect(authenticate(token)).rejects.toMatchObject(refused);
  });

  test("a token's own key is ignored", async () => {
    const jwk = await exportJWK(stranger.publicKey);
    const token = await signedBy(stranger.privateKey, { jwk, jku: 'http://127.0.0.1:1/' });
    await expect(authenticate(token)).rejects.toMatchObject(refused);
  });

  test('an unknown kid is refused', async () => {
    await expect(authenticate(await signedBy(privateKey, { kid: 'k2' }))).rejects.toMatchObject(
      refused,
    );
  });

  test('a kid is a name in the key set and nothing else, and no other address is asked', async () => {
    const { port } = issuer.address() as AddressInfo;
    const trap = `http://127.0.0.1:${port}/trap`;
    for (const kid of ['../../etc/passwd', '/dev/null', '__proto__', trap, "k1' or '1'='1"]) {
      const token = await signedBy(stranger.privateKey, { kid, jku: trap, x5u: trap });
      await expect(authenticate(token)).rejects.toMatchObject(refused);
    }
    expect(new Set(asked)).toEqual(new Set(['/keys']));
  });

  test('a shared secret among the keys signs nothing', async () => {
    await expect(authenticate(signed(claims(), { kid: 'k4' }))).rejects.toMatchObject(refused);
  });

  test('an empty signature of a curve signs nothing', async () => {
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'ES256', kid: 'k3' })
      .sign(curve.privateKey);
    await expect(authenticate(token)).resolves.toMatchObject({ subject: 'ada' });
    const nothing = Buffer.alloc(64).toString('base64url');
    const forged = token.replace(/[^.]+$/, nothing);
    await expect(authenticate(forged)).rejects.toMatchObject(refused);
  });

  test('an algorithm that is not listed is refused, though the key could do it', async () => {
    const token = await signedBy(privateKey, { alg: 'PS256' });
    await expect(authenticate(token)).rejects.toMatchObject(refused);
  });

  test('a key set that cannot be read is our failure, not the caller’s', async () => {
    isDown = true;
    const token = await signedBy(privateKey);
    await expect(withKeySet()(token)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    isDown = false;
  });
});

describe('settings', () => {
  test.each([
    ['no key in production', { secret: null }],
    ['a weak secret', { secret: 'short' }],
    ['no algorithm', { algorithms: [] }],
    ['an algorithm of the other family', { algorithms: ['HS256', 'RS256'] }],
    ['alg none', { algorithms: ['none'] }],
    ['a shared-secret algorithm for a key set', { jwksUrl: 'http://127.0.0.1:1/', secret: null }],
    ['two keys', { jwksUrl: 'http://127.0.0.1:1/', algorithms: ['RS256'] }],
  ])('that cannot be safe stop the start: %s', (_what, changes) => {
    expect(() => authenticator(changes as Partial<typeof shared>)).toThrow(/AUTH_/);
  });

  test('development without any keeps a secret of its own, readable by its owner only', async () => {
    const dataDir = join(mkdtempSync(join(tmpdir(), 'rewards-')), 'data');
    const auth = { ...shared, secret: null };
    const authenticate = createAuthenticator({ auth, dataDir, production: false });
    expect(statSync(join(dataDir, 'dev-secret')).mode & 0o777).toBe(0o600);
    expect(devSecret(dataDir)).toEqual(devSecret(dataDir));
    const [issuer, audience] = [ISSUER, AUDIENCE];
    const token = await signToken(devSecret(dataDir), {
      ...{ sub: 'you', issuer, audience, scope: 'rewards:desk', organizationId: 'acme' },
    });
    await expect(authenticate(token)).resolves.toMatchObject({
      ...{ subject: 'you', scopes: new Set(['rewards:desk']), organizationId: 'acme' },
    });
  });
});

describe('the Authorization header', () => {
  test.each([
    [undefined, null],
    [[], null],
    [[''], null],
    [['Bearer abc'], 'abc'],
    [['bearer  abc '], 'abc'],
  ])('%j holds %j', (headers, token) => {
    expect(bearerToken(headers)).toBe(token);
  });

  test.each([
    [['Basic abc']],
    [['abc']],
    [['Bearer']],
    [['Bearer a b']],
    [['Bearer a', 'Bearer b']],
    [['', 'Bearer b']],
  ])('%j is refused', (headers) => {
    expect(() => bearerToken(headers)).toThrow(expect.objectContaining(refused));
  });
});

describe('the token of a connection', () => {
  test.each([
    ['an upgrade header', ['Bearer abc'], undefined],
    ['Apollo Router', undefined, { connectionParams: { token: 'Bearer abc' } }],
    ['Hive Gateway', undefined, { token: 'Bearer abc' }],
    ['Hive Router', undefined, { authorization: 'Bearer abc', 'user-agent': 'x' }],
    ['a browser', undefined, { Authorization: 'Bearer abc' }],
    ['headers in the payload', undefined, { headers: { Authorization: 'Bearer abc' } }],
    ['a bare token', undefined, { token: 'abc' }],
    ['the same token twice', ['Bearer abc'], { token: 'abc' }],
  ])('is found as %s sends it', (_client, headers, params) => {
    expect(connectionToken(headers, params)).toBe('abc');
  });

  test.each([[undefined], [{}], [{ token: '' }], [{ token: null }], [{ connectionParams: 'abc' }]])(
    '%j holds none',
    (params) => {
      expect(connectionToken(undefined, params)).toBeNull();
    },
  );

  test.each([
    ['two that differ', ['Bearer abc'], { token: 'def' }],
    ['one that is no text', undefined, { token: { $ne: null } }],
  ])('is refused: %s', (_what, headers, params) => {
    expect(() => connectionToken(headers, params)).toThrow(expect.objectContaining(refused));
  });
});
