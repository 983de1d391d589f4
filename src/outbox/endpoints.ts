import type { DataSource } from 'typeorm';
import type { WebhookEndpoint } from '../config';
import { FORGOTTEN_DAYS } from '../ledger/message.writes';
import { NOW } from './outbox.store';

/** How often a relay names its endpoints again, in milliseconds: far below `FORGOTTEN_DAYS`. */
export const NAMING_MS = 3_600_000;

/**
 * Says that these endpoints are to be told: messages written from now on are given to them, by every process. One that
 * nobody names for `FORGOTTEN_DAYS` is told nothing more, and starts anew when it is named again.
 */
export async function nameEndpoints(
  database: DataSource,
  endpoints: readonly WebhookEndpoint[],
): Promise<void> {
  for (const { name, types } of endpoints) {
    await database.query(
      `insert into webhook_endpoints as e (name, types, seen_at) values ($1, $2, ${NOW})
        on conflict (name) do update set types = excluded.types, seen_at = excluded.seen_at`,
      [name, types],
    );
  }
}

/** How long a message is kept, with what became of it. */
export const KEPT_DAYS = 30;
/** How long a dead letter is kept, in days from when it was given up. */
export const DEAD_KEPT_DAYS = 365;

/** A place among the messages by age: when it was written (as the database writes it), shard, account, number. */
export type AgePlace = readonly [writtenAt: string, shard: number, account: string, number: number];

export interface Deleted {
  readonly deleted: number;
  /** Where the next page goes on; null after the last old message. */
  readonly next: AgePlace | null;
}

/**
 * Looks at up to `limit` messages older than `KEPT_DAYS` after a place, oldest first, and deletes those, with what became of them,
 * that nobody waits for: not one that an endpoint is still to be told, nor a dead letter younger than `DEAD_KEPT_DAYS`.
 */
export async function deleteOld(
  database: DataSource,
  after: AgePlace | null,
  limit: number,
): Promise<Deleted> {
  const [row] = await database.query<[{ seen: number; deleted: number; next: AgePlace | null }]>(
    `with old as materialized (
       select shard, account_id, number, written_at from outbox
         where written_at < ${NOW} - interval '${KEPT_DAYS} days' and ($1::timestamptz is null
           or (written_at, shard, account_id, number) > ($1::timestamptz, $2::smallint, $3::text, $4::bigint))
         order by written_at, shard, account_id, number limit $5
     ), over as (
       select shard, account_id, number from old where not exists (
         select from webhook_deliveries d left join webhook_endpoints e on e.name = d.endpoint
           where (d.shard, d.account_id, d.number) = (old.shard, old.account_id, old.number)
             and (d.state = 'PENDING' and e.seen_at > ${NOW} - interval '${FORGOTTEN_DAYS} days'
               or d.state = 'DEAD' and d.settled_at > ${NOW} - interval '${DEAD_KEPT_DAYS} days'))
     ), told as (
       delete from webhook_deliveries d using over
         where (d.shard, d.account_id, d.number) = (over.shard, over.account_id, over.number)
     ), gone as (
       delete from outbox o using over
         where (o.shard, o.account_id, o.number) = (over.shard, over.account_id, over.number) returning 1
     )
     select (select count(*)::int from old) as seen, (select count(*)::int from gone) as deleted,
       (select json_build_array(written_at::text, shard, account_id, number) from old
         order by written_at desc, shard desc, account_id desc, number desc limit 1) as next`,
    [...(after ?? [null, null, null, null]), limit],
  );
  const { seen, deleted, next } = row;
  return { deleted, next: seen < limit ? null : next };
}
