import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { Metrics } from './metrics';
import { statementName } from './statements';

type Exporting = typeof import('@opentelemetry/exporter-trace-otlp-http');
type Resources = typeof import('@opentelemetry/resources');
type Tracing = typeof import('@opentelemetry/sdk-trace-node');

/** How long the last spans may take to leave when the process ends. */
const FLUSH_MS = 2_000;

/** Makes the spans of this process; null where none are made. */
let tracer: Tracer | null = null;

/** Whether spans are made. Where not, nothing is done for them: no context is carried, no name made up. */
export function isTracing(): boolean {
  return tracer !== null;
}

/**
 * Sends traces to an OTLP/HTTP collector at `endpoint` (`/v1/traces` is appended); null: makes none. For the whole process, once.
 * Headers, sampling and limits go by OpenTelemetry's own variables (OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER …).
 * No span holds a parameter, a variable, a body or an address: only names, ids of requests, counts and codes.
 */
export function startTracing(endpoint: string | null): { stop(): Promise<void> } {
  if (endpoint === null) return { stop: async () => undefined };
  // Loaded here only: a process that sends no traces starts a tenth faster without.
  const { OTLPTraceExporter }: Exporting = require('@opentelemetry/exporter-trace-otlp-http');
  const { resourceFromAttributes }: Resources = require('@opentelemetry/resources');
  const { BatchSpanProcessor, NodeTracerProvider }: Tracing =
    require('@opentelemetry/sdk-trace-node');
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'rewards' }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
    forceFlushTimeoutMillis: FLUSH_MS,
  });
  provider.register();
  tracer = provider.getTracer('rewards');
  return {
    stop: async () => {
      tracer = null;
      await provider.shutdown();
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}

/** Begins a span, below what runs now unless told otherwise; undefined where nothing is traced. */
export function startSpan(name: string, options?: SpanOptions, below?: Context): Span | undefined {
  return tracer?.startSpan(name, options, below);
}

/** What a caller's headers say of the trace that their request belongs to. */
export function contextOf(headers: Readonly<Record<string, unknown>>): Context {
  return propagation.extract(ROOT_CONTEXT, headers);
}

/** The W3C `traceparent` of a span, or of what runs now; null where nothing is traced. */
export function traceparentOf(span: Span | undefined = trace.getActiveSpan()): string | null {
  if (!tracer || !span) return null;
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-0${traceFlags & 1}`;
}

/** The id of the trace that a request belongs to, by its `traceparent` header, whether or not spans are made. */
export function traceIdOf(header: unknown): string | undefined {
  if (typeof header !== 'string') return undefined;
  return /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(header)?.[1];
}

/** Ends a span, where there is one; with an error it tells the error's kind, never its message. */
export function endSpan(span: Span | undefined, error?: unknown): void {
  if (!span) return;
  if (error !== undefined) {
    const message = error instanceof Error ? error.constructor.name : typeof error;
    span.setStatus({ code: SpanStatusCode.ERROR, message });
  }
  span.end();
}

/** Measures each statement, and makes a span of it where it belongs to something that is traced. */
export function watchStatements(metrics: Metrics): (text: string) => (error?: unknown) => void {
  return (text) => {
    const { name, verb, table, locks } = statementName(text);
    const began = performance.now();
    const span = trace.getActiveSpan() ? startSpan(name) : undefined;
    span?.setAttributes({ 'db.system.name': 'postgresql', 'db.operation.name': verb });
    if (table !== null) span?.setAttribute('db.collection.name', table);
    return (error) => {
      const seconds = (performance.now() - began) / 1000;
      metrics.statements.observe({ statement: name }, seconds);
      if (locks) metrics.lockWait.observe(seconds);
      if (verb === 'COMMIT') metrics.commit.observe(seconds);
      endSpan(span, error);
    };
  };
}
