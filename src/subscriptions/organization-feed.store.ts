import type { DataSource } from 'typeorm';
import { invariant } from '../kernel/errors';
import { type Position, parseSnapshot, type Snapshot } from './organization-cursor';

/** SQL: whether the transaction `xact` was not committed in a snapshot of which two parameters are xmax and those under way. */
const isNew = (xact: string, xmax: number): string =>
  `(${xact} >= $${xmax}::bigint or ${xact} = any ($${xmax + 1}::bigint[]))`;

/**
 * SQL: the transaction that wrote a row last, of which the row keeps the lower half of the number. An old row may seem to be new, once in four
 * billion transactions; never the other way round.
 */
const writerOf = (row: string): string => `(case
  when (n.next >> 32 << 32) + ${row}.xmin::text::bigint <= n.next then (n.next >> 32 << 32) + ${row}.xmin::text::bigint
  else ((n.next >> 32) - 1 << 32) + ${row}.xmin::text::bigint end)`;
const NEXT = 'select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next';

const parametersOf = ({ xmax, underWay }: Snapshot): unknown[] => [xmax, underWay];
/** In which nothing is visible: everything is new. */
const NOTHING: Snapshot = { xmin: 0, xmax: 0, underWay: [] };

/** What was found by one look at everything that is watched. */
export interface News {
  readonly cluster: string;
  readonly snapshot: Snapshot;
  /** Those with something that was not visible before. */
  readonly organizations: ReadonlySet<string>;
}

/**
 * Looks what became visible of these organisations' members: entries since `entriesSince`; and since `membersSince` what is
 * known of the members themselves, where that is not null. What is older than nothing (null) is not looked for.
 */
export async function readNews(
  database: DataSource,
  organizations: readonly string[],
  entriesSince: Snapshot | null,
  membersSince: Snapshot | null,
): Promise<News> {
  const [row] = await database.query<
    { cluster: string; snapshot: string; organizations: string[] }[]
  >(
    `select (select system_identifier::text from pg_control_system()) as cluster,
       pg_current_snapshot()::text as snapshot, array(
         select m.organization_id
         from (select distinct shard, account_id from all_entries where xact >= $2::bigint and ${isNew('xact', 3)} and $5) e
         join members m on m.shard = e.shard and m.account_id = e.account_id
         where m.organization_id = any ($1::text[])
         union
         select o.id from unnest($1::text[]) as o (id) cross join (${NEXT}) n
         where $8 and exists (
           select from members m where m.organization_id = o.id and ${isNew(writerOf('m'), 6)}
         )
       ) as organizations`,
    [
      ...[organizations, entriesSince?.xmin ?? 0, ...parametersOf(entriesSince ?? NOTHING)],
      ...[entriesSince !== null, ...parametersOf(membersSince ?? NOTHING), membersSince !== null],
    ],
  );
  const snapshot = parseSnapshot(row?.snapshot);
  invariant(row !== undefined && snapshot != null, 'the database says what it shows');
  return { cluster: row.cluster, snapshot, organizations: new Set(row.organizations) };
}

/** What there is for a consumer of one member, between two snapshots. */
export interface MemberNews {
  readonly customerId: string;
  /** Whether a snapshot of them comes first: they joined, or something else is known of them. */
  readonly isNew: boolean;
  /** The account's last entry in the former snapshot, and in the latter. */
  readonly from: number;
  readonly to: number;
}

/** So many transactions back, what became visible is looked for by their numbers; further back member by member. */
const NEAR = 20_000;

/**
 * The next members of an organisation after a position, by customer id, at most `limit`; between `since` and `upTo`. Where little
 * time lies between the two, those with news alone. Members are those who work there at the moment of reading.
 */
export async function readMembersAfter(
  database: DataSource,
  clock: string,
  organizationId: string,
  position: Pick<Position, 'since' | 'after'> & { readonly upTo: Snapshot },
  limit: number,
): Promise<MemberNews[]> {
  const { since, upTo, after } = position;
  const isNear = since !== null && upTo.xmax - since.xmin <= NEAR;
  return database.query(
    `with n as materialized (${NEXT}), c as materialized (${isNear ? NEAR_BY : EVERYBODY}), w as materialized (
       select m.shard, m.account_id, m.account_id is distinct from $6 and ${isNew(writerOf('m'), 2)} as is_new
       from n cross join c
       join members m on m.shard = c.shard and m.account_id = c.account_id and m.organization_id = $1
       join accounts a on a.shard = m.shard and a.id = m.account_id and a.enrolled_at <= ${clock}
       where $6::text is null or m.account_id >= $6
       order by m.account_id limit $8
     )
     select w.account_id as "customerId", w.is_new as "isNew", t.sequence as "to",
       case when w.account_id = $6 then $7::bigint when $9 then t.sequence else f.sequence end as "from"
     from w
     cross join lateral (select coalesce(${lastSeen(4)}, 0) as sequence) t
     cross join lateral (select coalesce(case when not $9 then ${lastSeen(2)} end, 0) as sequence) f
     order by w.account_id`,
    [
      ...[organizationId, ...parametersOf(since ?? NOTHING), ...parametersOf(upTo)],
      ...[after?.customerId ?? null, after?.sequence ?? null, limit, since === null],
      ...(isNear ? [since.xmin] : []),
    ],
  );
}

const EVERYBODY = 'select shard, account_id from members where organization_id = $1';
const NEAR_BY = `select shard, account_id from all_entries where xact >= $10::bigint and ${isNew('xact', 2)}
  union select m.shard, m.account_id from members m cross join n where m.organization_id = $1 and ${isNew(writerOf('m'), 2)}`;

/**
 * SQL: the newest entry of `w` that was visible in a snapshot. An account's entries become visible in their order, since each is
 * written under its lock: whoever goes back from the newest is done at the first that was.
 */
function lastSeen(xmax: number): string {
  return `(select sequence from all_entries e where e.shard = w.shard and e.account_id = w.account_id and not ${isNew('e.xact', xmax)}
    order by sequence desc limit 1)`;
}
