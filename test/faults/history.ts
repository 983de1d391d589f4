import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { parseRedemptionId } from '../../src/ledger/redemption';

/** The source under which the run's platform sends its events. */
export const SOURCE = 'faults';

/** What a client asks, with the key under which it may ask again. */
export type Asked =
  | { readonly kind: 'event'; readonly id: string; readonly type: string; readonly data: object }
  | {
      readonly kind: 'redeem';
      readonly key: string;
      readonly customerId: string;
      readonly orderId: string;
      readonly points: number | null;
      readonly holdSeconds: number | null;
    }
  | {
      readonly kind: 'capture' | 'release';
      readonly key: string;
      readonly customerId: string;
      readonly number: number;
    }
  | {
      readonly kind: 'transfer';
      readonly key: string;
      readonly fromId: string;
      readonly toId: string;
      readonly points: number | null;
    };

/** An answer, as clients get it and as the database keeps it: only what both have. */
export type Answer = Readonly<Record<string, string | number>>;

const OPERATIONS = {
  redeem: 'redeemXPoints',
  capture: 'captureRedemption',
  release: 'releaseRedemption',
  transfer: 'transferXPoints',
} as const;

/** What identifies a command: also what the entries it led to name as their cause. */
export function causeOf(asked: Asked): string {
  return asked.kind === 'event'
    ? `event ${SOURCE} ${asked.id}`
    : `${OPERATIONS[asked.kind]} ${asked.key}`;
}

/**
 * How an attempt ended. ok: answered (a refusal is an answer). unknown: it may have happened or not. unsent: nobody took
 * the connection. declined: definitely not done (malformed, limits); `defect` beside unknown: masked as an internal error.
 */
export type Ending = 'ok' | 'unknown' | 'unsent' | 'declined' | 'defect';

/** One try of a client to have something done. Times are microseconds of the machine's monotonic clock. */
export interface Attempt {
  readonly by: string;
  readonly n: number;
  readonly asked: Asked;
  /** Which server was asked. */
  readonly server: number;
  readonly start: number;
  /** Infinity where nothing was heard any more: the client itself ended. */
  readonly end: number;
  readonly ending: Ending;
  readonly answer: Answer | null;
  readonly error: string | null;
  /** Deliberately another content under a key that was used: it must not have any effect. */
  readonly forged: boolean;
  /** What the client did to the delivery: duplicated, reordered, delayed, poisoned …, or nothing. */
  readonly mischief: string | null;
}

type Line =
  | ({ type: 'invoke'; t: number } & Pick<
      Attempt,
      'by' | 'n' | 'asked' | 'server' | 'forged' | 'mischief'
    >)
  | ({ type: Ending; t: number } & Pick<Attempt, 'by' | 'n' | 'answer' | 'error'>);

/** Microseconds; comparable between the processes of one machine, whatever happens to the date. */
export function monotonic(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** A client's side of the history: a line before each attempt, a line after it. */
export class HistoryFile {
  private readonly file: number;
  private count = 0;

  constructor(path: string) {
    this.file = openSync(path, 'a');
  }

  /** Writes the attempt down before it is made; gives its number. */
  invoke(what: Pick<Attempt, 'by' | 'asked' | 'server' | 'forged' | 'mischief'>): number {
    this.count += 1;
    this.write({ type: 'invoke', t: monotonic(), n: this.count, ...what });
    return this.count;
  }

  ended(type: Ending, what: Pick<Attempt, 'by' | 'n' | 'answer' | 'error'>): void {
    this.write({ type, t: monotonic(), ...what });
  }

  close(): void {
    closeSync(this.file);
  }

  private write(line: Line): void {
    writeSync(this.file, `${JSON.stringify(line)}\n`);
  }
}

/** What all clients wrote down, in the order in which the attempts began. */
export function readHistory(paths: readonly string[]): Attempt[] {
  const attempts = paths.flatMap((path) => {
    const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
    return pair(lines.map((line) => JSON.parse(line) as Line));
  });
  return attempts.sort((a, b) => a.start - b.start);
}

/** Joins each attempt's two lines; one that never ended is unknown for ever. */
function pair(lines: readonly Line[]): Attempt[] {
  const attempts = new Map<number, Attempt>();
  for (const line of lines) {
    if (line.type === 'invoke') {
      const { type: _, t: start, ...rest } = line;
      const open = { start, end: Number.POSITIVE_INFINITY, ending: 'unknown' as const };
      attempts.set(line.n, { ...rest, ...open, answer: null, error: null });
      continue;
    }
    const attempt = attempts.get(line.n);
    if (!attempt) throw new Error(`Attempt ${line.n} ended and never began.`);
    const { type: ending, t: end, answer, error } = line;
    attempts.set(line.n, { ...attempt, ending, end, answer, error });
  }
  return [...attempts.values()];
}

/** A stored answer (of `answers` or of the inbox) in the words of the history. */
export function storedAnswer(stored: object): Answer {
  const { refused, outcome } = stored as { refused?: string; outcome?: string };
  if (refused !== undefined || outcome !== undefined) return { ...stored } as Answer;
  if ('transfer' in stored) {
    const { id, state, moved } = stored.transfer as { id: string; state: string; moved: number };
    return { id, state, moved };
  }
  const { redemption, ...after } = stored as {
    redemption: Record<'number' | 'state' | 'points' | 'held' | 'captured' | 'released', number>;
    sequence: number;
    available: number;
    held: number;
    owed: number;
  };
  const { number, state, points, held, captured, released } = redemption;
  const { sequence, available, owed } = after;
  const decided = { number, state, points, held, captured, released };
  return { ...decided, sequence, available, heldAfter: after.held, owed };
}

/** What a mutation answered over GraphQL, in the words of the history. */
export function graphqlAnswer(result: Readonly<Record<string, unknown>>): Answer {
  const { code, available, limit, transfer, redemption, balance } = result as {
    code?: string;
    available?: number;
    limit?: number;
    transfer?: Answer;
    redemption?: Answer & { id: string };
    balance?: { sequence: number; available: number; held: number; owed: number };
  };
  if (code !== undefined) {
    const numbers = { ...(available === undefined ? {} : { available }) };
    return { refused: code, ...numbers, ...(limit === undefined ? {} : { limit }) };
  }
  if (transfer) return { ...transfer };
  const { id, ...decided } = redemption!;
  const { sequence, available: left, held, owed } = balance!;
  const { number } = parseRedemptionId(id)!;
  return { number, ...decided, sequence, available: left, heldAfter: held, owed };
}
