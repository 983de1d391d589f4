import { setTimeout as pause } from 'node:timers/promises';
import { print } from 'graphql';
import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { Change } from './dashboard';
import {
  ChangesDocument,
  type ChangesSubscription,
  DashboardDocument,
  type DashboardQuery,
} from './generated/operations';

/** Which organisation is looked at, through which gateway, and with whose token. */
export interface Source {
  readonly url: string;
  /** A partner's: scope `rewards:partner`, claim `organization_id`. */
  readonly token: string;
  readonly organization: string;
}

type Organization = NonNullable<DashboardQuery['rewardsOrganization']>;

const PAGE = 100;
/** Waits before it connects again, in milliseconds: longer each time, up to the last. */
const WAITS_MS = [100, 500, 2_000, 10_000];

/** The organisation with all of its members, page by page; null where it has none. */
export async function readOrganization(source: Source): Promise<Organization | null> {
  let after: string | null = null;
  let first: Organization | null = null;
  const nodes: Organization['members']['nodes'][number][] = [];
  do {
    const page: Organization | null = await readPage(source, after);
    if (!page) return null;
    first ??= page;
    nodes.push(...page.members.nodes);
    const { hasNextPage, endCursor } = page.members.pageInfo;
    after = hasNextPage ? (endCursor ?? null) : null;
  } while (after !== null);
  return { ...first, members: { ...first.members, nodes } };
}

async function readPage(
  { url, token, organization }: Source,
  after: string | null,
): Promise<Organization | null> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({
      query: print(DashboardDocument),
      variables: { organization, first: PAGE, after },
    }),
  });
  const answer = (await response.json()) as {
    readonly data?: DashboardQuery;
    readonly errors?: readonly { readonly message: string }[];
  };
  if (answer.errors || !answer.data) {
    throw new Error(answer.errors?.map(({ message }) => message).join('; ') ?? 'no data');
  }
  return answer.data.rewardsOrganization ?? null;
}

/**
 * Every change of every member until `signal` aborts: first a snapshot of each, then what changes. Each connection goes
 * on after the change seen last, whatever went away in between.
 */
export async function* changesOf(source: Source, signal: AbortSignal): AsyncGenerator<Change> {
  let cursor: string | null = null;
  for (let failures = 0; !signal.aborted; failures += 1) {
    const client = connect(source);
    const end = () => void client.dispose();
    signal.addEventListener('abort', end);
    try {
      for await (const change of subscribe(client, source.organization, cursor)) {
        yield change;
        cursor = change.cursor ?? cursor;
        failures = 0;
      }
    } catch (error) {
      if (!signal.aborted) console.error('Again, after:', reasonOf(error));
    } finally {
      signal.removeEventListener('abort', end);
      await client.dispose();
    }
    await pause(WAITS_MS[Math.min(failures, WAITS_MS.length - 1)], null, { signal }).catch(
      () => {},
    );
  }
}

function connect({ url, token }: Source): Client {
  return createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { token },
    // It would ask with the cursor of long ago.
    retryAttempts: 0,
    keepAlive: 10_000,
  });
}

async function* subscribe(client: Client, organization: string, after: string | null) {
  const results = client.iterate<ChangesSubscription>({
    query: print(ChangesDocument),
    variables: { organization, after },
  });
  for await (const { data, errors } of results) {
    if (errors) throw new Error(errors.map(({ message }) => message).join('; '));
    if (data) yield data.organizationXPointsChanged;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  if (Array.isArray(error)) return error.map(({ message }) => message).join('; ');
  const { code, reason } = error as { readonly code?: number; readonly reason?: string };
  return [code, reason].filter(Boolean).join(' ') || String(error);
}
