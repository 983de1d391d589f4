import { devSecret, signToken } from './auth/dev-token';
import type { Config } from './config';
import type { EmbeddedPostgres } from './database/embedded-postgres';

/** What a developer wants to know of a service that has just started: what it serves, and how to ask it something. */
export async function welcome(
  config: Config,
  url: string,
  embedded: EmbeddedPostgres | null,
): Promise<string> {
  const lines = [
    'X-Points are served.',
    `  GraphQL    ${url}/graphql (in a browser: a page to try queries), ${url.replace('http', 'ws')}/graphql`,
    `  Events     ${url}/events`,
    `  Health     ${url}/health/ready`,
    `  Mails      ${url}/mail (what members are written)`,
    ...(config.sandbox ? [`  Clock      ${url}/sandbox/clock`] : []),
    ...(embedded ? [`  Database   ${databaseLine(embedded)}`] : []),
  ];
  const token = await developmentToken(config);
  if (token !== null) {
    const query = JSON.stringify({
      query: '{ rewardsPrograms { code currency pointValue { amount } } }',
    });
    lines.push(
      '',
      'A token of the rewards desk, for 12 hours (others: npm run token -- --sub ada):',
      token,
      '',
      'Try:',
      `curl -s ${url}/graphql -H 'content-type: application/json' \\`,
      `  -H 'authorization: Bearer ${token}' \\`,
      ...(config.routerSecrets.length > 0
        ? [`  -H "x-rewards-router-secret: $ROUTER_SECRET" \\`]
        : []),
      `  -d '${query}'`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function databaseLine({ port, folder, found }: EmbeddedPostgres): string {
  const how = found ? ', found running' : '';
  return `PostgreSQL of our own on 127.0.0.1:${port}, in ${folder}${how}`;
}

/** Null where tokens are the identity provider's. */
async function developmentToken({ auth, dataDir }: Config): Promise<string | null> {
  if (auth.jwksUrl !== null) return null;
  const { issuer, audience, secret } = auth;
  const key = secret === null ? devSecret(dataDir) : Buffer.from(secret, 'utf8');
  return signToken(key, { sub: 'developer', scope: 'rewards:desk', issuer, audience });
}
