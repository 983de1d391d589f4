import { z } from 'zod';

/** One environment variable: what it may be, and what to tell somebody who set it wrongly. */
interface Setting<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema;
  readonly expected: string;
  readonly remedy: string;
  /** Its value is never shown. */
  readonly secret?: true;
}

/** As many bytes as the hash that the secret keys. */
const SECRET_BYTES = 32;
const NEW_SECRET = 'Make one: openssl rand -hex 32';
const NEW_SIGNING_SECRET = 'Make one: echo "whsec_$(openssl rand -base64 32)"';

const words = z.string().min(1);
const flag = z
  .enum(['0', '1', 'false', 'true'])
  .transform((text) => text === '1' || text === 'true');
const databaseAddress = words.refine(
  (text) => /^postgres(ql)?:\/\/[^/]+\/[^/?]+/.test(text) && URL.canParse(text),
);
const longSecret = words.refine((text) => Buffer.byteLength(text) >= SECRET_BYTES);
const webUrl = z.url({ protocol: /^https?$/, hostname: /./ });
const signingSecret = words.refine((text) => {
  const key = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  const bytes = key === undefined ? 0 : Buffer.from(key, 'base64').length;
  return bytes >= 24 && bytes <= 64 && key!.length % 4 === 0;
});

function wholeNumber(from: number, to: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .refine((n) => n >= from && n <= to);
}

function list<Item extends z.ZodType<string, string>>(item: Item) {
  return z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(item).min(1));
}

/** One secret, or the new and the old one while it changes. */
const signingSecrets = list(signingSecret).refine((secrets) => secrets.length <= 2);

const webhook = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  url: webUrl,
  secret: signingSecrets,
  types: z
    .array(z.string().regex(/^[a-z]+(\.[a-z]+)*(\.\*)?$/))
    .min(1)
    .max(50)
    .optional(),
});

