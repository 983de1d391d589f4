import { SpanKind } from '@opentelemetry/api';
import { contextOf, endSpan, isTracing, startSpan, traceparentOf } from '../operations/tracing';
import type { ClaimedMessage } from './outbox.store';

/**
 * Delivers a message within the trace of the command that it tells of, and gives the headers by which the platform goes on with it. An
 * attempt is a span of its own, however much later it comes. Without tracing the command's own trace is handed on, where it had one.
 */
export async function traceDelivery<T>(
  { traceparent, type, attempts }: ClaimedMessage,
  deliver: (headers: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  if (!isTracing()) return deliver(traceparent === null ? {} : { traceparent });
  const from = contextOf({ traceparent: traceparent ?? undefined });
  const attributes = { 'messaging.operation.type': 'send', 'rewards.attempt': attempts };
  const span = startSpan(`deliver ${type}`, { kind: SpanKind.CLIENT, attributes }, from);
  const own = traceparentOf(span);
  try {
    const answer = await deliver(own === null ? {} : { traceparent: own });
    endSpan(span);
    return answer;
  } catch (error) {
    endSpan(span, error);
    throw error;
  }
}
