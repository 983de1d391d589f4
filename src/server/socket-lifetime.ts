import { CloseCode } from 'graphql-ws';
import type { WebSocket, WebSocketServer } from 'ws';
import { DAY_MS } from '../kernel/time';

/** A socket that has not answered a ping by the next one is cut. */
const PING_MS = 12_000;
/** Parts of a round of pings. */
const BEATS = 60;
/** The oldest a socket gets, whatever its token says. */
const MAX_AGE_MS = DAY_MS;
/** How often it is looked whose time is up. */
const LOOK_MS = 1_000;
/** How long a client may take to close when the server goes; then it is cut. */
const CLOSE_MS = 2_000;

/** The server goes. A close code beside those of the protocol. */
const GOING_AWAY = 1001;

/** A socket, and when it ends. */
export interface Mortal {
  readonly socket: WebSocket;
  /** By `Date.now`. */
  readonly until: number;
  /** Whether it is the token that ends it, or its age. */
  readonly isToken: boolean;
  /** In which part of a round it is pinged. */
  readonly beat: number;
}

/** When a socket ends that was admitted with a token: with the token, a day old at most. */
export function lifetime(expiresAt: number | null): Pick<Mortal, 'until' | 'isToken'> {
  const retires = Date.now() + MAX_AGE_MS;
  const isToken = expiresAt !== null && expiresAt < retires;
  return { until: isToken ? expiresAt : retires, isToken };
}

/** Closes a socket whose time is up; whether it was. */
export function endIfOver({ socket, until, isToken }: Mortal): boolean {
  if (until > Date.now()) return false;
  if (isToken) socket.close(CloseCode.Forbidden, 'The access token has expired.');
  else socket.close(GOING_AWAY, 'Connect again.');
  return true;
}

/** Ends the sockets whose time is up. One timer for all: of their own they would weigh as much as subscriptions. */
export function endInTime(open: ReadonlySet<Mortal>): () => void {
  const timer = setInterval(() => {
    for (const mortal of open) endIfOver(mortal);
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** In which part of a round a newcomer is pinged. */
export function anyBeat(): number {
  return Math.floor(Math.random() * BEATS);
}

/**
 * Pings every socket, and cuts those that do not answer. A part of them at a time: all at once, ten thousand would hold up
 * whatever else is to be sent by half a second.
 */
export function keepAlive(open: ReadonlySet<Mortal>): () => void {
  const silent = new WeakSet<WebSocket>();
  let now = 0;
  const timer = setInterval(() => {
    now = (now + 1) % BEATS;
    for (const { socket, beat } of open) if (beat === now) pingOrCut(socket, silent);
  }, PING_MS / BEATS);
  timer.unref();
  return () => clearInterval(timer);
}

function pingOrCut(socket: WebSocket, silent: WeakSet<WebSocket>): void {
  if (silent.has(socket)) {
    socket.terminate();
    return;
  }
  silent.add(socket);
  socket.once('pong', () => silent.delete(socket));
  socket.ping();
}

/** Closes every socket with 1001, and cuts those that do not go. */
export async function closeAll(sockets: WebSocketServer): Promise<void> {
  for (const socket of sockets.clients) socket.close(GOING_AWAY, 'Going away');
  const cut = setTimeout(() => {
    for (const socket of sockets.clients) socket.terminate();
  }, CLOSE_MS);
  await new Promise((resolve) => sockets.close(resolve));
  clearTimeout(cut);
}
