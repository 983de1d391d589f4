import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { type ErrorCode, isErrorCode } from '../kernel/error-codes';
import { RequestError } from '../kernel/errors';
import { checkOperation } from './cost';
import { httpError } from './format-error';
import { DOCUMENT_RULES, LIMITS } from './limits';
import type { EventResult, SharedEvents, Watching } from './shared-events';

/** Valid documents that are remembered: clients ask the same few, thousands of them at once after a restart. */
const DOCUMENTS_MAX = 100;

/** A subscription as a client asks for it. */
export interface SubscribeRequest {
  readonly query: string;
  readonly operationName?: string | null;
  readonly variables?: Readonly<Record<string, unknown>> | null;
}

/**
 * Checks a subscription as strictly as a request over HTTP: syntax, size, depth, validity; and that it
 * is a subscription at all, since queries and mutations belong to HTTP. Gives what to execute, or
 * what is wrong; never throws.
 */
export function checkSubscription(
  schema: GraphQLSchema,
  { query, operationName, variables }: SubscribeRequest,
): ExecutionArgs | readonly GraphQLError[] {
  try {
    const known = validDocuments(schema);
    const document = known.get(query) ?? parse(query, { maxTokens: LIMITS.tokens.most });
    const operation = getOperationAST(document, operationName);
    if (!operation) return [requestError('OPERATION_RESOLUTION_FAILURE', 'No such operation.')];
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION) {
      const message = 'Only subscriptions run here; send queries and mutations by HTTP POST.';
      return [requestError('BAD_REQUEST', message)];
    }
    if (!known.has(query)) {
      const invalid = validate(schema, document, [...specifiedRules, ...DOCUMENT_RULES]);
      if (invalid.length > 0) return invalid.map(asInvalid);
      if (known.size === DOCUMENTS_MAX) known.clear();
      known.set(query, document);
    }
    checkOperation(schema, document, operation, variables ?? {});
    return { schema, document, operationName, variableValues: variables };
  } catch (error) {
    if (error instanceof RequestError) return [httpError(error)];
    if (error instanceof GraphQLError) return [coded(error, 'GRAPHQL_PARSE_FAILED')];
    // Nested too deep for the parser's stack.
    return [requestError('GRAPHQL_PARSE_FAILED', 'The document cannot be read.')];
  }
}

/**
 * Runs a subscription. An event that the caller may not see (any more) is the last. Never rejects; `onEnd` is
 * called once, when it is over, at once where it does not start.
 */
export async function subscribe(
  watching: Watching,
  events: SharedEvents,
  onEnd: () => void = () => undefined,
): Promise<EventStream | ExecutionResult> {
  const { args, caller } = watching;
  const source = await openSource({ ...args, contextValue: events.makeContext(caller) });
  if (isAsyncIterable(source)) {
    return new EventStream(watching, events, source[Symbol.asyncIterator](), onEnd);
  }
  onEnd();
  return source;
}

const valid = new WeakMap<GraphQLSchema, Map<string, DocumentNode>>();

/** By their text. */
function validDocuments(schema: GraphQLSchema): Map<string, DocumentNode> {
  const known = valid.get(schema) ?? new Map<string, DocumentNode>();
  valid.set(schema, known);
  return known;
}

/** The source of events. What a resolver throws that is no GraphQL error becomes one, to be masked like any other. */
async function openSource(args: ExecutionArgs): ReturnType<typeof createSourceEventStream> {
  try {
    return await createSourceEventStream(args);
  } catch (error) {
    const originalError = error instanceof Error ? error : new Error(String(error));
    return { errors: [new GraphQLError(originalError.message, { originalError })] };
  }
}

/** Whether an event as a whole was refused for who asks: what they were allowed was taken from them meanwhile. */
function isNoLongerAllowed({ data, errors = [] }: ExecutionResult): boolean {
  if (data) return false;
  return errors.some(
    ({ originalError }) =>
      originalError instanceof RequestError &&
      (originalError.code === 'FORBIDDEN' || originalError.code === 'UNAUTHENTICATED'),
  );
}

/** Who waits for a result: one of these is called once for each that is asked for. */
export interface Hearer {
  heard(result: EventResult): void;
  /** Nothing comes any more. */
  ended(): void;
  failed(error: unknown): void;
}

/** A source that may be asked without a promise. */
interface Source extends AsyncIterator<unknown, undefined> {
  ask?(answer: (step: IteratorResult<unknown, undefined>) => void): void;
}

/**
 * The results of events, one asked for at a time. No generator: its `return` would wait for an event that may never
 * come, where this one ends the source at once.
 */
export class EventStream {
  private isOver = false;
  private hearer: Hearer | null = null;

  constructor(
    private readonly watching: Watching,
    private readonly events: SharedEvents,
    private readonly source: Source,
    private onEnd: (() => void) | null,
  ) {}

  next(): Promise<IteratorResult<EventResult, undefined>> {
    return new Promise((resolve, reject) =>
      this.ask({
        heard: (value) => resolve({ value, done: false }),
        ended: () => resolve({ value: undefined, done: true }),
        failed: reject,
      }),
    );
  }

  /** Like `next`; whoever waits for hours keeps nothing that is new with each event. */
  ask(hearer: Hearer): void {
    this.hearer = hearer;
    if (this.isOver) this.end();
    else if (this.source.ask) this.source.ask(this.take);
    else this.source.next().then(this.take).catch(this.fail);
  }

  async return(): Promise<void> {
    this.onEnd?.();
    this.onEnd = null;
    await this.source.return?.();
  }

  private readonly take = (step: IteratorResult<unknown, undefined>): void => {
    if (step.done) this.end();
    else this.events.resultOf(this.watching, step.value).then(this.tell).catch(this.fail);
  };

  private readonly tell = (result: EventResult): void => {
    this.isOver = result.hasErrors && isNoLongerAllowed(result.result);
    this.hearer?.heard(result);
  };

  private readonly fail = (error: unknown): void => {
    const failed = () => this.hearer?.failed(error);
    this.return().then(failed, failed);
  };

  private end(): void {
    this.return().then(
      () => this.hearer?.ended(),
      (error: unknown) => this.hearer?.failed(error),
    );
  }
}

/** An error of the request, by code. */
export function requestError(code: ErrorCode, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

/** What a rule of ours finds has a code of its own. */
function asInvalid(error: GraphQLError): GraphQLError {
  return isErrorCode(error.extensions.code) ? error : coded(error, 'GRAPHQL_VALIDATION_FAILED');
}

function coded(error: GraphQLError, code: ErrorCode): GraphQLError {
  const { message, nodes, source, positions } = error;
  return new GraphQLError(message, { nodes, source, positions, extensions: { code } });
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value;
}
