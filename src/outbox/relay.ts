import type { App } from '../app';
import { EndpointRelay } from './endpoint-relay';
import { NAMING_MS, nameEndpoints } from './endpoints';
import type { ClaimedMessage } from './outbox.store';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export interface RelayOptions {
  /** How long to wait after each failed attempt: one attempt more than there are waits, then the message is dead. */
  readonly retryDelaysMs: readonly number[];
  /** How often to look where nobody nudges. */
  readonly pollMs: number;
  /** Requests to one endpoint at a time, each of another account. */
  readonly concurrency: number;
  /** The longest an attempt takes. */
  readonly timeoutMs: number;
  /** How long a claim holds: longer than an attempt, so that a living relay never sends beside another. */
  readonly leaseMs: number;
  /** How long `stop` waits for running attempts before it breaks them off. */
  readonly graceMs: number;
  /**
   * Told of each message that an endpoint took, before that is noted: where it fails the message is sent
   * again, so it may be told twice.
   */
  readonly taken: (message: ClaimedMessage) => Promise<void>;
}

/** Twelve attempts over about two days. */
const DEFAULTS: RelayOptions = {
  retryDelaysMs: [
    5 * SECOND,
    15 * SECOND,
    MINUTE,
    3 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    12 * HOUR,
    24 * HOUR,
  ],
  pollMs: SECOND,
  concurrency: 16,
  timeoutMs: 10 * SECOND,
  leaseMs: 30 * SECOND,
  graceMs: 2 * SECOND,
  taken: async () => undefined,
};

export interface Relay {
  /** There may be something to send: of these accounts, or where none is named of any. */
  nudge(accountIds?: readonly string[]): void;
  /** Claims nothing more, and resolves once no attempt runs. */
  stop(): Promise<void>;
}

/**
 * Tells every configured endpoint, by signed webhook, what stands in the outbox for it (R9.2): at least once, in each account's
 * order. A message is tried once all earlier ones of its account are delivered or dead at that endpoint; endpoints know
 * nothing of each other. Any number of relays share the work through claims with a lease. It is woken by every
 * commit of this process that wrote messages, and polls for what others wrote.
 */
export function startRelay(
  app: Pick<App, 'config' | 'database' | 'log' | 'metrics' | 'written'>,
  options: Partial<RelayOptions> = {},
): Relay {
  const { webhooks } = app.config;
  const all = { ...DEFAULTS, ...options };
  const relays = webhooks.map((endpoint) => new EndpointRelay(app, endpoint, all));
  const nudge = (accountIds: readonly string[] = []): void => {
    for (const relay of relays) relay.nudge(accountIds);
  };
  app.written.on('messages', nudge);
  const naming = setInterval(() => {
    nameEndpoints(app.database, webhooks).catch((error) =>
      app.log.error({ err: error }, 'The webhook endpoints could not be named'),
    );
  }, NAMING_MS);
  return {
    nudge,
    stop: async () => {
      app.written.off('messages', nudge);
      clearInterval(naming);
      await Promise.all(relays.map((relay) => relay.stop()));
    },
  };
}
