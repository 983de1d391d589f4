import {
  type CryptoKey,
  createRemoteJWKSet,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwksCache,
  jwtVerify,
} from 'jose';
import type { Config } from '../config';
import { RequestError } from '../kernel/errors';
import { isId } from '../kernel/ids';
import { type Actor, ANONYMOUS, SCOPES, type Scope } from './actor';
import { devSecret } from './dev-token';
import { VerifiedTokens } from './verified-tokens';

/**
 * Who a token speaks for; no token is anonymous. Fails with UNAUTHENTICATED for a token that does not verify. Who is known is told at
 * once: most are, and each wait costs.
 */
export type Authenticate = (token: string | null) => Actor | Promise<Actor>;

/** The longest token looked at, in characters. */
const TOKEN_MAX = 8192;
/** How far our clock and the issuer's may be apart, in seconds. */
const CLOCK_TOLERANCE_S = 30;
/** The last second that a JavaScript date can name. */
const LAST_SECOND = 8.64e12;
/** What a token may say it is: an access token (RFC 9068), or just a token. Others of the same issuer serve other ends. */
const TOKEN_TYPES = new Set(['jwt', 'at+jwt', 'application/at+jwt']);
/** The shortest shared secret, in bytes: as long as the hash of HS256. */
const SECRET_MIN = 32;

/** Failures of the key set, not of the token: the caller may try again. */
const KEY_SET_FAILURES = new Set(['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID']);

/**
 * The way tokens are verified: by the platform's key set, by a shared secret, or (development without
 * either) by the secret kept in the data directory. Algorithms are a fixed list of one family, so that
 * a public key can never serve as a shared secret; keys named by a token's own header are ignored.
 * Throws when the settings cannot be safe.
 */
export function createAuthenticator(
  config: Pick<Config, 'auth' | 'dataDir' | 'production'>,
): Authenticate {
  const { issuer, audience } = config.auth;
  const { keyOf, keysNow, algorithms } = verificationKeys(config);
  const options: JWTVerifyOptions = {
    algorithms,
    issuer,
    audience,
    requiredClaims: ['exp', 'sub', 'iss', 'aud'],
    clockTolerance: CLOCK_TOLERANCE_S,
  };
  const verified = new VerifiedTokens(keysNow);
  const verify = async (token: string): Promise<Actor> => {
    if (token.length > TOKEN_MAX) throw invalidToken();
    const keys = keysNow();
    try {
      const { protectedHeader, payload } = await jwtVerify(token, keyOf, options);
      if (!isAccessToken(protectedHeader.typ)) throw invalidToken();
      const actor = actorOf(payload);
      verified.add(token, actor, keys);
      return actor;
    } catch (error) {
      throw verificationFailure(error);
    }
  };
  return (token) => {
    if (token === null) return ANONYMOUS;
    const known = token.length > TOKEN_MAX ? undefined : verified.find(token);
    return known ?? verify(token);
  };
}

/**
 * The token of an Authorization header; null where there is none. Fails with UNAUTHENTICATED for
 * another scheme and for more than one header, where a proxy may have read the other.
 */
export function bearerToken(headers: readonly string[] | undefined): string | null {
  const [header, ...others] = headers ?? [];
  if (header === undefined || (header.trim() === '' && others.length === 0)) return null;
  const token = /^Bearer +([^\s]+) *$/i.exec(header)?.[1];
  if (token === undefined || others.length > 0) throw invalidToken();
  return token;
}

/**
 * The token of a WebSocket connection: from the upgrade request, or from `connection_init` in any of
 * the shapes that routers and browsers send, with or without "Bearer". Two different tokens are none:
 * UNAUTHENTICATED.
 */
export function connectionToken(
  headers: readonly string[] | undefined,
  params: Readonly<Record<string, unknown>> | undefined,
): string | null {
  const found = new Set<string>();
  const fromUpgrade = bearerToken(headers);
  if (fromUpgrade !== null) found.add(fromUpgrade);
  for (const shape of connectionShapes(params)) {
    for (const name of ['token', 'authorization', 'Authorization']) {
      const value = shape[name];
      if (value === undefined || value === null || value === '') continue;
      if (typeof value !== 'string') throw invalidToken();
      found.add(value.replace(/^Bearer +/i, '').trim());
    }
  }
  if (found.size > 1) throw invalidToken();
  return found.values().next().value ?? null;
}

/**
 * Where `connection_init` may hold what a header would: in itself (Hive, browsers), below `connectionParams` (Apollo
 * Router) and below `headers` (clients that speak of headers).
 */
export function connectionShapes(
  params: Readonly<Record<string, unknown>> | undefined,
): readonly Readonly<Record<string, unknown>>[] {
  return [params, params?.connectionParams, params?.headers].map(membersOf);
}

