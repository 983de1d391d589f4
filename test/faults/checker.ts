import { canonicalJson } from '../../src/kernel/ids';
import type { EntryLine, Evidence, Rows, Violation, Watch } from './evidence';
import { type Answer, type Attempt, causeOf } from './history';
import { replay } from './replay';

/** How many violations of one promise are told in full. */
const TOLD_MAX = 20;

/** What the checker found. */
export interface Verdict {
  readonly violations: readonly Violation[];
  /** Commands that were answered, and what became of them. */
  readonly acknowledged: number;
  readonly lost: number;
  readonly duplicated: number;
  /** Commands with an attempt of unknown outcome, all of which were answered in the end. */
  readonly unknownResolved: number;
}

/** Judges a run: what clients wrote down against what the database, the subscribers and the platform have. Pure. */
export function check(evidence: Evidence): Verdict {
  const { history, rows, watches, received } = evidence;
  const commands = commandsOf(history);
  const answers = checkAnswers(commands, rows);
  const violations = [
    ...answers,
    ...checkForged(history),
    ...checkEntries(rows),
    ...checkRealTime(commands),
    ...watches.flatMap((watch) => checkWatch(watch, rows)),
    ...(received === null ? [] : checkWebhooks(received, rows)),
    ...rows.broken.map((detail): Violation => ({ promise: 'invariant', detail })),
    ...replay(evidence),
  ];
  const count = (promise: Violation['promise']) =>
    answers.filter((violation) => violation.promise === promise).length;
  return {
    violations: limited(violations),
    acknowledged: [...commands.values()].filter(({ acks }) => acks.length > 0).length,
    lost: count('acknowledged'),
    duplicated: violations.filter(({ promise }) => promise === 'once').length,
    unknownResolved: [...commands.values()].filter((it) => it.wasUnknown && it.acks.length > 0)
      .length,
  };
}

/** All attempts under one key. */
interface Commanded {
  readonly cause: string;
  readonly acks: Attempt[];
  readonly first: number;
  /** Some attempt may have had an effect without telling. */
  wasUnknown: boolean;
}

function commandsOf(history: readonly Attempt[]): Map<string, Commanded> {
  const commands = new Map<string, Commanded>();
  for (const attempt of history) {
    if (attempt.forged) continue;
    const cause = causeOf(attempt.asked);
    const known = commands.get(cause);
    const command = known ?? { cause, acks: [], first: attempt.start, wasUnknown: false };
    commands.set(cause, command);
    if (attempt.ending === 'ok') command.acks.push(attempt);
    if (attempt.ending === 'unknown' || attempt.ending === 'defect') command.wasUnknown = true;
  }
  for (const { acks } of commands.values()) acks.sort((a, b) => a.end - b.end);
  return commands;
}

/** acknowledged ⊆ rows ⊆ acknowledged ∪ unknown; one row and one answer per key; nothing stays unknown. */
function checkAnswers(commands: ReadonlyMap<string, Commanded>, rows: Rows): Violation[] {
  const stored = new Map<string, Answer[]>();
  for (const { cause, answer } of rows.answers) {
    stored.set(cause, [...(stored.get(cause) ?? []), answer]);
  }
  const violations: Violation[] = [];
  const say = (promise: Violation['promise'], detail: string) =>
    violations.push({ promise, detail });
  for (const [cause, answers] of stored) {
    const command = commands.get(cause);
    if (answers.length > 1) say('once', `${cause} has ${answers.length} stored answers.`);
    if (!command || (command.acks.length === 0 && !command.wasUnknown)) {
      say('asked', `${cause} is in the database; no client asked for it, or all were declined.`);
    }
  }
  for (const { cause, acks, wasUnknown } of commands.values()) {
    const [kept] = stored.get(cause) ?? [];
    if (acks.length === 0) {
      if (wasUnknown) say('resolved', `${cause} was never answered, however often it was asked.`);
      continue;
    }
    if (!kept) {
      say(
        'acknowledged',
        `${cause} was answered ${told(acks[0]!.answer)}; the database has nothing of it.`,
      );
      continue;
    }
    violations.push(...checkSame(cause, acks, kept));
  }
  return violations;
}

/**
 * Every acknowledgement says what is stored. Of an event one at most does, the others say DUPLICATE; all of them may, where the
 * service itself had to do it again because its connection broke at COMMIT.
 */
function checkSame(cause: string, acks: readonly Attempt[], kept: Answer): Violation[] {
  const isEvent = acks[0]!.asked.kind === 'event';
  const own = acks.filter(({ answer }) => !isEvent || answer?.outcome !== 'DUPLICATE');
  const violations = own
    .filter(({ answer }) => canonicalJson(answer) !== canonicalJson(kept))
    .map(({ answer }): Violation => {
      const detail = `${cause} was answered ${told(answer)}, and stored is ${told(kept)}.`;
      return { promise: 'same answer', detail };
    });
  if (isEvent && own.length > 1) {
    violations.push({ promise: 'once', detail: `${cause} was applied ${own.length} times.` });
  }
  return violations;
}

/** What was forged on purpose is refused: another content under a used key, or nothing that could be applied. */
function checkForged(history: readonly Attempt[]): Violation[] {
  return history
    .filter(({ forged, ending }) => forged && ending === 'ok')
    .filter(({ answer }) => {
      const { refused, reason } = answer ?? {};
      return refused !== 'IDEMPOTENCY_CONFLICT' && reason !== 'EVENT_ID_REUSED';
    })
    .map(({ asked, answer }) => ({
      promise: 'once',
      detail: `Another content under the used key of ${causeOf(asked)} was answered ${told(answer)}.`,
    }));
}

