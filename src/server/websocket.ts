import type { Server } from 'node:http';
import { CloseCode, type Context as Connection, handleProtocols, makeServer } from 'graphql-ws';
import type { Logger } from 'pino';
import { WebSocket, WebSocketServer } from 'ws';
import { ANONYMOUS } from '../auth/actor';
import { type Authenticate, connectionToken } from '../auth/authenticate';
import { RequestError } from '../kernel/errors';
import { DAY_MS, MINUTE_MS } from '../kernel/time';
import { type FormatError, maskedError } from './format-error';
import { LIMITS } from './limits';
import { type Release } from './quotas';
import { type IsRouter, NOT_THE_ROUTER } from './router-secret';
import {
  type Admitted,
  callerOf,
  checkOnSocket,
  type OperationParts,
  type Speaker,
  startOnSocket,
} from './socket-operations';
import type { SubscriptionWatch } from './watch-operations';

/** A socket that has not answered a ping by the next one is cut. */
const PING_MS = 12_000;
/** How long a client may take to say who it is. */
const INIT_MS = 3_000;
/** The oldest a socket gets, whatever its token says. */
const MAX_AGE_MS = DAY_MS;
/** How long a client may take to close when the server goes; then it is cut. */
const CLOSE_MS = 2_000;

/** This machine, as a browser names it. */
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Close codes beside those of the protocol: the server goes, the key set cannot be read. */
const GOING_AWAY = 1001;
const TRY_AGAIN_LATER = 1013;

export interface SocketParts extends OperationParts {
  readonly isRouter: IsRouter;
  readonly authenticate: Authenticate;
  readonly formatError: FormatError;
  readonly watch: SubscriptionWatch;
  /** Origins of pages that may connect; null for those on this machine. Whoever sends none is no page. */
  readonly origins: readonly string[] | null;
  readonly log: Logger;
}

export interface Sockets {
  /** Refuses newcomers and closes every socket with 1001, so that clients connect elsewhere. */
  close(): Promise<void>;
}

interface Extra extends Speaker {
  readonly socket: WebSocket;
  expiry?: NodeJS.Timeout;
  /** Gives back the socket's place in its customer's share. */
  release?: Release;
}

/**
 * Serves subscriptions at /graphql by the graphql-transport-ws protocol, and only subscriptions: what
 * protects HTTP (Apollo's plugins, CSRF, limits) does not run here, so the same checks are made here
 * again. A socket speaks for one actor and ends with the actor's token (4403).
 */
export function serveSockets(server: Server, parts: SocketParts): Sockets {
  let isClosing = false;
  const sockets = new WebSocketServer({
    server,
    path: '/graphql',
    handleProtocols,
    maxPayload: LIMITS.messageBytes.most,
    maxFragments: LIMITS.messageFragments.most,
    verifyClient: ({ origin }, answer) => {
      if (!isAllowed(parts.origins, origin)) answer(false, 403);
      else answer(!isClosing && sockets.clients.size < LIMITS.sockets.most, 503);
    },
  });
  // The HTTP server's errors arrive here as well; who started it is told of them. Unheard they would end the process.
  sockets.on('error', (error) => parts.log.debug({ err: error }, 'The HTTP server failed'));
  const protocol = makeServer(protocolOptions(parts));
  sockets.on('connection', (socket, request) => {
    const extra: Extra = { socket, request, actor: ANONYMOUS, streams: new Set() };
    const count = messageCounter(socket);
    socket.on('ping', count);
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => send(socket, text),
        close: (code, reason) => socket.close(code, reason),
        // The payload is not echoed: it would be a cheap way to make us send.
        onPing: () => send(socket, '{"type":"pong"}'),
        onMessage: (handle) => {
          socket.on('message', (data) => {
            if (!count()) return;
            handle(String(data)).catch((error: unknown) => closeOnError(parts.log, socket, error));
          });
        },
      },
      extra,
    );
    // A violation of the framing: ws closes the socket with the right code itself.
    socket.on('error', (error) => parts.log.debug({ err: error }, 'A socket failed'));
    socket.once('close', (code, reason) => {
      clearTimeout(extra.expiry);
      extra.release?.();
      // The library forgets a stream whose id was taken again at once.
      for (const stream of extra.streams) stream.return(undefined).catch(() => undefined);
      closed(code, String(reason)).catch((error: unknown) => maskedError(parts.log, error));
    });
  });
  const stopPinging = keepAlive(sockets);
  return {
    close: async () => {
      isClosing = true;
      stopPinging();
      await closeAll(sockets);
    },
  };
}