/** By what tokens are verified. */
interface VerificationKeys {
  readonly keyOf: JWTVerifyGetKey;
  /** What changes when the keys do; null where they have to be read first. */
  readonly keysNow: () => object | null;
  readonly algorithms: string[];
}

function verificationKeys(
  config: Pick<Config, 'auth' | 'dataDir' | 'production'>,
): VerificationKeys {
  const { jwksUrl, secret, algorithms } = config.auth;
  if (jwksUrl === null && secret === null) {
    if (config.production) throw new Error('Production needs AUTH_JWKS_URL or AUTH_SECRET.');
    return sharedSecret(devSecret(config.dataDir), ['HS256']);
  }
  if (jwksUrl !== null && secret !== null) {
    throw new Error('AUTH_JWKS_URL and AUTH_SECRET exclude each other.');
  }
  const family =
    jwksUrl === null ? /^HS(256|384|512)$/ : /^((RS|PS|ES)(256|384|512)|EdDSA|Ed25519)$/;
  if (algorithms.length === 0 || !algorithms.every((name) => family.test(name))) {
    throw new Error(`AUTH_ALGORITHMS must list algorithms of one family, like ${family.source}.`);
  }
  if (jwksUrl !== null) return keySet(new URL(jwksUrl), algorithms);
  const key = Buffer.from(secret ?? '', 'utf8');
  if (key.length < SECRET_MIN) throw new Error(`AUTH_SECRET needs at least ${SECRET_MIN} bytes.`);
  return sharedSecret(key, algorithms);
}

function keySet(url: URL, algorithms: string[]): VerificationKeys {
  // The library writes the set that it read last into this.
  const read: { jwks?: object } = {};
  const keyOf = createRemoteJWKSet(url, { [jwksCache]: read as Record<string, never> });
  return { keyOf, keysNow: () => (keyOf.fresh ? (read.jwks ?? null) : null), algorithms };
}

/** Imported once for each algorithm; as bytes or as a key object it would be imported anew for every token. */
function sharedSecret(secret: Uint8Array, algorithms: string[]): VerificationKeys {
  const imported = new Map<string, Promise<CryptoKey>>();
  const keyOf: JWTVerifyGetKey = ({ alg }) => {
    const known = imported.get(alg);
    if (known) return known;
    const algorithm = { name: 'HMAC', hash: `SHA-${alg.slice('HS'.length)}` };
    const key = crypto.subtle.importKey('raw', secret, algorithm, false, ['verify']);
    imported.set(alg, key);
    return key;
  };
  return { keyOf, keysNow: () => imported, algorithms };
}

function isAccessToken(typ: string | undefined): boolean {
  return typ === undefined || TOKEN_TYPES.has(typ.toLowerCase());
}

function actorOf(claims: JWTPayload): Actor {
  const { sub, exp, organization_id: organizationId = null } = claims;
  if (typeof sub !== 'string' || !isId(sub)) throw invalidToken();
  if (exp === undefined || exp < 0 || exp > LAST_SECOND) throw invalidToken();
  if (organizationId !== null && (typeof organizationId !== 'string' || !isId(organizationId))) {
    throw invalidToken();
  }
  const scopes = new Set(scopesOf(claims));
  // Shared by all requests that show the token.
  return Object.freeze({
    subject: sub,
    customerId: scopes.size === 0 ? sub : null,
    scopes,
    organizationId,
    expiresAt: Math.floor(exp * 1000),
  });
}

/** Our scopes among a token's: `scope` as text, `scopes` or `scp` as a list (or text, as some issuers do). */
function scopesOf(claims: JWTPayload): Scope[] {
  const named = [claims.scope, claims.scopes, claims.scp].flatMap((claim) => {
    if (claim === undefined || claim === null) return [];
    if (typeof claim === 'string') return claim.split(' ');
    if (Array.isArray(claim) && claim.every((name) => typeof name === 'string')) return claim;
    throw invalidToken();
  });
  return SCOPES.filter((scope) => named.includes(scope));
}

function verificationFailure(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  if (error instanceof errors.JWTExpired) {
    return new RequestError('UNAUTHENTICATED', 'The access token has expired.');
  }
  if (error instanceof errors.JOSEError && !KEY_SET_FAILURES.has(error.code)) return invalidToken();
  const unavailable = new RequestError('UNAVAILABLE', 'Tokens cannot be verified now; try again.');
  unavailable.cause = error;
  return unavailable;
}

function invalidToken(): RequestError {
  return new RequestError('UNAUTHENTICATED', 'The access token is not valid.');
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' ? { ...value } : {};
}
