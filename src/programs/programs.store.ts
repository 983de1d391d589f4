import type { DataSource } from 'typeorm';
import { formatInstant, type Instant } from '../kernel/time';
import type { ProgramCode } from './terms';

/** A version of a program's terms as it is stored: written once, never changed (R1.4). */
export interface StoredTerms {
  readonly program: ProgramCode;
  readonly version: number;
  readonly document: unknown;
}

/** All stored versions, by program and number. */
export async function readStoredTerms(database: DataSource): Promise<StoredTerms[]> {
  return database.query<StoredTerms[]>(
    'select program, version, document from terms order by program, version',
  );
}

/**
 * Stores versions that are not stored yet, in one statement and in one order: several processes that start
 * at once wait for each other instead of failing.
 */
export async function insertTerms(
  database: DataSource,
  versions: readonly (StoredTerms & { readonly effectiveAt: Instant })[],
): Promise<void> {
  const rows = versions.map(({ program, version, effectiveAt, document }) => ({
    program,
    version,
    effective_at: formatInstant(effectiveAt),
    document,
  }));
  await database.query(
    `insert into terms (program, version, effective_at, document)
     select program, version, effective_at, document
     from jsonb_to_recordset($1::jsonb)
       as t (program text, version integer, effective_at timestamptz, document jsonb)
     order by program, version
     on conflict (program, version) do nothing`,
    [JSON.stringify(rows)],
  );
}
