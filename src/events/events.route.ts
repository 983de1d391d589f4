import { randomUUID } from 'node:crypto';
import { TextDecoder } from 'node:util';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app';
import { RequestError } from '../kernel/errors';
import type { SetAsideReason } from '../ledger/command';
import type { RequestIds } from '../operations/request-of';
import { traceIdOf } from '../operations/tracing';
import { eventCommand } from '../orders/event-command';
import type { EventAnswer, ReceivedEvent } from '../orders/platform-event';
import { binaryToJson, readEnvelope } from './envelope';
import { platformEventReader } from './platform-events';
import { signatureChecker } from './signature';

/** The most events of one batch. */
export const BATCH_MAX = 1_000;
/** The largest body, in bytes. */
export const BODY_MAX = 1024 * 1024;

/** What became of one event. REJECTED: malformed, do not send it so again. FAILED: our fault, send it again. */
export interface EventResult {
  readonly source: string | null;
  readonly id: string | null;
  readonly outcome: EventAnswer['outcome'] | 'REJECTED' | 'FAILED';
  readonly reason?: SetAsideReason;
  readonly message?: string;
}

/** A request that is refused as a whole: nothing of it was read. */
class Refused extends Error {
  constructor(
    readonly status: 400 | 401 | 413 | 415,
    message: string,
  ) {
    super(message);
  }
}

type Mode = 'structured' | 'batch' | 'binary';

const MODES: Readonly<Record<string, Mode>> = {
  'application/cloudevents+json': 'structured',
  'application/cloudevents-batch+json': 'batch',
  'application/json': 'binary',
};

/**
 * POST /events: the platform's events as CloudEvents 1.0 over HTTP (structured, batched or binary JSON),
 * signed as Standard Webhooks. Every event answers for itself, in the order of the batch; when the
 * answer is out, its effect is visible (R9.3). 200: each event has its outcome. 400: no event could be
 * read. 401: unsigned, badly signed or older than five minutes. 413, 415: too much, or no JSON in UTF-8.
 * 503: an outcome is FAILED; send the same request again, what was applied answers DUPLICATE.
 */
export async function registerEvents(fastify: FastifyInstance, app: App): Promise<void> {
  const isTrusted = trustOf(app);
  const answer = eventAnswerer(app);
  await fastify.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_MAX }, (_, body, done) =>
      done(null, body),
    );
    scope.setErrorHandler((error: FastifyError | Refused, request, reply) =>
      refuse(app, error, request, reply),
    );
    scope.post('/events', async (request, reply) => {
      const headers = singleHeaders(request);
      const body = decode(headers, request.body);
      if (!isTrusted(headers, body)) {
        const attempt = { actor: 'anonymous', operation: 'events', ids: {}, requestId: request.id };
        app.audit.denied(attempt, 'UNAUTHENTICATED');
        throw new Refused(
          401,
          'The request is not signed, signed with another secret, or older than five minutes. Sign the raw body as Standard Webhooks has it: webhook-id, webhook-timestamp, webhook-signature.',
        );
      }
      const { mode, events } = readBody(headers, body);
      const ids = { requestId: request.id, traceId: traceIdOf(headers.traceparent) };
      const results = await Promise.all(events.map((event) => answer(event, ids)));
      return reply.code(statusOf(mode, results)).send({ results });
    });
  });
}

function trustOf(app: App): (headers: Record<string, string>, body: string) => boolean {
  const { eventSecrets, production } = app.config;
  if (eventSecrets.length > 0) return signatureChecker(eventSecrets);
  return () => !production;
}

/** What becomes of one event of a request. Calls keep the order in which they are made, per order and customer. */
function eventAnswerer(app: App): (json: unknown, ids: RequestIds) => Promise<EventResult> {
  const read = platformEventReader(app.config.signalKey);
  const counted = (result: EventResult, type: ReceivedEvent['type'] | 'unknown'): EventResult => {
    app.metrics.events.inc({ type, outcome: result.outcome });
    return result;
  };
  return async (json, ids) => {
    const opened = readEnvelope(json);
    if ('rejected' in opened) {
      const { source, id, rejected } = opened;
      return counted({ source, id, outcome: 'REJECTED', message: rejected }, 'unknown');
    }
    const { source, id } = opened.envelope;
    const reading = read(opened.envelope);
    if ('rejected' in reading) {
      return counted({ source, id, outcome: 'REJECTED', message: reading.rejected }, 'unknown');
    }
    const { received } = reading;
    try {
      return counted({ source, id, ...(await apply(app, received)) }, received.type);
    } catch (error) {
      const message = failure(app, error, received, ids);
      return counted({ source, id, outcome: 'FAILED', message }, received.type);
    }
  };
}

