import DataLoader from 'dataloader';
import type { GraphQLResolveInfo } from 'graphql';
import { AbuseLoaders } from '../abuse/abuse.loaders';
import type { App } from '../app';
import type { Actor } from '../auth/actor';
import { type Action, allows, authorize } from '../auth/permissions';
import { campaignRecords } from '../campaigns/campaign.loaders';
import { readClock } from '../database/clock';
import { RequestError } from '../kernel/errors';
import type { Instant } from '../kernel/time';
import { toBalance, type XPointsBalance } from '../ledger/balance.graphql';
import type { AccountParts } from '../ledger/ledger.reads';
import { StatementLoaders } from '../ledger/statement.loaders';
import { type ProgramEndingView, programEndings } from '../members/discontinue';
import type { MemberView } from '../members/member.loaders';
import { pastMembers } from '../members/past.loaders';
import { NotificationLoaders } from '../notifications/notification.loaders';
import { ObjectionLoaders } from '../objections/objection.loaders';
import type { OrderView } from '../orders/order.loaders';
import { ReferralLoaders } from '../referrals/referral.loaders';
import { type Customer, toBalanceCustomer, toCustomer } from './customer';
import { type Order, toOrder } from './order';
import { type Asked, asksForKeyOnly, balancePart, mentioned } from './selection';
import { SharedReads } from './shared-reads';

interface MemberKey extends AccountParts {
  readonly id: string;
}

/** Customers that are being read, or were. */
interface KnownCustomers {
  readonly ids: readonly string[];
  /** In the order of `ids`. */
  readonly read: Promise<readonly Customer[]>;
}

/** Loaders, each made when it is first asked for: most requests need none. */
interface Made {
  endings: DataLoader<string, ProgramEndingView | null>;
  members: DataLoader<MemberKey, MemberView | null, string>;
  orders: DataLoader<string, OrderView | null>;
  statement: StatementLoaders;
  referrals: ReferralLoaders;
  notifications: NotificationLoaders;
  abuse: AbuseLoaders;
  objections: ObjectionLoaders;
  campaignRecords: ReturnType<typeof campaignRecords>;
  past: ReturnType<typeof pastMembers>;
}

/**
 * The reads of one request (or one event of a subscription) by one actor: gathered per turn of the event
 * loop, one statement for each kind of thing whatever their number, and authorised here, whoever asks
 * and whichever way an operation came to it.
 */
export class Loaders {
  /** What `balances` has read, for whoever asks for one of them again. */
  private readonly known: KnownCustomers[] = [];
  private readonly made: Partial<Made> = {};
  private instant: Promise<Instant> | null = null;

  constructor(
    private readonly app: App,
    private readonly actor: Actor,
    private readonly shared: SharedReads,
  ) {}

  /** How a program ends; null where it goes on (R2.5). */
  get endings(): Made['endings'] {
    this.made.endings ??= new DataLoader(async (programs) => {
      const endings = await programEndings(this.app.database, programs);
      return programs.map((program) => endings.get(program) ?? null);
    });
    return this.made.endings;
  }

  private get members(): Made['members'] {
    this.made.members ??= new DataLoader(
      async (keys) => {
        const ids = keys.map(({ id }) => id);
        const views = await this.shared.members(partsOfAll(keys)).load(ids);
        return views.map((view) => view ?? null);
      },
      { cacheKeyFn: ({ id, pending, book }) => `${Number(pending)}${Number(book)}${id}` },
    );
    return this.made.members;
  }

  private get orders(): Made['orders'] {
    this.made.orders ??= new DataLoader(async (ids) => {
      const views = await this.shared.orders.load(ids);
      return views.map((view) => view ?? null);
    });
    return this.made.orders;
  }

  /** Lots and history of customers. Whoever holds a customer's view was allowed to read it. */
  get statement(): StatementLoaders {
    this.made.statement ??= new StatementLoaders(this.app);
    return this.made.statement;
  }

  /** Referrals and discount codes of customers; the same holds. */
  get referrals(): ReferralLoaders {
    this.made.referrals ??= new ReferralLoaders(this.app);
    return this.made.referrals;
  }

  /** What customers were told; the same holds. */
  get notifications(): NotificationLoaders {
    this.made.notifications ??= new NotificationLoaders(this.app);
    return this.made.notifications;
  }

  /** Claims against customers and what was voided of them; the same holds. */
  get abuse(): AbuseLoaders {
    this.made.abuse ??= new AbuseLoaders(this.app);
    return this.made.abuse;
  }

  /** Objections of customers; the same holds. */
  get objections(): ObjectionLoaders {
    this.made.objections ??= new ObjectionLoaders(this.app);
    return this.made.objections;
  }

