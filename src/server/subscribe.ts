import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
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
    const document = parse(query, { maxTokens: LIMITS.tokens.most });
    const operation = getOperationAST(document, operationName);
    if (!operation) return [requestError('OPERATION_RESOLUTION_FAILURE', 'No such operation.')];
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION) {
      const message = 'Only subscriptions run here; send queries and mutations by HTTP POST.';
      return [requestError('BAD_REQUEST', message)];
    }
    const invalid = validate(schema, document, [...specifiedRules, ...DOCUMENT_RULES]);
    if (invalid.length > 0) return invalid.map(asInvalid);
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
 * Runs a subscription, each event with a context of its own: loaders that lived as long as the
 * subscription would answer with yesterday's balances. An event that the caller may not see (any more) is the last. Never rejects; `onEnd` is
 * called once, when it is over, at once where it does not start.
 */
export async function subscribe<Context>(
  args: ExecutionArgs,
  freshContext: () => Context,
  onEnd: () => void = () => undefined,
): Promise<AsyncGenerator<ExecutionResult> | ExecutionResult> {
  const events = await openSource({ ...args, contextValue: freshContext() });
  if (!isAsyncIterable(events)) {
    onEnd();
    return events;
  }
  return mapEvents(
    events[Symbol.asyncIterator](),
    (rootValue) => execute({ ...args, rootValue, contextValue: freshContext() }),
    { isLast: isNoLongerAllowed, onEnd },
  );
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

/**
 * The results of events. No generator function: its `return` would wait for an event that may never
 * come, where this one ends the source at once.
 */
function mapEvents<Event, Result>(
  events: AsyncIterator<Event>,
  resultOf: (event: Event) => Result | Promise<Result>,
  { isLast, onEnd }: { isLast: (result: Result) => boolean; onEnd: () => void },
): AsyncGenerator<Result> {
  let isOver = false;
  let hasEnded = false;
  const map = async (step: IteratorResult<Event>): Promise<IteratorResult<Result>> => {
    if (step.done) return end();
    try {
      const value = await resultOf(step.value);
      isOver = isLast(value);
      return { value, done: false };
    } catch (error) {
      await end();
      throw error;
    }
  };
  const end = async (): Promise<IteratorResult<Result>> => {
    if (!hasEnded) {
      hasEnded = true;
      onEnd();
    }
    await events.return?.();
    return { value: undefined, done: true };
  };
  const results: AsyncGenerator<Result> = {
    next: async () => (isOver ? end() : map(await events.next())),
    return: end,
    throw: async (error) => {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]: () => results,
    [Symbol.asyncDispose]: async () => {
      await end();
    },
  };
  return results;
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
