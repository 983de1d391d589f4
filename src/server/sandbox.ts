import type { FastifyInstance, onRequestHookHandler } from 'fastify';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { App } from '../app';
import { moveClock, readClock } from '../database/clock';
import { doTheJobs } from '../jobs/do-now';
import { RequestError } from '../kernel/errors';
import { formatInstant, parseInstant } from '../kernel/time';

const ClockMove = z.strictObject({ at: z.string() });
const JobsToDo = z.strictObject({ deliver: z.boolean().optional() });
/** A request for the jobs is given up after so long. */
const JOBS_MS = 50_000;

/**
 * The test clock of a sandbox. GET /sandbox/clock tells the time that the program goes by; POST
 * `{"at": "<RFC 3339>"}` moves it, never backwards. Both answer `{"at"}`, to whom `onRequest` lets through.
 */
export function registerSandboxClock(
  fastify: FastifyInstance,
  database: DataSource,
  onRequest: onRequestHookHandler,
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

/**
 * The jobs of a sandbox, for tests that do not wait for them: POST /sandbox/jobs `{}` books what fell due, tells members
 * what they are to be told and lets the mails go; with `{"deliver": false}` the mails stay. Answers `{"at"}` once
 * nothing is left that is due by the test clock.
 */
export function registerSandboxJobs(fastify: FastifyInstance, app: App): void {
  fastify.post('/sandbox/jobs', async (request) => {
    const wish = JobsToDo.safeParse(request.body);
    if (!wish.success) {
      throw new RequestError('BAD_USER_INPUT', 'Expected {} or {"deliver": true or false}.');
    }
    const { deliver = true } = wish.data;
    await doTheJobs(app, { deliver, stopping: AbortSignal.timeout(JOBS_MS) });
    return { at: formatInstant(await readClock(app.database, true)) };
  });
}
