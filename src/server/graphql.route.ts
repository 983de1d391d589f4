import type { IncomingMessage } from 'node:http';
import { type ApolloServer, HeaderMap, type HTTPGraphQLRequest } from '@apollo/server';
import type {
  FastifyBodyParser,
  FastifyInstance,
  FastifyRequest,
  onRequestHookHandler,
} from 'fastify';
import type { AuditLog } from '../audit/audit-log';
import { type Authenticate, bearerToken } from '../auth/authenticate';
import { invariant, RequestError } from '../kernel/errors';
import type { MakeContext, RequestContext } from './context';
import { httpError } from './format-error';
import { sendGraphiql, wantsPage } from './graphiql';
import { KnownBodies } from './known-bodies';
import { pickLocale } from './locale';
import type { Quotas } from './quotas';
import { type IsRouter, requireRouter } from './router-secret';
import { idsOf, turnedAway } from './watch-requests';

export interface GraphqlRouteParts {
  readonly apollo: ApolloServer<RequestContext>;
  readonly audit: AuditLog;
  readonly isRouter: IsRouter;
  readonly authenticate: Authenticate;
  readonly makeContext: MakeContext;
  readonly quotas: Quotas;
  /** Whether a browser that asks for /graphql is given a page to try queries on. */
  readonly hasPage: boolean;
}

/** GraphQL over HTTP, GET and POST /graphql: who asks is found out here, all else is Apollo Server's. */
export async function registerGraphql(
  fastify: FastifyInstance,
  parts: GraphqlRouteParts,
): Promise<void> {
  await fastify.register(async (scope) => {
    if (parts.hasPage) {
      scope.addHook('onRequest', async (request, reply) => {
        const isBrowser = request.method === 'GET' && wantsPage(request.headers.accept);
        return isBrowser ? sendGraphiql(reply) : undefined;
      });
    }
    scope.addHook('onRequest', requireRouter(parts.isRouter));
    scope.addHook('onRequest', requirePlainJson);
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, jsonParser(scope));
    scope.route({
      method: ['GET', 'POST'],
      url: '/graphql',
      handler: async (request, reply) => {
        const { status, headers, body } = await parts.apollo.executeHTTPGraphQLRequest({
          httpGraphQLRequest: graphqlRequest(request),
          context: () => contextOf(request, parts),
        });
        for (const [name, value] of headers) void reply.header(name, value);
        void reply.code(status ?? 200);
        invariant(body.kind === 'complete', 'nothing of the schema is answered in parts');
        return body.string;
      },
    });
  });
}

/**
 * JSON as the framework reads it, which looks through every body for keys that would be a prototype. That takes as long as the
 * rest of a small one, and is left out where it is plain that there are none: no other escape than `\u` spells a letter.
 */
function jsonParser(fastify: FastifyInstance): FastifyBodyParser<string> {
  const careful = fastify.getDefaultJsonParser('error', 'error');
  const bodies = new KnownBodies();
  return (request, text, done) => {
    const body = bodies.read(text) ?? parsed(text);
    if (body === undefined) void careful(request, text, done);
    else done(null, body);
  };
}

/** Undefined for what is no JSON, or has to be looked through. */
function parsed(text: string): unknown {
  const isPlain =
    !text.includes('\\u') && !text.includes('proto__') && !text.includes('constructor');
  if (!isPlain) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function graphqlRequest({ raw, method, url, body }: FastifyRequest): HTTPGraphQLRequest {
  const headers = new HeaderMap();
  for (const name in raw.headers) {
    const value = raw.headers[name];
    if (value === undefined) continue;
    headers.set(name, typeof value === 'string' ? value : value.join(', '));
  }
  const query = url.indexOf('?');
  return { method, headers, search: query < 0 ? '' : url.slice(query), body };
}

async function contextOf(
  request: FastifyRequest,
  parts: GraphqlRouteParts,
): Promise<RequestContext> {
  try {
    const { raw } = request;
    const token = bearerToken(headersOf(raw, 'authorization'));
    const known = parts.authenticate(token);
    const actor = known instanceof Promise ? await known : known;
    await parts.quotas.countOperation(actor, raw.socket.remoteAddress);
    const locale = pickLocale(raw.headers['accept-language']);
    const { requestId, traceId } = idsOf(request);
    return parts.makeContext({ actor, locale, requestId, traceId });
  } catch (error) {
    const shown = error instanceof RequestError ? httpError(error) : error;
    turnedAway(parts.audit, request, shown);
    throw shown;
  }
}

/** What a request has of one header, each time it has it. Node's own list would be made of all of them. */
function headersOf({ rawHeaders }: IncomingMessage, name: string): readonly string[] {
  const values: string[] = [];
  for (let n = 0; n < rawHeaders.length; n += 2) {
    const sent = rawHeaders[n]!;
    if (sent.length === name.length && sent.toLowerCase() === name) values.push(rawHeaders[n + 1]!);
  }
  return values;
}

/** Fails for a body that is not what the parser would take it for. */
const requirePlainJson: onRequestHookHandler = ({ headers }, _reply, done) => {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(headers['content-type'] ?? '')?.[1];
  const isText = charset === undefined || /^utf-?8$/i.test(charset);
  if (isText && (headers['content-encoding'] ?? 'identity') === 'identity') return done();
  const message = 'Send JSON in UTF-8 as it is, without a content-encoding.';
  throw Object.assign(new Error(message), { statusCode: 415 });
};
