import type { DataSource } from 'typeorm';

/** What a database must be set to, or points that were promised may be gone after a power cut, or be read wrongly. */
const REQUIRED: Readonly<Record<string, { readonly is: readonly string[]; readonly why: string }>> =
  {
    fsync: { is: ['on'], why: 'a power cut may destroy the database' },
    full_page_writes: { is: ['on'], why: 'a power cut may tear pages' },
    synchronous_commit: {
      is: ['on', 'local', 'remote_write', 'remote_apply'],
      why: 'a crash may lose what was already answered',
    },
    server_encoding: { is: ['UTF8'], why: 'names and ids in other scripts cannot be stored' },
    TimeZone: {
      is: ['UTC'],
      why: 'instants would be read wrongly; is a pooler dropping our settings?',
    },
    transaction_isolation: {
      is: ['read committed'],
      why: 'what a lock waited for would not be seen',
    },
  };
/** How far the database's clock and ours may be apart, in milliseconds: tokens go by ours, the ledger by its. */
const CLOCKS_APART_MS = 5_000;

/** What makes this database unfit for other people's points, in sentences; empty where it is fit. */
export async function unfitness(database: DataSource): Promise<string[]> {
  const found: string[] = [];
  const settings = await database.query<{ name: string; value: string }[]>(
    `select name, current_setting(name) as value from unnest($1::text[]) as name`,
    [Object.keys(REQUIRED)],
  );
  for (const { name, value } of settings) {
    const { is, why } = REQUIRED[name]!;
    if (!is.includes(value)) found.push(`${name} is ${value}, not ${is[0]}: ${why}.`);
  }
  const before = Date.now();
  const rows = await database.query<{ at: number }[]>(`select clock_timestamp() as at`);
  const apart = Math.max(before - rows[0]!.at, rows[0]!.at - Date.now());
  if (apart > CLOCKS_APART_MS) {
    found.push(`The database's clock and ours are ${apart} ms apart.`);
  }
  return found;
}
