import {
  ApolloServer,
  type ApolloServerOptions,
  type ContextThunk,
  type GraphQLRequest,
  type GraphQLRequestContextWillSendResponse,
  HeaderMap,
  type HTTPGraphQLRequest,
  type HTTPGraphQLResponse,
} from '@apollo/server';
import type { RequestContext } from './context';
import { asPlugin, type OperationHooks, type Watcher } from './watcher';
import { stringifyResult, WrittenData } from './write-entities';

/** Queries that are known at a time; routers send few. */
const KNOWN_MAX = 200;
/** Longer texts are not kept. */
const LENGTH_MAX = 10_000;
/** What the body of a request may have for its query to be looked for among those known. */
const MEMBERS = new Set(['query', 'variables', 'operationName']);

type Sent = GraphQLRequestContextWillSendResponse<RequestContext>;
/** What Apollo Server found out of the text of a query. */
type Resolved = Omit<Sent, 'request' | 'response' | 'contextValue' | 'metrics' | 'errors'> &
  Required<Pick<Sent, 'document' | 'operation' | 'operationName'>>;
type Executed = Parameters<ApolloServer<RequestContext>['executeHTTPGraphQLRequest']>[0];

/** A body as `bodyOf` takes it. */
interface Body {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Record<string, unknown>;
}

/** A query that was written once. */
interface KnownQuery {
  /** What follows of its text alone, whoever asks and with whatever variables. */
  readonly resolved: Resolved;
  readonly operationName: string | undefined;
  /** Headers that decide whether and as what it is answered: of the request, which must be the same again, and of the answer. */
  readonly contentType: string;
  readonly accept: string | undefined;
  readonly answeredAs: string;
}

/**
 * Apollo Server, but for a query that it answered before by written text: of such a query nothing is hashed, looked up or
 * negotiated again. All that judges, counts or answers an operation are watchers of ours, and each of their hooks is called as it
 * would be for a query that Apollo Server finds in its store. What is not written this time (an error, a denial, a null)
 * Apollo Server answers from the beginning, in the same context.
 */
export class ServerOfKnownQueries extends ApolloServer<RequestContext> {
  private readonly known = new Map<string, KnownQuery>();
  /** By the request, what is learnt of it once it is answered. */
  private readonly written = new WeakMap<HTTPGraphQLRequest, Resolved>();

  /** `watchers`: what has hooks of requests; the plugins of `options` have none, but for requests that no watcher answers. */
  constructor(
    options: ApolloServerOptions<RequestContext>,
    private readonly watchers: readonly Watcher[],
  ) {
    super({ ...options, plugins: [...watchers.map(asPlugin), ...(options.plugins ?? [])] });
    this.addPlugin({
      serverWillStart: async () => ({ serverWillStop: async () => this.known.clear() }),
      requestDidStart: async () => ({ willSendResponse: async (sent) => this.note(sent) }),
    });
  }

  override async executeHTTPGraphQLRequest(executed: Executed): Promise<HTTPGraphQLResponse> {
    const { httpGraphQLRequest: http } = executed;
    // Once for both: it counts what somebody asks.
    let made: ReturnType<Executed['context']> | undefined;
    const context: Executed['context'] = () => {
      made ??= executed.context();
      return made;
    };
    const body = bodyOf(http);
    const known = body && this.find(http, body);
    const answer = known && (await this.answer(known, body, http, context));
    if (answer) return answer;
    const answered = await super.executeHTTPGraphQLRequest({ httpGraphQLRequest: http, context });
    if (body) this.learn(http, body, answered);
    return answered;
  }

  private find(http: HTTPGraphQLRequest, { query, operationName }: Body): KnownQuery | null {
    const known = this.known.get(query);
    if (!known || known.contentType !== http.headers.get('content-type')) return null;
    if (known.accept !== http.headers.get('accept')) return null;
    return known.operationName === operationName ? known : null;
  }

