import type { DataSource } from 'typeorm';
import { type Connection, inTransaction } from '../database/transaction';
import type { Instant } from '../kernel/time';

/** Something that was asked of the service, in the order in which it was decided. */
export type Asked =
  | {
      readonly kind: 'EVENT';
      readonly at: Instant;
      readonly source: string;
      readonly id: string;
      readonly type: string;
      readonly customerId: string | null;
      /** Empty where a member was deleted: their words went with them. */
      readonly payload: Readonly<Record<string, unknown>>;
    }
  | {
      readonly kind: 'COMMAND';
      readonly at: Instant;
      readonly operation: string;
      readonly accountId: string;
      readonly key: string;
      /** Null where a deletion took it, and of what is asked about a program. */
      readonly input: (Readonly<Record<string, unknown>> & { readonly actor?: string }) | null;
      readonly answer: Readonly<Record<string, unknown>>;
    };

/** That a member was told of a version of the terms, and when that was delivered (R2.6). */
export interface TermsNotice {
  readonly accountId: string;
  readonly at: Instant;
  readonly deliveredAt: Instant | null;
}

/** What the books say of a member that events alone do not: what a deletion took out of them, and codes drawn by chance. */
export interface KnownMember {
  readonly id: string;
  readonly program: string | null;
  readonly registeredAt: Instant | null;
  readonly referredByCode: string | null;
  readonly emailHash: string | null;
  readonly isDeleted: boolean;
  readonly referralCode: string | null;
  /** Codes of discounts, oldest first. */
  readonly discountCodes: readonly string[];
}

/** A lot by what credited it: numbers may be others under other terms. */
export interface KnownLot {
  readonly accountId: string;
  readonly number: number;
  readonly source: string;
  readonly sourceRef: string;
}

const PAGE = 5_000;

/** Reads the whole history as of one moment, page by page, and hands each page to `take`. */
export async function readHistory(
  database: DataSource,
  take: (page: readonly Asked[]) => void,
): Promise<void> {
  await inTransaction(database, async (connection) => {
    await connection.query('set transaction isolation level repeatable read, read only');
    await connection.query(`declare history no scroll cursor for
      select position, 'EVENT' as kind, received_at as at, source, event_id as key, type as name,
        customer_id as subject, payload as input, null::jsonb as answer from inbox
      union all
      select position, 'COMMAND', answered_at, '', key, operation, account_id, input, answer
      from answers
      order by position`);
    for (;;) {
      const { rows } = await connection.query<HistoryRecord>(`fetch ${PAGE} from history`);
      if (rows.length === 0) return;
      take(rows.map(askedOf));
    }
  });
}

interface HistoryRecord {
  kind: 'EVENT' | 'COMMAND';
  at: Instant;
  source: string;
  key: string;
  name: string;
  subject: string | null;
  input: Record<string, unknown> | null;
  answer: Record<string, unknown> | null;
}

function askedOf(row: HistoryRecord): Asked {
  const { kind, at, source, key, name, subject, input, answer } = row;
  return kind === 'EVENT'
    ? { kind, at, source, id: key, type: name, customerId: subject, payload: input ?? {} }
    : { kind, at, operation: name, accountId: subject ?? '', key, input, answer: answer ?? {} };
}

/** What is looked up while the history is told again. */
export interface Known {
  readonly members: ReadonlyMap<string, KnownMember>;
  readonly lots: ReadonlyMap<string, KnownLot>;
  readonly notices: readonly TermsNotice[];
}

/** Reads it. All of it is held in memory, as the books that are told again are. */
export async function readKnown(database: DataSource): Promise<Known> {
  return inTransaction(database, async (connection) => {
    const members = await readMembers(connection);
    const { rows: lots } = await connection.query<KnownLot>(
      `select account_id as "accountId", number, source, source_ref as "sourceRef" from lots where voided_at is not null`,
    );
    const { rows: notices } = await connection.query<TermsNotice>(
      `select account_id as "accountId", created_at as at, delivered_at as "deliveredAt" from notifications
       where kind = 'TERMS_CHANGED' order by created_at, shard, account_id, number`,
    );
    return {
      members,
      lots: new Map(lots.map((lot) => [lotKey(lot.accountId, lot.number), lot])),
      notices,
    };
  });
}

async function readMembers(connection: Connection): Promise<Map<string, KnownMember>> {
  const { rows } = await connection.query<KnownMember>(
    `select a.id, a.program, m.registered_at as "registeredAt", m.referred_by_code as "referredByCode", m.email_hash as "emailHash",
       m.deletion_reported_at is not null as "isDeleted", a.referral_code as "referralCode",
       array(select d.code from discount_codes d where d.shard = a.shard and d.account_id = a.id order by d.issued_at, d.code) as "discountCodes"
     from accounts a left join members m on m.shard = a.shard and m.account_id = a.id`,
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** Names a lot of an account. */
export function lotKey(accountId: string, number: number): string {
  return JSON.stringify([accountId, number]);
}
