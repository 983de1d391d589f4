import { type DestinationStream, type Logger, pino } from 'pino';
import type { Config } from '../config';

/**
 * What is logged, and what never is.
 *
 * Logged: JSON lines with level, time, msg; of a request its `requestId` and `traceId`; of a failure its kind, its code, the constraint
 * it broke and where it was thrown; ids of customers, orders, events and messages; numbers and durations.
 *
 * Never: tokens, secrets, addresses of databases with passwords, e-mail addresses, phone numbers, names, hashes of any of these, bodies of
 * requests and events, variables of operations, values that stood in a statement.
 *
 * Three nets, each enough for most: a failure is told by a fixed list of its members (`tellError`), members whose names promise something
 * private are removed wherever they stand, and whatever still looks like a secret or an address is struck from the finished line.
 */
export function createLog(level: Config['logLevel'], destination?: DestinationStream): Logger {
  const options = {
    level,
    serializers: { err: tellError, error: tellError },
    redact: { paths: privatePaths(), censor: REMOVED },
    hooks: { streamWrite: strike },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** What stands where something was taken out. */
export const REMOVED = '[removed]';

/** Names of members that hold something private, or anything a caller sent. */
const PRIVATE = [
  ...['authorization', 'cookie', 'headers', 'token', 'secret', 'password', 'connectionString'],
  ...['email', 'emailHash', 'phone', 'phoneHash', 'paymentFingerprint', 'paymentHash', 'name'],
  ...['body', 'payload', 'data', 'variables', 'parameters', 'query', 'detail', 'where'],
];

/** How deep in what is logged private members are looked for; deeper nothing of ours is. */
function privatePaths(): string[] {
  return PRIVATE.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
}

/** Texts that are private wherever they stand: what they look like, and what is left of them. */
const STRUCK: readonly (readonly [looks: RegExp, left: string])[] = [
  [/\b(postgres(?:ql)?|https?):\/\/[^\s"'@/]+@/gi, `$1://${REMOVED}@`],
  [/\bBearer +[\w.~+/=-]+/gi, `Bearer ${REMOVED}`],
  [/\beyJ[\w-]{6,}\.[\w-]+\.[\w-]*/g, REMOVED],
  [/\bwhsec_[\w+/=-]+/g, REMOVED],
  [
    /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63})*\.\p{L}{2,24}\b/gu,
    REMOVED,
  ],
];

function strike(line: string): string {
  return STRUCK.reduce((text, [looks, left]) => text.replace(looks, left), line);
}

/** What is told of an error. */
interface ToldError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly table?: string;
  readonly constraint?: string;
  /** Where it was thrown, without its message. */
  readonly stack?: string;
  readonly cause?: ToldError;
}

/** How many causes of a cause are told. */
const CAUSES_MAX = 5;
/** SQLSTATE class of data exceptions: PostgreSQL quotes the value that it could not take. */
const DATA_EXCEPTION = '22';

/**
 * An error as it may be told: kind, message, code, place and cause. What libraries hang on their errors beside that (statements with their
 * parameters, the row that broke a constraint, whole requests) is left out.
 */
export function tellError(error: unknown, causes = CAUSES_MAX): ToldError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'No error was thrown.' };
  const { code, table, constraint, driverError } = error as Error &
    Readonly<Record<string, unknown>>;
  const cause = error.cause ?? (driverError === error ? undefined : driverError);
  return {
    type: error.constructor.name,
    message: messageOf(error.message, textOrNone(code) ?? textOrNone(Object(driverError).code)),
    ...defined({ code: textOrNone(code), table: textOrNone(table) }),
    ...defined({ constraint: textOrNone(constraint), stack: framesOf(error) }),
    ...(cause === undefined || causes === 0 ? {} : { cause: tellError(cause, causes - 1) }),
  };
}

function messageOf(message: string, code: string | undefined): string {
  return code?.startsWith(DATA_EXCEPTION) ? message.replace(/".*"/s, `"${REMOVED}"`) : message;
}

function framesOf({ stack }: Error): string | undefined {
  const frames = stack?.split('\n').filter((line) => /^\s+at /.test(line));
  return frames?.map((line) => line.trim()).join('\n');
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function defined<T extends object>(members: T): Partial<T> {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}
