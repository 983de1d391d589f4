import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds: from a statement on a warm page to what a caller does not wait for any more. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];
/** Commands of a batch: the door takes at most 256. */
const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/**
 * Everything that is counted while the service works, one object per process. The names are public: dashboards and docs/runbook/alarms.yml
 * go by them. Label values come from closed lists (operations of the code, fields of the schema, codes, tables), never from a caller: a
 * process has a few hundred series at most. No label names a person.
 */
export class Metrics {
  private readonly registry = new Registry();
  private readonly shared = { registers: [this.registry] };
  private hasDefaults = false;

  readonly http = new Histogram({
    ...{ ...this.shared, name: 'rewards_http_seconds', buckets: SECONDS },
    help: 'HTTP requests answered, by route and class of status',
    labelNames: ['route', 'status'] as const,
  });
  readonly operations = new Histogram({
    ...{ ...this.shared, name: 'rewards_operation_seconds', buckets: SECONDS },
    help: 'GraphQL operations answered over HTTP, by the root field they ask for',
    labelNames: ['operation'] as const,
  });
  readonly errors = new Counter({
    ...{ ...this.shared, name: 'rewards_errors_total' },
    help: 'GraphQL errors given to callers, by code; INTERNAL_SERVER_ERROR is ours',
    labelNames: ['code'] as const,
  });
  readonly commands = new Counter({
    ...{ ...this.shared, name: 'rewards_commands_total' },
    help: 'Commands the ledger answered, by operation; outcome is done, refused or failed',
    labelNames: ['operation', 'outcome'] as const,
  });
  readonly refusals = new Counter({
    ...{ ...this.shared, name: 'rewards_refusals_total' },
    help: 'Commands refused, by code',
    labelNames: ['code'] as const,
  });
  readonly waiting = new Gauge({
    ...{ ...this.shared, name: 'rewards_commands_waiting' },
    help: 'Commands given to the ledger and not answered yet',
  });
  readonly batchSize = new Histogram({
    ...{ ...this.shared, name: 'rewards_batch_commands', buckets: BATCHES },
    help: 'Commands written by one transaction',
  });
  readonly batchTime = new Histogram({
    ...{ ...this.shared, name: 'rewards_batch_seconds', buckets: SECONDS },
    help: 'Time of one transaction of the ledger with its repetitions, from BEGIN to the answer',
  });
  readonly retries = new Counter({
    ...{ ...this.shared, name: 'rewards_batch_retries_total' },
    help: 'Batches done again after a conflict, a deadlock or a lost connection',
  });
  readonly statements = new Histogram({
    ...{ ...this.shared, name: 'rewards_statement_seconds', buckets: SECONDS },
    help: 'SQL statements, by verb and first table; what leaves together is answered together',
    labelNames: ['statement'] as const,
  });
  readonly lockWait = new Histogram({
    ...{ ...this.shared, name: 'rewards_lock_wait_seconds', buckets: SECONDS },
    help: 'Statements that lock rows, waiting and what is read together with them included',
  });
  readonly commit = new Histogram({
    ...{ ...this.shared, name: 'rewards_commit_seconds', buckets: SECONDS },
    help: 'COMMIT, writing to disk and what is written together with it included',
  });
  readonly events = new Counter({
    ...{ ...this.shared, name: 'rewards_events_total' },
    help: 'Platform events taken in, by type and outcome',
    labelNames: ['type', 'outcome'] as const,
  });
  readonly deliveries = new Counter({
    ...{ ...this.shared, name: 'rewards_outbox_attempts_total' },
    help: 'Attempts to deliver a webhook; outcome is delivered, failed (tried again) or dead (given up)',
    labelNames: ['outcome'] as const,
  });
  readonly sockets = new Gauge({
    ...{ ...this.shared, name: 'rewards_sockets' },
    help: 'WebSockets that are open',
  });
  readonly subscriptionLag = new Histogram({
    ...{ ...this.shared, name: 'rewards_subscription_lag_seconds', buckets: SECONDS },
    help: 'From the booking of a change to its handing over to a subscriber who waited for it, by two clocks',
  });
  readonly audited = new Counter({
    ...{ ...this.shared, name: 'rewards_audit_records_total' },
    help: 'Rows written to the audit log; step is ASKED, ANSWERED or DENIED',
    labelNames: ['step'] as const,
  });
  readonly auditFailures = new Counter({
    ...{ ...this.shared, name: 'rewards_audit_failures_total' },
    help: 'Rows of the audit log that could not be written; the action was not done, or not answered',
  });

  /** A gauge whose value is looked up when it is asked for. */
  gauge<Label extends string = never>(
    name: `rewards_${string}`,
    help: string,
    collect: (gauge: Gauge<Label>) => void | Promise<void>,
    labelNames: readonly Label[] = [],
  ): void {
    new Gauge<Label>({
      ...{ ...this.shared, name, help, labelNames: [...labelNames] },
      async collect() {
        await collect(this);
      },
    });
  }

  /** Measures the process too: CPU, memory, garbage collection, the lag of its event loop. */
  measureProcess(): void {
    if (this.hasDefaults) return;
    this.hasDefaults = true;
    collectDefaultMetrics({ register: this.registry });
  }

  /** Everything, in Prometheus' text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }
}
