import { invariant, type Refusal, refuse } from '../kernel/errors';
import type { Instant } from '../kernel/time';
import { type Account, isRegistered, type RegisteredAccount } from './account';
import { Book, type Holding } from './book';
import {
  type Command,
  causeOf,
  type Outcome,
  type SeenAs,
  type SetAside,
  type Situation,
  seenKey,
} from './command';
import { concerned } from './concerned';
import { bringToInstant } from './due';
import type { Entry } from './entry';
import { NO_TIES, refusalWhileFrozen, sendBackWhileFrozen } from './frozen';
import type { Changes, Of } from './ledger.writes';
import type { Loaded } from './load';
import { type Member, unknownMember } from './member';
import type { Order } from './order';
import { PeopleDraft } from './people-draft';
import type { Rules } from './rules';

/** What a command came to: an answer, or what its decision threw. */
export type Result = { readonly answer: object } | { readonly error: unknown };

/**
 * Decides commands one after the other on what was loaded, in memory: each sees what those before it did.
 * A refused command changes nothing but what was due anyway; a throwing one nothing at all.
 */
export class Batch {
  private readonly accounts: Map<string, Account>;
  private readonly holdings = new Map<string, Holding>();
  private readonly orders: Map<string, Order>;
  private readonly members: Map<string, Member>;
  private readonly seen: Map<string, { fingerprint: string; answer: object }>;
  private readonly entries: Of<Entry>[] = [];
  private readonly messages: Changes['messages'][number][] = [];
  private readonly notifications: Changes['notifications'][number][] = [];
  private readonly lots = new Map<string, Set<number>>();
  private readonly lastLot = new Map<string, number>();
  private readonly redemptions = new Map<string, Set<number>>();
  private readonly changedAccounts = new Set<string>();
  private readonly changedOrders = new Set<string>();
  private readonly changedMembers = new Set<string>();
  private readonly answered: Changes['answers'][number][] = [];
  private readonly setAside: SetAside[] = [];
  private readonly erase = new Set<string>();
  private readonly codes: Changes['codes'][number][] = [];
  private readonly people = new PeopleDraft();

  constructor(
    private readonly loaded: Loaded,
    private readonly rules: Rules,
  ) {
    this.accounts = new Map(loaded.accounts);
    this.orders = new Map(loaded.orders);
    this.members = new Map(loaded.members);
    this.seen = new Map(loaded.seen);
    for (const account of loaded.accounts.values()) {
      if (!isRegistered(account)) continue;
      const lots = loaded.lots.get(account.id) ?? new Map();
      const redemptions = loaded.redemptions.get(account.id) ?? new Map();
      const { capturedBesides } = loaded;
      const isPartial = loaded.withoutLots?.has(account.id);
      this.holdings.set(account.id, { account, lots, redemptions, capturedBesides, isPartial });
      this.lastLot.set(account.id, account.lastLot);
    }
  }

  /** Decides one command, or answers as it was answered before. */
  run(command: Command<object>): Result {
    const before = command.seen && this.seen.get(seenKey(command.operation, command.seen));
    if (command.seen && before) return { answer: this.answerAgain(command, command.seen, before) };
    try {
      const own = concerned(command, { ...NO_TIES, orders: this.orders });
      const frozen = refusalWhileFrozen(command, own, this.accounts);
      const ids = command.records ? this.concerned(command) : own;
      const now = this.instantOf(ids);
      const books = frozen ? new Map<string, Book>() : this.open(command, ids, now);
      const draft = new PeopleDraft(this.people);
      const outcome = frozen ?? command.decide(this.situation(command, now, books, draft));
      sendBackWhileFrozen(books, this.holdings);
      this.keep(command, outcome, books);
      if (!isRefusal(outcome.answer)) this.people.take(draft);
      return { answer: outcome.answer };
    } catch (error) {
      return { error };
    }
  }

  /** Every registered account as it stands so far. */
  standing(): Map<string, RegisteredAccount> {
    return new Map([...this.holdings].map(([id, { account }]) => [id, account]));
  }

