import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { moveClock, readClock } from '../database/clock';
import { RequestError } from '../kernel/errors';
import { formatInstant, parseInstant } from '../kernel/time';

const ClockMove = z.strictObject({ at: z.string() });

/**
 * The test clock of a sandbox. GET /sandbox/clock tells the time that the program goes by; POST
 * `{"at": "<RFC 3339>"}` moves it, never backwards. Both answer `{"at"}`, to whom `onRequest` lets through.
 */
export function registerSandboxClock(
  fastify: FastifyInstance,
  database: DataSource,
  onRequest: onRequestAsyncHookHandler,
): void {
  const tell = async () => ({ at: formatInstant(await readClock(database, true)) });
  fastify.get('/sandbox/clock', { onRequest }, tell);
  fastify.post('/sandbox/clock', { onRequest }, async (request) => {
    const move = ClockMove.safeParse(request.body);
    const at = move.success ? parseInstant(move.data.at) : null;
    if (at === null) {
      throw new RequestError('BAD_USER_INPUT', 'Expected {"at": "<an instant as RFC 3339>"}.');
    }
    await moveClock(database, at);
    return tell();
  });
}
