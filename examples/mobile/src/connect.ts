import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';

/** How often the app asks whether the gateway is still there, and how long it waits for the answer, in milliseconds. */
const PING_MS = 10_000;
const PONG_MS = 5_000;

/**
 * A connection to the gateway. `token` is asked for each time it connects, so that a new one is used once the old one has
 * expired. A phone is not told that its network is gone: a ping that nobody answers ends the connection.
 */
export function connect(url: string, token: () => Promise<string>, pingMs = PING_MS): Client {
  let waiting: NodeJS.Timeout | undefined;
  const client = createClient({
    url,
    // In React Native the platform's own WebSocket is used: leave this line out.
    webSocketImpl: WebSocket,
    connectionParams: async () => ({ token: await token() }),
    retryAttempts: 0,
    keepAlive: pingMs,
    on: {
      ping: (received) => {
        if (!received) waiting = setTimeout(() => client.terminate(), PONG_MS);
      },
      pong: (received) => {
        if (received) clearTimeout(waiting);
      },
      closed: () => clearTimeout(waiting),
    },
  });
  return client;
}
