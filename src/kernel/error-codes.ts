/**
 * Every code that an error may carry: the same over HTTP, WebSocket and callback, public contract, shown in
 * docs/errors.md. `status` is that of an HTTP answer to a request that failed as a whole; where only a field
 * failed the answer is 200 and has the rest.
 */
export const ERROR_CODES = {
  BAD_REQUEST: {
    status: 400,
    meaning: 'No GraphQL request: malformed HTTP or JSON, or an operation that does not run there.',
  },
  GRAPHQL_PARSE_FAILED: { status: 400, meaning: 'The document has a syntax error.' },
  GRAPHQL_VALIDATION_FAILED: { status: 400, meaning: 'The document does not fit the schema.' },
  OPERATION_RESOLUTION_FAILURE: { status: 400, meaning: 'The document has no such operation.' },
  PERSISTED_QUERY_NOT_SUPPORTED: { status: 200, meaning: 'Send the document itself, no hash.' },
  BAD_USER_INPUT: { status: 400, meaning: 'A variable or an argument is malformed.' },
  UNAUTHENTICATED: { status: 401, meaning: 'It needs an access token, or the token is not valid.' },
  FORBIDDEN: { status: 403, meaning: 'The access token does not allow it.' },
  NOT_FOUND: { status: 404, meaning: 'Nothing is served at this address.' },
  BODY_TOO_LARGE: { status: 413, meaning: 'The HTTP body is too large.' },
  TOO_MANY_TOKENS: { status: 400, meaning: 'The document is too long.' },
  TOO_DEEP: { status: 400, meaning: 'Fields are nested too deep.' },
  TOO_MANY_ALIASES: { status: 400, meaning: 'The document has too many aliases.' },
  TOO_MANY_DIRECTIVES: { status: 400, meaning: 'The document has too many directives.' },
  TOO_MANY_OPERATIONS: { status: 400, meaning: 'The document has too many operations.' },
  TOO_MANY_MUTATIONS: {
    status: 400,
    meaning: 'More than one command in an operation; nothing of it was run. Send them one by one.',
  },
  LIST_TOO_LONG: { status: 400, meaning: 'A list in an argument or a variable is too long.' },
  TOO_MANY_REPRESENTATIONS: { status: 400, meaning: 'Too many entities; ask in parts.' },
  TOO_COSTLY: {
    status: 400,
    meaning: 'The operation may cost too much; ask for smaller pages or fewer fields.',
  },
  RATE_LIMITED: {
    status: 429,
    meaning: 'Too many operations in this minute; `retryAfter` tells in how many seconds to go on.',
  },
  TOO_MANY_SUBSCRIPTIONS: {
    status: 429,
    meaning: 'The socket or the customer has too many subscriptions open.',
  },
  CALLBACK_REFUSED: {
    status: 400,
    meaning: 'The callback address is not allowed, malformed, or did not confirm the subscription.',
  },
  UNAVAILABLE: {
    status: 503,
    meaning: 'Something that is needed cannot be reached, or is too busy; try again.',
  },
  INTERNAL_SERVER_ERROR: {
    status: 500,
    meaning: 'Our fault; logged under the `id` that the error carries.',
  },
} as const satisfies Record<string, { readonly status: number; readonly meaning: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Whether text is one of our codes. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
}
