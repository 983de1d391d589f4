import { resolve } from 'node:path';
import { z } from 'zod';
import { complaint, isLocal, isSecure, SETTINGS, type SettingName } from './settings';

/** Everything that can be set from outside; read once at the start, never changed. */
export interface Config {
  readonly production: boolean;
  readonly port: number;
  readonly host: string;
  /** Null only in development: a PostgreSQL of our own in `dataDir`. */
  readonly databaseUrl: string | null;
  /** As whom migrations run; null where that is the role of `databaseUrl`, or nobody here. */
  readonly migrationUrl: string | null;
  readonly poolSize: number;
  /** How many batches the ledger's door writes at once; at most `poolSize` less four. */
  readonly writers: number;
  /** Whether there is a test clock. Never in production. */
  readonly sandbox: boolean;
  /** Whether this process runs jobs, and not only answers requests. */
  readonly jobs: boolean;
  /** Absolute. */
  readonly dataDir: string;
  readonly auth: {
    readonly jwksUrl: string | null;
    readonly secret: string | null;
    readonly algorithms: string[];
    readonly issuer: string;
    readonly audience: string;
  };
  /** Any of them shows that the router asks; empty where nobody needs to show one. */
  readonly routerSecrets: readonly string[];
  /** Any of them may have signed an event; empty, in development only, where unsigned ones are taken. */
  readonly eventSecrets: readonly string[];
  /** Who is told by webhook; none where nobody is. */
  readonly webhooks: readonly WebhookEndpoint[];
  /** How members are written to; null: in development mails are kept on a page, in production there are none. */
  readonly mail: MailConfig | null;
  /** Above how many points a second person approves what the desk gives or takes, by program; 10,000 where none is named. */
  readonly adjustmentApprovalAbove: Readonly<Record<string, number>>;
  /** Under which signals (e-mail, phone, payment) are hashed. Changing it makes the stored ones useless. */
  readonly signalKey: string;
  /** What a referral code is appended to. */
  readonly referralUrl: string;
  /** Operations of one subject in a minute; 0 for any number. */
  readonly rateLimit: number;
  /** Origins of pages that may open a WebSocket; null for those on this machine. */
  readonly socketOrigins: readonly string[] | null;
  /** Origins to which subscriptions are called back. */
  readonly callbackOrigins: readonly string[];
  /** Where /metrics is served; null: nowhere. */
  readonly operations: { readonly port: number; readonly host: string } | null;
  /** Where traces are sent (OTLP/HTTP); null: none are made. */
  readonly tracesEndpoint: string | null;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
}

/** Somebody who is told by signed webhook (R9.2). */
export interface WebhookEndpoint {
  /** What its deliveries are kept under: with another name it is another endpoint, which starts anew. */
  readonly name: string;
  readonly url: string;
  /** One, or two while it changes. */
  readonly secrets: readonly string[];
  /** Types of messages, or beginnings of them such as `redemption.*`; null: all. */
  readonly types: readonly string[] | null;
}

/** The mail server that takes members' mails (R9.1). */
export interface MailConfig {
  /** `smtp:` or `smtps:`, with the options of the connection as its query. */
  readonly url: string;
  /** Whether the connection must be encrypted where the address does not say so. */
  readonly requireTls: boolean;
  readonly from: string;
  readonly replyTo: string | null;
}

