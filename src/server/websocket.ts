import type { IncomingMessage, Server } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import { CloseCode, type Context as Connection, handleProtocols, makeServer } from 'graphql-ws';
import type { Logger } from 'pino';
import { WebSocket, WebSocketServer } from 'ws';
import { type Actor, ANONYMOUS } from '../auth/actor';
import { type Authenticate, connectionToken } from '../auth/authenticate';
import { RequestError } from '../kernel/errors';
import { DAY_MS } from '../kernel/time';
import { type MakeContext, requestIdOf } from './context';
import { type FormatError, maskedError } from './format-error';
import { pickLocale } from './locale';
import { type IsRouter, NOT_THE_ROUTER } from './router-secret';
import { checkSubscription, requestError, subscribe } from './subscribe';

/** The largest message from a client, in bytes, and the most frames it may come in. */
const MAX_MESSAGE = 64 * 1024;
const MAX_FRAGMENTS = 16;
/** The most sockets of a process, and subscriptions of a socket. */
const MAX_SOCKETS = 20_000;
export const MAX_SUBSCRIPTIONS = 100;
/** A socket that has not answered a ping by the next one is cut. */
const PING_MS = 12_000;
/** How long a client may take to say who it is. */
const INIT_MS = 3_000;
/** The oldest a socket gets, whatever its token says. */
const MAX_AGE_MS = DAY_MS;
/** How long a client may take to close when the server goes; then it is cut. */
const CLOSE_MS = 2_000;

/** Close codes beside those of the protocol: the server goes, the key set cannot be read. */
const GOING_AWAY = 1001;
const TRY_AGAIN_LATER = 1013;

export interface SocketParts {
  readonly schema: GraphQLSchema;
  readonly isRouter: IsRouter;
  readonly authenticate: Authenticate;
  readonly makeContext: MakeContext;
  readonly formatError: FormatError;
  readonly log: Logger;
}

export interface Sockets {
  /** Refuses newcomers and closes every socket with 1001, so that clients connect elsewhere. */
  close(): Promise<void>;
}

interface Extra {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  actor: Actor;
  expiry?: NodeJS.Timeout;
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
    maxPayload: MAX_MESSAGE,
    maxFragments: MAX_FRAGMENTS,
    verifyClient: (_info, answer) => answer(!isClosing && sockets.clients.size < MAX_SOCKETS, 503),
  });
  // The HTTP server's errors arrive here as well; who started it is told of them. Unheard they would end the process.
  sockets.on('error', (error) => parts.log.debug({ err: error }, 'The HTTP server failed'));
  const protocol = makeServer(protocolOptions(parts));
  sockets.on('connection', (socket, request) => {
    const extra: Extra = { socket, request, actor: ANONYMOUS };
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => send(socket, text),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) => {
          socket.on('message', (data) => {
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
  const { schema, formatError, makeContext } = parts;
  return {
    connectionInitWaitTimeout: INIT_MS,
    onConnect: (connection) => admit(parts, connection),
    onSubscribe: ({ subscriptions }, _id, payload) => {
      if (Object.keys(subscriptions).length > MAX_SUBSCRIPTIONS) {
        const message = `At most ${MAX_SUBSCRIPTIONS} subscriptions per connection.`;
        return [requestError('LIMIT_EXCEEDED', message)];
      }
      return checkSubscription(schema, payload);
    },
    // Only carries the caller to `subscribe`, which makes a context for each event.
    context: ({ extra }) => callerOf(extra),
    subscribe: (args) => {
      const caller = args.contextValue as ReturnType<typeof callerOf>;
      return subscribe(args, () => makeContext(caller));
    },
    onError: (_connection, _id, _payload, found) =>
      found.map((error) => formatError(error.toJSON(), error)),
    onNext: (_connection, _id, _payload, _args, { errors, ...result }) => ({
      ...result,
      ...(errors && { errors: errors.map((error) => formatError(error.toJSON(), error)) }),
    }),
  };
}

/** Says whether a connection may stay, and until when. Not the router, or a bad token: 4403. */
async function admit(
  { isRouter, authenticate, log }: SocketParts,
  { extra, connectionParams }: Connection<Record<string, unknown>, Extra>,
): Promise<boolean> {
  const { socket, request } = extra;
  if (!isRouter(request, connectionParams)) {
    socket.close(CloseCode.Forbidden, NOT_THE_ROUTER);
    return false;
  }
  try {
    const header = request.headersDistinct.authorization;
    extra.actor = await authenticate(connectionToken(header, connectionParams));
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
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

function callerOf({ actor, request }: Extra) {
  return {
    actor,
    locale: pickLocale(request.headers['accept-language']),
    requestId: requestIdOf(request.headers['x-request-id']),
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
