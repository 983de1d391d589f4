import type { DataSource } from 'typeorm';
import type { Instant } from '../kernel/time';
import type { NotificationChannel, NotificationContent } from '../ledger/notification';
import type { ProgramCode } from '../programs/terms';

/** What sending does with time: the database's own clock, in the sandbox too. */
const NOW = 'clock_timestamp()';

/** A notification that a mailer has claimed, with what a mail needs of its member as they are now. */
export type ClaimedMail = NotificationContent & {
  readonly shard: number;
  readonly accountId: string;
  readonly number: number;
  readonly createdAt: Instant;
  /** The channel that took it already, if one did. */
  readonly channel: NotificationChannel | null;
  /** This attempt included. */
  readonly attempts: number;
  /** Null where the member gave none, or is deleted. */
  readonly email: string | null;
  readonly locale: string | null;
  readonly program: ProgramCode;
  readonly termsVersion: number;
};

// The oldest that waits of each account, so that a member reads in order; none of a frozen one, on which it could not be
// recorded that they were told. The outer where is judged again on the row as it
// is once locked.
const CLAIM = `
  with due as (
    select n.shard, n.account_id, n.number from notifications n
      where n.mail_state = 'PENDING' and n.next_attempt_at <= ${NOW} and coalesce(n.claimed_until <= ${NOW}, true)
        and not exists (select from accounts a where a.shard = n.shard and a.id = n.account_id and a.frozen_at is not null)
        and not exists (select from notifications earlier where earlier.shard = n.shard and earlier.account_id = n.account_id
          and earlier.mail_state = 'PENDING' and earlier.number < n.number)
      order by n.next_attempt_at, n.shard, n.account_id, n.number
      limit $1 for update of n skip locked
  ), claimed as (
    update notifications n set claimed_until = ${NOW} + $2 * interval '1 millisecond', attempts = n.attempts + 1
      from due where (n.shard, n.account_id, n.number) = (due.shard, due.account_id, due.number)
      returning n.*
  )
  select c.shard, c.account_id as "accountId", c.number, c.kind, c.data, c.created_at as "createdAt", c.channel, c.attempts,
    m.email, m.locale, a.program, a.terms_version as "termsVersion"
  from claimed c join accounts a on a.shard = c.shard and a.id = c.account_id
    left join members m on m.shard = c.shard and m.account_id = c.account_id`;

/** Claims up to `limit` notifications whose mail is due for `leaseMs`, each the oldest of its account that waits. */
export async function claimMails(
  database: DataSource,
  limit: number,
  leaseMs: number,
): Promise<readonly ClaimedMail[]> {
  return database.query(CLAIM, [limit, leaseMs]);
}

const KEY = `shard = $1 and account_id = $2 and number = $3`;
const OWN = `${KEY} and mail_state = 'PENDING' and attempts = $4`;

/** What of a mail names its claim. */
export type MailClaim = Pick<ClaimedMail, 'shard' | 'accountId' | 'number' | 'attempts'>;

function claimOf({ shard, accountId, number, attempts }: MailClaim): unknown[] {
  return [shard, accountId, number, attempts];
}

/** The mail was taken, or there is nobody to send one to. True of every claim of it, also of one whose lease has run out. */
export async function settleMail(
  database: DataSource,
  mail: MailClaim,
  state: 'SENT' | 'NONE',
): Promise<void> {
  await database.query(
    `update notifications set mail_state = $4, claimed_until = null, last_error = null
      where ${KEY} and mail_state = 'PENDING'`,
    [...claimOf(mail).slice(0, 3), state],
  );
}

/** It is not tried again: the mail goes to the dead letters. Changes nothing once somebody else has claimed it. */
export async function giveMailUp(
  database: DataSource,
  mail: MailClaim,
  error: string,
): Promise<void> {
  await database.query(
    `update notifications set mail_state = 'DEAD', claimed_until = null, last_error = $5 where ${OWN}`,
    [...claimOf(mail), error],
  );
}

/**
 * The attempt failed: the next one is due after `delayMs`, and what waits behind it of the same account not before it.
 * Changes nothing once somebody else has claimed it.
 */
export async function retryMailLater(
  database: DataSource,
  mail: MailClaim,
  delayMs: number,
  error: string,
): Promise<void> {
  await database.query(
    `with put_off as (
       update notifications set claimed_until = null, last_error = $5,
         next_attempt_at = ${NOW} + $6 * interval '1 millisecond' where ${OWN} returning next_attempt_at)
     update notifications n set next_attempt_at = greatest(n.next_attempt_at, put_off.next_attempt_at) from put_off
       where n.shard = $1 and n.account_id = $2 and n.number > $3 and n.mail_state = 'PENDING'`,
    [...claimOf(mail), error, delayMs],
  );
}

/** Has the mailer look again at a notification that it had done with: how its member was told could not be recorded. */
export async function waitAgain(
  database: DataSource,
  { shard, accountId, number }: Pick<MailClaim, 'shard' | 'accountId' | 'number'>,
): Promise<void> {
  await database.query(
    `update notifications set mail_state = 'PENDING' where ${KEY} and mail_state = 'NONE'`,
    [shard, accountId, number],
  );
}

/** Gives a claim back as if it had not been made: the attempt was broken off by us. */
export async function giveMailBack(database: DataSource, mail: MailClaim): Promise<void> {
  await database.query(
    `update notifications set claimed_until = null, attempts = attempts - 1 where ${OWN}`,
    claimOf(mail),
  );
}
