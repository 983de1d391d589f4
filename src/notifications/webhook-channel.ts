import type { App } from '../app';
import type { Config } from '../config';
import { shardOf } from '../kernel/ids';
import { waitAgain } from './mail.store';
import { recordDelivery } from './record-delivery';

type Parts = Pick<App, 'config' | 'database' | 'ledger'>;

/** The type of the message by which the platform is told of a notification. */
const NOTIFIED = 'member.notified';

/** Whether no member is written to by mail: the platform alone tells them then. */
export function isMailOff({ production, mail }: Pick<Config, 'production' | 'mail'>): boolean {
  return production && mail === null;
}

/**
 * An endpoint of the platform took a message. Where it tells of a notification to a member who cannot be written to, this is
 * how the member was told (R9.1). May be said twice.
 */
export async function noteWebhook(
  app: Parts,
  message: {
    readonly accountId: string;
    readonly type: string;
    readonly data: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  const { accountId: customerId, type, data } = message;
  const { notification: number } = data;
  if (type !== NOTIFIED || typeof number !== 'number') return;
  const found = await app.database.query<unknown[]>(
    `select from notifications n left join members m using (shard, account_id)
      where n.shard = $1 and n.account_id = $2 and n.number = $3 and n.delivered_at is null
        and (n.mail_state = 'NONE' or m.email is null or $4)`,
    [shardOf(customerId), customerId, number, isMailOff(app.config)],
  );
  if (found.length === 0) return;
  await record(app, customerId, number);
}

/** A notification will not be mailed: where an endpoint took it before, this is how the member was told. */
export async function noteNoMail(app: Parts, customerId: string, number: number): Promise<void> {
  const taken = await app.database.query<unknown[]>(
    `select from outbox o join webhook_deliveries d using (shard, account_id, number)
      where o.shard = $1 and o.account_id = $2 and o.type = '${NOTIFIED}'
        and o.data @> jsonb_build_object('notification', $3::bigint) and d.state = 'DELIVERED' limit 1`,
    [shardOf(customerId), customerId, number],
  );
  if (taken.length === 0) return;
  await record(app, customerId, number);
}

/** On a frozen account nothing is recorded: the mailer looks at it again once the account is let go, and finds who took it. */
async function record(app: Parts, customerId: string, number: number): Promise<void> {
  const answer = await app.ledger.execute(
    recordDelivery({ customerId, number, channel: 'WEBHOOK' }),
  );
  if (!('refused' in answer)) return;
  await waitAgain(app.database, { shard: shardOf(customerId), accountId: customerId, number });
}
