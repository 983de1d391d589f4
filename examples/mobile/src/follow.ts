import { print } from 'graphql';
import type { Client } from 'graphql-ws';
import { BalanceChangedDocument, type BalanceChangedSubscription } from './generated/operations';

/** One change of the balance; its entry is null in a snapshot. */
export type Change = BalanceChangedSubscription['xPointsBalanceChanged'];

/** What the app knows, kept on the device. It is written whole or not at all: the place and the balance belong together. */
export interface Store {
  /** The sequence of the change seen last; null on a new device. */
  place(): number | null;
  /** Keeps a change with its place. A snapshot stands for everything before it. */
  keep(change: Change): Promise<void>;
}

export interface FollowOptions {
  /** It must not try again by itself (`retryAttempts: 0`): it would ask with the place of long ago. */
  readonly client: Client;
  readonly customerId: string;
  readonly store: Store;
  readonly signal: AbortSignal;
  /** Why it starts over, for the log. */
  readonly onInterruption?: (reason: unknown) => void;
}

/** Waits before it tries again, in milliseconds: longer each time, up to the last, each up to a half more. */
const WAITS_MS = [100, 250, 500, 1_000, 2_000, 5_000, 15_000, 30_000];

/**
 * Follows a balance until `signal` aborts: none of its changes is missed, none is kept twice, whatever goes away in
 * between. Each subscription starts after the change that was kept last.
 */
export async function follow(options: FollowOptions): Promise<void> {
  const { signal, onInterruption = () => {} } = options;
  let failures = 0;
  while (!signal.aborted) {
    try {
      for await (const change of changesOf(options)) {
        await take(options.store, change);
        failures = 0;
      }
      onInterruption('The subscription ended');
    } catch (reason) {
      onInterruption(reason);
    }
    await pause(WAITS_MS[Math.min(failures, WAITS_MS.length - 1)]!, signal);
    failures += 1;
  }
}

/** Keeps a change if it is the next one. Some routers send again what was sent, or drop what a slow client did not take. */
async function take(store: Store, change: Change): Promise<void> {
  const place = store.place();
  if (change.entry === null || place === null) return store.keep(change);
  if (change.sequence <= place) return;
  if (change.sequence > place + 1) {
    throw new Error(`Changes ${place + 1} to ${change.sequence - 1} are missing: asked for again`);
  }
  return store.keep(change);
}

async function* changesOf({ client, customerId, store, signal }: FollowOptions) {
  const results = client.iterate<BalanceChangedSubscription>({
    query: print(BalanceChangedDocument),
    variables: { customerId, after: store.place() },
  });
  const end = () => void results.return?.();
  signal.addEventListener('abort', end);
  try {
    for await (const { data, errors } of results) {
      if (errors) throw new AggregateError(errors, errors.map(({ message }) => message).join('; '));
      if (data) yield data.xPointsBalanceChanged;
    }
  } finally {
    signal.removeEventListener('abort', end);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms * (1 + Math.random() / 2));
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
