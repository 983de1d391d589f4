import type { App } from '../app';
import { readClock } from '../database/clock';
import type { Connection } from '../database/transaction';
import { type Refusal, refuse } from '../kernel/errors';
import { fingerprint } from '../kernel/ids';
import { formatInstant, type Instant } from '../kernel/time';
import { answerOnce } from '../ledger/seen';
import type { Campaign } from '../programs/campaign';
import { raiseRevision } from '../programs/programs.store';
import type { ProgramCode, Terms } from '../programs/terms';

type Parts = Pick<App, 'database' | 'programs' | 'config'>;

/** Refused, with everything that is wrong. */
export type CampaignRefusal = Refusal & { readonly mistakes: readonly string[] };

export interface StartCampaignInput extends Campaign {
  /** Why, for the record. */
  readonly reason: string;
  readonly idempotencyKey: string;
  readonly actor: string;
}

/** The most a campaign multiplies by, in per cent, and gives as a fixed bonus. */
const FACTOR_MAX = 10_000;
const BONUS_MAX = 1_000_000_000;
const CODE = /^[A-Z][A-Z0-9_-]{0,63}$/;

/**
 * Starts a campaign (R1.5), for orders placed from an instant on that has not passed. Refused, in this order:
 * PROGRAM_NOT_FOUND, INVALID_CAMPAIGN (with every mistake), CAMPAIGN_CODE_TAKEN.
 */
export async function startCampaign(
  parts: Parts,
  input: StartCampaignInput,
): Promise<Campaign | CampaignRefusal> {
  const { program, code, reason, idempotencyKey, actor, ...rest } = input;
  const at = await readClock(parts.database, parts.config.sandbox);
  await parts.programs.renew();
  const ask = {
    account: `program:${program}`,
    operation: 'startCampaign',
    key: idempotencyKey,
    fingerprint: fingerprint({ code, ...rest, minimum: rest.minimum.toString() }),
    at,
  };
  const terms = parts.programs.versions(program).at(-1)?.terms;
  const answer = await answerOnce(parts.database, ask, async (connection) => {
    if (!terms) return refuse('PROGRAM_NOT_FOUND');
    const mistakes = mistakesOf(input, terms, at);
    if (mistakes.length > 0) return { ...refuse('INVALID_CAMPAIGN'), mistakes };
    const isNew = await insert(connection, input, at);
    return isNew ? { code } : refuse('CAMPAIGN_CODE_TAKEN');
  });
  if ('refused' in answer) return withMistakes(answer);
  await parts.programs.renew();
  return find(parts, program, code);
}

/**
 * Ends a campaign before its time: orders placed from `endsAt` on do not match it any more; those placed before do, whenever
 * they are credited. Refused, in this order: PROGRAM_NOT_FOUND, CAMPAIGN_NOT_FOUND, CAMPAIGN_OVER (it ends by then anyway);
 * an instant that has passed is INVALID_CAMPAIGN.
 */
export async function endCampaign(
  parts: Parts,
  input: {
    readonly program: ProgramCode;
    readonly code: string;
    /** Null: now. */
    readonly endsAt: Instant | null;
    readonly idempotencyKey: string;
    readonly actor: string;
  },
): Promise<Campaign | CampaignRefusal> {
  const { program, code, endsAt, idempotencyKey, actor } = input;
  const at = await readClock(parts.database, parts.config.sandbox);
  await parts.programs.renew();
  const ask = {
    account: `program:${program}`,
    operation: 'endCampaign',
    key: idempotencyKey,
    fingerprint: fingerprint({ code, endsAt }),
    at,
  };
  const answer = await answerOnce(parts.database, ask, async (connection) => {
    const ends = endsAt ?? at;
    if (!parts.programs.has(program)) return refuse('PROGRAM_NOT_FOUND');
    const { rows } = await connection.query<{ starts_at: Instant; ends_at: Instant }>(
      'select starts_at, ends_at from campaigns where program = $1 and code = $2 for update',
      [program, code],
    );
    const [found] = rows;
    if (!found) return refuse('CAMPAIGN_NOT_FOUND');
    if (found.ends_at <= ends) return refuse('CAMPAIGN_OVER');
    if (ends < at) {
      return { ...refuse('INVALID_CAMPAIGN'), mistakes: ['endsAt: must not have passed'] };
    }
    await connection.query(
      `update campaigns set ends_at = greatest(starts_at, $3), ended_by = $4, ended_at = $5
       where program = $1 and code = $2`,
      [program, code, formatInstant(ends), actor, formatInstant(at)],
    );
    await raiseRevision(connection);
    return { code };
  });
  if ('refused' in answer) return withMistakes(answer);
  await parts.programs.renew();
  return find(parts, program, code);
}

