import type { DataSource } from 'typeorm';
import type { Connection } from '../database/transaction';
import { formatInstant, type Instant } from '../kernel/time';
import type { Campaign, CampaignKind } from './campaign';
import type { ProgramCode } from './terms';

/** A version of a program's terms as it is stored: written once, never changed (R1.4). */
export interface StoredTerms {
  readonly program: ProgramCode;
  readonly version: number;
  readonly document: unknown;
}

/** Everything decisions are made by, as stored. */
export interface StoredRules {
  readonly revision: number;
  readonly terms: readonly (StoredTerms & { readonly publishedAt: Instant })[];
  readonly campaigns: readonly Campaign[];
}

/**
 * All published versions, by program and number, and all campaigns, by program and code. The revision is read first:
 * what is read after it is at least as new.
 */
export async function readRules(from: DataSource | Connection): Promise<StoredRules> {
  const revision = await readRevision(from);
  const terms = await ask<StoredTerms & { published_at: Instant }>(
    from,
    'select program, version, document, published_at from terms order by program, version',
  );
  const campaigns = await ask<CampaignRecord>(
    from,
    'select * from campaigns order by program, code',
  );
  return {
    revision,
    terms: terms.map(({ published_at: publishedAt, ...row }) => ({ ...row, publishedAt })),
    campaigns: campaigns.map(campaignOf),
  };
}

/** How often something was published. */
export async function readRevision(from: DataSource | Connection): Promise<number> {
  const [row] = await ask<{ revision: number }>(from, 'select revision from rules_revision');
  return row?.revision ?? 0;
}

/** Says, in the transaction that publishes something, that the rules are others from its commit on. */
export async function raiseRevision(connection: Connection): Promise<void> {
  await connection.query('update rules_revision set revision = revision + 1');
}

/** All stored versions, by program and number. */
export async function readStoredTerms(database: DataSource): Promise<StoredTerms[]> {
  return database.query<StoredTerms[]>(
    'select program, version, document from terms order by program, version',
  );
}

/**
 * Stores versions that are not stored yet, in one statement and in one order: several processes that start
 * at once wait for each other instead of failing. Raises the revision with it.
 */
export async function insertTerms(
  from: DataSource | Connection,
  versions: readonly (StoredTerms & { readonly effectiveAt: Instant })[],
  published: { readonly at: Instant; readonly by: string } | null = null,
): Promise<void> {
  const rows = versions.map(({ program, version, effectiveAt, document }) => ({
    program,
    version,
    effective_at: formatInstant(effectiveAt),
    document,
  }));
  await ask(
    from,
    `with stored as (
       insert into terms (program, version, effective_at, document, published_at, published_by)
       select program, version, effective_at, document, coalesce($2, now()), $3
       from jsonb_to_recordset($1::jsonb)
         as t (program text, version integer, effective_at timestamptz, document jsonb)
       order by program, version
       on conflict (program, version) do nothing
       returning 1)
     update rules_revision set revision = revision + 1 where exists (select from stored)`,
    [
      JSON.stringify(rows),
      published === null ? null : formatInstant(published.at),
      published?.by ?? 'shipped',
    ],
  );
}

async function ask<R extends object>(
  from: DataSource | Connection,
  sql: string,
  parameters: unknown[] = [],
): Promise<R[]> {
  // One of two interfaces, and a union of two functions cannot be called.
  const { query } = from as { query(sql: string, parameters: unknown[]): Promise<unknown> };
  const answer = await query.call(from, sql, parameters);
  // TypeORM answers the rows of a select themselves, the driver a result that holds them.
  const rows = Array.isArray(answer) ? answer : (answer as { rows: unknown[] }).rows;
  return rows as R[];
}

export interface CampaignRecord {
  program: string;
  code: string;
  kind: CampaignKind;
  factor_percent: number | null;
  bonus: number | null;
  tiers: string[];
  minimum_minor: number;
  tag: string | null;
  starts_at: Instant;
  ends_at: Instant;
  cap_per_order: number | null;
  cap_per_member: number | null;
  with_discount: boolean;
  names: Campaign['names'];
}

/** A campaign of its row. */
export function campaignOf(row: CampaignRecord): Campaign {
  return {
    program: row.program,
    code: row.code,
    kind: row.kind,
    factorPercent: row.factor_percent,
    bonus: row.bonus,
    tiers: row.tiers,
    minimum: BigInt(row.minimum_minor),
    tag: row.tag,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    capPerOrder: row.cap_per_order,
    capPerMember: row.cap_per_member,
    withDiscount: row.with_discount,
    names: row.names,
  };
}
