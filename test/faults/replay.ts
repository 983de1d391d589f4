import { platformEventReader } from '../../src/events/platform-events';
import { canonicalJson } from '../../src/kernel/ids';
import type { Instant } from '../../src/kernel/time';
import { bookDue } from '../../src/ledger/book-due';
import type { Command } from '../../src/ledger/command';
import { MemoryBooks } from '../../src/ledger/memory-books';
import { eventCommand } from '../../src/orders/event-command';
import { captureRedemption, releaseRedemption } from '../../src/redemption/decide-hold';
import { redeem } from '../../src/redemption/redeem';
import { transferPoints } from '../../src/transfers/transfer';
import { compareBooks } from './compare-books';
import type { EntryLine, Evidence, Violation } from './evidence';
import { type Answer, type Asked, type Attempt, causeOf, SOURCE, storedAnswer } from './history';

/** The name under which the harness's desk acts. */
export const DESK = 'faults';

/** One command on its way back into memory. */
interface Node {
  readonly name: string;
  readonly command: Command<object>;
  /** The clock under the locks. */
  readonly at: Instant;
  readonly answer: Answer | null;
  /** When it was first asked and first answered, in real time; -∞ and +∞ for what nobody asked. */
  readonly start: number;
  readonly end: number;
  /** Its places in what is numbered: its account's entries and placings; none where it moved nothing. */
  readonly places: Map<string, number>;
}

/**
 * Decides everything that was recorded again, by the ledger's pure core in memory, and compares: every answer, every row.
 * The order is the database's own (the clock under the locks, then the numbers of each account's entries); among what
 * that leaves open, what was answered before something else was asked comes before it, and a command that moved nothing
 * is tried wherever it may stand.
 */
export function replay(evidence: Evidence): Violation[] {
  const { rows, rules } = evidence;
  const world = new MemoryBooks(rules);
  const nodes = [...nodesOf(evidence)].sort((a, b) => a.at - b.at);
  const wrong: Violation[] = [];
  const expected = new Map<string, number>();
  for (let from = 0; from < nodes.length; ) {
    let to = from;
    while (nodes[to]?.at === nodes[from]!.at) to += 1;
    wrong.push(...replayTied(world, nodes.slice(from, to), expected));
    from = to;
  }
  return [...wrong, ...compareBooks(world, rows)].map(
    (detail): Violation => (typeof detail === 'string' ? { promise: 'replay', detail } : detail),
  );
}

function* nodesOf({ history, rows, signalKey }: Evidence): Iterable<Node> {
  const spans = spansOf(history);
  const places = placesOf(rows.entries);
  const placings = new Map(rows.orders.map(({ id, placed }) => [id, placed]));
  const commandOf = commandReader(signalKey);
  for (const { cause, at, answer } of rows.answers) {
    const span = spans.get(cause);
    // What nobody asked for is told by another promise.
    if (!span) continue;
    const command = commandOf(span.asked, answer);
    const { start, end } = span;
    const own = places.get(cause) ?? new Map<string, number>();
    const placed = placings.get(command.orderId ?? '');
    if (command.operation === 'order.placed' && answer.outcome !== 'UNCHANGED' && placed) {
      own.set(`placings of ${placed.customerId}`, placed.number);
    }
    yield { name: cause, command, at, answer, start, end, places: own };
  }
  for (const entry of rows.entries) {
    if (entry.cause !== 'due') continue;
    const { accountId, sequence, recordedAt: at } = entry;
    const command = bookDue(accountId);
    const own = new Map([[accountId, sequence]]);
    const never = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY };
    yield {
      name: `due ${accountId}/${sequence}`,
      command,
      at,
      answer: null,
      places: own,
      ...never,
    };
  }
}

/** When each command was first asked of a server that was there, and first answered. */
function spansOf(
  history: readonly Attempt[],
): Map<string, { asked: Asked; start: number; end: number }> {
  const spans = new Map<string, { asked: Asked; start: number; end: number }>();
  for (const { asked, start, end, ending, forged } of history) {
    if (forged || ending === 'unsent') continue;
    const cause = causeOf(asked);
    const span = spans.get(cause) ?? { asked, start, end: Number.POSITIVE_INFINITY };
    spans.set(cause, span);
    if (ending === 'ok') span.end = Math.min(span.end, end);
  }
  return spans;
}

/** The first entry of each cause in each account. */
function placesOf(entries: readonly EntryLine[]): Map<string, Map<string, number>> {
  const places = new Map<string, Map<string, number>>();
  for (const { cause, accountId, sequence } of entries) {
    const own = places.get(cause) ?? new Map<string, number>();
    places.set(cause, own);
    if (!own.has(accountId)) own.set(accountId, sequence);
  }
  return places;
}

/** Replays commands that the clock does not tell apart. `next` has what each account's numbers have come to. */
function replayTied(
  world: MemoryBooks,
  nodes: readonly Node[],
  next: Map<string, number>,
): Violation[] {
  const chains = chainsOf(nodes);
  const wrong = checkChains(chains, next);
  const deadline = deadlinesOf(nodes, chains);
  // Not subtracted: what nobody was told has no end.
  const earlier = (a: Node, b: Node) => deadline.get(a)! < deadline.get(b)!;
  const inOrder = (a: Node, b: Node) => (earlier(a, b) ? -1 : earlier(b, a) ? 1 : 0);
  const open = new Set([...nodes].sort(inOrder));
  while (open.size > 0) {
    // Whatever was answered before something else was asked had happened by then.
    const firstEnd = Math.min(...[...open].map(({ end }) => end));
    const ready = [...open].filter((node) => node.start <= firstEnd && isFirst(node, chains));
    // Only what contradicts itself has no beginning: it is taken as it comes, and tells.
    const candidates = ready.length > 0 ? ready : [...open];
    const done =
      candidates.find((node) => node.places.size === 0 && tryNode(world, node)) ??
      candidates.find((node) => node.places.size > 0 && tryNode(world, node));
    const node = done ?? candidates.find(({ places }) => places.size > 0) ?? candidates[0]!;
    if (!done) wrong.push({ promise: 'replay', detail: force(world, node) });
    open.delete(node);
    for (const name of node.places.keys()) {
      const chain = chains.get(name)!;
      chain.splice(chain.indexOf(node), 1);
    }
  }
  return wrong;
}

