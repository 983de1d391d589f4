import { isAbsolute } from 'node:path';
import { type Config, ConfigError, loadConfig } from '../src/config';

type Env = Readonly<Record<string, string | undefined>>;

const SECRET = 'x'.repeat(32);
const SIGNING = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const BILLING = 'https://billing.test/in';
const OTHER_SIGNING = `whsec_${Buffer.alloc(24, 8).toString('base64')}`;

/** The least that production starts with. */
const PRODUCTION: Env = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://app:pass@db.example:5432/rewards',
  AUTH_JWKS_URL: 'https://id.example/keys',
  AUTH_ISSUER: 'https://id.example',
  AUTH_AUDIENCE: 'rewards',
  ROUTER_SECRET: SECRET,
  EVENTS_SECRET: SIGNING,
  SIGNAL_KEY: SECRET,
  REFERRAL_URL: 'https://shop.example/register?code=',
};

function mistakesOf(env: Env): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
}

/** The names that the mistakes begin with. */
function namesIn(mistakes: readonly string[]): string[] {
  return mistakes.map((mistake) => mistake.split(' ')[0]!);
}

test('development needs nothing', () => {
  const config = loadConfig({ PATH: '/bin' });
  expect(config).toMatchObject({
    ...{ production: false, port: 4000, host: '127.0.0.1', databaseUrl: null, poolSize: 10 },
    ...{ writers: 4, sandbox: false, jobs: true, eventSecrets: [], webhooks: [], mail: null },
    auth: { jwksUrl: null, secret: null, issuer: 'rewards-dev', audience: 'rewards' },
  });
  expect(isAbsolute(config.dataDir)).toBe(true);
  expect(config.signalKey).not.toBe('');
});

test('production starts with what it requires, and listens on every address', () => {
  const config = loadConfig(PRODUCTION);
  expect(config).toMatchObject({ production: true, host: '0.0.0.0', eventSecrets: [SIGNING] });
  expect(config.auth.algorithms).not.toContain('HS256');
  expect(loadConfig({ ...PRODUCTION, AUTH_JWKS_URL: '', AUTH_SECRET: SECRET }).auth).toMatchObject({
    secret: SECRET,
    algorithms: ['HS256'],
  });
});

