import type { DataSource } from 'typeorm';
import type { App } from '../app';
import { readClock } from '../database/clock';
import type { Connection } from '../database/transaction';
import { invariant, type Refusal, refuse } from '../kernel/errors';
import { fingerprint } from '../kernel/ids';
import {
  DAY_MS,
  formatInstant,
  type Instant,
  isInstant,
  monthsLater,
  parseDay,
} from '../kernel/time';
import type { ProgramEnding } from '../ledger/program-ending';
import { answerOnce } from '../ledger/seen';
import type { ProgramCode } from '../programs/terms';
import { endForProgram } from './terminate';

type Parts = Pick<App, 'database' | 'ledger' | 'programs' | 'config'>;

/** A program that is discontinued, and how far its members' memberships were ended. */
export interface ProgramEndingView extends ProgramEnding {
  /** Members when it was announced, and how many of them are done. */
  readonly members: number;
  readonly done: number;
  readonly finishedAt: Instant | null;
}

export interface DiscontinueInput {
  readonly program: ProgramCode;
  /** The last day, such as 2027-03-31, in the program's zone; null for good cause: at once. */
  readonly endsOn: string | null;
  readonly goodCause: boolean;
  readonly reason: string;
  readonly idempotencyKey: string;
  readonly actor: string;
}

/** Members that are ended before an answer goes out, and in one turn of the job. */
const PAGE = 500;

/**
 * Discontinues a program for everyone (R2.5): with notice to a day and three months to redeem after it, or for good cause at
 * once and without. The first members are ended before it answers, the rest by a job, page by page; asked again with the
 * same words it answers how far that is. Refused, in this order: PROGRAM_NOT_FOUND, INVALID_END_DATE, PROGRAM_ENDING_ALREADY.
 */
export async function discontinueProgram(
  parts: Parts,
  input: DiscontinueInput,
): Promise<ProgramEndingView | Refusal> {
  const { program, endsOn, goodCause, reason, idempotencyKey } = input;
  const at = await readClock(parts.database, parts.config.sandbox);
  const ask = {
    account: `program:${program}`,
    operation: 'discontinueProgram',
    key: idempotencyKey,
    fingerprint: fingerprint({ endsOn, goodCause, reason }),
    at,
  };
  const answer = await answerOnce(parts.database, ask, async (connection) => {
    return (await announce(parts, connection, input, at)) ?? { program };
  });
  if ('refused' in answer) return answer;
  const ending = await programEnding(parts.database, program);
  invariant(ending !== null, 'a program that was discontinued stays so');
  await endNextMembers(parts, ending);
  return (await programEnding(parts.database, program)) ?? ending;
}

/** Writes the end of a program down, or says why not; again with the same words it is written already. */
async function announce(
  parts: Parts,
  connection: Connection,
  input: DiscontinueInput,
  now: Instant,
): Promise<Refusal | null> {
  const { program, endsOn, goodCause, reason, actor } = input;
  const terms = parts.programs.has(program)
    ? parts.programs.bindingAt(program, Math.max(now, parts.programs.startsAt(program) ?? now))
    : undefined;
  if (!terms) return refuse('PROGRAM_NOT_FOUND');
  const lastDay = goodCause || endsOn === null ? null : parseDay(endsOn, terms.zone);
  const endsAt = lastDay === null ? now : firstInstantAfter(lastDay, terms.zone);
  const redeemUntil = goodCause
    ? now
    : monthsLater(endsAt, terms.redemptionWindowMonths, terms.zone);
  const isDay = lastDay !== null && endsAt > now && isInstant(redeemUntil);
  if (!goodCause && !isDay) return refuse('INVALID_END_DATE');
  await connection.query(
    `insert into program_endings (program, ends_at, redeem_until, good_cause, reason, announced_at, announced_by, members)
     select $1, $2, $3, $4, $5, $6, $7, (select count(*) from accounts where program = $1)
     on conflict do nothing`,
    [
      program,
      formatInstant(endsAt),
      formatInstant(redeemUntil),
      goodCause,
      reason,
      formatInstant(now),
      actor,
    ],
  );
  const { rows } = await connection.query<EndingRow>(
    'select * from program_endings where program = $1',
    [program],
  );
  const [ending] = rows.map(endingOf);
  const isSame =
    ending?.goodCause === goodCause &&
    ending.reason === reason &&
    (goodCause || ending.endsAt === endsAt);
  return isSame ? null : refuse('PROGRAM_ENDING_ALREADY');
}

