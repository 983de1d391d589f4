import { context, type Span, trace } from '@opentelemetry/api';
import type { CommandWatch, DoorWatch } from '../ledger/door-watch';
import type { Metrics } from './metrics';
import { endSpan, startSpan, traceparentOf } from './tracing';

/**
 * Counts and traces what the ledger's door does. A command's span is a child of whatever asked for it; a batch hangs below the first
 * command it writes and is linked with all of them, both ways, since it serves several traces at once.
 */
export function watchLedger(metrics: Metrics): DoorWatch {
  const spans = new WeakMap<CommandWatch, Span>();
  return {
    came: (operation) => {
      metrics.waiting.inc();
      const span = startSpan(`ledger ${operation}`);
      const ended = (outcome: 'done' | 'refused' | 'failed', error?: unknown) => {
        metrics.waiting.dec();
        metrics.commands.inc({ operation, outcome });
        span?.setAttribute('rewards.outcome', outcome);
        endSpan(span, error);
      };
      const watch: CommandWatch = {
        traceparent: span ? traceparentOf(span) : null,
        answered: (refused) => {
          if (refused !== null) metrics.refusals.inc({ code: refused });
          ended(refused === null ? 'done' : 'refused');
        },
        failed: (error) => ended('failed', error),
      };
      if (span) spans.set(watch, span);
      return watch;
    },
    batch: async (commands, write) => {
      metrics.batchSize.observe(commands.length);
      const stop = metrics.batchTime.startTimer();
      const served = commands.flatMap((command) => spans.get(command) ?? []);
      try {
        return await (served[0] ? traced(served, served[0], write) : write());
      } finally {
        stop();
      }
    },
  };
}

async function traced<T>(
  served: readonly Span[],
  first: Span,
  write: () => Promise<T>,
): Promise<T> {
  const links = served.map((span) => ({ context: span.spanContext() }));
  const attributes = { 'rewards.commands': served.length };
  const below = trace.setSpan(context.active(), first);
  const batch = startSpan('ledger batch', { links, attributes }, below);
  if (!batch) return write();
  for (const span of served) span.addLink({ context: batch.spanContext() });
  try {
    const written = await context.with(trace.setSpan(below, batch), write);
    endSpan(batch);
    return written;
  } catch (error) {
    endSpan(batch, error);
    throw error;
  }
}
