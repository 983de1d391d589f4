import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SignJWT } from 'jose';
import { loadConfig } from '../config';
import { isId } from '../kernel/ids';
import { SCOPES } from './actor';

/** How long a token of `npm run token` is good for, unless --hours says otherwise. */
const HOURS = 12;
/** A year: longer is a mistake. */
const HOURS_MAX = 8_760;

/** What a development token says. */
export interface DevTokenClaims {
  readonly sub: string;
  readonly issuer: string;
  readonly audience: string;
  readonly scope?: string;
  readonly organizationId?: string;
  /** Seconds from now. */
  readonly lifetime?: number;
}

/**
 * The secret that signs tokens in development: kept in `<dataDir>/dev-secret`, readable by its owner only. It appears whole: of two
 * processes that start on one folder, the second would read what the first has opened and not written yet.
 */
export function devSecret(dataDir: string): Uint8Array {
  const path = join(dataDir, 'dev-secret');
  mkdirSync(dataDir, { recursive: true });
  if (!existsSync(path)) {
    const draft = `${path}-${randomUUID()}`;
    writeFileSync(draft, randomBytes(32).toString('hex'), { flag: 'wx', mode: 0o600 });
    try {
      linkSync(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(draft);
    }
  }
  return Buffer.from(readFileSync(path, 'utf8').trim(), 'utf8');
}

/** Signs a token as the platform's identity provider would, with a shared secret (HS256). */
export function signToken(secret: Uint8Array, claims: DevTokenClaims): Promise<string> {
  const { sub, issuer, audience, scope, organizationId, lifetime = HOURS * 3600 } = claims;
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({
    ...(scope === undefined ? {} : { scope }),
    ...(organizationId === undefined ? {} : { organization_id: organizationId }),
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(sub)
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(now)
    .setExpirationTime(now + lifetime)
    .sign(secret);
}

/** `npm run token -- --sub ada [--scope rewards:desk] [--organization acme] [--hours 12]`: prints a token. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      sub: { type: 'string' },
      scope: { type: 'string' },
      organization: { type: 'string' },
      hours: { type: 'string', default: String(HOURS) },
    },
  });
  const hours = Number(values.hours);
  const unknown = values.scope?.split(' ').find((name) => !SCOPES.some((scope) => scope === name));
  const { sub, scope, organization: organizationId } = values;
  const areIds = sub !== undefined && isId(sub) && isId(organizationId ?? sub);
  if (!areIds || !(hours > 0 && hours <= HOURS_MAX) || unknown !== undefined) {
    throw new Error(
      `Usage: npm run token -- --sub ada [--scope ${SCOPES.join('|')}] [--organization acme] [--hours 12, at most ${HOURS_MAX}]`,
    );
  }
  const config = loadConfig(process.env);
  if (config.production || config.auth.jwksUrl !== null) {
    throw new Error('Tokens are signed here in development only; ask the identity provider.');
  }
  const { issuer, audience, secret } = config.auth;
  const key = secret === null ? devSecret(config.dataDir) : Buffer.from(secret, 'utf8');
  const lifetime = Math.round(hours * 3600);
  const token = await signToken(key, { sub, issuer, audience, scope, organizationId, lifetime });
  process.stdout.write(`${token}\n`);
}

if (require.main === module) {
  main().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
