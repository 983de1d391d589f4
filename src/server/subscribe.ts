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
import { depthRule, MAX_TOKENS } from './limits';

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
    const document = parse(query, { maxTokens: MAX_TOKENS });
    const operation = getOperationAST(document, operationName);
    if (!operation) return [requestError('OPERATION_RESOLUTION_FAILURE', 'No such operation.')];
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION) {
      const message = 'Only subscriptions run here; send queries and mutations by HTTP POST.';
      return [requestError('BAD_REQUEST', message)];
    }
    const invalid = validate(schema, document, [...specifiedRules, depthRule]);
    if (invalid.length > 0)
      return invalid.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'));
    return { schema, document, operationName, variableValues: variables };
  } catch (error) {
    if (error instanceof GraphQLError) return [coded(error, 'GRAPHQL_PARSE_FAILED')];
    // Nested too deep for the parser's stack.
    return [requestError('GRAPHQL_PARSE_FAILED', 'The document cannot be read.')];
  }
}

/**
 * Runs a subscription, each event with a context of its own: loaders that lived as long as the
 * subscription would answer with yesterday's balances.
 */
export async function subscribe<Context>(
  args: ExecutionArgs,
  freshContext: () => Context,
): Promise<AsyncGenerator<ExecutionResult> | ExecutionResult> {
  const events = await createSourceEventStream({ ...args, contextValue: freshContext() });
  if (!isAsyncIterable(events)) return events;
  return mapEvents(events[Symbol.asyncIterator](), (rootValue) =>
    execute({ ...args, rootValue, contextValue: freshContext() }),
  );
}

/**
 * The results of events. No generator function: its `return` would wait for an event that may never
 * come, where this one ends the source at once.
 */
function mapEvents<Event, Result>(
  events: AsyncIterator<Event>,
  resultOf: (event: Event) => Result | Promise<Result>,
): AsyncGenerator<Result> {
  const map = async (step: IteratorResult<Event>): Promise<IteratorResult<Result>> => {
    if (step.done) return { value: undefined, done: true };
    try {
      return { value: await resultOf(step.value), done: false };
    } catch (error) {
      await end();
      throw error;
    }
  };
  const end = async (): Promise<IteratorResult<Result>> => {
    await events.return?.();
    return { value: undefined, done: true };
  };
  const results: AsyncGenerator<Result> = {
    next: async () => map(await events.next()),
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
export function requestError(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

function coded(error: GraphQLError, code: string): GraphQLError {
  const { message, nodes, source, positions } = error;
  return new GraphQLError(message, { nodes, source, positions, extensions: { code } });
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value;
}
