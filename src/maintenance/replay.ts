/** Rows as the driver reads them: points and sequences as safe numbers, instants as milliseconds. */
export interface AccountRow {
  readonly shard: number;
  readonly id: string;
  readonly stage: string;
  readonly ends_at: number | null;
  readonly redeem_until: number | null;
  readonly terms_ahead: readonly { readonly bindsAt: number | null }[];
  readonly [column: string]: unknown;
}
export interface LotRow {
  readonly number: number;
  readonly expires_at: number;
  readonly voided_at: number | null;
  readonly [column: string]: unknown;
}
export interface RedemptionRow {
  readonly number: number;
  readonly held_until: number | null;
  readonly [column: string]: unknown;
}
export interface EntryRow {
  readonly sequence: number;
  readonly kind: string;
  readonly available_change: number;
  readonly held_change: number;
  readonly owed_change: number;
  readonly turnover_change: number;
  readonly available_after: number;
  readonly held_after: number;
  readonly owed_after: number;
  readonly turnover_after: number;
  readonly recorded_at: number;
}
export interface AllocationRow {
  readonly sequence: number;
  readonly lot: number;
  readonly redemption: number | null;
  readonly from_state: string;
  readonly to_state: string;
  readonly points: number;
}

/** A number that a row has, and what the entries say it should be. */
export interface Difference {
  readonly table: 'accounts' | 'lots' | 'redemptions' | 'entries';
  /** Of the lot, the redemption or the entry; null for the account's own row. */
  readonly number: number | null;
  readonly column: string;
  readonly is: unknown;
  readonly should: unknown;
}

interface LotSums {
  granted: number;
  remaining: number;
  held: number;
  redeemed: number;
  transferred: number;
  expired: number;
  forfeited: number;
  reversed: number;
  voided: number;
}

interface RedemptionSums {
  points: number;
  held: number;
  captured: number;
  released: number;
  restored: number;
  entries: number[];
  lastKind: string;
}

/**
 * The books of one account told once more from the beginning, by its entries and their allocations alone. Written apart from the
 * code that made them (book.ts) and from the queries that check them (invariants.ts): the three agree, or one is wrong.
 */
export class Replay {
  private readonly lots = new Map<number, LotSums>();
  /** Lots that came by transfer: what of them is voided was earned by somebody else. */
  private readonly received = new Set<number>();
  /** When points of a lot were first voided. */
  private readonly voided = new Map<number, number>();
  private readonly redemptions = new Map<number, RedemptionSums>();
  private readonly found: Difference[] = [];
  private sequence = 0;
  private available = 0;
  private held = 0;
  private owed = 0;
  private turnover = 0;
  private earned = 0;
  private redeemed = 0;
  private expired = 0;
  private lastEntryAt: number | null = null;

  /** Takes the next entry with its allocations. */
  enter(entry: EntryRow, allocations: readonly AllocationRow[]): void {
    const before = { available: this.available, held: this.held };
    this.expect(entry, 'sequence', this.sequence + 1);
    this.sequence = entry.sequence;
    for (const allocation of allocations) this.move(entry, allocation);
    this.owed += entry.owed_change;
    this.earned -= entry.owed_change;
    this.turnover += entry.turnover_change;
    this.expect(entry, 'available_change', this.available - before.available);
    this.expect(entry, 'held_change', this.held - before.held);
    this.expect(entry, 'available_after', this.available);
    this.expect(entry, 'held_after', this.held);
    this.expect(entry, 'owed_after', this.owed);
    this.expect(entry, 'turnover_after', this.turnover);
    this.lastEntryAt = entry.recorded_at;
  }

  /** Where the rows of the account say something else than its entries. */
  differences(
    account: AccountRow,
    lots: readonly LotRow[],
    redemptions: readonly RedemptionRow[],
  ): Difference[] {
    const due = [
      account.stage === 'ENDING' ? account.ends_at : null,
      account.stage === 'REDEEM_ONLY' ? account.redeem_until : null,
      ...(account.stage === 'ENDED' ? [] : account.terms_ahead.map(({ bindsAt }) => bindsAt)),
      ...lots.map((lot) =>
        (this.lots.get(lot.number)?.remaining ?? 0) > 0 ? lot.expires_at : null,
      ),
      ...redemptions.map((it) =>
        (this.redemptions.get(it.number)?.held ?? 0) > 0 ? it.held_until : null,
      ),
    ].filter((at) => at !== null);
    const own = {
      ...{ available: this.available, held: this.held, owed: this.owed },
      ...{ turnover_minor: this.turnover, lifetime_earned: this.earned },
      ...{ lifetime_redeemed: this.redeemed, lifetime_expired: this.expired },
      ...{ sequence: this.sequence, last_lot: Math.max(0, ...this.lots.keys()) },
      ...{ last_entry_at: this.lastEntryAt, next_due_at: due.length > 0 ? Math.min(...due) : null },
    };
    return [
      ...this.found,
      ...compare('accounts', null, account, own),
      ...compareAll('lots', lots, this.lots, (sums, lot) => ({
        ...sums,
        // A lot may be voided that has nothing left to take away: its entries do not say when.
        voided_at: lot.voided_at ?? this.voided.get(lot.number) ?? null,
        is_open: sums.remaining > 0 || sums.held > 0,
      })),
      ...compareAll('redemptions', redemptions, this.redemptions, redemptionColumns),
    ];
  }