function find({ programs }: Parts, program: ProgramCode, code: string): Campaign {
  const found = programs.campaigns(program).find((campaign) => campaign.code === code);
  if (!found) throw new Error(`campaign ${code} of program ${program} was written`);
  return found;
}

function withMistakes(refusal: Refusal): CampaignRefusal {
  return { mistakes: [], ...refusal };
}

/** Everything that is wrong with a campaign under the newest terms of its program. */
function mistakesOf(campaign: Campaign, terms: Terms, now: Instant): string[] {
  const { kind, factorPercent, bonus, tiers, minimum, tag, startsAt, endsAt } = campaign;
  const { capPerOrder, capPerMember } = campaign;
  const known = new Set(terms.tiers.map(({ code }) => code));
  const isWhole = (value: number | null, least: number, most: number) =>
    value !== null && Number.isSafeInteger(value) && value >= least && value <= most;
  const checks: readonly (readonly [boolean, string])[] = [
    [CODE.test(campaign.code), 'code: must be a code such as "SPRING-2027", at most 64 characters'],
    [
      kind === 'MULTIPLIER' ? isWhole(factorPercent, 101, FACTOR_MAX) : factorPercent === null,
      'factorPercent: 101 to 10000 for a MULTIPLIER (150 makes one and a half times the points), else left out',
    ],
    [
      kind === 'BONUS' ? isWhole(bonus, 1, BONUS_MAX) : bonus === null,
      `bonus: 1 to ${BONUS_MAX} points for a BONUS, else left out`,
    ],
    [
      kind !== 'EXCLUSION' || (capPerOrder === null && capPerMember === null),
      'capPerOrder, capPerMember: left out for an EXCLUSION',
    ],
    [capPerOrder === null || isWhole(capPerOrder, 1, BONUS_MAX), 'capPerOrder: 1 or more points'],
    [
      capPerMember === null || isWhole(capPerMember, 1, BONUS_MAX),
      'capPerMember: 1 or more points',
    ],
    [
      tiers.every((tier) => known.has(tier)) && new Set(tiers).size === tiers.length,
      `tiers: each one of ${[...known].join(', ')}, once`,
    ],
    [minimum >= 0n, 'minimum: must not be negative'],
    [tag === null || (tag.length >= 1 && tag.length <= 100), 'tag: 1 to 100 characters'],
    [startsAt >= now, 'startsAt: must not have passed: orders placed before are priced already'],
    [endsAt > startsAt, 'endsAt: must be after startsAt'],
  ];
  return checks.flatMap(([isRight, mistake]) => (isRight ? [] : [mistake]));
}

async function insert(
  connection: Connection,
  input: StartCampaignInput,
  at: Instant,
): Promise<boolean> {
  const { rowCount } = await connection.query(
    `insert into campaigns (program, code, kind, factor_percent, bonus, tiers, minimum_minor, tag, starts_at, ends_at,
       cap_per_order, cap_per_member, with_discount, names, reason, started_by, started_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
     on conflict do nothing`,
    [
      ...[input.program, input.code, input.kind, input.factorPercent, input.bonus, input.tiers],
      ...[input.minimum.toString(), input.tag],
      ...[formatInstant(input.startsAt), formatInstant(input.endsAt)],
      ...[input.capPerOrder, input.capPerMember, input.withDiscount, JSON.stringify(input.names)],
      ...[input.reason, input.actor, formatInstant(at)],
    ],
  );
  if (rowCount === 0) return false;
  await raiseRevision(connection);
  return true;
}