  /** Who started campaigns and why; whoever asks for one is authorised first. */
  get campaignRecords(): Made['campaignRecords'] {
    this.made.campaignRecords ??= campaignRecords(this.app);
    return this.made.campaignRecords;
  }

  /**
   * A member's balance as it was at a past instant, as it is known now; null for who was none then. Fails with UNAUTHENTICATED or
   * FORBIDDEN, the same whether or not the customer exists, and with BAD_USER_INPUT for an instant that lies ahead.
   */
  async pastBalance(id: string, at: Instant, info: Asked): Promise<XPointsBalance | null> {
    authorize(this.actor, 'readPast', { customerId: id });
    if (at > (await this.now())) {
      throw new RequestError(
        'BAD_USER_INPUT',
        'asOf lies ahead; name a past instant, or none for now.',
      );
    }
    this.made.past ??= pastMembers(this.app);
    const view = await this.made.past.load({ id, at, pending: mentioned(info).has('pending') });
    if (!view) return null;
    const { account, terms, pending, lots } = view;
    return toBalance(account, at, terms, pending, lots && [...lots.values()]);
  }

  /** The present instant, read once. */
  now(): Promise<Instant> {
    this.instant ??= readClock(this.app.database, this.app.config.sandbox);
    return this.instant;
  }

  /**
   * A member, for an `action` on them; null for whoever is none. Fails with UNAUTHENTICATED or FORBIDDEN, the
   * same whether or not the customer exists. What is read besides the account is what the operation mentions.
   * `organizationId`: the one that they are known to work in, where the action is about that.
   */
  async member(
    action: Action,
    customerId: string,
    info: Asked,
    organizationId: string | null = null,
  ): Promise<MemberView | null> {
    authorize(this.actor, action, { customerId, organizationId });
    return this.members.load({ id: customerId, ...partsOf(info) });
  }

  /**
   * The customers of `ids` for an operation of which nothing but plain fields is asked; null, with nothing read, where the
   * actor may not see one of them.
   */
  customers(ids: readonly string[], asked: Asked): Promise<readonly Customer[]> | null {
    if (!this.mayReadAll(ids)) return null;
    const part = balancePart(asked);
    if (part !== null) return this.balances(ids, part === 'whole');
    return Promise.all(ids.map((id) => this.customerOf(id, asked)));
  }

  /** Who may read a member whoever they are may read them all: then they need not be looked at one by one. */
  private mayReadAll(ids: readonly string[]): boolean {
    if (allows(this.actor, 'readMember')) return true;
    return ids.every((id) => allows(this.actor, 'readMember', { customerId: id }));
  }

  /** The customer of an id whom a representation names; `customers` may have read them already. */
  async customerOf(id: string, asked: Asked): Promise<Customer> {
    authorize(this.actor, 'readMember', { customerId: id });
    for (const { ids, read } of this.known) {
      const n = ids.indexOf(id);
      if (n >= 0) return (await read)[n]!;
    }
    return this.toCustomer(id, await this.member('readMember', id, asked));
  }

  private balances(ids: readonly string[], whole: boolean): Promise<readonly Customer[]> {
    const read = this.readBalances(ids, whole);
    this.known.push({ ids, read });
    return read;
  }

  private async readBalances(ids: readonly string[], whole: boolean): Promise<readonly Customer[]> {
    const { referralUrl } = this.app.config;
    const due: number[] = [];
    const balances = await this.shared.balances(whole).load(ids);
    const customers = balances.map((balance, n) => {
      if (balance?.read.isDue) due.push(n);
      const isTrue = balance && !balance.read.isDue;
      if (!isTrue) return this.toCustomer(ids[n]!, null);
      return toBalanceCustomer(ids[n]!, balance.read, balance.terms, referralUrl);
    });
    if (due.length === 0) return customers;
    const keys = due.map((n) => ({ id: ids[n]!, pending: false, book: true }));
    for (const [k, view] of (await this.members.loadMany(keys)).entries()) {
      if (view instanceof Error) throw view;
      customers[due[k]!] = this.toCustomer(keys[k]!.id, view);
    }
    return customers;
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
    this.known.length = 0;
    for (const name of Object.keys(this.made)) delete this.made[name as keyof Made];
  }
}

/** Makes the loaders of a request by its actor; what they read is gathered with what others of the process ask. */
export function loadersOf(app: App): (actor: Actor) => Loaders {
  const shared = new SharedReads(app);
  return (actor) => new Loaders(app, actor, shared);
}

function partsOf(info: Asked): AccountParts {
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
