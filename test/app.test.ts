import { createApp } from '../src/app';
import { loadConfig } from '../src/config';
import { freshDatabase } from './support/database';

const PRODUCTION = {
  NODE_ENV: 'production',
  AUTH_SECRET: 'x'.repeat(32),
  AUTH_ISSUER: 'issuer',
  AUTH_AUDIENCE: 'rewards',
  ROUTER_SECRET: 'none',
  EVENTS_SECRET: `whsec_${Buffer.alloc(32).toString('base64')}`,
  SIGNAL_KEY: 'x'.repeat(32),
  REFERRAL_URL: 'https://shop.test/register?code=',
};

let fresh: Awaited<ReturnType<typeof freshDatabase>>;

beforeEach(async () => {
  fresh = await freshDatabase();
});

afterEach(() => fresh.drop());

// The tests' own PostgreSQL is fast rather than durable: just what must not serve in production.
test('production refuses a database that may lose what it confirmed, and names every reason', async () => {
  const config = loadConfig({ ...PRODUCTION, DATABASE_URL: fresh.url, LOG_LEVEL: 'silent' });
  await expect(createApp(config)).rejects.toThrow(
    /^Not fit for production:\n {2}- fsync is off.*\n {2}- full_page_writes is off.*\n {2}- synchronous_commit is off/,
  );
});

test('development serves on it all the same', async () => {
  const config = loadConfig({ DATABASE_URL: fresh.url, LOG_LEVEL: 'silent' });
  const app = await createApp(config);
  expect(app.programs.has('EU')).toBe(true);
  await app.close();
});
