import { randomUUID } from 'node:crypto';
import { HeaderMap } from '@apollo/server';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { mayTryAgain } from '../database/transaction';
import { ERROR_CODES, type ErrorCode, isErrorCode } from '../kernel/error-codes';
import { RequestError } from '../kernel/errors';
import { requestOf } from '../operations/request-of';

/** What of an error the caller sees; `formatted` is the error as the library would show it. */
export type FormatError = (
  formatted: GraphQLFormattedError,
  error: unknown,
) => GraphQLFormattedError;

/** The longest message shown, in characters: some quote the caller's own input back. */
const MESSAGE_MAX = 500;
/** PostgreSQL ended a statement that took too long. */
const STATEMENT_TIMEOUT = '57014';

/** What may be shown of a failure: a code of the list, perhaps an id to find it by in the log, and nothing else. */
interface Shown {
  readonly message: string;
  readonly extensions: {
    readonly code: ErrorCode;
    readonly id?: string;
    readonly retryAfter?: number;
  };
}

/**
 * The one way errors leave, over HTTP, WebSocket and callback alike. What was thrown on purpose keeps its message
 * and code; a database out of reach is UNAVAILABLE, anything else unexpected INTERNAL_SERVER_ERROR, both logged with
 * an id. In production no name of the schema is suggested.
 */
export function errorFormatter(log: Logger, production: boolean): FormatError {
  return (formatted, error) => {
    const { locations, path } = formatted;
    const { message, extensions } = shownOf(log, formatted, error);
    const told = production ? withoutSuggestion(message) : message;
    return {
      message: told.length > MESSAGE_MAX ? `${told.slice(0, MESSAGE_MAX)}…` : told,
      ...(locations && { locations }),
      ...(path && { path }),
      extensions,
    };
  };
}

function shownOf(log: Logger, formatted: GraphQLFormattedError, error: unknown): Shown {
  const cause = rootCause(error);
  if (cause instanceof RequestError) {
    const { code, message, retryAfter } = cause;
    if (code === 'UNAVAILABLE') log.warn({ err: cause, ...requestOf(cause) }, 'Unavailable');
    return { message, extensions: { code, ...(retryAfter !== null && { retryAfter }) } };
  }
  const code = codeOf(formatted, error, cause);
  if (code !== null) return { message: formatted.message, extensions: { code } };
  return maskedError(log, cause);
}

/** Logs an unexpected error and gives what may be shown of it: an id to find it by. */
export function maskedError(log: Logger, error: unknown): Shown {
  const id = randomUUID();
  if (isOutOfReach(error)) {
    log.warn({ err: error, errorId: id, ...requestOf(error) }, 'Unavailable');
    const message = `The database is out of reach or too busy, id ${id}. Try again.`;
    return { message, extensions: { code: 'UNAVAILABLE', id } };
  }
  log.error({ err: error, errorId: id, ...requestOf(error) }, 'Internal error');
  return { message: `Internal error, id ${id}`, extensions: { code: 'INTERNAL_SERVER_ERROR', id } };
}

/** A refusal of a whole request, with the HTTP status of its code. */
export function httpError(error: RequestError): GraphQLError {
  const { code, message, retryAfter } = error;
  const headers = new HeaderMap();
  if (retryAfter !== null) headers.set('retry-after', String(retryAfter));
  return new GraphQLError(message, {
    extensions: { code, http: { status: ERROR_CODES[code].status, headers } },
    originalError: error,
  });
}

function isOutOfReach(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return mayTryAgain(error) || ('code' in error && error.code === STATEMENT_TIMEOUT);
}

function codeOf(
  formatted: GraphQLFormattedError,
  error: unknown,
  cause: unknown,
): ErrorCode | null {
  // Ours first: Apollo Server gives every finding of validation the same code.
  const ours = cause instanceof GraphQLError ? cause.extensions.code : undefined;
  const code = isErrorCode(ours) ? ours : formatted.extensions?.code;
  if (code === 'GRAPHQL_PARSE_FAILED' && isTokenLimit(formatted.message)) return 'TOO_MANY_TOKENS';
  if (isErrorCode(code) && code !== 'INTERNAL_SERVER_ERROR') return code;
  if (!(error instanceof GraphQLError && cause instanceof GraphQLError)) return null;
  // What graphql-js itself finds wrong with variables and arguments carries no code.
  const isInput = error.path === undefined || cause.message.startsWith('Argument "');
  return cause.extensions.code === undefined && isInput ? 'BAD_USER_INPUT' : null;
}

/** graphql-js stops parsing at a number of tokens, and says so in words alone. */
function isTokenLimit(message: string): boolean {
  return /^Syntax Error: Document contains more tha[nt] \d+ tokens/.test(message);
}

/** What was thrown in the first place, under the layers that graphql-js and Apollo Server wrap around it. */
export function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

function withoutSuggestion(message: string): string {
  return message.replace(/ ?Did you mean .+\?$/s, '');
}
