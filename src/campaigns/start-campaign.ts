import type { App } from '../app';
import { readClock } from '../database/clock';
import type { Connection } from '../database/transaction';
import { type Refusal, refuse } from '../kernel/errors';
import { fingerprint } from '../kernel/ids';
import { formatInstant, type Instant } from '../kernel/time';
import { answerOnce } from '../ledger/seen';
import type { Campaign } from '../programs/campaign';
import { raiseRevision } from '../programs/programs.store';
import type { ProgramCode } from '../programs/terms';
import { type CampaignWish, campaignOf } from './campaign-wish';

type Parts = Pick<App, 'database' | 'programs' | 'config'>;

/** Refused, with everything that is wrong. */
export type CampaignRefusal = Refusal & { readonly mistakes: readonly string[] };

export interface StartCampaignInput extends CampaignWish {
  /** Why, for the record. */
  readonly reason: string;
  readonly idempotencyKey: string;
  readonly actor: string;
}

/**
 * Starts a campaign (R1.5), for orders placed from an instant on that has not passed. Refused, in this order:
 * PROGRAM_NOT_FOUND, INVALID_CAMPAIGN (with every mistake), CAMPAIGN_CODE_TAKEN.
 */
export async function startCampaign(
  parts: Parts,
  input: StartCampaignInput,
): Promise<Campaign | CampaignRefusal> {
  const { reason, idempotencyKey, actor, ...wish } = input;
  const { program, code } = wish;
  const at = await readClock(parts.database, parts.config.sandbox);
  await parts.programs.renew();
  const ask = {
    account: `program:${program}`,
    operation: 'startCampaign',
    key: idempotencyKey,
    fingerprint: fingerprint({ ...wish, reason }),
    at,
  };
  const terms = parts.programs.versions(program).at(-1)?.terms;
  const answer = await answerOnce(parts.database, ask, async (connection) => {
    if (!terms) return refuse('PROGRAM_NOT_FOUND');
    const judged = campaignOf(wish, terms, at);
    if ('mistakes' in judged) return { ...refuse('INVALID_CAMPAIGN'), ...judged };
    const isNew = await insert(connection, judged.campaign, { by: actor, at, reason });
    return isNew ? { code } : refuse('CAMPAIGN_CODE_TAKEN');
  });
  if ('refused' in answer) return withMistakes(answer);
  await parts.programs.renew();
  return find(parts, program, code);
}

/**
 * Ends a campaign before its time: orders placed from `endsAt` on do not match it any more; those placed before do, whenever
 * they are credited. One that has not begun is called off. Refused, in this order: PROGRAM_NOT_FOUND, CAMPAIGN_NOT_FOUND,
 * CAMPAIGN_OVER (it ends by then anyway), INVALID_CAMPAIGN (an instant that has passed).
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
    // One that was ended before it began never matches anything.
    if (found.ends_at <= Math.max(ends, found.starts_at)) return refuse('CAMPAIGN_OVER');
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

async function insert(
  connection: Connection,
  campaign: Campaign,
  started: { readonly by: string; readonly at: Instant; readonly reason: string },
): Promise<boolean> {
  const { rowCount } = await connection.query(
    `insert into campaigns (program, code, kind, factor_percent, bonus, tiers, minimum_minor, tag, starts_at, ends_at,
       cap_per_order, cap_per_member, with_discount, names, reason, started_by, started_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
     on conflict do nothing`,
    [
      ...[campaign.program, campaign.code, campaign.kind, campaign.factorPercent, campaign.bonus],
      campaign.tiers,
      ...[campaign.minimum.toString(), campaign.tag],
      ...[formatInstant(campaign.startsAt), formatInstant(campaign.endsAt)],
      ...[
        campaign.capPerOrder,
        campaign.capPerMember,
        campaign.withDiscount,
        JSON.stringify(campaign.names),
      ],
      ...[started.reason, started.by, formatInstant(started.at)],
    ],
  );
  if (rowCount === 0) return false;
  await raiseRevision(connection);
  return true;
}
