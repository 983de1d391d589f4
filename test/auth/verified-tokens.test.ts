import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type JWK, SignJWT } from 'jose';
import { ANONYMOUS } from '../../src/auth/actor';
import { type Authenticate, createAuthenticator } from '../../src/auth/authenticate';
import { VerifiedTokens } from '../../src/auth/verified-tokens';

const ISSUER = 'https://id.example';
const AUDIENCE = 'rewards';
const MINUTE = 60_000;
const refused = { code: 'UNAUTHENTICATED' };

/** Only the date is ours to move: sockets go on by the real clock. */
beforeEach(() => {
  jest.useFakeTimers({
    now: Date.UTC(2026, 0, 1),
    doNotFake: [
      ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask'] as const),
      ...(['setImmediate', 'clearImmediate', 'setInterval', 'clearInterval'] as const),
      ...(['setTimeout', 'clearTimeout'] as const),
    ],
  });
});
afterEach(() => jest.useRealTimers());

const pass = (ms: number) => jest.setSystemTime(Date.now() + ms);

function sign(key: KeyObject | Uint8Array, alg: string, kid?: string, seconds = 3_600) {
  return new SignJWT({})
    .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) })
    .setSubject('ada')
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(key);
}

function authenticator(auth: { jwksUrl?: string; secret?: string; algorithms: string[] }) {
  const all = { jwksUrl: null, secret: null, issuer: ISSUER, audience: AUDIENCE, ...auth };
  return createAuthenticator({ auth: all, dataDir: '/nonexistent', production: true });
}

describe('with a shared secret', () => {
  const secret = 'a shared secret of at least 64 bytes, so that HS512 may use it too';
  const authenticate = authenticator({ secret, algorithms: ['HS256', 'HS512'] });

  test('a token that was verified is not verified again, whichever algorithm signed it', async () => {
    for (const alg of ['HS256', 'HS512']) {
      const token = await sign(Buffer.from(secret), alg);
      const verify = jest.spyOn(crypto.subtle, 'verify');
      const first = await authenticate(token);
      expect(await authenticate(token)).toBe(first);
      expect(first).toMatchObject({ subject: 'ada' });
      expect(verify).toHaveBeenCalledTimes(1);
      verify.mockRestore();
    }
  });

  test('it is known until it expires: after that it is judged like any other', async () => {
    const token = await sign(Buffer.from(secret), 'HS256', undefined, 60);
    await authenticate(token);
    pass(75_000);
    // Within the tolerance of clocks, and verified for it each time.
    const verify = jest.spyOn(crypto.subtle, 'verify');
    await authenticate(token);
    await authenticate(token);
    expect(verify).toHaveBeenCalledTimes(2);
    verify.mockRestore();
    pass(16_000);
    const expired = { ...refused, message: 'The access token has expired.' };
    await expect(authenticate(token)).rejects.toMatchObject(expired);
  });

  test('another one that differs in a character is another one', async () => {
    const token = await sign(Buffer.from(secret), 'HS256');
    await authenticate(token);
    const [header, payload, signature = ''] = token.split('.');
    const other = signature.startsWith('A') ? 'B' : 'A';
    const forged = `${header}.${payload}.${other}${signature.slice(1)}`;
    await expect(authenticate(forged)).rejects.toMatchObject(refused);
    await expect(authenticate(forged)).rejects.toMatchObject(refused);
  });
});

describe('with a key set', () => {
  const old = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const young = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  let keys: JWK[];
  let isDown: boolean;
  let issuer: Server;
  let authenticate: Authenticate;
  const published = async (key: KeyObject, kid: string): Promise<JWK> => ({
    ...(await exportJWK(key)),
    ...{ kid, alg: 'ES256' },
  });

  beforeEach(async () => {
    isDown = false;
    keys = [await published(old.publicKey, 'old'), await published(young.publicKey, 'young')];
    issuer = createServer((_request, response) => {
      response.statusCode = isDown ? 500 : 200;
      response.end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    const { port } = issuer.address() as AddressInfo;
    const jwksUrl = `http://127.0.0.1:${port}/keys`;
    authenticate = authenticator({ jwksUrl, algorithms: ['ES256'] });
  });
  afterEach(() => new Promise((resolve) => issuer.close(resolve)));

  /** One by each key, so that both are known. */
  async function known(): Promise<[old: string, young: string]> {
    const tokens: [string, string] = [
      await sign(old.privateKey, 'ES256', 'old'),
      await sign(young.privateKey, 'ES256', 'young'),
    ];
    for (const token of [...tokens, ...tokens]) await authenticate(token);
    const verify = jest.spyOn(crypto.subtle, 'verify');
    for (const token of tokens) await authenticate(token);
    expect(verify).not.toHaveBeenCalled();
    verify.mockRestore();
    return tokens;
  }

  test('a key that was withdrawn holds no longer than the set is held', async () => {
    const [byOld, byYoung] = await known();
    keys = keys.slice(1);
    pass(9 * MINUTE);
    expect(await authenticate(byOld)).toMatchObject({ subject: 'ada' });
    pass(2 * MINUTE);
    await expect(authenticate(byOld)).rejects.toMatchObject(refused);
    expect(await authenticate(byYoung)).toMatchObject({ subject: 'ada' });
  });

  test('a set that is read anew, whyever, makes all be forgotten', async () => {
    const [byOld] = await known();
    keys = keys.slice(1);
    // A key nobody knows makes the set be read again.
    pass(MINUTE);
    const stranger = await sign(old.privateKey, 'ES256', 'stranger');
    await expect(authenticate(stranger)).rejects.toMatchObject(refused);
    await expect(authenticate(byOld)).rejects.toMatchObject(refused);
  });

  test('where the set should be read and cannot be, nobody is known', async () => {
    const [byOld] = await known();
    isDown = true;
    pass(11 * MINUTE);
    await expect(authenticate(byOld)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('what is remembered', () => {
  const actor = { ...ANONYMOUS, subject: 'ada', expiresAt: Date.UTC(2027, 0, 1) };

  test('is bounded; what was used last stays longest', () => {
    const keys = {};
    const tokens = new VerifiedTokens(() => keys);
    tokens.find('first');
    for (let n = 0; n < 20_000; n += 1) tokens.add(`t${n}`, actor, keys);
    expect(tokens.find('t0')).toBe(actor);
    tokens.add('one more', actor, keys);
    expect(tokens.find('t0')).toBe(actor);
    expect(tokens.find('t1')).toBeUndefined();
    expect(tokens.find('one more')).toBe(actor);
  });

  test('is nothing that was verified by keys which changed meanwhile', () => {
    let keys: object | null = {};
    const before = keys;
    const tokens = new VerifiedTokens(() => keys);
    keys = {};
    tokens.add('token', actor, before);
    expect(tokens.find('token')).toBeUndefined();
    keys = null;
    tokens.add('token', actor, null);
    expect(tokens.find('token')).toBeUndefined();
  });
});