/** How a program that is discontinued ends, and how far that is; null where it goes on. */
export async function programEnding(
  database: DataSource,
  program: ProgramCode,
): Promise<ProgramEndingView | null> {
  const [found] = await readEndings(database, 'program = $1', [program]);
  return found ?? null;
}

/** How those of the programs that are discontinued end, by code, in one statement. */
export async function programEndings(
  database: DataSource,
  programs: readonly ProgramCode[],
): Promise<Map<ProgramCode, ProgramEndingView>> {
  const found = await readEndings(database, 'program = any ($1)', [programs]);
  return new Map(found.map((ending) => [ending.program, ending]));
}

/** One page of each program whose members are not all ended. True where nothing is left to do now. */
export async function endPrograms(parts: Parts): Promise<boolean> {
  const unfinished = await readEndings(parts.database, 'finished_at is null', []);
  let isDone = true;
  for (const ending of unfinished) isDone = (await endNextMembers(parts, ending)) && isDone;
  return isDone;
}

/**
 * Ends the memberships of a page of a program's members and remembers where it is, so that it may break off anywhere and
 * two processes may do it at once: a member who is done already is not changed again. At the end it looks
 * once more for members who registered while the program was being discontinued, and waits for those whose accounts are
 * frozen (whoever lets one go sends it back to the start). True where nothing is left to do now.
 */
async function endNextMembers(parts: Parts, ending: ProgramEndingView): Promise<boolean> {
  const { database, ledger } = parts;
  const page: { shard: number; id: string }[] = await database.query(
    `select a.shard, a.id from accounts a join program_endings p on p.program = a.program
     where p.program = $1 and p.finished_at is null and (p.cursor_id is null or (a.shard, a.id) > (p.cursor_shard, p.cursor_id))
     order by a.shard, a.id limit $2`,
    [ending.program, PAGE],
  );
  await Promise.all(page.map(({ id }) => ledger.execute(endForProgram(id, ending))));
  const last = page.at(-1);
  if (last) {
    await database.query(
      `update program_endings set cursor_shard = $2, cursor_id = $3,
         done = least(members, (select count(*) from accounts a where a.program = $1 and (a.shard, a.id) <= ($2::smallint, $3)))
       where program = $1 and (cursor_id is null or (cursor_shard, cursor_id) < ($2::smallint, $3))`,
      [ending.program, last.shard, last.id],
    );
  }
  return page.length < PAGE && finish(parts, ending);
}

async function finish(
  { database, ledger, config }: Parts,
  ending: ProgramEndingView,
): Promise<boolean> {
  const missed: { id: string; frozen: boolean }[] = await database.query(
    `select id, frozen_at is not null as frozen from accounts
     where program = $1 and (stage = 'ACTIVE' or (frozen_at is not null and stage <> 'ENDED')) order by 2 limit $2`,
    [ending.program, PAGE],
  );
  await Promise.all(missed.map(({ id }) => ledger.execute(endForProgram(id, ending))));
  if (missed.some(({ frozen }) => frozen)) return true;
  if (missed.length === PAGE) return false;
  await database.query(
    'update program_endings set finished_at = $2 where program = $1 and finished_at is null',
    [ending.program, formatInstant(await readClock(database, config.sandbox))],
  );
  return true;
}

function firstInstantAfter(day: Instant, zone: string): Instant {
  // A day is at most 25 hours long: 36 hours on it is the next one, whatever the clocks do.
  return monthsLater(day + 1.5 * DAY_MS, 0, zone);
}

async function readEndings(
  database: DataSource,
  where: string,
  values: readonly unknown[],
): Promise<ProgramEndingView[]> {
  const rows: EndingRow[] = await database.query(`select * from program_endings where ${where}`, [
    ...values,
  ]);
  return rows.map(endingOf);
}

function endingOf(row: EndingRow): ProgramEndingView {
  return {
    program: row.program,
    endsAt: row.ends_at,
    redeemUntil: row.redeem_until,
    goodCause: row.good_cause,
    reason: row.reason,
    announcedAt: row.announced_at,
    announcedBy: row.announced_by,
    members: row.members,
    done: row.done,
    finishedAt: row.finished_at,
  };
}

interface EndingRow {
  program: string;
  ends_at: Instant;
  redeem_until: Instant;
  good_cause: boolean;
  reason: string;
  announced_at: Instant;
  announced_by: string;
  members: number;
  done: number;
  finished_at: Instant | null;
}