/** Numbered 1, 2, 3 …, each continuing the one before; what one command led to stands together. */
function checkEntries({ entries }: Rows): Violation[] {
  const violations: Violation[] = [];
  const finished = new Set<string>();
  let before: EntryLine | null = null;
  for (const entry of entries) {
    const isFirst = before?.accountId !== entry.accountId;
    const last = isFirst || !before ? NOTHING : before;
    const place = `${entry.accountId} entry ${entry.sequence}`;
    if (entry.sequence !== last.sequence + 1) {
      violations.push({ promise: 'sequence', detail: `${place} follows ${last.sequence}.` });
    }
    const continues =
      entry.availableAfter === last.availableAfter + entry.availableChange &&
      entry.heldAfter === last.heldAfter + entry.heldChange &&
      entry.owedAfter === last.owedAfter + entry.owedChange;
    if (!continues) {
      violations.push({
        promise: 'sequence',
        detail: `${place} does not continue the one before.`,
      });
    }
    if (entry.cause !== 'due' && (isFirst || entry.cause !== last.cause)) {
      const block = `${entry.accountId} ${entry.cause}`;
      if (finished.has(block)) {
        violations.push({
          promise: 'once',
          detail: `${place}: ${entry.cause} had an effect before.`,
        });
      }
      finished.add(block);
    }
    before = entry;
  }
  return violations;
}

const NOTHING = { sequence: 0, availableAfter: 0, heldAfter: 0, owedAfter: 0, cause: '' };

/** What was answered before something else was asked on the same account comes before it there. */
function checkRealTime(commands: ReadonlyMap<string, Commanded>): Violation[] {
  const byAccount = new Map<
    string,
    { cause: string; start: number; end: number; sequence: number }[]
  >();
  for (const { cause, acks, first } of commands.values()) {
    const { asked, answer, end } = acks[0] ?? {};
    if (!asked || !('customerId' in asked) || typeof answer?.sequence !== 'number') continue;
    const own = byAccount.get(asked.customerId) ?? [];
    own.push({ cause, start: first, end: end!, sequence: answer.sequence });
    byAccount.set(asked.customerId, own);
  }
  return [...byAccount.values()].flatMap((own) => {
    const ended = [...own].sort((a, b) => a.end - b.end);
    const violations: Violation[] = [];
    let next = 0;
    let latest: (typeof own)[number] | null = null;
    for (const command of own.sort((a, b) => a.start - b.start)) {
      for (; next < ended.length && ended[next]!.end < command.start; next += 1) {
        if (!latest || ended[next]!.sequence > latest.sequence) latest = ended[next]!;
      }
      if (!latest || latest.sequence < command.sequence) continue;
      const detail = `${command.cause} got sequence ${command.sequence} after ${latest.cause} had been answered with ${latest.sequence}.`;
      violations.push({ promise: 'real time', detail });
    }
    return violations;
  });
}

/** A subscriber saw every entry from its first on, once, in order, up to the last one there is. */
function checkWatch({ name, accountId, after, seen }: Watch, { entries }: Rows): Violation[] {
  const own = entries.filter((entry) => entry.accountId === accountId && entry.sequence > after);
  const expected = own.map(({ sequence, availableAfter }) => ({
    sequence,
    available: availableAfter,
  }));
  const wrong = seen.findIndex((it, n) => canonicalJson(it) !== canonicalJson(expected[n] ?? null));
  if (wrong >= 0) {
    const detail = `${name} saw ${told(seen[wrong])} of ${accountId}, where ${told(expected[wrong] ?? null)} comes next.`;
    return [{ promise: 'subscription', detail }];
  }
  if (seen.length === expected.length) return [];
  const detail = `${name} saw ${accountId} up to ${seen.at(-1)?.sequence ?? after}, not to ${expected.at(-1)!.sequence}.`;
  return [{ promise: 'subscription', detail }];
}

/** The platform got every message, and each account's first ones in order. */
function checkWebhooks(
  received: NonNullable<Evidence['received']>,
  { messages }: Rows,
): Violation[] {
  const violations: Violation[] = [];
  const last = new Map<string, number>();
  for (const { accountId, number } of received) {
    const before = last.get(accountId) ?? 0;
    if (number <= before) continue;
    if (number > before + 1) {
      const detail = `Message ${number} of ${accountId} came when ${before} was the last one known.`;
      violations.push({ promise: 'webhook', detail });
    }
    last.set(accountId, number);
  }
  for (const { accountId, number, state } of messages) {
    if (number <= (last.get(accountId) ?? 0) && state === 'DELIVERED') continue;
    const detail = `Message ${number} of ${accountId} is ${state}; the platform has ${last.get(accountId) ?? 0}.`;
    violations.push({ promise: 'webhook', detail });
  }
  return violations;
}

function told(value: unknown): string {
  return canonicalJson(value ?? null);
}

function limited(violations: readonly Violation[]): Violation[] {
  const counts = new Map<string, number>();
  return violations.filter(({ promise }) => {
    const count = (counts.get(promise) ?? 0) + 1;
    counts.set(promise, count);
    return count <= TOLD_MAX;
  });
}
