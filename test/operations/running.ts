import { randomUUID } from 'node:crypto';
import { createApp } from '../../src/app';
import { signToken } from '../../src/auth/dev-token';
import { loadConfig } from '../../src/config';
import { createLog } from '../../src/operations/log';
import { startOperations } from '../../src/operations/operations-server';
import type { RunningServer } from '../../src/server/server';
import { startServer } from '../../src/server/start';
import { freshDatabase, type TestDatabase } from '../support/database';

const SECRET = 'a shared secret of at least 32 bytes';
const [ISSUER, AUDIENCE] = ['https://id.example', 'rewards'];

export type RunningApp = Awaited<ReturnType<typeof createApp>>;

/** The whole service in this process, on a database of its own, with what it says of itself. */
export interface Running {
  readonly app: RunningApp;
  readonly database: TestDatabase;
  readonly server: RunningServer;
  /** The origin of /metrics. */
  readonly operations: string;
  /** Lines of the log. */
  readonly logged: string[];
  stop(): Promise<void>;
}

export async function startService(env: Readonly<Record<string, string>> = {}): Promise<Running> {
  const fresh = await freshDatabase();
  const config = loadConfig({
    ...{ DATABASE_URL: fresh.url, PORT: '0', OPERATIONS_PORT: '0', LOG_LEVEL: 'trace' },
    ...{ AUTH_SECRET: SECRET, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE },
    ...env,
  });
  const logged: string[] = [];
  const log = createLog(config.logLevel, { write: (line) => void logged.push(line) });
  const app = await createApp(config, log);
  const server = await startServer(app);
  const operations = await startOperations(app);
  return {
    ...{ app, database: fresh, server, logged, operations: operations.url ?? '' },
    stop: async () => {
      await server.stop();
      await operations.stop();
      await app.close();
      await fresh.drop();
    },
  };
}

export function tokenOf(sub: string, scope?: string): Promise<string> {
  const claims = { sub, issuer: ISSUER, audience: AUDIENCE, ...(scope ? { scope } : {}) };
  return signToken(Buffer.from(SECRET), claims);
}

/** Tells the platform's events, each of its own id unless it names one. */
export async function tell(
  server: RunningServer,
  events: readonly { type: string; data: object; id?: string }[],
  headers: Readonly<Record<string, string>> = {},
): Promise<{ results: { outcome: string }[] }> {
  const response = await fetch(`${server.url}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json', ...headers },
    body: JSON.stringify(
      events.map((event) => ({ specversion: '1.0', source: 'shop', id: randomUUID(), ...event })),
    ),
  });
  return (await response.json()) as { results: { outcome: string }[] };
}

/** Registers a member and completes an order of theirs, so that they have points. */
export function earn(server: RunningServer, customerId: string, orderId: string, net = '1000.00') {
  return tell(server, [
    { type: 'customer.registered', data: { customerId, program: 'EU' } },
    { type: 'order.placed', data: { orderId, customerId, net, currency: 'EUR' } },
    { type: 'order.paid', data: { orderId } },
    { type: 'order.delivered', data: { orderId } },
  ]);
}

/** One GraphQL operation. */
export async function ask(
  server: RunningServer,
  query: string,
  options: {
    readonly token?: string;
    readonly variables?: object;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<{ data?: Record<string, never> | null; errors?: { extensions: { code: string } }[] }> {
  const { token, variables, headers } = options;
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as never;
}

export const REDEEM = `mutation Redeem($input: RedeemXPointsInput!) {
  redeemXPoints(input: $input) { __typename ... on Refusal { code } ... on RedeemXPointsSuccess { redemption { id } } }
}`;
export const SUSPEND = `mutation Suspend($input: SuspendMemberInput!) {
  suspendMember(input: $input) { __typename }
}`;