async function apply(app: App, received: ReceivedEvent): Promise<EventAnswer> {
  const answer = await app.ledger.execute(eventCommand(received));
  if ('refused' in answer) throw new Error(`An event was refused: ${answer.refused}`);
  return answer;
}

function failure(app: App, error: unknown, event: ReceivedEvent, ids: RequestIds): string {
  if (error instanceof RequestError) return error.message;
  const logId = randomUUID();
  const { source, id, type } = event;
  app.log.error({ err: error, logId, ...ids, event: { source, id, type } }, 'An event failed');
  return `Unexpected failure ${logId}; nothing was changed that sending it again would repeat. Send it again.`;
}

function statusOf(mode: Mode, results: readonly EventResult[]): number {
  if (results.some(({ outcome }) => outcome === 'FAILED')) return 503;
  const isMalformed = mode !== 'batch' && results.some(({ outcome }) => outcome === 'REJECTED');
  return isMalformed ? 400 : 200;
}

/** Headers by name, each as one text: what is sent twice is joined, and so matches no signature. */
function singleHeaders(request: FastifyRequest): Record<string, string> {
  const entries = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  return Object.fromEntries(entries);
}

/** The body as text. What is signed is bytes, so bytes that are no UTF-8 must not be replaced by others. */
function decode(headers: Record<string, string>, body: unknown): string {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new Refused(415, `content-encoding ${encoding} is not taken. Send the body as it is.`);
  }
  if (!Buffer.isBuffer(body)) throw new Refused(400, 'The body is empty; expected a CloudEvent.');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw new Refused(400, 'The body is no UTF-8. Send JSON in UTF-8, without a byte order mark.');
  }
}

function readBody(
  headers: Record<string, string>,
  body: string,
): { mode: Mode; events: readonly unknown[] } {
  const mode = modeOf(headers);
  if (mode === 'binary') return { mode, events: [readBinary(headers, body)] };
  const json = readJson(body);
  if (mode === 'structured') return { mode, events: [json] };
  if (!Array.isArray(json)) throw new Refused(400, 'A batch is a JSON list of CloudEvents.');
  if (json.length > BATCH_MAX) {
    throw new Refused(413, `A batch has at most ${BATCH_MAX} events; this one has ${json.length}.`);
  }
  return { mode, events: json };
}

function modeOf(headers: Record<string, string>): Mode {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const mode = MODES[type.trim()];
  const isUtf8 = parameters.every((parameter) => {
    const [name, value] = parameter.split('=', 2);
    return name?.trim() !== 'charset' || /^"?utf-?8"?$/.test(value?.trim() ?? '');
  });
  if (mode === undefined || !isUtf8 || (mode === 'binary' && headers['ce-id'] === undefined)) {
    throw new Refused(
      415,
      'Expected content-type application/cloudevents+json or application/cloudevents-batch+json, in UTF-8 (or application/json with ce- headers).',
    );
  }
  return mode;
}

function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Refused(400, 'The body is no JSON.');
  }
}

function readBinary(headers: Record<string, string>, body: string): unknown {
  try {
    return binaryToJson(headers, body);
  } catch {
    throw new Refused(400, 'The ce- headers and the body are no CloudEvent 1.0 with JSON data.');
  }
}

function refuse(
  app: App,
  error: FastifyError | Refused,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const status = error instanceof Refused ? error.status : (error.statusCode ?? 500);
  if (status < 500) return reply.code(status).send({ results: [], message: error.message });
  const logId = randomUUID();
  app.log.error({ err: error, logId, requestId: request.id }, 'POST /events failed');
  return reply.code(500).send({ results: [], message: `Unexpected failure ${logId}.` });
}
