import { setTimeout as pause } from 'node:timers/promises';
import pino from 'pino';
import type { DataSource } from 'typeorm';
import { WebSocket } from 'ws';
import type { App } from '../../src/app';
import { AuditLog } from '../../src/audit/audit-log';
import { signToken } from '../../src/auth/dev-token';
import type { Config } from '../../src/config';
import { Metrics } from '../../src/operations/metrics';
import { type RunningServer, serve } from '../../src/server/server';
import { buildSubgraph } from '../../src/server/subgraph';
import { type CountedLoaders, graph } from './fixture';

const SECRET = 'a shared secret of at least 32 bytes';
const [issuer, audience] = ['https://id.example', 'rewards'];
const { schema } = buildSubgraph(graph);

export interface Running extends RunningServer {
  /** What was logged, as JSON lines. */
  readonly logged: string[];
}

/** Serves the fixture's graph on a free port. */
export async function startFixture(
  database: DataSource,
  changes: Partial<Config> = {},
): Promise<Running> {
  const config = {
    ...{
      production: false,
      port: 0,
      host: '127.0.0.1',
      routerSecrets: [],
      rateLimit: 0,
      socketOrigins: null,
      callbackOrigins: [],
      sandbox: false,
      dataDir: '/nonexistent',
    },
    auth: { jwksUrl: null, secret: SECRET, algorithms: ['HS256'], issuer, audience },
    ...changes,
  } as Config;
  const logged: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  const metrics = new Metrics();
  const audit = new AuditLog({ database, log, metrics });
  const app = { config, log, database, metrics, audit } as App;
  let serial = 0;
  const server = await serve(app, {
    schema,
    makeContext: (caller) => {
      serial += 1;
      const loaders: CountedLoaders = { serial };
      return { ...caller, app, loaders: loaders as never };
    },
    registerRoutes: async () => {},
  });
  return { ...server, logged };
}

/** A bearer token as the platform's identity provider signs it. */
export function token(sub: string, claims: { scope?: string; lifetime?: number } = {}) {
  return signToken(Buffer.from(SECRET), { sub, issuer, audience, ...claims });
}

export interface Answer {
  readonly status: number;
  readonly body: {
    data?: Record<string, unknown> | null;
    errors?: {
      message: string;
      path?: (string | number)[];
      extensions: { code: string; id?: string; stacktrace?: unknown };
    }[];
  };
}

/** One GraphQL request over HTTP. */
export async function ask(
  server: RunningServer,
  query: string,
  options: { variables?: object; token?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...options.headers,
    },
    body: JSON.stringify({ query, variables: options.variables }),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

export interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** A client of the protocol that may break every rule of it. */
export class Socket {
  readonly messages: Message[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  private readonly socket: WebSocket;
  private readonly opened: Promise<void>;

  constructor(
    server: RunningServer,
    options: { protocol?: string; headers?: Record<string, string>; path?: string } = {},
  ) {
    const url = `${server.url.replace('http', 'ws')}${options.path ?? '/graphql'}`;
    const { protocol = 'graphql-transport-ws', headers } = options;
    this.socket = new WebSocket(url, protocol === '' ? [] : protocol, { headers });
    this.socket.on('message', (data) => this.messages.push(JSON.parse(String(data)) as Message));
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
    });
    this.opened = new Promise((resolve, reject) => {
      this.socket.on('open', resolve);
      this.socket.on('error', reject);
    });
    this.opened.catch(() => {});
  }

  open(): Promise<void> {
    return this.opened;
  }

  async send(message: unknown): Promise<void> {
    await this.opened;
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** A ping of the framing, below the protocol. */
  async ping(): Promise<void> {
    await this.opened;
    this.socket.ping();
  }

  /** Stops reading what comes, at whatever cost to the other side. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Sends one message in so many frames. */
  async sendFragments(count: number): Promise<void> {
    await this.opened;
    for (let sent = 1; sent <= count; sent += 1) this.socket.send('1', { fin: sent === count });
  }

  /** Says who it is and waits to be let in. */
  async init(payload?: object): Promise<void> {
    await this.send({ type: 'connection_init', payload });
    await this.next('connection_ack');
  }

  subscribe(id: string, query: string, variables?: object): Promise<void> {
    return this.send({ type: 'subscribe', id, payload: { query, variables } });
  }

  /** Waits for a message of a type, and of an id. */
  async next(type: string, id?: string): Promise<Message> {
    for (let waited = 0; waited < 5_000; waited += 5) {
      const found = this.messages.find((one) => one.type === type && (!id || one.id === id));
      if (found) return found;
      await pause(5);
    }
    throw new Error(`No ${type}; got ${JSON.stringify(this.messages)}`);
  }

  end(): void {
    this.socket.terminate();
  }
}
