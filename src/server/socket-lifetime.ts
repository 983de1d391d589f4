import { CloseCode } from 'graphql-ws';
import type { WebSocket, WebSocketServer } from 'ws';
import { DAY_MS, MINUTE_MS } from '../kernel/time';

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
  until: number;
  /** Whether it is the token that ends it, or its age. */
  isToken: boolean;
  /** In which part of a round it is pinged. */
  readonly beat: number;
}

/** Before it is admitted a socket has no end, and who does not say who they are is turned away sooner. */
export function newMortal(socket: WebSocket): Mortal {
  const beat = Math.floor(Math.random() * BEATS);
  return { socket, until: Number.POSITIVE_INFINITY, isToken: false, beat };
}

/** Closes a socket whose time is up; whether it was. */
export function endIfOver({ socket, until, isToken }: Mortal): boolean {
  if (until > Date.now()) return false;
  if (isToken) socket.close(CloseCode.Forbidden, 'The access token has expired.');
  else socket.close(GOING_AWAY, 'Connect again.');
  return true;
}

/**
 * The sockets that are open: each is pinged in its turn, cut where it does not answer, and closed when its time is up. Only those are
 * looked at whose turn or minute it is: to look at ten thousand each time cost a seventh of what telling them of changes does.
 */
export class OpenSockets {
  private readonly beats = Array.from({ length: BEATS }, () => new Set<Mortal>());
  /** Those that are admitted, by the minute in which they end. */
  private readonly ends = new Map<number, Set<Mortal>>();
  private readonly silent = new WeakSet<WebSocket>();
  private readonly timers: readonly NodeJS.Timeout[];
  private beat = 0;

  constructor() {
    this.timers = [
      setInterval(() => this.ping(), PING_MS / BEATS),
      setInterval(() => this.endInTime(), LOOK_MS),
    ];
    for (const timer of this.timers) timer.unref();
  }

  add(mortal: Mortal): void {
    this.beats[mortal.beat]!.add(mortal);
  }

  /** It ends with its token, a day old at most. */
  admit(mortal: Mortal, expiresAt: number | null): void {
    const retires = Date.now() + MAX_AGE_MS;
    mortal.isToken = expiresAt !== null && expiresAt < retires;
    mortal.until = Math.min(expiresAt ?? retires, retires);
    const minute = minuteOf(mortal);
    const ending = this.ends.get(minute);
    if (ending) ending.add(mortal);
    else this.ends.set(minute, new Set([mortal]));
  }

  delete(mortal: Mortal): void {
    this.beats[mortal.beat]!.delete(mortal);
    const minute = minuteOf(mortal);
    const ending = this.ends.get(minute);
    if (ending?.delete(mortal) && ending.size === 0) this.ends.delete(minute);
  }

  /** Pings and ends nobody any more. */
  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  /** A part of them at a time: all at once, ten thousand would hold up whatever else is to be sent by half a second. */
  private ping(): void {
    this.beat = (this.beat + 1) % BEATS;
    for (const { socket } of this.beats[this.beat]!) pingOrCut(socket, this.silent);
  }

  private endInTime(): void {
    const now = Date.now() / MINUTE_MS;
    for (const [minute, ending] of this.ends) {
      if (minute <= now) for (const mortal of ending) endIfOver(mortal);
    }
  }
}

function minuteOf({ until }: Mortal): number {
  return Math.floor(until / MINUTE_MS);
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
