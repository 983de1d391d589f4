import fc from 'fast-check';
import { Client } from 'pg';
import { shardOf } from '../../src/kernel/ids';
import { formatInstant, type Instant } from '../../src/kernel/time';
import { MemoryBooks } from '../../src/ledger/memory-books';
import type { Rules } from '../../src/ledger/rules';
import { isRuleStep } from '../properties/rule-steps';
import { type Step, story } from '../properties/story';
import { Teller } from '../properties/teller';

/** How a history is made up: random stories told to the pure ledger, and copies of them under other names on other days. */
export interface History {
  /** Stories begin from here on … */
  readonly from: Instant;
  /** … and break off here. */
  readonly until: Instant;
  /** Entries to be told; they are copied as often as it says, each copy a day later than the one before, up to `days`. */
  readonly told: number;
  readonly copies: number;
  readonly days: number;
  readonly seed: number;
}

/** Writes a history past the door, each copy in a transaction of its own. Answers how many entries it has. */
export async function writeHistory(url: string, rules: Rules, history: History): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('set session_replication_role = replica');
    const rows = rowsOf(tellStories(rules, history));
    for (const [table, own] of Object.entries(rows)) {
      await client.query(`create temp table model_${table} (like ${table} including defaults)`);
      const names = Object.keys(own[0]!).join(', ');
      for (let at = 0; at < own.length; at += 5_000) {
        await client.query(
          `insert into model_${table} (${names}) select ${names} from json_populate_recordset(null::${table}, $1)`,
          [JSON.stringify(own.slice(at, at + 5_000))],
        );
      }
    }
    for (let copy = 0; copy < history.copies; copy += 1) {
      await client.query('begin');
      for (const [table, own] of Object.entries(rows)) {
        const names = Object.keys(own[0]!);
        const copied = names.map((name) => copiedColumn(name, copy, copy % history.days));
        await client.query(
          `insert into ${table} (${names.join(', ')}) select ${copied.join(', ')} from model_${table}`,
        );
      }
      await client.query('commit');
    }
    await client.query('analyze accounts, lots, entries, allocations');
    return rows.entries.length * history.copies;
  } finally {
    await client.end();
  }
}

const IDS = new Set([
  'id',
  'account_id',
  'referral_code',
  'order_id',
  'source_ref',
  'origin_account',
]);

function copiedColumn(name: string, copy: number, days: number): string {
  if (IDS.has(name)) return `${name} || ' ${copy}'`;
  return name.endsWith('_at') ? `${name} + interval '${days * 24} hours'` : name;
}

/** Until there are as many entries as were wished for, each story in a world of its own. */
function tellStories(rules: Rules, { from, until, told, seed }: History): MemoryBooks[] {
  const worlds: MemoryBooks[] = [];
  const count = () => worlds.reduce((sum, { entries }) => sum + entries.length, 0);
  for (let round = seed; count() < told; round += 1) {
    for (const steps of fc.sample(story, { seed: round, numRuns: 50 })) {
      const number = worlds.length + 1;
      const world = new MemoryBooks(rules);
      // Spread evenly, whatever their number: multiples of the golden ratio never come back to a place.
      const start = from + Math.floor(((number * 0.618_034) % 1) * (until - from));
      tell(new Teller(number, world), world, { steps, start, until });
      worlds.push(world);
    }
  }
  return worlds;
}

function tell(
  teller: Teller,
  world: MemoryBooks,
  { steps, start, until }: { steps: readonly Step[]; start: Instant; until: Instant },
): void {
  let now = start;
  for (const step of steps) {
    if (step.kind === 'wait') now += step.ms;
    // Rules are everybody's: what is published in one story would hold in all others.
    if (step.kind === 'wait' || isRuleStep(step)) continue;
    if (now >= until) return;
    for (const { command } of teller.tell(step)) world.run(command, now);
  }
}

type Row = Readonly<Record<string, unknown>>;

/** The rows of all worlds, by table: what points are summed from. */
function rowsOf(
  worlds: readonly MemoryBooks[],
): Record<'accounts' | 'lots' | 'entries' | 'allocations', Row[]> {
  const entries = worlds.flatMap((world) => world.entries);
  return {
    accounts: worlds.flatMap((world) =>
      [...world.accounts.values()].map((it) => ({
        ...{ shard: it.shard, id: it.id, program: it.program, terms_version: it.termsVersion },
        ...{ available: it.available, held: it.held, owed: it.owed, sequence: it.sequence },
        ...{ turnover_minor: String(it.turnover), stage: it.stage, last_lot: it.lastLot },
        ...{ terms_known: it.termsKnown, end_reason: it.endReason, referral_code: it.referralCode },
        ...{ enrolled_at: written(it.enrolledAt), notice_at: written(it.noticeAt) },
        ...{ ends_at: written(it.endsAt), redeem_until: written(it.redeemUntil) },
        ...{ ended_at: written(it.endedAt), suspended_at: written(it.suspendedAt) },
        suspended_reason: it.suspendedReason,
      })),
    ),
    lots: worlds.flatMap((world) =>
      [...world.lots].flatMap(([accountId, lots]) =>
        [...lots.values()].map((lot) => ({
          ...{ shard: shardOf(accountId), account_id: accountId, number: lot.number },
          ...{ source: lot.source, source_ref: lot.sourceRef, terms_version: lot.termsVersion },
          ...{ granted: lot.granted, remaining: lot.remaining, held: lot.held },
          ...{ redeemed: lot.redeemed, transferred: lot.transferred, expired: lot.expired },
          ...{ forfeited: lot.forfeited, reversed: lot.reversed, voided: lot.voided },
          is_open: lot.remaining > 0 || lot.held > 0,
          ...{ credited_at: written(lot.creditedAt), expires_at: written(lot.expiresAt) },
          voided_at: written(lot.voidedAt),
          origin_account: lot.origin?.accountId ?? null,
          origin_lot: lot.origin?.lot ?? null,
        })),
      ),
    ),
    entries: entries.map(({ accountId, what }) => ({
      ...{ shard: shardOf(accountId), account_id: accountId, sequence: what.sequence },
      ...{ kind: what.kind, available_change: what.availableChange, held_change: what.heldChange },
      ...{ owed_change: what.owedChange, turnover_change: String(what.turnoverChange) },
      ...{ available_after: what.availableAfter, held_after: what.heldAfter },
      ...{ owed_after: what.owedAfter, turnover_after: String(what.turnoverAfter) },
      ...{ occurred_at: written(what.occurredAt), recorded_at: written(what.recordedAt) },
      ...{ order_id: what.orderId, redemption: what.redemption, terms_version: what.termsVersion },
      ...{ cause: what.cause, actor: what.actor, arithmetic: what.arithmetic },
    })),
    allocations: entries.flatMap(({ accountId, what }) =>
      what.allocations.map((it) => ({
        ...{ shard: shardOf(accountId), account_id: accountId, sequence: what.sequence },
        ...{ ordinal: it.ordinal, lot: it.lot, redemption: it.redemption },
        ...{ from_state: it.from, to_state: it.to, points: it.points },
      })),
    ),
  };
}

function written(at: Instant | null): string | null {
  return at === null ? null : formatInstant(at);
}
