import type DataLoader from 'dataloader';
import type { App } from '../app';
import { type Page, pageOf } from '../kernel/pagination';
import { pages } from '../ledger/statement.loaders';
import { readNotificationsBefore, type StoredNotification } from './mail.reads';

interface NotificationsKey {
  readonly customerId: string;
  readonly before: number | null;
  readonly limit: number;
}

/** Notifications of customers for one request. Authorises nothing: its callers hold what was authorised. */
export class NotificationLoaders {
  private readonly notifications: DataLoader<
    NotificationsKey,
    readonly StoredNotification[],
    string
  >;

  constructor({ database }: Pick<App, 'database'>) {
    this.notifications = pages((ids, page) => readNotificationsBefore(database, ids, page));
  }

  /** A page of a customer's notifications before a number, latest first. */
  async page(
    customerId: string,
    before: number | null,
    size: number,
  ): Promise<Page<StoredNotification>> {
    return pageOf(await this.notifications.load({ customerId, before, limit: size + 1 }), size);
  }
}
