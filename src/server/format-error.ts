import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { RequestError } from '../kernel/errors';

/** What of an error the caller sees; `formatted` is the error as the library would show it. */
export type FormatError = (
  formatted: GraphQLFormattedError,
  error: unknown,
) => GraphQLFormattedError;

/** Codes of failures that are the request's own, made by graphql-js, Apollo Server or by us on purpose. */
const SHOWN = new Set([
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'FORBIDDEN',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'LIMIT_EXCEEDED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'UNAUTHENTICATED',
  'UNAVAILABLE',
]);

/**
 * The one way errors leave, over HTTP and WebSocket alike. What was thrown on purpose keeps its message
 * and code; anything unexpected is logged with an id and shown as `Internal error, id …`,
 * INTERNAL_SERVER_ERROR. In production no name of the schema is suggested.
 */
export function errorFormatter(log: Logger, production: boolean): FormatError {
  return (formatted, error) => {
    const cause = rootCause(error);
    if (cause instanceof RequestError) {
      if (cause.code === 'UNAVAILABLE') log.warn({ err: cause }, 'Unavailable');
      return { ...formatted, message: cause.message, extensions: { code: cause.code } };
    }
    const code = codeOf(formatted, error, cause);
    if (code !== null) {
      const message = production ? withoutSuggestion(formatted.message) : formatted.message;
      return { ...formatted, message, extensions: { ...formatted.extensions, code } };
    }
    const { message, extensions } = maskedError(log, cause);
    return { ...formatted, message, extensions };
  };
}

/** Logs an unexpected error and gives what may be shown of it: an id to find it by. */
export function maskedError(
  log: Logger,
  error: unknown,
): { message: string; extensions: { code: 'INTERNAL_SERVER_ERROR'; id: string } } {
  const id = randomUUID();
  log.error({ err: error, errorId: id }, 'Internal error');
  return {
    message: `Internal error, id ${id}`,
    extensions: { code: 'INTERNAL_SERVER_ERROR', id },
  };
}

function codeOf(formatted: GraphQLFormattedError, error: unknown, cause: unknown): string | null {
  const code = formatted.extensions?.code;
  if (typeof code === 'string' && SHOWN.has(code)) return code;
  if (!(error instanceof GraphQLError && cause instanceof GraphQLError)) return null;
  // What graphql-js itself finds wrong with variables and arguments carries no code.
  const isInput = error.path === undefined || cause.message.startsWith('Argument "');
  return cause.extensions.code === undefined && isInput ? 'BAD_USER_INPUT' : null;
}

/** What was thrown in the first place, under the layers that graphql-js and Apollo Server wrap around it. */
function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

function withoutSuggestion(message: string): string {
  return message.replace(/ ?Did you mean .+\?$/s, '');
}
