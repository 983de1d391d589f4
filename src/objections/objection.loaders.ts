import type DataLoader from 'dataloader';
import type { App } from '../app';
import { type Page, pageOf } from '../kernel/pagination';
import { pages } from '../ledger/statement.loaders';
import { type ObjectionRead, readObjectionsBefore } from './objection.reads';

interface ObjectionsKey {
  readonly customerId: string;
  readonly before: number | null;
  readonly limit: number;
}

/** Objections of customers for one request. Authorises nothing: its callers hold what was authorised. */
export class ObjectionLoaders {
  private readonly objections: DataLoader<ObjectionsKey, readonly ObjectionRead[], string>;

  constructor({ database }: Pick<App, 'database'>) {
    this.objections = pages((ids, page) => readObjectionsBefore(database, ids, page));
  }

  /** A page of a customer's objections before a number, latest first. */
  async page(
    customerId: string,
    before: number | null,
    size: number,
  ): Promise<Page<ObjectionRead>> {
    return pageOf(await this.objections.load({ customerId, before, limit: size + 1 }), size);
  }
}