/** An address, or a name and an address in angle brackets. */
const mailbox = words.regex(
  /^(?:[^\s<>"@,;:]+@[^\s<>"@,;:]+|[^\p{Cc}<>"@,;:]+ <[^\s<>"@,;:]+@[^\s<>"@,;:]+>)$/u,
);

/** Points by program: EU=10000,TR=350000. */
const pointsByProgram = list(z.string().regex(/^[A-Z][A-Z0-9_]{0,31}=\d{1,15}$/))
  .transform((parts) => parts.map((part) => part.split('=') as [program: string, points: string]))
  .refine((pairs) => new Set(pairs.map(([program]) => program)).size === pairs.length)
  .transform((pairs) => Object.fromEntries(pairs.map(([name, points]) => [name, Number(points)])));

const ENDPOINTS_MAX = 20;

function json<Schema extends z.ZodType>(schema: Schema) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'no JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}
/** Scheme, host and port as a browser writes them: no path, no default port. */
const origin = z.string().refine((text) => {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
});

/** Up to two, of characters that a header holds as they are; none in so many words. */
const routerSecrets = z
  .string()
  .transform((text) => (text === 'none' ? [] : text.split(',').map((part) => part.trim())))
  .pipe(z.array(z.string().regex(/^[!-+\--~]{32,256}$/)).max(2));

function setting<Schema extends z.ZodType>(
  schema: Schema,
  expected: string,
  remedy: string,
): Setting<Schema> {
  return { schema, expected, remedy };
}

function secret<Schema extends z.ZodType>(
  schema: Schema,
  expected: string,
  remedy: string,
): Setting<Schema> {
  return { schema, expected, remedy, secret: true };
}

/** Every environment variable that is read. */
export const SETTINGS = {
  NODE_ENV: setting(
    z.enum(['production', 'development', 'test']),
    'production, development or test',
    'Leave it out for development.',
  ),
  PORT: setting(
    wholeNumber(0, 65_535),
    'a port from 0 (the system chooses) to 65535',
    'Leave it out for 4000.',
  ),
  HOST: setting(
    words.regex(/^[A-Za-z0-9.:-]+$/),
    'the address or name to listen on',
    'Leave it out for 127.0.0.1 (0.0.0.0 in production).',
  ),
  DATABASE_URL: secret(
    databaseAddress,
    'the address of a PostgreSQL database, postgres://user:password@host:5432/name',
    'In development leave it out for a database of our own.',
  ),
  DATABASE_MIGRATION_URL: secret(
    databaseAddress,
    'the address of the same database for the role that owns it, together with DATABASE_URL',
    'Leave it out where one role does both, or where `npm run migrate` runs elsewhere.',
  ),
  DATABASE_POOL: setting(
    wholeNumber(5, 200),
    'how many connections are kept, 5 to 200',
    'Leave it out for 10.',
  ),
  REWARDS_WRITERS: setting(
    wholeNumber(1, 64),
    'how many batches are written at once, 1 to 64',
    'Leave it out for 4.',
  ),
  REWARDS_SANDBOX: setting(flag, '1 for a test clock, or 0', 'Leave it out for 0.'),
  REWARDS_JOBS: setting(flag, '1 to run jobs in this process, or 0', 'Leave it out for 1.'),
  REWARDS_DATA_DIR: setting(words, 'a folder', 'Leave it out for .data.'),
  AUTH_JWKS_URL: setting(
    webUrl,
    "the address of the identity provider's public keys (or AUTH_SECRET instead)",
    'In development leave it out: tokens are signed here.',
  ),
  AUTH_SECRET: secret(
    longSecret,
    `a shared secret of at least ${SECRET_BYTES} bytes, with which tokens are signed`,
    NEW_SECRET,
  ),
  AUTH_ALGORITHMS: setting(
    list(z.string().regex(/^((RS|PS|ES|HS)(256|384|512)|EdDSA|Ed25519)$/)),
    'signature algorithms between commas, such as RS256,ES256',
    'Leave it out for the usual ones.',
  ),
  AUTH_ISSUER: setting(
    words,
    'what tokens name as their issuer (iss)',
    'Ask the identity provider.',
  ),
  AUTH_AUDIENCE: setting(
    words,
    'what tokens name as their audience (aud)',
    'Ask the identity provider.',
  ),
  ROUTER_SECRET: secret(
    routerSecrets,
    'the secret that the router sends as x-rewards-router-secret, 32 to 256 visible characters without commas (two between commas while it changes); or none, where mutual TLS or a network policy lets only the router in',
    NEW_SECRET,
  ),
  EVENTS_SECRET: secret(
    list(signingSecret),
    'the secrets that sign platform events, whsec_… (24 to 64 bytes in base64), between commas',
    NEW_SIGNING_SECRET,
  ),
  WEBHOOK_URL: setting(
    webUrl,
    'where the platform takes our messages, together with WEBHOOK_SECRET',
    'Leave both out to send none.',
  ),
  WEBHOOK_SECRET: secret(
    signingSecrets,
    'the secret that signs our messages, whsec_… (24 to 64 bytes in base64; two between commas while it changes), together with WEBHOOK_URL',
    NEW_SIGNING_SECRET,
  ),
  WEBHOOKS: secret(
    json(z.array(webhook).max(ENDPOINTS_MAX)),
    `up to ${ENDPOINTS_MAX} further endpoints in JSON: [{"name": "billing", "url": "https://…", "secret": "whsec_…", "types": ["redemption.*"]}], with two secrets between commas while they change; without types it gets all`,
    'Leave it out where there are none.',
  ),
  SMTP_URL: secret(
    z.url({ protocol: /^smtps?$/, hostname: /./ }),
    "the mail server that takes members' mails, smtp://user:password@host:587 or smtps://…, together with MAIL_FROM",
    'Leave both out in development: mails are kept on the page /mail. In production without it mail is off.',
  ),
  MAIL_FROM: setting(
    mailbox,
    'the sender of mails, such as Rewards <rewards@shop.example>, together with SMTP_URL',
    'Leave both out to send none.',
  ),
  MAIL_REPLY_TO: setting(
    mailbox,
    'where answers to mails go, such as help@shop.example',
    'Leave it out for the sender.',
  ),
  ADJUSTMENT_APPROVAL_ABOVE: setting(
    pointsByProgram,
    'how many points the desk may give or take by program before a second person approves it, such as EU=10000,TR=350000',
    'A program that is not named has 10000.',
  ),
  SIGNAL_KEY: secret(
    longSecret,
    `a secret of at least ${SECRET_BYTES} bytes under which e-mail, phone and payment signals are hashed`,
    `${NEW_SECRET}, and keep it: with another one the stored hashes match nothing.`,
  ),
  REFERRAL_URL: setting(
    webUrl,
    'the address that a referral code is appended to, such as https://shop.example/register?code=',
    'In development leave it out.',
  ),
  RATE_LIMIT: setting(
    wholeNumber(0, 1_000_000),
    'operations of one subject in a minute (services and addresses without tokens: 50 times as many), 0 for any number',
    'Leave it out for 1200 in production and any number in development.',
  ),
  SOCKET_ORIGINS: setting(
    list(origin),
    'origins of pages that may open a WebSocket, such as https://shop.example, between commas',
    'Leave it out where browsers come through the router; in development for pages on this machine.',
  ),
  CALLBACK_ORIGINS: setting(
    list(origin),
    'origins of routers to which subscriptions are called back, such as https://router.example, between commas',
    'Leave it out to call nobody back.',
  ),
  OPERATIONS_PORT: setting(
    wholeNumber(0, 65_535),
    'a port of its own for /metrics, 0 (the system chooses) to 65535',
    'Leave it out to serve no metrics.',
  ),
  OPERATIONS_HOST: setting(
    words.regex(/^[A-Za-z0-9.:-]+$/),
    'the address or name that /metrics listens on, together with OPERATIONS_PORT',
    'Leave it out for 127.0.0.1. Whoever reaches it may read it: never a public one.',
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(
    webUrl,
    'the address of an OTLP/HTTP collector, such as http://127.0.0.1:4318',
    'Leave it out to send no traces.',
  ),
  LOG_LEVEL: setting(
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'fatal, error, warn, info, debug, trace or silent',
    'Leave it out for info.',
  ),
};

export type SettingName = keyof typeof SETTINGS;

/**
 * What is wrong with a setting, what was expected, and what to do. A secret's value is not shown; `inside` is where in it
 * the mistake is.
 */
export function complaint(
  name: SettingName,
  value: string | undefined,
  inside: readonly string[] = [],
): string {
  const { expected, remedy, secret: isSecret }: Setting = SETTINGS[name];
  const where = inside.length > 0 ? `, at ${inside.join('.')}` : '';
  const shown = isSecret ? `set to something else (not shown${where})` : `"${value}"`;
  return `${name} is ${value === undefined ? 'missing' : shown}; expected ${expected}. ${remedy}`;
}

/** Whether what is sent there cannot be read on the way: https, or this very machine. */
export function isSecure(url: string): boolean {
  return new URL(url).protocol === 'https:' || isLocal(url);
}

/** Whether it is this very machine. */
export function isLocal(url: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname);
}