  /** What all of it changed. */
  changes(): Changes {
    const of = <T>(sets: Map<string, Set<number>>, find: (holding: Holding, number: number) => T) =>
      [...sets].flatMap(([accountId, numbers]) =>
        [...numbers].map((number) => ({
          accountId,
          what: find(this.holdings.get(accountId)!, number),
        })),
      );
    const lots = of(this.lots, (holding, number) => holding.lots.get(number)!);
    const isNew = (lot: (typeof lots)[number]) =>
      lot.what.number > (this.lastLot.get(lot.accountId) ?? 0);
    const redemptions = of(this.redemptions, (it, number) => it.redemptions.get(number)!);
    const orders = [...this.changedOrders].map((id) => this.orders.get(id)!);
    const wasThere = ({ accountId, what }: (typeof redemptions)[number]) =>
      this.loaded.redemptions.get(accountId)?.has(what.number) ?? false;
    return {
      at: this.loaded.now,
      position: this.loaded.position,
      accounts: [...this.changedAccounts].map(
        (id) => this.holdings.get(id)?.account ?? this.accounts.get(id)!,
      ),
      accountsBefore: this.loaded.accounts,
      newLots: lots.filter(isNew),
      changedLots: lots.filter((lot) => !isNew(lot)),
      entries: this.entries,
      newRedemptions: redemptions.filter((redemption) => !wasThere(redemption)),
      changedRedemptions: redemptions.filter(wasThere),
      messages: this.messages,
      notifications: this.notifications,
      newOrders: orders.filter(({ id }) => !this.loaded.orders.has(id)),
      changedOrders: orders.filter(({ id }) => this.loaded.orders.has(id)),
      members: [...this.changedMembers].map((id) => this.members.get(id)!),
      answers: this.answered,
      setAside: this.setAside,
      erase: [...this.erase],
      codes: this.codes,
      ...this.people.changes(),
    };
  }

  private open(command: Command<object>, ids: readonly string[], now: Instant): Map<string, Book> {
    const books = new Map<string, Book>();
    for (const id of ids) {
      const holding = this.holdings.get(id);
      if (!holding) continue;
      const { nextDueAt, frozenAt } = holding.account;
      if (nextDueAt !== null && nextDueAt <= now && frozenAt === null) {
        const due = this.book(holding, now, command);
        bringToInstant(due, now);
        this.enter(due, command);
      }
      books.set(id, this.book(this.holdings.get(id)!, now, command));
    }
    return books;
  }

  private concerned(command: Command<object>): string[] {
    const referrals = this.people.referralsOver(this.loaded.people.referrals);
    return concerned(command, { ...this.loaded.people, orders: this.orders, referrals });
  }

  private book(holding: Holding, now: Instant, command: Command<object>): Book {
    const { program } = holding.account;
    const termsOf = (version: number) => this.rules.terms(program, version);
    return new Book(holding, termsOf, now, causeOf(command), command.actor);
  }

  /** The clock under the locks, and never before the last entry of an account concerned. */
  private instantOf(ids: readonly string[]): Instant {
    let { now } = this.loaded;
    for (const id of ids) now = Math.max(now, this.holdings.get(id)?.account.lastEntryAt ?? 0);
    return now;
  }

  private situation(
    command: Command<object>,
    now: Instant,
    books: Map<string, Book>,
    draft: PeopleDraft,
  ): Situation {
    const countOrder = (id: string): number => {
      const account = books.get(id)?.account ?? this.accounts.get(id);
      invariant(account !== undefined, `account ${id} has a row`);
      const ordersPlaced = account.ordersPlaced + 1;
      const book = books.get(id);
      if (book) book.change({ ordersPlaced });
      else this.accounts.set(id, { ...account, ordersPlaced });
      this.changedAccounts.add(id);
      return ordersPlaced;
    };
    return {
      now,
      order: command.orderId === undefined ? null : (this.orders.get(command.orderId) ?? null),
      waitingOrders: this.waitingOrders(command.waitingOrdersOf),
      terms: (program, version) => this.rules.terms(program, version),
      bindingTerms: (program, at) => this.rules.bindingAt(program, at),
      account: (id) => books.get(id)?.account ?? this.accounts.get(id) ?? null,
      book: (id) => books.get(id) ?? null,
      register: (account: RegisteredAccount) => {
        const nothing = { lots: new Map(), redemptions: new Map(), capturedBesides: new Map() };
        const book = this.book({ account, ...nothing }, now, command);
        books.set(account.id, book);
        return book;
      },
      countOrder,
      member: (id) => this.members.get(id) ?? unknownMember(id),
      ...draft.people(this.loaded.people),
      campaigns: (program) => this.rules.campaigns(program),
      versions: (program) => this.rules.versions(program),
      newCode: () => this.rules.newCode(),
    };
  }