function protocolOptions(
  parts: SocketParts,
): Parameters<typeof makeServer<Record<string, unknown>, Extra>>[0] {
  const { formatError } = parts;
  return {
    connectionInitWaitTimeout: INIT_MS,
    onConnect: (connection) => admit(parts, connection),
    onSubscribe: ({ extra, subscriptions }, _id, payload) =>
      checkOnSocket(parts, extra, Object.keys(subscriptions).length, payload),
    subscribe: (args) => startOnSocket(parts, args as Admitted),
    onError: ({ extra }, _id, payload, found) => {
      parts.watch.failed(callerOf(extra), payload, found);
      return found.map((error) => formatError(error.toJSON(), error));
    },
    onNext: ({ extra }, _id, payload, _args, { errors, ...result }) => {
      if (!errors) return result;
      parts.watch.failed(callerOf(extra), payload, errors);
      return { ...result, errors: errors.map((error) => formatError(error.toJSON(), error)) };
    },
  };
}

/** Says whether a connection may stay, and until when. Not the router, or a bad token: 4403. */
async function admit(
  { isRouter, authenticate, quotas, log, watch }: SocketParts,
  { extra, connectionParams }: Connection<Record<string, unknown>, Extra>,
): Promise<boolean> {
  const { socket, request } = extra;
  if (!isRouter(request, connectionParams)) {
    watch.turnedAway(callerOf(extra), 'FORBIDDEN');
    socket.close(CloseCode.Forbidden, NOT_THE_ROUTER);
    return false;
  }
  try {
    const header = request.headersDistinct.authorization;
    extra.actor = await authenticate(connectionToken(header, connectionParams));
    if (socket.readyState !== WebSocket.OPEN) return false;
    const release = quotas.takeSocket(extra.actor);
    if (!release) {
      const { most, of } = LIMITS.socketsOfCustomer;
      socket.close(CloseCode.TooManyInitialisationRequests, `At most ${most} ${of}.`);
      return false;
    }
    extra.release = release;
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    watch.turnedAway(callerOf(extra), error.code);
    if (error.code === 'UNAVAILABLE') log.warn({ err: error }, 'Unavailable');
    const code = error.code === 'UNAVAILABLE' ? TRY_AGAIN_LATER : CloseCode.Forbidden;
    socket.close(code, error.message);
    return false;
  }
  const lifetime = (extra.actor.expiresAt ?? Number.POSITIVE_INFINITY) - Date.now();
  const expire = (): void => socket.close(CloseCode.Forbidden, 'The access token has expired.');
  const retire = (): void => socket.close(GOING_AWAY, 'Connect again.');
  extra.expiry =
    lifetime < MAX_AGE_MS
      ? setTimeout(expire, Math.max(0, lifetime))
      : setTimeout(retire, MAX_AGE_MS);
  return true;
}

/** Whether a page of this origin may connect. Without an origin it is no page: a router, an app. */
function isAllowed(origins: readonly string[] | null, origin: string | undefined): boolean {
  if (origin === undefined) return true;
  if (origins) return origins.includes(origin);
  return URL.canParse(origin) && LOOPBACK.has(new URL(origin).hostname);
}

/**
 * Counts what a client sends: false, and the socket closed, where that is too much in a minute, or where it goes on
 * sending without reading what is answered.
 */
function messageCounter(socket: WebSocket): () => boolean {
  const { messages, unreadBytes } = LIMITS;
  let [count, since] = [0, performance.now()];
  return () => {
    const now = performance.now();
    if (now - since > MINUTE_MS) [count, since] = [0, now];
    count += 1;
    if (socket.bufferedAmount > unreadBytes.most) socket.terminate();
    else if (count > messages.most)
      socket.close(messages.code, `At most ${messages.most} ${messages.of}.`);
    else return true;
    return false;
  };
}

function closeOnError(log: Logger, socket: WebSocket, error: unknown): void {
  if (error instanceof Error && error.message.startsWith('Unexpected message of type')) {
    socket.close(CloseCode.BadRequest, 'Clients do not send this type of message.');
    return;
  }
  socket.close(CloseCode.InternalServerError, maskedError(log, error).message);
}

/** Resolves when the message has left, so that a client that does not read holds up its own events only. */
function send(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== WebSocket.OPEN) return resolve();
    socket.send(text, (error) => (error ? reject(error) : resolve()));
  });
}

function keepAlive(sockets: WebSocketServer): () => void {
  const silent = new WeakSet<WebSocket>();
  const timer = setInterval(() => {
    for (const socket of sockets.clients) {
      if (silent.has(socket)) {
        socket.terminate();
        continue;
      }
      silent.add(socket);
      socket.once('pong', () => silent.delete(socket));
      socket.ping();
    }
  }, PING_MS);
  timer.unref();
  return () => clearInterval(timer);
}

async function closeAll(sockets: WebSocketServer): Promise<void> {
  for (const socket of sockets.clients) socket.close(GOING_AWAY, 'Going away');
  const cut = setTimeout(() => {
    for (const socket of sockets.clients) socket.terminate();
  }, CLOSE_MS);
  await new Promise((resolve) => sockets.close(resolve));
  clearTimeout(cut);
}
