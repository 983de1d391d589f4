import type { FastifyError, FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import { ERROR_CODES, type ErrorCode } from '../kernel/error-codes';
import { RequestError } from '../kernel/errors';
import { maskedError } from './format-error';

/** The body of an answer to a request that failed as a whole. */
export function errorBody(code: ErrorCode, message: string, retryAfter: number | null = null) {
  return {
    errors: [{ message, extensions: { code, ...(retryAfter !== null && { retryAfter }) } }],
  };
}

/**
 * Answers a request beside GraphQL that failed as a whole, as GraphQL would: the same JSON, the status of its code. What was not
 * thrown on purpose is logged, and shown as an id alone.
 */
export function sendError(
  log: Logger,
  error: FastifyError | RequestError,
  reply: FastifyReply,
): FastifyReply {
  if (error instanceof RequestError) {
    const { code, message, retryAfter } = error;
    if (retryAfter !== null) void reply.header('retry-after', String(retryAfter));
    return reply.code(ERROR_CODES[code].status).send(errorBody(code, message, retryAfter));
  }
  const status = error.statusCode ?? 500;
  const code = status === 413 ? 'BODY_TOO_LARGE' : 'BAD_REQUEST';
  if (status < 500) return reply.code(status).send(errorBody(code, toldTo(error)));
  const shown = maskedError(log, error);
  return reply.code(ERROR_CODES[shown.extensions.code].status).send({ errors: [shown] });
}

/** What the framework says of a content type names none that would do. */
function toldTo({ code, message }: FastifyError): string {
  const isNoJson = code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE';
  return isNoJson ? 'Send the body as JSON, with content-type application/json.' : message;
}