/** What is numbered, by what numbers it, in order. */
function chainsOf(nodes: readonly Node[]): Map<string, Node[]> {
  const chains = new Map<string, Node[]>();
  for (const node of nodes) {
    for (const name of node.places.keys()) chains.set(name, [...(chains.get(name) ?? []), node]);
  }
  for (const [name, chain] of chains) {
    chain.sort((a, b) => a.places.get(name)! - b.places.get(name)!);
  }
  return chains;
}

function isFirst(node: Node, chains: ReadonlyMap<string, readonly Node[]>): boolean {
  return [...node.places.keys()].every((name) => chains.get(name)![0] === node);
}

/** The clock under the locks never goes back where the numbers go on. */
function checkChains(
  chains: ReadonlyMap<string, readonly Node[]>,
  next: Map<string, number>,
): Violation[] {
  const wrong: Violation[] = [];
  for (const [name, chain] of chains) {
    const first = chain[0]!.places.get(name)!;
    const last = next.get(name) ?? 0;
    if (first < last) {
      const detail = `${name}: number ${first} has a later clock than number ${last}.`;
      wrong.push({ promise: 'sequence', detail });
    }
    next.set(name, chain.at(-1)!.places.get(name)!);
  }
  return wrong;
}

/**
 * When each had happened at the latest: its own end, or that of whatever comes after it in a chain. Taken in this order, nothing
 * that is numbered goes ahead of a command that moved nothing unless it really came before it: if such a command
 * still waits for another one's end, then what is due before that end was answered before the command was asked.
 */
function deadlinesOf(
  nodes: readonly Node[],
  chains: ReadonlyMap<string, readonly Node[]>,
): Map<Node, number> {
  const deadlines = new Map(nodes.map((node) => [node, node.end]));
  for (let isSettled = false; !isSettled; ) {
    isSettled = true;
    for (const chain of chains.values()) {
      for (let n = chain.length - 2; n >= 0; n -= 1) {
        const inherited = deadlines.get(chain[n + 1]!)!;
        if (inherited >= deadlines.get(chain[n]!)!) continue;
        deadlines.set(chain[n]!, inherited);
        isSettled = false;
      }
    }
  }
  return deadlines;
}

/** Runs a command where its answer is the recorded one; else changes nothing. */
function tryNode(world: MemoryBooks, { command, at, answer }: Node): boolean {
  const decided = decide(world, command, at);
  if (answer !== null && shown(decided.answer) !== canonicalJson(answer)) return false;
  decided.keep();
  return true;
}

/** Runs a command whose answer is another one, and says so. */
function force(world: MemoryBooks, { name, command, at, answer }: Node): string {
  const decided = decide(world, command, at);
  decided.keep();
  return `${name} was decided ${canonicalJson(answer)}; in memory it is ${shown(decided.answer)}.`;
}

/** A decision that throws is an answer that is never the recorded one. */
function decide(
  world: MemoryBooks,
  command: Command<object>,
  at: Instant,
): ReturnType<MemoryBooks['decide']> {
  try {
    return world.decide(command, at);
  } catch (error) {
    return { answer: { outcome: String(error) }, keep: () => undefined };
  }
}

function shown(answer: object): string {
  return canonicalJson(Object.keys(answer).length === 0 ? {} : storedAnswer(answer));
}

/**
 * What makes the command of what was asked, as a server does. What a server draws by chance (a transfer's id) is what the
 * answer says was drawn.
 */
export function commandReader(
  signalKey: string,
): (asked: Asked, answer: Answer) => Command<object> {
  const read = platformEventReader(signalKey);
  const actor = `desk:${DESK}`;
  return (asked, answer) => {
    switch (asked.kind) {
      case 'event': {
        const { id, type, data } = asked;
        const reading = read({ source: SOURCE, id, type, data });
        if ('rejected' in reading) throw new Error(`${id} was stored and is ${reading.rejected}`);
        return eventCommand(reading.received);
      }
      case 'redeem': {
        const { key: idempotencyKey, customerId, orderId, points, holdSeconds } = asked;
        const holdMs = holdSeconds === null ? null : holdSeconds * 1_000;
        const own = `customer:${customerId}`;
        return redeem({ customerId, orderId, points, holdMs, idempotencyKey, actor: own });
      }
      case 'transfer': {
        const { key: idempotencyKey, fromId, toId, points } = asked;
        const wish = { id: String(answer.id ?? 'refused'), fromId, toId, points, evidence: null };
        return transferPoints({ ...wish, reason: 'OTHER', idempotencyKey, actor });
      }
      default: {
        const hold = { customerId: asked.customerId, number: asked.number };
        const decision = { ...hold, idempotencyKey: asked.key, actor };
        return asked.kind === 'capture'
          ? captureRedemption({ ...decision, points: null })
          : releaseRedemption(decision);
      }
    }
  };
}
