import 'reflect-metadata';
import { createApp } from '../../src/app';
import { loadConfig } from '../../src/config';
import { startServer } from '../../src/server/start';
import type { Signing } from '../customers';
import { cpuMicros, memory } from '../load';
import { work } from '../worker';

interface Setup extends Signing {
  readonly url: string;
}

/** The service as production starts it, without its background jobs. */
work(async ({ url, secret, issuer, audience }: Setup) => {
  const app = await createApp(
    loadConfig({
      // Nobody stands between the load and the service; what a subject asks is counted, and may be much.
      ...{ ROUTER_SECRET: 'none', RATE_LIMIT: '1000000' },
      ...{ NODE_ENV: 'production', HOST: '127.0.0.1', PORT: '0', DATABASE_URL: url },
      ...{ AUTH_SECRET: secret, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience },
      ...{ EVENTS_SECRET: `whsec_${Buffer.from(secret).toString('base64')}`, SIGNAL_KEY: secret },
      ...{ REFERRAL_URL: 'https://shop.example/register?code=', REWARDS_JOBS: '0' },
      LOG_LEVEL: 'warn',
    }),
  );
  const server = await startServer(app);
  return {
    ready: { port: server.port },
    answer: async ({ collected }: { collected?: boolean }) =>
      collected === undefined ? cpuMicros() : memory(collected),
    close: async () => {
      await server.stop();
      await app.close();
    },
  };
});
