import type { IncomingMessage, Server } from 'node:http';
import type { GraphQLError, GraphQLFormattedError } from 'graphql';
import { CloseCode, type Context as Connection, handleProtocols, makeServer } from 'graphql-ws';
import type { Logger } from 'pino';
import { WebSocket, WebSocketServer } from 'ws';
import { type Actor, ANONYMOUS } from '../auth/actor';
import { type Authenticate, connectionToken } from '../auth/authenticate';
import { RequestError } from '../kernel/errors';
import { MINUTE_MS } from '../kernel/time';
import { type Caller, requestIdOf } from './context';
import { type FormatError, maskedError } from './format-error';
import { LIMITS } from './limits';
import { pickLocale } from './locale';
import { type Release } from './quotas';
import { type IsRouter, NOT_THE_ROUTER } from './router-secret';
import { closeAll, endIfOver, type Mortal, newMortal, OpenSockets } from './socket-lifetime';
import {
  type Admitted,
  checkOnSocket,
  type Left,
  type OperationParts,
  type Speaker,
  startOnSocket,
} from './socket-operations';
import type { SubscribeRequest } from './subscribe';
import type { SubscriptionWatch } from './watch-operations';

/** How long a client may take to say who it is. */
const INIT_MS = 3_000;

/** This machine, as a browser names it. */
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** A close code beside those of the protocol: the key set cannot be read. */
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

interface Extra extends Speaker, Mortal {
  /** The upgrade, until it is known who speaks; kept no longer, it would be a large part of a socket that waits. */
  request: IncomingMessage | null;
  caller: Caller;
  address: string | undefined;
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
  const open = new OpenSockets();
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
  const protocol = makeServer(protocolOptions(parts, open));
  sockets.on('connection', (socket, request) => {
    const extra = newcomer(parts, socket, request);
    open.add(extra);
    const count = messageCounter(socket);
    socket.on('ping', count);
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) =>
          new Promise((resolve, reject) =>
            send(socket, text, (error) => (error ? reject(error) : resolve())),
          ),
        close: (code, reason) => socket.close(code, reason),
        // The payload is not echoed: it would be a cheap way to make us send.
        onPing: () => send(socket, '{"type":"pong"}', () => undefined),
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
      open.delete(extra);
      extra.release?.();
      // The library forgets a stream whose id was taken again at once.
      for (const stream of extra.streams) stream.return().catch(() => undefined);
      closed(code, String(reason)).catch((error: unknown) => maskedError(parts.log, error));
    });
  });
  return {
    close: async () => {
      isClosing = true;
      open.stop();
      await closeAll(sockets);
    },
  };
}

function protocolOptions(
  parts: SocketParts,
  open: OpenSockets,
): Parameters<typeof makeServer<Record<string, unknown>, Extra>>[0] {
  return {
    connectionInitWaitTimeout: INIT_MS,
    onConnect: (connection) => admit(parts, open, connection),
    onSubscribe: ({ extra, subscriptions }, id, payload) =>
      checkOnSocket(parts, extra, Object.keys(subscriptions).length, id, payload),
    subscribe: (args) => startOnSocket(parts, args as Admitted),
    onError: ({ extra }, _id, payload, errors) => shownErrors(parts, extra.caller, payload, errors),
    // Of a subscription that did not start: the events of one that did are sent by itself.
    onNext: ({ extra }, _id, payload, _args, result) => extra.shown(payload, result),
  };
}

function newcomer(parts: SocketParts, socket: WebSocket, request: IncomingMessage): Extra {
  const extra: Extra = {
    ...newMortal(socket),
    ...{ request, caller: callerOf(request, ANONYMOUS), address: undefined, streams: new Set() },
    // Between two looks at whose time is up, nobody is told more than their token is good for.
    send: (text, left) => (endIfOver(extra) ? left() : send(socket, text, left)),
    shown: (payload, { errors, ...result }) =>
      errors ? { ...result, errors: shownErrors(parts, extra.caller, payload, errors) } : result,
  };
  return extra;
}

function shownErrors(
  { formatError, watch }: SocketParts,
  caller: Caller,
  payload: SubscribeRequest,
  errors: readonly GraphQLError[],
): GraphQLFormattedError[] {
  watch.failed(caller, payload, errors);
  return errors.map((error) => formatError(error.toJSON(), error));
}

/** Who asks on a socket, and by what their requests are found in the log. */
function callerOf({ headers }: IncomingMessage, actor: Actor): Caller {
  return {
    actor,
    locale: pickLocale(headers['accept-language']),
    requestId: requestIdOf(headers['x-request-id']),
  };
}

/** Says whether a connection may stay, and until when. Not the router, or a bad token: 4403. */
async function admit(
  { isRouter, authenticate, quotas, log, watch }: SocketParts,
  open: OpenSockets,
  { extra, connectionParams }: Connection<Record<string, unknown>, Extra>,
): Promise<boolean> {
  const { socket, request } = extra;
  if (!request) return false;
  extra.request = null;
  if (!isRouter(request, connectionParams)) {
    watch.turnedAway(extra.caller, 'FORBIDDEN');
    socket.close(CloseCode.Forbidden, NOT_THE_ROUTER);
    return false;
  }
  try {
    const header = request.headersDistinct.authorization;
    const actor = await authenticate(connectionToken(header, connectionParams));
    extra.caller = { ...extra.caller, actor };
    if (actor.subject === null) extra.address = request.socket.remoteAddress;
    if (socket.readyState !== WebSocket.OPEN) return false;
    const release = quotas.takeSocket(actor);
    if (!release) {
      const { most, of } = LIMITS.socketsOfCustomer;
      socket.close(CloseCode.TooManyInitialisationRequests, `At most ${most} ${of}.`);
      return false;
    }
    extra.release = release;
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    watch.turnedAway(extra.caller, error.code);
    if (error.code === 'UNAVAILABLE') log.warn({ err: error }, 'Unavailable');
    const code = error.code === 'UNAVAILABLE' ? TRY_AGAIN_LATER : CloseCode.Forbidden;
    socket.close(code, error.message);
    return false;
  }
  open.admit(extra, extra.caller.actor.expiresAt);
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

/** Calls back when the message has left, so that a client that does not read holds up its own events only. */
function send(socket: WebSocket, text: string, left: Left): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(text, left);
  else left();
}
