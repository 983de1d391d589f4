import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app';
import type { Attempt } from '../audit/audit-log';
import { DONE } from '../audit/audited-mutations';
import { kept } from '../audit/named-ids';
import { actorName } from '../auth/actor';
import { type Authenticate, bearerToken } from '../auth/authenticate';
import { type Action, authorize } from '../auth/permissions';
import { RequestError } from '../kernel/errors';
import { belongsTo } from '../operations/request-of';
import { maskedError } from './format-error';
import { sendError } from './http-error';
import type { Quotas } from './quotas';
import { type IsRouter, requireRouter } from './router-secret';
import { idsOf } from './watch-requests';

/** A client that takes nothing for so long is given up, in milliseconds. */
const STALLED_MS = 60_000;
/** How much of an export waits here for the network, in bytes, besides the part that was read last. */
const WAITING_BYTES = 65_536;
/** What the audit log says of an export that its client did not wait for. */
const ABANDONED = 'ABANDONED';

/** The parameters of a request, by name; what was not named is undefined. */
export type ExportParameters = Readonly<Record<string, string | undefined>>;

/** What is downloaded: text, in parts that are read as the client takes them. */
export interface ExportedText {
  readonly fileName: string;
  readonly contentType: string;
  readonly parts: AsyncIterable<string>;
}

/** Something that may be downloaded by GET. */
export interface Export {
  readonly path: `/${string}`;
  /** What one needs the right to do. */
  readonly action: Action;
  /** The parameters that it takes, each at most once. */
  readonly parameters: readonly string[];
  /** Checks the parameters (BAD_USER_INPUT) and says what is downloaded. */
  open(app: App, parameters: ExportParameters): Promise<ExportedText>;
}

export interface ExportParts {
  readonly app: App;
  readonly isRouter: IsRouter;
  readonly authenticate: Authenticate;
  readonly quotas: Quotas;
  readonly exports: readonly Export[];
  /** A minute where nothing is said. */
  readonly stalledMs?: number;
}

/**
 * GET of every export: who asks and what they may is found out as for GraphQL (the router's secret, the token, the rate), each is
 * written to the audit log, and the answer flows no faster than it is read. A failure before the first part is an answer like any
 * other; after it the transfer is cut off, so that nobody takes a part for the whole.
 */
export async function registerExports(fastify: FastifyInstance, parts: ExportParts): Promise<void> {
  await fastify.register(async (scope) => {
    scope.addHook('onRequest', requireRouter(parts.isRouter));
    for (const wanted of parts.exports) {
      scope.get(wanted.path, { exposeHeadRoute: false }, (request, reply) =>
        answer(parts, wanted, request, reply),
      );
    }
  });
}

async function answer(
  { app, authenticate, quotas, stalledMs = STALLED_MS }: ExportParts,
  wanted: Export,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { raw, id: requestId } = request;
  const actor = await authenticate(bearerToken(raw.headersDistinct.authorization));
  await quotas.countOperation(actor, raw.socket.remoteAddress);
  const attempt = { actor: actorName(actor), operation: wanted.path.slice(1), ids: {}, requestId };
  try {
    authorize(actor, wanted.action);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    app.audit.denied(attempt, error.code);
    return sendError(app.log, error, reply);
  }
  const parameters = parametersOf(wanted, request.query);
  const release = quotas.takeExport(actor);
  try {
    const asked = { ...attempt, ids: namedIn(parameters) };
    const { text, stream } = await opened(app, asked, () => wanted.open(app, parameters));
    stream.once('close', release);
    void reply.raw.setTimeout(stalledMs);
    return reply
      .type(text.contentType)
      .header('content-disposition', `attachment; filename="${text.fileName}"`)
      .header('x-content-type-options', 'nosniff')
      .send(stream);
  } catch (error) {
    release();
    belongsTo(error, idsOf(request));
    throw error;
  }
}

/** The export as a stream whose first part is there, written to the audit log: that it was asked for, and how it ended. */
async function opened(
  app: App,
  attempt: Attempt,
  open: () => Promise<ExportedText>,
): Promise<{ text: ExportedText; stream: Readable }> {
  const id = await app.audit.asked(attempt);
  // Once it ended nobody can be told any more that it could not be written down; the log is.
  const ended = (outcome: string) => app.audit.answered(id, attempt, outcome).catch(() => {});
  try {
    const text = await open();
    const iterator = text.parts[Symbol.asyncIterator]();
    const first = await iterator.next();
    const stream = Readable.from(following(first, iterator), {
      ...{ objectMode: false, highWaterMark: WAITING_BYTES },
    });
    stream.once('close', () => {
      // Where the client went before anything was read of it.
      void iterator.return?.();
      void ended(outcomeOf(app, attempt, stream));
    });
    return { text, stream };
  } catch (error) {
    await ended(error instanceof RequestError ? error.code : 'INTERNAL_SERVER_ERROR');
    throw error;
  }
}

async function* following(
  first: IteratorResult<string>,
  rest: AsyncIterator<string>,
): AsyncGenerator<string> {
  try {
    for (let part = first; !part.done; part = await rest.next()) yield part.value;
  } finally {
    await rest.return?.();
  }
}

function outcomeOf({ log }: App, { requestId }: Attempt, stream: Readable): string {
  const { errored } = stream;
  if (errored) {
    belongsTo(errored, { requestId });
    return maskedError(log, errored).extensions.code;
  }
  return stream.readableEnded ? DONE : ABANDONED;
}

/** Fails with BAD_USER_INPUT for a parameter that there is not, or that is named twice. */
function parametersOf({ parameters }: Export, query: unknown): ExportParameters {
  const named = Object.entries(Object(query)).map(([name, value]): [string, string] => {
    if (!parameters.includes(name)) {
      const takes = `It takes ${parameters.join(', ')}.`;
      throw new RequestError('BAD_USER_INPUT', `There is no parameter ${kept(name)}. ${takes}`);
    }
    if (typeof value !== 'string') {
      throw new RequestError('BAD_USER_INPUT', `The parameter ${name} is named more than once.`);
    }
    return [name, value];
  });
  return Object.fromEntries(named);
}

function namedIn(parameters: ExportParameters): Record<string, string> {
  const named = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, kept(value)] as const],
  );
  return Object.fromEntries(named);
}
