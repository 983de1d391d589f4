import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import type { DataSource } from 'typeorm';
import type { App } from '../../src/app';
import { AuditLog } from '../../src/audit/audit-log';
import { ANONYMOUS } from '../../src/auth/actor';
import { createDataSource } from '../../src/database/data-source';
import { createLog } from '../../src/operations/log';
import { Metrics } from '../../src/operations/metrics';
import { type Export, registerExports } from '../../src/server/exports.route';
import { sendError } from '../../src/server/http-error';
import { Quotas } from '../../src/server/quotas';
import { freshDatabase, type TestDatabase } from '../support/database';

const STALLED_MS = 1_500;
const PART = `${'x'.repeat(99_999)}\n`;

/** How many parts were read of each export, and how many exports have ended. */
const read = { endless: 0, failing: 0 };
let ended = 0;

const endless: Export = {
  ...{ path: '/endless', action: 'readAnalytics', parameters: [] },
  open: async () => ({
    ...{ fileName: 'endless.txt', contentType: 'text/plain' },
    parts: (async function* () {
      try {
        for (;;) {
          read.endless += 1;
          yield PART;
        }
      } finally {
        ended += 1;
      }
    })(),
  }),
};

const failing: Export = {
  ...{ path: '/failing', action: 'readAnalytics', parameters: ['after'] },
  open: async (_app, { after }) => ({
    ...{ fileName: 'failing.txt', contentType: 'text/plain' },
    parts: (async function* () {
      for (let part = 0; part < Number(after); part += 1) yield PART;
      throw new Error('password=hunter2');
    })(),
  }),
};

let owned: TestDatabase;
let database: DataSource;
let fastify: FastifyInstance;
let url: string;

beforeAll(async () => {
  owned = await freshDatabase();
  database = await createDataSource(owned.url).initialize();
  const [log, metrics] = [createLog('silent'), new Metrics()];
  const audit = new AuditLog({ database, log, metrics });
  fastify = Fastify();
  fastify.setErrorHandler<FastifyError>((error, _request, reply) => sendError(log, error, reply));
  await registerExports(fastify, {
    app: { database, log, metrics, audit } as App,
    isRouter: () => true,
    authenticate: async (token) => ({
      ...ANONYMOUS,
      subject: token,
      scopes: new Set(['rewards:analytics'] as const),
    }),
    quotas: new Quotas(0),
    exports: [endless, failing],
    stalledMs: STALLED_MS,
  });
  url = await fastify.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await fastify.close();
  await database.destroy();
  await owned.drop();
});

/** A client that reads only while it is told to. */
class Reader {
  bytes = 0;
  text = '';
  readonly closed: Promise<void>;
  private readonly socket: Socket;

  constructor(path: string, who: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect(Number(port), hostname);
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
    this.socket.on('error', () => undefined);
    this.socket.on('data', (data) => {
      this.bytes += data.length;
      this.text = (this.text + String(data)).slice(0, 2_000);
    });
    this.socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${who}\r\n\r\n`);
  }

  /** Reads until so many bytes are there, then no more. */
  async take(bytes: number): Promise<void> {
    this.socket.resume();
    while (this.bytes < bytes) await pause(2);
    this.socket.pause();
  }

  leave(): void {
    this.socket.destroy();
  }
}

/** Once a value has stood still for a while. */
async function settled(of: () => number): Promise<number> {
  for (let before = of(); ; before = of()) {
    await pause(300);
    if (of() === before) return before;
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(5);
}

async function outcomes(path: string): Promise<string[]> {
  const rows = await database.query<{ outcome: string }[]>(
    `select outcome from audit_log where operation = $1 and step = 'ANSWERED' order by at`,
    [path],
  );
  return rows.map(({ outcome }) => outcome);
}

test('is read no faster than the client takes it, and ends with the client', async () => {
  const before = { read: read.endless, ended };
  const reader = new Reader('/endless', 'slow');
  await reader.take(1);
  // What the system's own buffers hold, and no more, however long the client waits.
  const waiting = await settled(() => read.endless - before.read);
  expect(waiting).toBeLessThan(150);
  await reader.take(reader.bytes + 60_000_000);
  const later = await settled(() => read.endless - before.read);
  expect(later).toBeGreaterThanOrEqual(600);
  expect(later).toBeLessThan(600 + 2 * 150);
  reader.leave();
  await until(() => ended === before.ended + 1);
  expect(await settled(() => read.endless)).toBe(before.read + later);
  await until(async () => (await outcomes('endless')).length === 1);
  expect(await outcomes('endless')).toEqual(['ABANDONED']);
});

test('a client that takes nothing for long is given up', async () => {
  const before = ended;
  const reader = new Reader('/endless', 'stalled');
  await reader.take(1);
  await until(() => ended === before + 1);
  reader.leave();
  await reader.closed;
});

test('one subject has two under way, and a process four; one that ends makes room', async () => {
  const before = ended;
  const status = async (who: string) => {
    const response = await fetch(`${url}/failing?after=0`, {
      headers: { authorization: `Bearer ${who}` },
    });
    await response.arrayBuffer();
    return [response.status, response.headers.get('retry-after')];
  };
  const readers = ['ann', 'ann', 'ben'].map((who) => new Reader('/endless', who));
  await Promise.all(readers.map((reader) => reader.take(1)));
  // Whoever is let in fails: 500.
  expect(await status('ben')).toEqual([500, null]);
  expect(await status('ann')).toEqual([429, '10']);
  const fourth = new Reader('/endless', 'cem');
  await fourth.take(1);
  expect(await status('dora')).toEqual([503, null]);
  for (const reader of [...readers, fourth]) reader.leave();
  await until(() => ended === before + 4);
  expect(await status('ann')).toEqual([500, null]);
});

test('what fails before the first part is answered, and after it cut off', async () => {
  const early = await fetch(`${url}/failing?after=0`, { headers: { authorization: 'Bearer eve' } });
  expect(early.status).toBe(500);
  const late = await fetch(`${url}/failing?after=3`, { headers: { authorization: 'Bearer eve' } });
  expect(late.status).toBe(200);
  await expect(late.text()).rejects.toThrow();
  await until(async () => (await outcomes('failing')).length >= 2);
  expect(new Set(await outcomes('failing'))).toEqual(new Set(['INTERNAL_SERVER_ERROR']));
});