test('the configuration cannot be changed afterwards', () => {
  const config = loadConfig({});
  for (const part of [config, config.auth, config.auth.algorithms, config.eventSecrets]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
});

const MAIL = { SMTP_URL: 'smtp://mail.test', MAIL_FROM: 'rewards@shop.test' };

const READ: readonly (readonly [string, Env, Partial<Config>])[] = [
  [
    'an empty variable counts as not set',
    { PORT: '', HOST: '  ' },
    { port: 4000, host: '127.0.0.1' },
  ],
  ['white space around a value is cut', { PORT: ' 80\n' }, { port: 80 }],
  ['port 0 lets the system choose', { PORT: '0' }, { port: 0 }],
  ['flags', { REWARDS_SANDBOX: '1', REWARDS_JOBS: 'false' }, { sandbox: true, jobs: false }],
  [
    'several secrets',
    { EVENTS_SECRET: `${SIGNING}, ${OTHER_SIGNING}` },
    {
      eventSecrets: [SIGNING, OTHER_SIGNING],
    },
  ],
  [
    'a webhook',
    { WEBHOOK_URL: 'http://shop.test/in', WEBHOOK_SECRET: SIGNING },
    {
      webhooks: [{ name: 'platform', url: 'http://shop.test/in', secrets: [SIGNING], types: null }],
    },
  ],
  [
    'several webhooks, one whose secret changes (R9.2)',
    {
      ...{ WEBHOOK_URL: 'http://shop.test/in', WEBHOOK_SECRET: `${SIGNING},${OTHER_SIGNING}` },
      WEBHOOKS: JSON.stringify([
        {
          name: 'billing',
          url: BILLING,
          secret: SIGNING,
          types: ['redemption.*', 'points.credited'],
        },
        { name: 'crm-2', url: BILLING, secret: `${OTHER_SIGNING}, ${SIGNING}` },
      ]),
    },
    {
      webhooks: [
        {
          ...{ name: 'platform', url: 'http://shop.test/in', types: null },
          secrets: [SIGNING, OTHER_SIGNING],
        },
        {
          ...{ name: 'billing', url: BILLING, secrets: [SIGNING] },
          types: ['redemption.*', 'points.credited'],
        },
        { name: 'crm-2', url: BILLING, secrets: [OTHER_SIGNING, SIGNING], types: null },
      ],
    },
  ],
  [
    'a mail server',
    { SMTP_URL: 'smtp://u:p@mail.test:587?requireTLS=true', MAIL_FROM: 'X-Points <x@shop.test>' },
    {
      mail: {
        ...{ url: 'smtp://u:p@mail.test:587?requireTLS=true', requireTls: false },
        ...{ from: 'X-Points <x@shop.test>', replyTo: null },
      },
    },
  ],
  [
    'a mail server in production, which must speak TLS',
    { ...PRODUCTION, ...MAIL, MAIL_REPLY_TO: 'help@shop.test' },
    {
      mail: {
        url: MAIL.SMTP_URL,
        requireTls: true,
        from: MAIL.MAIL_FROM,
        replyTo: 'help@shop.test',
      },
    },
  ],
  [
    'a mail server on this machine, which need not',
    { ...PRODUCTION, ...MAIL, SMTP_URL: 'smtp://localhost:25' },
    {
      mail: { url: 'smtp://localhost:25', requireTls: false, from: MAIL.MAIL_FROM, replyTo: null },
    },
  ],
  ['production without mail', PRODUCTION, { mail: null }],
  [
    'who migrates',
    { ...PRODUCTION, DATABASE_MIGRATION_URL: 'postgres://owner:pass@db.example/rewards' },
    { migrationUrl: 'postgres://owner:pass@db.example/rewards' },
  ],
  ['a secret of the router', { ROUTER_SECRET: SECRET }, { routerSecrets: [SECRET] }],
  [
    'two of them while they change',
    { ROUTER_SECRET: `${SECRET}, ${'y'.repeat(40)}` },
    { routerSecrets: [SECRET, 'y'.repeat(40)] },
  ],
  [
    'that something else keeps others out',
    { ...PRODUCTION, ROUTER_SECRET: 'none' },
    { routerSecrets: [] },
  ],
  ['a rate', { RATE_LIMIT: '90' }, { rateLimit: 90 }],
  ['any rate, in development', {}, { rateLimit: 0 }],
  ['the usual rate of production', PRODUCTION, { rateLimit: 1200 }],
  [
    'pages and routers by their origins',
    {
      SOCKET_ORIGINS: 'https://a.test, http://b.test:8080',
      CALLBACK_ORIGINS: 'http://router:4000',
    },
    {
      socketOrigins: ['https://a.test', 'http://b.test:8080'],
      callbackOrigins: ['http://router:4000'],
    },
  ],
  ['pages of this machine, in development', {}, { socketOrigins: null, callbackOrigins: [] }],
  ['no pages in production', PRODUCTION, { socketOrigins: [], callbackOrigins: [] }],
  [
    'limits by program',
    { ADJUSTMENT_APPROVAL_ABOVE: 'EU=5000, TR=350000' },
    { adjustmentApprovalAbove: { EU: 5000, TR: 350_000 } },
  ],
  ['no limits', {}, { adjustmentApprovalAbove: {} }],
  ['an absolute data folder', { REWARDS_DATA_DIR: '/var/x' }, { dataDir: '/var/x' }],
  ['a log level', { LOG_LEVEL: 'silent' }, { logLevel: 'silent' }],
  ['a test run', { NODE_ENV: 'test' }, { production: false }],
];

test.each(READ)('reads %s', (_, env, expected) => {
  expect(loadConfig(env)).toMatchObject(expected);
});

const ENDPOINT = { name: 'billing', url: BILLING, secret: SIGNING };

const WRONG: readonly (readonly [name: string, env: Env])[] = [
  ['NODE_ENV', { NODE_ENV: 'prod' }],
  ...['http', '-1', '65536', '1e3', '80.5', '0x50'].map((PORT) => ['PORT', { PORT }] as const),
  ['HOST', { HOST: 'http://here' }],
  ...['mysql://u@h/db', 'postgres://h', 'postgres://h/', 'h:5432/db'].map(
    (DATABASE_URL) => ['DATABASE_URL', { DATABASE_URL }] as const,
  ),
  ['DATABASE_MIGRATION_URL', { ...PRODUCTION, DATABASE_MIGRATION_URL: 'mysql://h/db' }],
  ['DATABASE_URL', { DATABASE_MIGRATION_URL: PRODUCTION.DATABASE_URL }],
  ['DATABASE_POOL', { DATABASE_POOL: '4', REWARDS_WRITERS: '1' }],
  ['REWARDS_WRITERS', { REWARDS_WRITERS: '0' }],
  ['REWARDS_WRITERS', { REWARDS_WRITERS: '7' }],
  ['REWARDS_WRITERS', { DATABASE_POOL: '7' }],
  ...['-1', '1.5', '1e3', '1000001'].map((RATE_LIMIT) => ['RATE_LIMIT', { RATE_LIMIT }] as const),
  ...[
    ...['*', 'shop.test', 'https://shop.test/', 'https://shop.test/page', 'https://Shop.test'],
    ...[
      'https://shop.test:443',
      'ws://shop.test',
      'https://u:p@shop.test',
      'https://a.test,',
      'null',
    ],
  ].flatMap((text) => [
    ['SOCKET_ORIGINS', { SOCKET_ORIGINS: text }] as const,
    ['CALLBACK_ORIGINS', { CALLBACK_ORIGINS: text }] as const,
  ]),
  ['REWARDS_SANDBOX', { REWARDS_SANDBOX: 'yes' }],
  ['REWARDS_JOBS', { REWARDS_JOBS: '2' }],
  ['AUTH_JWKS_URL', { AUTH_JWKS_URL: 'file:///keys', AUTH_ISSUER: 'i', AUTH_AUDIENCE: 'a' }],
  ['AUTH_ISSUER', { AUTH_JWKS_URL: 'https://id.test', AUTH_AUDIENCE: 'a' }],
  ['AUTH_AUDIENCE', { AUTH_JWKS_URL: 'https://id.test', AUTH_ISSUER: 'i' }],
  ['AUTH_SECRET', { AUTH_SECRET: 'x'.repeat(31) }],
  ['AUTH_SECRET', { ...PRODUCTION, AUTH_SECRET: SECRET }],
  ['AUTH_ALGORITHMS', { AUTH_ALGORITHMS: 'none' }],
  ['AUTH_ALGORITHMS', { ...PRODUCTION, AUTH_ALGORITHMS: 'RS256,HS256' }],
  ['AUTH_ALGORITHMS', { AUTH_SECRET: SECRET, AUTH_ALGORITHMS: 'RS256' }],
  ...[
    'x'.repeat(31),
    'None',
    `${SECRET},none`,
    `${SECRET},`,
    `${'x'.repeat(20)} ${'x'.repeat(20)}`,
    `${'x'.repeat(31)}é`,
    [SECRET, 'y'.repeat(32), 'z'.repeat(32)].join(','),
  ].map((ROUTER_SECRET) => ['ROUTER_SECRET', { ROUTER_SECRET }] as const),
  ['EVENTS_SECRET', { EVENTS_SECRET: SECRET }],
  ['EVENTS_SECRET', { EVENTS_SECRET: 'whsec_dG9vIHNob3J0' }],
  ['EVENTS_SECRET', { EVENTS_SECRET: `${SIGNING},` }],
  ['WEBHOOK_SECRET', { WEBHOOK_URL: 'https://shop.test/in' }],
  ['WEBHOOK_URL', { WEBHOOK_SECRET: SIGNING }],
  ['WEBHOOK_URL', { WEBHOOK_URL: 'ftp://shop.test', WEBHOOK_SECRET: SIGNING }],
  ['WEBHOOK_URL', { ...PRODUCTION, WEBHOOK_URL: 'http://shop.test', WEBHOOK_SECRET: SIGNING }],
  ['WEBHOOK_SECRET', { WEBHOOK_URL: BILLING, WEBHOOK_SECRET: Array(3).fill(SIGNING).join() }],
  ...[
    'no JSON',
    '{}',
    '[{}]',
    JSON.stringify([{ ...ENDPOINT, name: 'Billing' }]),
    JSON.stringify([{ ...ENDPOINT, url: 'billing.test' }]),
    JSON.stringify([{ ...ENDPOINT, secret: 'short' }]),
    JSON.stringify([{ ...ENDPOINT, types: [] }]),
    JSON.stringify([{ ...ENDPOINT, types: ['*'] }]),
    JSON.stringify([{ ...ENDPOINT, types: ['redemption*'] }]),
    JSON.stringify([{ ...ENDPOINT, retries: 3 }]),
    JSON.stringify([ENDPOINT, { ...ENDPOINT, url: 'https://other.test' }]),
    JSON.stringify(Array.from({ length: 21 }, (_, i) => ({ ...ENDPOINT, name: `n${i}` }))),
  ].map((WEBHOOKS) => ['WEBHOOKS', { WEBHOOKS }] as const),
  [
    'WEBHOOKS',
    {
      ...{ WEBHOOK_URL: BILLING, WEBHOOK_SECRET: SIGNING },
      WEBHOOKS: JSON.stringify([{ ...ENDPOINT, name: 'platform' }]),
    },
  ],
  [
    'WEBHOOKS',
    { ...PRODUCTION, WEBHOOKS: JSON.stringify([{ ...ENDPOINT, url: 'http://billing.test' }]) },
  ],
  ['MAIL_FROM', { SMTP_URL: MAIL.SMTP_URL }],
  ['SMTP_URL', { MAIL_FROM: MAIL.MAIL_FROM }],
  ...['mail.test', 'http://mail.test', 'smtp://'].map(
    (SMTP_URL) => ['SMTP_URL', { ...MAIL, SMTP_URL }] as const,
  ),
  ...['shop.test', 'X <x>', 'a@b, c@d', 'X <a@b>, c@d', '<a@b>'].map(
    (MAIL_FROM) => ['MAIL_FROM', { ...MAIL, MAIL_FROM }] as const,
  ),
  ['MAIL_REPLY_TO', { ...MAIL, MAIL_REPLY_TO: 'nobody' }],
  ['SIGNAL_KEY', { SIGNAL_KEY: 'short' }],
  ['REFERRAL_URL', { REFERRAL_URL: 'shop.test/register' }],
  ...['10000', 'EU', 'eu=1', 'EU=-1', 'EU=1.5', 'EU=1,', 'EU=1,EU=2', 'EU=9999999999999999'].map(
    (limits): [string, Env] => ['ADJUSTMENT_APPROVAL_ABOVE', { ADJUSTMENT_APPROVAL_ABOVE: limits }],
  ),
  ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
  ...['DATABASE_URL', 'AUTH_JWKS_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE', 'EVENTS_SECRET'].map(
    (name) => [name, { ...PRODUCTION, [name]: undefined }] as const,
  ),
  ['ROUTER_SECRET', { ...PRODUCTION, ROUTER_SECRET: undefined }],
  ['SIGNAL_KEY', { ...PRODUCTION, SIGNAL_KEY: undefined }],
  ['REFERRAL_URL', { ...PRODUCTION, REFERRAL_URL: undefined }],
  ['AUTH_JWKS_URL', { ...PRODUCTION, AUTH_JWKS_URL: 'http://id.example/keys' }],
  ['REWARDS_SANDBOX', { ...PRODUCTION, REWARDS_SANDBOX: '1' }],
];

test.each(WRONG)('refuses a wrong %s, and nothing else: %j', (name, env) => {
  expect(namesIn(mistakesOf(env))).toEqual([name]);
});

test('every mistake is told in one message: name, value, what was expected, what to do', () => {
  expect(() =>
    loadConfig({ PORT: 'http', LOG_LEVEL: 'loud', WEBHOOK_URL: 'https://a.test' }),
  ).toThrow(
    [
      'The configuration has 3 mistakes:',
      '  - PORT is "http"; expected a port from 0 (the system chooses) to 65535. Leave it out for 4000.',
      '  - LOG_LEVEL is "loud"; expected fatal, error, warn, info, debug, trace or silent. Leave it out for info.',
      '  - WEBHOOK_SECRET is missing; expected the secret that signs our messages, whsec_… (24 to 64 bytes in base64; two between commas while it changes), together with WEBHOOK_URL. Make one: echo "whsec_$(openssl rand -base64 32)"',
    ].join('\n'),
  );
});

test('production without anything is told all it lacks', () => {
  expect(namesIn(mistakesOf({ NODE_ENV: 'production' })).sort()).toEqual(
    [
      ...['AUTH_AUDIENCE', 'AUTH_ISSUER', 'AUTH_JWKS_URL', 'DATABASE_URL', 'EVENTS_SECRET'],
      ...['REFERRAL_URL', 'ROUTER_SECRET', 'SIGNAL_KEY'],
    ].sort(),
  );
});

test('a secret is never shown, not even a wrong one', () => {
  const hidden = 'hunter2';
  for (const name of [
    'AUTH_SECRET',
    'ROUTER_SECRET',
    'EVENTS_SECRET',
    'WEBHOOK_SECRET',
    'SIGNAL_KEY',
  ]) {
    expect(mistakesOf({ [name]: hidden }).join()).not.toContain(hidden);
  }
  for (const name of ['DATABASE_URL', 'DATABASE_MIGRATION_URL']) {
    expect(mistakesOf({ [name]: `mysql://u:${hidden}@h/db` }).join()).not.toContain(hidden);
  }
});
