import type { DataSource } from 'typeorm';
import type { AccountRow, AllocationRow, EntryRow, LotRow, RedemptionRow } from './replay';

/** Rows that are fetched at a time from each table. */
const FETCH = 1_000;

/** Everything of one account, entries one by one. */
export interface AccountRows {
  readonly account: AccountRow;
  readonly lots: readonly LotRow[];
  readonly redemptions: readonly RedemptionRow[];
  /** To be read to its end before the next account. */
  entries(): AsyncGenerator<{ entry: EntryRow; allocations: AllocationRow[] }>;
}

/** Of which accounts: all, one program's, or one. */
export interface Whose {
  readonly program?: string | null;
  readonly accountId?: string | null;
}

/** A connection inside a transaction; rows are what it answers. */
interface Runner {
  query(sql: string, values?: unknown[]): Promise<unknown>;
}

const ENTRY_COLUMNS = `c.sequence, c.kind, c.available_change, c.held_change, c.owed_change, c.turnover_change,
  c.available_after, c.held_after, c.owed_after, c.turnover_after, c.recorded_at`;
const ALLOCATION_COLUMNS = 'c.sequence, c.lot, c.redemption, c.from_state, c.to_state, c.points';

/**
 * The whole ledger, account by account in the order of their keys, as it stands at one moment: five cursors side by side, of
 * which no more than some thousand rows are here at once, whatever the ledger holds.
 */
export async function* streamLedger(
  database: DataSource,
  whose: Whose = {},
): AsyncGenerator<AccountRows> {
  const runner = database.createQueryRunner();
  try {
    await runner.startTransaction('REPEATABLE READ');
    yield* streamAccounts(runner, whose);
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
}

/** The same inside a transaction of the caller's. */
export async function* streamAccounts(
  runner: Runner,
  { program = null, accountId = null }: Whose,
): AsyncGenerator<AccountRows> {
  const filter = '($1::text is null or a.program = $1) and ($2::text is null or a.id = $2)';
  const child = (table: string, columns: string, order: string) =>
    `select c.shard, c.account_id, ${columns} from ${table} c join accounts a on a.shard = c.shard and a.id = c.account_id
     where ${filter} order by c.shard, c.account_id, ${order}`;
  const open = <Row extends Keyed>(name: string, query: string) =>
    CursorRows.open<Row>(runner, name, query, [program, accountId]);
  const accounts = await open<AccountRow & Keyed>(
    'accounts_cursor',
    `select a.*, a.id as account_id from accounts a where ${filter} order by a.shard, a.id`,
  );
  const lots = await open<LotRow & Keyed>('lots_cursor', child('lots', 'c.*', 'c.number'));
  const redemptions = await open<RedemptionRow & Keyed>(
    'redemptions_cursor',
    child('redemptions', 'c.*', 'c.number'),
  );
  const entries = await open<EntryRow & Keyed>(
    'entries_cursor',
    child('all_entries', ENTRY_COLUMNS, 'c.sequence'),
  );
  const allocations = await open<AllocationRow & Keyed>(
    'allocations_cursor',
    child('all_allocations', ALLOCATION_COLUMNS, 'c.sequence, c.ordinal'),
  );
  for (let account = await accounts.take(() => true); account; ) {
    const isMine = (row: Keyed) =>
      row.account_id === account!.account_id && row.shard === account!.shard;
    yield {
      account,
      lots: await lots.takeAll(isMine),
      redemptions: await redemptions.takeAll(isMine),
      entries: async function* () {
        for (let entry = await entries.take(isMine); entry; entry = await entries.take(isMine)) {
          const { sequence } = entry;
          const own = await allocations.takeAll((row) => isMine(row) && row.sequence === sequence);
          yield { entry, allocations: own };
        }
      },
    };
    // Of an entry that is gone: they are no entry's now, and must not stand in front of the next account's.
    await allocations.takeAll(isMine);
    account = await accounts.take(() => true);
  }
}

interface Keyed {
  readonly shard: number;
  readonly account_id: string;
}

/** The rows of a server-side cursor, looked at one ahead. */
class CursorRows<Row> {
  private rows: Row[] = [];
  private at = 0;
  private isExhausted = false;

  private constructor(
    private readonly runner: Runner,
    private readonly name: string,
  ) {}

  static async open<Row>(
    runner: Runner,
    name: string,
    query: string,
    values: readonly unknown[],
  ): Promise<CursorRows<Row>> {
    await runner.query(`declare ${name} no scroll cursor for ${query}`, [...values]);
    return new CursorRows<Row>(runner, name);
  }

  /** The next row where it is one that is wanted; null where it is not, or where there is none. */
  async take(isWanted: (row: Row) => boolean): Promise<Row | null> {
    if (this.at === this.rows.length && !this.isExhausted) {
      this.rows = (await this.runner.query(`fetch ${FETCH} from ${this.name}`)) as Row[];
      this.at = 0;
      this.isExhausted = this.rows.length < FETCH;
    }
    const row = this.rows[this.at];
    if (row === undefined || !isWanted(row)) return null;
    this.at += 1;
    return row;
  }

  async takeAll(isWanted: (row: Row) => boolean): Promise<Row[]> {
    const taken: Row[] = [];
    for (let row = await this.take(isWanted); row; row = await this.take(isWanted)) taken.push(row);
    return taken;
  }
}
