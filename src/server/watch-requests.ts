import { type Context, context, type Span, SpanKind, trace } from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import type { AuditLog } from '../audit/audit-log';
import { RequestError } from '../kernel/errors';
import type { Metrics } from '../operations/metrics';
import { belongsTo, type RequestIds } from '../operations/request-of';
import { contextOf, endSpan, isTracing, startSpan, traceIdOf } from '../operations/tracing';

/** What is traced of a request: its span, where it is GraphQL's the operation's too, and the context they make. */
interface Traced {
  readonly spans: readonly Span[];
  readonly context: Context;
}

/**
 * Counts, logs (debug) and traces every HTTP request. A trace that the caller began is gone on with; what runs for the request finds
 * its span as the active one.
 */
export function watchRequests(fastify: FastifyInstance, log: Logger, metrics: Metrics): void {
  const traced = new WeakMap<FastifyRequest, Traced>();
  const within = (request: FastifyRequest, done: () => void): void => {
    const known = traced.get(request);
    if (known) context.with(known.context, done);
    else done();
  };
  fastify.addHook('onRequest', (request, _reply, done) => {
    const begun = isTracing() ? begin(request) : null;
    if (begun) traced.set(request, begun);
    within(request, done);
  });
  fastify.server.on('upgrade', (_request, socket) => {
    metrics.sockets.inc();
    socket.once('close', () => metrics.sockets.dec());
  });
  // Reading the body loses the context of the hooks before it.
  fastify.addHook('preValidation', (request, _reply, done) => within(request, done));
  fastify.addHook('onResponse', (request, reply, done) => {
    const { route, method } = named(request);
    const status = `${Math.floor(reply.statusCode / 100)}xx`;
    const { elapsedTime } = reply;
    metrics.http.observe({ route, status }, elapsedTime / 1000);
    if (log.isLevelEnabled('debug')) {
      const ms = Math.round(elapsedTime);
      log.debug({ ...idsOf(request), method, route, status: reply.statusCode, ms }, 'Answered');
    }
    for (const span of traced.get(request)?.spans.toReversed() ?? []) {
      span.setAttribute('http.response.status_code', reply.statusCode);
      endSpan(span, reply.statusCode >= 500 ? new ServerError() : undefined);
    }
    done();
  });
}

/** Why a span of a request is one of a failure. */
class ServerError extends Error {}

function begin(request: FastifyRequest): Traced | null {
  const { route, method } = named(request);
  const attributes = {
    ...{ 'http.request.method': method, 'http.route': route, 'rewards.request_id': request.id },
  };
  const from = contextOf(request.headers);
  const options = { kind: SpanKind.SERVER, attributes };
  const span = startSpan(`${method} ${route}`, options, from);
  if (!span) return null;
  const around = trace.setSpan(from, span);
  if (route !== '/graphql') return { spans: [span], context: around };
  // Named once the operation is known (`watchOperations`).
  const operation = startSpan('graphql', {}, around) ?? span;
  return { spans: [span, operation], context: trace.setSpan(around, operation) };
}

/** Neither is the caller's own text: a path is told by the route it matched. */
function named({ method, routeOptions }: FastifyRequest): { method: string; route: string } {
  return { method, route: routeOptions.url ?? 'other' };
}

/** By what a request is found in the log. */
export function idsOf({ id, headers }: Pick<FastifyRequest, 'id' | 'headers'>): RequestIds {
  return { requestId: id, traceId: traceIdOf(headers.traceparent) };
}

/** Where a request failed before anybody looked at what it asks: ties the error to it, and writes down whom it turned away. */
export function turnedAway(
  audit: AuditLog,
  request: Pick<FastifyRequest, 'id' | 'headers'>,
  error: unknown,
): void {
  belongsTo(error, idsOf(request));
  const cause = error instanceof GraphQLError ? error.originalError : error;
  if (!(cause instanceof RequestError)) return;
  if (cause.code !== 'UNAUTHENTICATED' && cause.code !== 'FORBIDDEN') return;
  const attempt = { actor: 'anonymous', operation: 'request', ids: {}, requestId: request.id };
  audit.denied(attempt, cause.code);
}