  private waitingOrders(customerId: string | undefined): Order[] {
    if (customerId === undefined) return [];
    return [...this.orders.values()]
      .filter((order) => order.placed?.customerId === customerId && !order.judged)
      .sort((a, b) => a.placed!.at - b.placed!.at || a.placed!.number - b.placed!.number);
  }

  private keep(command: Command<object>, outcome: Outcome<object>, books: Map<string, Book>): void {
    if (!isRefusal(outcome.answer)) for (const book of books.values()) this.enter(book, command);
    for (const order of outcome.orders ?? []) {
      this.orders.set(order.id, order);
      this.changedOrders.add(order.id);
    }
    for (const member of outcome.members ?? []) {
      this.members.set(member.accountId, member);
      this.changedMembers.add(member.accountId);
    }
    this.setAside.push(...(outcome.setAside ?? []));
    for (const id of outcome.erase ?? []) this.erase.add(id);
    if (command.seen) {
      const { operation, seen, input, actor } = command;
      this.answered.push({
        operation,
        seen,
        input: input ? { actor, ...input } : null,
        answer: outcome.answer,
      });
      this.forget(seen);
      const fingerprint = seen.in === 'answers' ? seen.fingerprint : seen.digest;
      this.seen.set(seenKey(operation, seen), { fingerprint, answer: outcome.answer });
    }
  }

  /** Takes over what a book holds now. */
  private enter(book: Book, { traceparent }: Command<object>): void {
    const { id, program, referralCode } = book.account;
    const before = this.holdings.get(id);
    if (before && book.account === before.account) return;
    if (referralCode !== null && referralCode !== (before?.account.referralCode ?? null)) {
      this.codes.push({ code: referralCode, accountId: id, program, issuedAt: book.now });
    }
    this.holdings.set(id, book.holding());
    this.changedAccounts.add(id);
    addTo(this.lots, id, book.changedLots);
    addTo(this.redemptions, id, book.changedRedemptions);
    for (const entry of book.entries) this.entries.push({ accountId: id, what: entry });
    for (const message of book.messages) {
      this.messages.push({ accountId: id, what: message, traceparent });
    }
    for (const told of book.notifications) this.notifications.push({ accountId: id, what: told });
  }

  private answerAgain(
    command: Command<object>,
    seen: SeenAs,
    before: { fingerprint: string; answer: object },
  ): object | Refusal {
    if (seen.in === 'answers') {
      return before.fingerprint === seen.fingerprint
        ? before.answer
        : refuse('IDEMPOTENCY_CONFLICT');
    }
    if (before.fingerprint === seen.digest) return { outcome: 'DUPLICATE' };
    const { source, id: eventId, digest, type, payload } = seen;
    const reason = 'EVENT_ID_REUSED';
    const orderId = command.orderId ?? null;
    const customerId = command.customers[0] ?? null;
    this.setAside.push({ source, eventId, digest, type, reason, orderId, customerId, payload });
    this.forget(seen);
    return { outcome: 'SET_ASIDE', reason };
  }

  /** What an event says of a customer who was deleted is not kept either (R2.3). */
  private forget(seen: SeenAs): void {
    const customerId = seen.in === 'inbox' ? seen.customerId : null;
    const isDeleted = customerId !== null && this.members.get(customerId)?.deletionReportedAt;
    if (isDeleted) this.erase.add(customerId);
  }
}

function isRefusal(answer: object): answer is Refusal {
  return 'refused' in answer;
}

function addTo(sets: Map<string, Set<number>>, id: string, numbers: Iterable<number>): void {
  const set = sets.get(id) ?? new Set<number>();
  for (const number of numbers) set.add(number);
  sets.set(id, set);
}
