import type { Instant } from '../kernel/time';
import { bookDue } from '../ledger/book-due';
import type { Command } from '../ledger/command';
import { MemoryBooks } from '../ledger/memory-books';
import type { ProgramEnding } from '../ledger/program-ending';
import { endForProgram } from '../members/terminate';
import { recordDelivery } from '../notifications/record-delivery';
import { eventCommand } from '../orders/event-command';
import type { PlatformEvent } from '../orders/platform-event';
import { tellTerms } from '../terms/tell-terms';
import { type Asking, CommandsAgain } from './commands-again';
import type { Asked, Known } from './history';
import type { RulesOfThen } from './rules';

/** What a story told again could not repeat, or answered otherwise. */
export interface Differences {
  /** Commands that were carried out and would be refused. */
  refused: number;
  /** Commands that were refused and would be carried out. */
  accepted: number;
  /** What cannot be told again, since a deletion took it out of the history. */
  untold: number;
}

/**
 * Tells a history again, in memory, by the same decisions as the first time, under other rules. Ids that the ledger
 * draws (redemptions, lots, codes) may be others: what names one is translated.
 */
export class Replay {
  readonly books: MemoryBooks;
  readonly differences: Differences = { refused: 0, accepted: 0, untold: 0 };
  private readonly again: CommandsAgain;
  private readonly owners: ReadonlyMap<string, string>;
  private readonly pendingEndings: ProgramEnding[];
  private nextNotice = 0;
  private nextDelivery = 0;
  private readonly deliveries: readonly { at: Instant; accountId: string; ordinal: number }[];

  constructor(
    private readonly rules: RulesOfThen,
    private readonly known: Known,
    endings: readonly ProgramEnding[],
  ) {
    this.books = new MemoryBooks(rules);
    this.again = new CommandsAgain(this.books, known);
    this.pendingEndings = [...endings];
    this.owners = new Map(
      [...known.members.values()].flatMap(({ id, referralCode }) =>
        referralCode === null ? [] : [[referralCode, id] as const],
      ),
    );
    const counts = new Map<string, number>();
    this.deliveries = known.notices
      .flatMap(({ accountId, deliveredAt }) => {
        const ordinal = counts.get(accountId) ?? 0;
        counts.set(accountId, ordinal + 1);
        return deliveredAt === null ? [] : [{ at: deliveredAt, accountId, ordinal }];
      })
      .sort((a, b) => a.at - b.at);
  }

  /** Tells one thing. */
  tell(asked: Asked): void {
    this.bringTo(asked.at);
    if (asked.kind === 'EVENT') {
      const command = this.eventOf(asked);
      if (command) this.books.run(command, asked.at);
      else this.differences.untold += 1;
      return;
    }
    const { input } = asked;
    // What is asked about a program has no input there: the rules of then have it.
    if (input === null && !this.known.members.get(asked.accountId)?.isDeleted) return;
    const asking = input && { ...asked, input };
    const command = asking && this.again.of(asking);
    if (command) this.compare(asking, this.books.run(command, asked.at));
    else this.differences.untold += 1;
  }

  /** Books what is due by the end of the story. */
  end(at: Instant): void {
    this.bringTo(at);
    for (const id of this.books.accounts.keys()) this.books.run(bookDue(id), at);
  }

  /** What happened by itself up to an instant: members were told of terms, programs were discontinued. */
  private bringTo(at: Instant): void {
    this.rules.now = at;
    const { notices } = this.known;
    for (; (notices[this.nextNotice]?.at ?? Infinity) <= at; this.nextNotice += 1) {
      const { accountId, at: then } = notices[this.nextNotice]!;
      this.books.run(tellTerms(accountId), then);
    }
    for (; (this.deliveries[this.nextDelivery]?.at ?? Infinity) <= at; this.nextDelivery += 1) {
      const { accountId, at: then, ordinal } = this.deliveries[this.nextDelivery]!;
      const told = [...(this.books.notifications.get(accountId)?.values() ?? [])];
      const number = told.filter(({ kind }) => kind === 'TERMS_CHANGED')[ordinal]?.number;
      if (number === undefined) continue;
      this.books.run(recordDelivery({ customerId: accountId, number, channel: 'EMAIL' }), then);
    }
    for (const ending of this.pendingEndings.filter(({ announcedAt }) => announcedAt <= at)) {
      this.pendingEndings.splice(this.pendingEndings.indexOf(ending), 1);
      this.books.endings.set(ending.program, ending);
      for (const { id, program } of [...this.books.accounts.values()]) {
        if (program === ending.program) {
          this.books.run(endForProgram(id, ending), ending.announcedAt);
        }
      }
    }
  }

  private eventOf(asked: Extract<Asked, { kind: 'EVENT' }>): Command<object> | null {
    const event = this.readEvent(asked);
    if (!event) return null;
    const { source, id } = asked;
    return eventCommand({ source, id, type: event.type, digest: '', payload: {}, event });
  }

  /** An event as it came; a registration whose words were erased, as far as the books still say. */
  private readEvent({ type, customerId, payload }: Extract<Asked, { kind: 'EVENT' }>) {
    if (type === 'customer.registered' && customerId !== null) {
      return this.registrationOf(customerId, payload);
    }
    if (type === 'customer.deleted' && customerId !== null) {
      return { type, customerId } as PlatformEvent;
    }
    return 'type' in payload ? (payload as unknown as PlatformEvent) : null;
  }

  private registrationOf(
    customerId: string,
    payload: Readonly<Record<string, unknown>>,
  ): PlatformEvent | null {
    const member = this.known.members.get(customerId);
    if (!member?.program) return null;
    const said = {
      ...{ organizationId: null, billingAccountId: null, locale: null },
      ...{ emailHash: member.emailHash, phoneHash: null, paymentHash: null },
      ...{ registeredAt: member.registeredAt, program: member.program },
      ...{ referralCode: member.referredByCode },
      ...('type' in payload ? payload : {}),
    };
    return {
      ...said,
      type: 'customer.registered',
      customerId,
      email: null,
      referralCode: this.codeOf(said.referralCode),
    };
  }

  /** The code that its owner has in this telling. */
  private codeOf(code: string | null): string | null {
    const owner = code === null ? undefined : this.owners.get(code);
    return owner === undefined ? code : (this.books.accounts.get(owner)?.referralCode ?? code);
  }

  private compare({ operation, accountId, answer: first }: Asking, now: object): void {
    const wasRefused = 'refused' in first;
    const isRefused = 'refused' in now;
    if (isRefused && !wasRefused) this.differences.refused += 1;
    if (wasRefused && !isRefused) this.differences.accepted += 1;
    if (operation !== 'redeemXPoints' || wasRefused || isRefused) return;
    const numberOf = (it: object) => (it as { redemption: { number: number } }).redemption.number;
    this.again.remember(accountId, numberOf(first), numberOf(now));
  }
}