/** The configuration cannot be used. The message lists every mistake, with what to do about it. */
export class ConfigError extends Error {
  constructor(readonly mistakes: readonly string[]) {
    const count = mistakes.length === 1 ? 'one mistake' : `${mistakes.length} mistakes`;
    super(`The configuration has ${count}:\n${mistakes.map((line) => `  - ${line}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

const DEVELOPMENT_SIGNAL_KEY = 'development only: signals are not worth hiding';
/** The name of the endpoint that WEBHOOK_URL gives. */
const PLATFORM = 'platform';
const PUBLIC_KEY_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

const SCHEMA = z.object(
  Object.fromEntries(
    Object.entries(SETTINGS).map(([name, setting]) => [name, setting.schema.optional()]),
  ) as { [Name in SettingName]: z.ZodOptional<(typeof SETTINGS)[Name]['schema']> },
);
type Given = z.output<typeof SCHEMA>;

/**
 * Reads the configuration from environment variables; an empty one counts as not set. Throws a `ConfigError`
 * where any is wrong, where two exclude each other, or where production lacks what it must not do without.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const texts = Object.fromEntries(
    Object.keys(SETTINGS).map((name) => [name, env[name]?.trim() || undefined]),
  );
  const mistakes = new Map<string, string>();
  const parsed = SCHEMA.safeParse(texts);
  for (const issue of parsed.error?.issues ?? []) {
    const [name, ...inside] = issue.path.map(String) as [SettingName, ...string[]];
    mistakes.set(name, complaint(name, texts[name], inside));
  }
  const given = parsed.data ?? (partly(texts) as Given);
  for (const [name, mistake] of contradictions(given, texts)) {
    if (!mistakes.has(name)) mistakes.set(name, mistake);
  }
  if (mistakes.size > 0) throw new ConfigError([...mistakes.values()]);
  return freeze(configOf(given));
}

/** What is right among wrong settings, so that the rest is checked too. */
function partly(texts: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(SETTINGS).map(([name, { schema }]) => [
      name,
      schema.safeParse(texts[name]).data,
    ]),
  );
}

/** What each setting may not be because of another, by name. */
function* contradictions(
  given: Given,
  texts: Readonly<Record<string, string | undefined>>,
): Generator<[SettingName, string]> {
  const production = given.NODE_ENV === 'production';
  const required: SettingName[] = production
    ? [
        'DATABASE_URL',
        'AUTH_ISSUER',
        'AUTH_AUDIENCE',
        'ROUTER_SECRET',
        'EVENTS_SECRET',
        'SIGNAL_KEY',
        'REFERRAL_URL',
      ]
    : texts.AUTH_JWKS_URL
      ? ['AUTH_ISSUER', 'AUTH_AUDIENCE']
      : [];
  for (const name of required) if (!texts[name]) yield [name, complaint(name, undefined)];

  if (texts.DATABASE_MIGRATION_URL && !texts.DATABASE_URL) {
    yield ['DATABASE_URL', complaint('DATABASE_URL', undefined)];
  }
  if (texts.AUTH_JWKS_URL && texts.AUTH_SECRET) {
    yield [
      'AUTH_SECRET',
      'AUTH_SECRET and AUTH_JWKS_URL exclude each other: leave one of them out.',
    ];
  } else if (production && !texts.AUTH_JWKS_URL && !texts.AUTH_SECRET) {
    yield ['AUTH_JWKS_URL', complaint('AUTH_JWKS_URL', undefined)];
  }
  const signsWith = texts.AUTH_JWKS_URL ? 'public' : 'shared';
  const wrong = (given.AUTH_ALGORITHMS ?? []).filter(
    (name) => name.startsWith('HS') !== (signsWith === 'shared'),
  );
  if (wrong.length > 0) {
    const verifier =
      signsWith === 'public' ? 'the public keys of AUTH_JWKS_URL' : 'a shared secret';
    yield [
      'AUTH_ALGORITHMS',
      `AUTH_ALGORITHMS has ${wrong.join(', ')}, which cannot be verified with ${verifier}: leave it out.`,
    ];
  }

  if (texts.WEBHOOK_URL && !texts.WEBHOOK_SECRET) {
    yield ['WEBHOOK_SECRET', complaint('WEBHOOK_SECRET', undefined)];
  }
  if (texts.WEBHOOK_SECRET && !texts.WEBHOOK_URL) {
    yield ['WEBHOOK_URL', complaint('WEBHOOK_URL', undefined)];
  }
  if (texts.SMTP_URL && !texts.MAIL_FROM) yield ['MAIL_FROM', complaint('MAIL_FROM', undefined)];
  if (texts.MAIL_FROM && !texts.SMTP_URL) yield ['SMTP_URL', complaint('SMTP_URL', undefined)];
  yield* contradictingWebhooks(given);
  for (const name of production ? (['AUTH_JWKS_URL', 'WEBHOOK_URL'] as const) : []) {
    const url = given[name];
    if (url && !isSecure(url)) {
      yield [name, `${name} is "${url}"; in production it must be https, or http on this machine.`];
    }
  }
  if (texts.OPERATIONS_HOST && !texts.OPERATIONS_PORT) {
    yield ['OPERATIONS_PORT', complaint('OPERATIONS_PORT', undefined)];
  }
  if (production && given.REWARDS_SANDBOX) {
    yield [
      'REWARDS_SANDBOX',
      'REWARDS_SANDBOX lets callers set the clock: leave it out in production.',
    ];
  }
  const { poolSize, writers } = shares(given);
  if (writers > poolSize - 4) {
    yield [
      'REWARDS_WRITERS',
      `REWARDS_WRITERS is ${writers} of ${poolSize} connections (DATABASE_POOL): leave four, two for what nobody waits for, one to listen and one to read.`,
    ];
  }
}

function* contradictingWebhooks(given: Given): Generator<[SettingName, string]> {
  const webhooks = given.WEBHOOKS ?? [];
  const names = [...(given.WEBHOOK_URL ? [PLATFORM] : []), ...webhooks.map(({ name }) => name)];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    const why = twice === PLATFORM ? ` (WEBHOOK_URL is called that)` : '';
    yield [
      'WEBHOOKS',
      `WEBHOOKS has two endpoints called "${twice}"${why}: give each a name of its own.`,
    ];
  }
  const open = webhooks.find(({ url }) => !isSecure(url));
  if (given.NODE_ENV === 'production' && open) {
    yield [
      'WEBHOOKS',
      `WEBHOOKS sends "${open.name}" to "${open.url}"; in production it must be https, or http on this machine.`,
    ];
  }
}

function webhooksOf(given: Given): WebhookEndpoint[] {
  const { WEBHOOK_URL: url, WEBHOOK_SECRET: secrets, WEBHOOKS: others = [] } = given;
  const platform = url && secrets ? [{ name: PLATFORM, url, secrets, types: null }] : [];
  return [
    ...platform,
    ...others.map(({ name, url, secret, types }) => {
      return { name, url, secrets: secret, types: types ?? null };
    }),
  ];
}

function mailOf(given: Given): MailConfig | null {
  const { SMTP_URL: url, MAIL_FROM: from, MAIL_REPLY_TO: replyTo = null } = given;
  if (!url || !from) return null;
  return { url, from, replyTo, requireTls: given.NODE_ENV === 'production' && !isLocal(url) };
}

function shares(given: Given): { poolSize: number; writers: number } {
  return { poolSize: given.DATABASE_POOL ?? 10, writers: given.REWARDS_WRITERS ?? 4 };
}

function configOf(given: Given): Config {
  const production = given.NODE_ENV === 'production';
  const jwksUrl = given.AUTH_JWKS_URL ?? null;
  return {
    production,
    port: given.PORT ?? 4000,
    host: given.HOST ?? (production ? '0.0.0.0' : '127.0.0.1'),
    databaseUrl: given.DATABASE_URL ?? null,
    migrationUrl: given.DATABASE_MIGRATION_URL ?? null,
    ...shares(given),
    sandbox: given.REWARDS_SANDBOX ?? false,
    jobs: given.REWARDS_JOBS ?? true,
    dataDir: resolve(given.REWARDS_DATA_DIR ?? '.data'),
    auth: {
      jwksUrl,
      secret: given.AUTH_SECRET ?? null,
      algorithms: given.AUTH_ALGORITHMS ?? (jwksUrl === null ? ['HS256'] : PUBLIC_KEY_ALGORITHMS),
      issuer: given.AUTH_ISSUER ?? 'rewards-dev',
      audience: given.AUTH_AUDIENCE ?? 'rewards',
    },
    routerSecrets: given.ROUTER_SECRET ?? [],
    eventSecrets: given.EVENTS_SECRET ?? [],
    webhooks: webhooksOf(given),
    mail: mailOf(given),
    adjustmentApprovalAbove: given.ADJUSTMENT_APPROVAL_ABOVE ?? {},
    signalKey: given.SIGNAL_KEY ?? DEVELOPMENT_SIGNAL_KEY,
    referralUrl: given.REFERRAL_URL ?? 'http://localhost:3000/register?code=',
    rateLimit: given.RATE_LIMIT ?? (production ? 1_200 : 0),
    socketOrigins: given.SOCKET_ORIGINS ?? (production ? [] : null),
    callbackOrigins: given.CALLBACK_ORIGINS ?? [],
    operations:
      given.OPERATIONS_PORT === undefined
        ? null
        : { port: given.OPERATIONS_PORT, host: given.OPERATIONS_HOST ?? '127.0.0.1' },
    tracesEndpoint: given.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    logLevel: given.LOG_LEVEL ?? 'info',
  };
}

function freeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) freeze(part);
  }
  return Object.freeze(value);
}
