import { once } from 'node:events';
import { WebSocket } from 'ws';

const QUERY = `subscription ($id: ID!, $after: XPoints) {
  xPointsBalanceChanged(customerId: $id, after: $after) { sequence entry { sequence kind } balance { available held owed } }
}`;

/** Sockets that are opened at the same time. */
const TOGETHER = 50;

/** What a crowd is started with. */
export interface CrowdOrder {
  readonly servers: readonly string[];
  readonly sockets: number;
  readonly accounts: readonly string[];
  readonly tokens: Readonly<Record<string, string>>;
  /** False: each asks for everything many times over, and then reads nothing. */
  readonly reads: boolean;
}

/** What one who does not read asks for. */
const GREED = 40;

/** A process with many subscribers, which says how many it has, and then waits to be killed: all of them are gone at once. */
async function main({ servers, sockets, accounts, tokens, reads }: CrowdOrder): Promise<void> {
  const open: WebSocket[] = [];
  for (let n = 0; n < sockets; n += TOGETHER) {
    const some = Array.from({ length: Math.min(TOGETHER, sockets - n) }, (_, m) => n + m);
    const opened = await Promise.all(
      some.map((m) => {
        const accountId = accounts[m % accounts.length]!;
        return join(servers[m % servers.length]!, accountId, tokens[accountId]!, reads);
      }),
    );
    open.push(...opened.filter((socket) => socket !== null));
  }
  process.send?.(open.length);
}

/** A subscriber; null where the server would not have it. */
async function join(
  server: string,
  customerId: string,
  token: string,
  reads: boolean,
): Promise<WebSocket | null> {
  const url = `${server.replace('http', 'ws')}/graphql`;
  const socket = new WebSocket(url, 'graphql-transport-ws');
  socket.on('error', () => undefined);
  const refused = once(socket, 'close').then(() => false);
  const isOpen = await Promise.race([
    once(socket, 'open').then(
      () => true,
      () => false,
    ),
    refused,
  ]);
  if (!isOpen) return null;
  socket.send(JSON.stringify({ type: 'connection_init', payload: { token } }));
  const answered = once(socket, 'message').then(() => true);
  if (!(await Promise.race([answered, refused]))) return null;
  const payload = { query: QUERY, variables: { id: customerId, after: reads ? null : 0 } };
  if (!reads) socket.pause();
  for (let id = 1; id <= (reads ? 1 : GREED); id += 1) {
    socket.send(JSON.stringify({ type: 'subscribe', id: String(id), payload }));
  }
  return socket;
}

if (require.main === module) {
  // Whoever started it is gone.
  process.on('disconnect', () => process.exit());
  void main(JSON.parse(process.argv[2]!) as CrowdOrder);
}