  private async answer(
    { resolved, answeredAs }: KnownQuery,
    { query, operationName, variables }: Body,
    http: HTTPGraphQLRequest,
    makeContext: ContextThunk<RequestContext>,
  ): Promise<HTTPGraphQLResponse | null> {
    try {
      const contextValue = await makeContext();
      const request = { query, variables, http, ...(operationName && { operationName }) };
      const asked = askedAgain(resolved, request, contextValue);
      const hooks: OperationHooks[] = [];
      for (const watch of this.watchers) hooks.push(watch(asked));
      // Only what takes time is waited for: every wait costs, and there would be a dozen.
      for (const { didResolveOperation } of hooks) {
        const checking = didResolveOperation?.(asked);
        if (checking) await checking;
      }
      for (const { responseForOperation } of hooks) {
        const responding = responseForOperation?.(asked);
        const response = responding instanceof Promise ? await responding : responding;
        asked.response.body ??= response?.body;
      }
      if (!isAnswered(asked)) return null;
      const { headers } = asked.response.http;
      const { body } = asked.response;
      if (body.kind !== 'single' || !(body.singleResult.data instanceof WrittenData)) return null;
      for (const { willSendResponse } of hooks) {
        const sending = willSendResponse?.(asked);
        if (sending) await sending;
      }
      headers.set('content-type', answeredAs);
      return { headers, body: { kind: 'complete', string: stringifyResult(body.singleResult) } };
    } catch {
      // Whatever it was, Apollo Server meets it too, and knows how it is told.
      return null;
    }
  }

  /** Keeps what Apollo Server found out of a query, where its answer is written. */
  private note(sent: Sent): void {
    const { request, response, contextValue: _, metrics: __, errors: ___, ...resolved } = sent;
    const { body } = response;
    const isWritten = body.kind === 'single' && body.singleResult.data instanceof WrittenData;
    if (!isWritten || !request.http) return;
    const { document, operation, operationName } = resolved;
    if (!document || !operation || operationName === undefined) return;
    this.written.set(request.http, { ...resolved, document, operation, operationName });
  }

  private learn(
    http: HTTPGraphQLRequest,
    { query, operationName }: Body,
    answered: HTTPGraphQLResponse,
  ): void {
    const resolved = this.written.get(http);
    const answeredAs = answered.headers.get('content-type');
    const contentType = http.headers.get('content-type');
    // Of any other type its own headers would have to tell that it is no forgery.
    if (!resolved || !answeredAs || !contentType?.startsWith('application/json')) return;
    if (query.length > LENGTH_MAX) return;
    const accept = http.headers.get('accept');
    this.known.set(query, { resolved, operationName, contentType, accept, answeredAs });
    if (this.known.size <= KNOWN_MAX) return;
    for (const oldest of this.known.keys()) {
      this.known.delete(oldest);
      break;
    }
  }
}

type Asked = Resolved &
  Pick<Sent, 'request' | 'contextValue' | 'metrics'> & {
    readonly response: {
      readonly http: Sent['response']['http'];
      body?: Sent['response']['body'] | undefined;
    };
  };

/** Member by member: a spread of what is known would take a third of the whole time. */
function askedAgain(known: Resolved, request: GraphQLRequest, contextValue: RequestContext): Asked {
  return {
    logger: known.logger,
    cache: known.cache,
    schema: known.schema,
    queryHash: known.queryHash,
    source: known.source,
    document: known.document,
    operation: known.operation,
    operationName: known.operationName,
    overallCachePolicy: known.overallCachePolicy,
    requestIsBatched: known.requestIsBatched,
    request,
    response: { http: { headers: new HeaderMap() } },
    contextValue,
    metrics: {},
  };
}

function isAnswered(asked: Asked): asked is Asked & Sent {
  return asked.response.body !== undefined;
}

/** The body of a request that asks one query with variables and nothing besides; null for any other. */
function bodyOf({ method, body }: HTTPGraphQLRequest): Body | null {
  if (method !== 'POST' || !isRecord(body)) return null;
  const { query, variables, operationName = null } = body;
  if (typeof query !== 'string' || !isRecord(variables)) return null;
  if (operationName !== null && typeof operationName !== 'string') return null;
  for (const name in body) if (!MEMBERS.has(name)) return null;
  return { query, variables, operationName: operationName ?? undefined };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
