import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { arePending } from '../database/migrate';
import { takesWrites } from '../database/transaction';

/** A database that has not answered by then is not reachable, in milliseconds. */
const DATABASE_MS = 2_000;

/** Why no requests should come here now. */
type NotReady =
  | 'draining'
  | 'migrations pending'
  | 'database unreachable'
  | 'database takes no writes';

export interface HealthParts {
  readonly database: DataSource;
  readonly log: Logger;
  /** Whether the process is on its way out. */
  readonly isDraining: () => boolean;
}

/**
 * GET /health/live: the process answers. GET /health/ready: it may be sent requests, that is: the database
 * answers and takes writes (a standby does not), its migrations are done, and the process is not shutting down; 503
 * with the reason otherwise.
 */
export function registerHealth(fastify: FastifyInstance, parts: HealthParts): void {
  let isMigrated = false;
  const whyNotReady = async (): Promise<NotReady | null> => {
    if (parts.isDraining()) return 'draining';
    try {
      if (!(await within(DATABASE_MS, takesWrites(parts.database))))
        return 'database takes no writes';
      isMigrated ||= !(await within(DATABASE_MS, arePending(parts.database)));
      return isMigrated ? null : 'migrations pending';
    } catch (error) {
      parts.log.warn({ err: error }, 'Not ready');
      return 'database unreachable';
    }
  };
  fastify.get('/health/live', async () => ({ status: 'live' }));
  fastify.get('/health/ready', async (_request, reply) => {
    const reason = await whyNotReady();
    if (reason === null) return { status: 'ready' };
    return reply.code(503).send({ status: 'not ready', reason });
  });
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
