import type { DataSource } from 'typeorm';
import type { Instant } from '../kernel/time';

/** One row to be written. Written twice it is there once. */
export interface AuditStep {
  readonly id: string;
  readonly step: 'ASKED' | 'ANSWERED' | 'DENIED';
  /** `desk:dan`, `customer:ada`, `anonymous`. */
  readonly actor: string;
  /** The field of the schema, `events`, or `request` where none was reached. */
  readonly operation: string;
  readonly ids: Readonly<Record<string, string>>;
  readonly customerIds: readonly string[];
  readonly outcome: string | null;
  readonly times: number;
  readonly requestId: string;
}

/** Writes a row, at the database's own clock (in a sandbox too). */
export async function insertAuditStep(database: DataSource, row: AuditStep): Promise<void> {
  await database.query(
    `insert into audit_log (id, step, actor, operation, ids, customer_ids, outcome, times, request_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
    [
      ...[row.id, row.step, row.actor, row.operation, JSON.stringify(row.ids), row.customerIds],
      ...[row.outcome, row.times, row.requestId],
    ],
  );
}

/** Something done or denied, as the desk sees it, and its place in the list. */
export interface AuditRead {
  readonly id: string;
  readonly at: Instant;
  readonly actor: string;
  readonly operation: string;
  readonly ids: Readonly<Record<string, string>>;
  readonly customerIds: readonly string[];
  /** Null where it was asked and never answered: the process ended, or the database was out of reach. */
  readonly outcome: string | null;
  readonly answeredAt: Instant | null;
  readonly times: number;
  readonly requestId: string;
  /** `at` as the database writes it, finer than a millisecond. */
  readonly exactly: string;
}

/** What the list is ordered by, latest first: at (as the database writes it), id. */
export type AuditPlace = readonly [string, string];

/** What was done and denied before a place, latest first, at most `limit`; by one actor, or about one customer. */
export async function readAuditLog(
  database: DataSource,
  page: {
    readonly after: AuditPlace | null;
    readonly limit: number;
    readonly actor: string | null;
    readonly customerId: string | null;
  },
): Promise<AuditRead[]> {
  const [at, id] = page.after ?? [null, null];
  return database.query(
    `select asked.id, asked.at, asked.actor, asked.operation, asked.ids, asked.times, asked.request_id as "requestId",
       coalesce(answered.customer_ids, asked.customer_ids) as "customerIds",
       coalesce(answered.outcome, asked.outcome) as outcome, answered.at as "answeredAt", asked.at::text as exactly
     from audit_log asked
     left join audit_log answered on answered.id = asked.id and answered.step = 'ANSWERED'
     where asked.step <> 'ANSWERED'
       and ($1::timestamptz is null or (asked.at, asked.id) < ($1::timestamptz, $2::uuid))
       and ($3::text is null or asked.actor = $3)
       and ($4::text is null or asked.id in (select id from audit_log where customer_ids @> array[$4::text]))
     order by asked.at desc, asked.id desc limit $5`,
    [at, id, page.actor, page.customerId, page.limit],
  );
}