  private move(entry: EntryRow, { lot: number, redemption, ...move }: AllocationRow): void {
    const { from_state: from, to_state: to, points } = move;
    const lot = this.lots.get(number) ?? { ...NOTHING };
    this.lots.set(number, lot);
    if (from === 'ISSUED') lot.granted += points;
    else lot[columnOf(from)] -= points;
    lot[columnOf(to)] += points;
    const change = (state: string) => (to === state ? points : 0) - (from === state ? points : 0);
    this.available += change('REMAINING');
    this.held += change('HELD');
    this.redeemed += change('REDEEMED');
    this.expired += change('EXPIRED');
    this.earned -= change('REVERSED');
    if (from === 'ISSUED' && entry.kind === 'TRANSFERRED_IN') this.received.add(number);
    else this.earned -= change('ISSUED');
    if (to === 'VOIDED' && !this.received.has(number)) this.earned -= points;
    if (to === 'VOIDED' && !this.voided.has(number)) this.voided.set(number, entry.recorded_at);
    if (redemption !== null) this.pay(entry, redemption, move);
  }

  private pay(
    entry: EntryRow,
    number: number,
    {
      from_state: from,
      to_state: to,
      points,
    }: Pick<AllocationRow, 'from_state' | 'to_state' | 'points'>,
  ): void {
    const own = this.redemptions.get(number) ?? {
      ...{ points: 0, held: 0, captured: 0, released: 0, restored: 0, entries: [], lastKind: '' },
    };
    this.redemptions.set(number, own);
    if (from === 'REMAINING') own.points += points;
    if (from === 'HELD') own.held -= points;
    if (from === 'REDEEMED') own.captured -= points;
    if (to === 'HELD') own.held += points;
    else if (to === 'REDEEMED') own.captured += points;
    else if (from === 'HELD') own.released += points;
    else own.restored += points;
    if (own.entries.at(-1) !== entry.sequence) own.entries.push(entry.sequence);
    own.lastKind = entry.kind;
  }

  private expect(entry: EntryRow, column: keyof EntryRow, should: number): void {
    const is = entry[column];
    if (is === should) return;
    this.found.push({ table: 'entries', number: entry.sequence, column, is, should });
  }
}

const NOTHING: LotSums = {
  ...{ granted: 0, remaining: 0, held: 0, redeemed: 0 },
  ...{ transferred: 0, expired: 0, forfeited: 0, reversed: 0, voided: 0 },
};

function columnOf(state: string): keyof LotSums {
  const column = state.toLowerCase();
  if (!(column in NOTHING)) throw new Error(`An allocation names a state that is none: ${state}`);
  return column as keyof LotSums;
}

function redemptionColumns({ lastKind, ...sums }: RedemptionSums): Record<string, unknown> {
  const ended = lastKind === 'LAPSED' ? 'LAPSED' : 'RELEASED';
  const isCaptured = sums.captured + sums.restored > 0;
  return { ...sums, state: sums.held > 0 ? 'HELD' : isCaptured ? 'CAPTURED' : ended };
}

/** Compares rows by number with what was replayed of them; a row that is missing or too many is a difference too. */
function compareAll<Row extends LotRow | RedemptionRow, Sums>(
  table: 'lots' | 'redemptions',
  rows: readonly Row[],
  replayed: ReadonlyMap<number, Sums>,
  columns: (sums: Sums, row: Row) => Record<string, unknown>,
): Difference[] {
  const known = new Map(rows.map((row) => [row.number, row]));
  const numbers = [...new Set([...known.keys(), ...replayed.keys()])].sort((a, b) => a - b);
  return numbers.flatMap((number) => {
    const row = known.get(number);
    const sums = replayed.get(number);
    if (!row || !sums) {
      return {
        table,
        number,
        column: 'number',
        is: row?.number ?? null,
        should: sums ? number : null,
      };
    }
    return compare(table, number, row, columns(sums, row));
  });
}

function compare(
  table: Difference['table'],
  number: number | null,
  row: Readonly<Record<string, unknown>>,
  should: Readonly<Record<string, unknown>>,
): Difference[] {
  return Object.entries(should)
    .filter(([column, value]) => String(row[column]) !== String(value))
    .map(([column, value]) => ({ table, number, column, is: row[column], should: value }));
}
