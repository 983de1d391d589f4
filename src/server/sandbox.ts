import type { FastifyInstance } from 'fastify';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { moveClock, readClock } from '../database/clock';
import { RequestError } from '../kernel/errors';
import { formatInstant, parseInstant } from '../kernel/time';

const ClockMove = z.strictObject({ at: z.string() });

/**
 * The test clock of a sandbox. GET /sandbox/clock tells the time that the program goes by; POST
 * `{"at": "<RFC 3339>"}` moves it, never backwards. Both answer `{"at"}`.
 */
export function registerSandboxClock(fastify: FastifyInstance, database: DataSource): void {
  const tell = async () => ({ at: formatInstant(await readClock(database, true)) });
  fastify.get('/sandbox/clock', tell);
  fastify.post('/sandbox/clock', async (request) => {
    const move = ClockMove.safeParse(request.body);
    const at = move.success ? parseInstant(move.data.at) : null;
    if (at === null) {
      throw new RequestError('BAD_USER_INPUT', 'Expected {"at": "<an instant as RFC 3339>"}.');
    }
    await moveClock(database, at);
    return tell();
  });
}
