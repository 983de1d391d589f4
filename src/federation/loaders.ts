import DataLoader from 'dataloader';
import type { GraphQLResolveInfo } from 'graphql';
import { AbuseLoaders } from '../abuse/abuse.loaders';
import type { App } from '../app';
import type { Actor } from '../auth/actor';
import { type Action, allows, authorize } from '../auth/permissions';
import { campaignRecords } from '../campaigns/campaign.loaders';
import { readClock } from '../database/clock';
import type { Instant } from '../kernel/time';
import type { AccountParts } from '../ledger/ledger.reads';
import { StatementLoaders } from '../ledger/statement.loaders';
import { type ProgramEndingView, programEndings } from '../members/discontinue';
import { type MemberView, readMembers } from '../members/member.loaders';
import { NotificationLoaders } from '../notifications/notification.loaders';
import { ObjectionLoaders } from '../objections/objection.loaders';
import { type OrderView, readOrderViews } from '../orders/order.loaders';
import { ReferralLoaders } from '../referrals/referral.loaders';
import { type Customer, toCustomer } from './customer';
import { type Order, toOrder } from './order';
import { asksForKeyOnly, mentioned } from './selection';

interface MemberKey extends AccountParts {
  readonly id: string;
}

/**
 * The reads of one request (or one event of a subscription) by one actor: gathered per turn of the event
 * loop, one statement for each kind of thing whatever their number, and authorised here, whoever asks
 * and whichever way an operation came to it.
 */
export class Loaders {
  /** Lots and history of customers. Whoever holds a customer's view was allowed to read it. */
  readonly statement: StatementLoaders;
  /** Referrals and discount codes of customers; the same holds. */
  readonly referrals: ReferralLoaders;
  /** What customers were told; the same holds. */
  readonly notifications: NotificationLoaders;
  /** Claims against customers and what was voided of them; the same holds. */
  readonly abuse: AbuseLoaders;
  /** Objections of customers; the same holds. */
  readonly objections: ObjectionLoaders;
  /** Who started campaigns and why; whoever asks for one is authorised first. */
  readonly campaignRecords: ReturnType<typeof campaignRecords>;
  /** How a program ends; null where it goes on (R2.5). */
  readonly endings: DataLoader<string, ProgramEndingView | null>;
  private readonly members: DataLoader<MemberKey, MemberView | null, string>;
  private readonly orders: DataLoader<string, OrderView | null>;
  private instant: Promise<Instant> | null = null;

  constructor(
    private readonly app: App,
    private readonly actor: Actor,
  ) {
    this.statement = new StatementLoaders(app);
    this.referrals = new ReferralLoaders(app);
    this.notifications = new NotificationLoaders(app);
    this.abuse = new AbuseLoaders(app);
    this.objections = new ObjectionLoaders(app);
    this.campaignRecords = campaignRecords(app);
    this.endings = new DataLoader(async (programs) => {
      const endings = await programEndings(app.database, programs);
      return programs.map((program) => endings.get(program) ?? null);
    });
    this.members = new DataLoader(
      async (keys) => {
        const views = await readMembers(app, unique(keys.map(({ id }) => id)), partsOfAll(keys));
        return keys.map(({ id }) => views.get(id) ?? null);
      },
      { cacheKeyFn: ({ id, pending, book }) => `${Number(pending)}${Number(book)}${id}` },
    );
    this.orders = new DataLoader(async (ids) => {
      const views = await readOrderViews(app, ids);
      return ids.map((id) => views.get(id) ?? null);
    });
  }

  /** The present instant, read once. */
  now(): Promise<Instant> {
    this.instant ??= readClock(this.app.database, this.app.config.sandbox);
    return this.instant;
  }

  /**
   * A member, for an `action` on them; null for whoever is none. Fails with UNAUTHENTICATED or FORBIDDEN, the
   * same whether or not the customer exists. What is read besides the account is what the operation mentions.
   */
  async member(
    action: Action,
    customerId: string,
    info: GraphQLResolveInfo,
  ): Promise<MemberView | null> {
    authorize(this.actor, action, { customerId });
    return this.members.load({ id: customerId, ...partsOf(info) });
  }

  /** The customer of an id, as the actor may see them; only the key where nothing else is asked for. */
  async customer(id: string, info: GraphQLResolveInfo): Promise<Customer> {
    if (asksForKeyOnly(info)) return this.toCustomer(id, null);
    return this.toCustomer(id, await this.member('readMember', id, info));
  }

  /**
   * A customer whom something the actor may see names: as they may see them, and where they may not, the key
   * alone, so that colleagues who refer each other or transfer points learn no more.
   */
  async namedCustomer(id: string, info: GraphQLResolveInfo): Promise<Customer> {
    const isReadable = allows(this.actor, 'readMember', { customerId: id });
    return isReadable ? this.customer(id, info) : this.toCustomer(id, null);
  }

  /** The order of an id, as the actor may see it; only the key where nothing else is asked for. */
  async order(id: string, info: GraphQLResolveInfo): Promise<Order> {
    return toOrder(id, asksForKeyOnly(info) ? null : await this.orderView(id));
  }

  /** An order of a member; null where there is none that the actor may see. */
  async orderView(id: string): Promise<OrderView | null> {
    if (this.actor.subject === null) return null;
    const view = await this.orders.load(id);
    const visible = view && allows(this.actor, 'readOrder', { customerId: view.customerId });
    return visible ? view : null;
  }

  /** A customer for a view that was read already. */
  toCustomer(id: string, view: MemberView | null): Customer {
    return toCustomer(id, view, {
      referralUrl: this.app.config.referralUrl,
      seesReasons: allows(this.actor, 'readSuspensionReason'),
      seesEndReason: allows(this.actor, 'readEndReason', { customerId: id }),
    });
  }

  /** Forgets everything: a command may have changed it. */
  clear(): void {
    this.instant = null;
    this.members.clearAll();
    this.orders.clearAll();
    this.statement.clear();
    this.referrals.clear();
    this.abuse.clear();
    this.notifications.clear();
    this.objections.clear();
    this.campaignRecords.clearAll();
    this.endings.clearAll();
  }
}

/** Loaders for one request of one actor. */
export function makeLoaders(app: App, actor: Actor): Loaders {
  return new Loaders(app, actor);
}

function partsOf(info: GraphQLResolveInfo): AccountParts {
  const fields = mentioned(info);
  const book = fields.has('expirySchedule') || fields.has('pointsToForfeit');
  return { pending: fields.has('pending'), book };
}

function partsOfAll(keys: readonly MemberKey[]): AccountParts {
  return {
    pending: keys.some(({ pending }) => pending),
    book: keys.some(({ book }) => book),
  };
}

function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
