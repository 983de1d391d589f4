import type { RegisteredAccount } from '../ledger/account';
import type { Outcome, Situation } from '../ledger/command';
import { endMembership } from '../ledger/end-membership';
import type { Member, MemberProfile } from '../ledger/member';
import type { Order } from '../ledger/order';
import { ACCOUNT_DELETED } from '../ledger/personal-data';
import { endWithProgram } from '../members/terminate';
import type { PublishedTerms, Terms } from '../programs/terms';
import { refer } from '../referrals/refer';
import { caseOf } from './order-events';
import type { CustomerEvent, EventAnswer, ReceivedEvent } from './platform-event';

/** The one decision per customer event (R2.1, R3.7). */
export function decideCustomerEvent(
  received: ReceivedEvent,
  event: CustomerEvent,
  situation: Situation,
): Outcome<EventAnswer> {
  switch (event.type) {
    case 'customer.registered':
      return register(received, event, situation);
    case 'customer.updated':
      return update(event, situation);
    case 'customer.deleted':
      return remove(event, situation);
  }
}

/**
 * Enrols the customer in the program of its region, from the registration or the program's start, whichever is
 * later (R2.1), then judges the orders that waited, by placing time, then arrival (R3.7).
 */
function register(
  received: ReceivedEvent,
  event: Extract<CustomerEvent, { type: 'customer.registered' }>,
  situation: Situation,
): Outcome<EventAnswer> {
  const { customerId, program } = event;
  const account = situation.account(customerId);
  if (!account) throw new Error(`account ${customerId} has a row`);
  if (account.program !== null) return { answer: { outcome: 'UNCHANGED' } };
  const terms = situation.bindingTerms(program, situation.now);
  if (!terms) return unknownProgram(received, customerId);
  const registeredAt = event.registeredAt ?? situation.now;
  const registered: RegisteredAccount = {
    ...account,
    program,
    termsVersion: terms.version,
    ...termsAheadOf(situation.versions(program), terms),
    enrolledAt: Math.max(registeredAt, terms.startsAt),
  };
  const book = situation.register(registered);
  const member = profileOf(situation.member(customerId), event, registeredAt);
  const ending = situation.programEnding(program);
  if (ending) endWithProgram(book, ending);
  const isDeleted = member.deletionReportedAt !== null;
  if (isDeleted) endMembership(book, { at: book.now, reason: ACCOUNT_DELETED });
  else if (event.referralCode !== null) refer(situation, member, event.referralCode);
  return {
    answer: { outcome: 'APPLIED' },
    members: [isDeleted ? withoutPersonal(member) : member],
    orders: situation.waitingOrders.map((order) => judgeWaiting(order, situation)),
    erase: isDeleted ? [customerId] : [],
  };
}

/** Who enrols after a version was published is bound by it from its effective date, and is not told of it (R2.6). */
function termsAheadOf(
  published: readonly PublishedTerms[],
  bound: Terms,
): Pick<RegisteredAccount, 'termsAhead' | 'termsKnown'> {
  const newer = published.map(({ terms }) => terms).filter((it) => it.version > bound.version);
  return {
    termsKnown: newer.at(-1)?.version ?? bound.version,
    termsAhead: newer.map(({ version, effectiveAt }) => ({
      ...{ version, effectiveAt, bindsAt: effectiveAt },
      ...{ notification: null, objectUntil: null, objectedAt: null },
    })),
  };
}

function judgeWaiting(order: Order, situation: Situation): Order {
  const known = caseOf(order, situation);
  known.capturePaid();
  known.judge();
  return known.order;
}

/** What the registration says; what changed before it came wins, since it is newer (R3.7). */
function profileOf(
  before: Member,
  event: Extract<CustomerEvent, { type: 'customer.registered' }>,
  registeredAt: number,
): Member {
  const { organizationId, billingAccountId, email, locale } = event;
  const { emailHash, phoneHash, paymentHash } = event;
  const said = {
    organizationId,
    billingAccountId,
    email,
    locale,
    emailHash,
    phoneHash,
    paymentHash,
  };
  const newer = Object.fromEntries(before.changedBefore.map((field) => [field, before[field]]));
  return {
    ...before,
    ...said,
    ...newer,
    registeredAt,
    changedBefore: [],
    referredByCode: event.referralCode,
  };
}

function update(
  event: Extract<CustomerEvent, { type: 'customer.updated' }>,
  situation: Situation,
): Outcome<EventAnswer> {
  const before = situation.member(event.customerId);
  if (before.deletionReportedAt !== null) {
    return { answer: { outcome: 'UNCHANGED' }, erase: [event.customerId] };
  }
  const waits = before.registeredAt === null;
  const named = Object.keys(event.changes) as (keyof MemberProfile)[];
  const changedBefore = waits ? [...new Set([...before.changedBefore, ...named])] : [];
  return {
    answer: { outcome: waits ? 'WAITING' : 'APPLIED' },
    members: [{ ...before, ...event.changes, changedBefore }],
  };
}

/**
 * Deleting the account is leaving (R2.3): the membership ends, the points are forfeited, personal data is erased, the ledger
 * stays. Reported before the registration, it applies with it.
 */
function remove(
  event: Extract<CustomerEvent, { type: 'customer.deleted' }>,
  situation: Situation,
): Outcome<EventAnswer> {
  const { customerId } = event;
  const member = situation.member(customerId);
  if (member.deletionReportedAt !== null) return { answer: { outcome: 'UNCHANGED' } };
  const book = situation.book(customerId);
  if (book && book.account.stage !== 'ENDED') {
    endMembership(book, { at: book.now, reason: ACCOUNT_DELETED });
  }
  // What the desk or the member said of it goes with the rest.
  book?.change({ suspendedReason: null, endReason: ACCOUNT_DELETED });
  return {
    answer: { outcome: book ? 'APPLIED' : 'WAITING' },
    members: [{ ...withoutPersonal(member), deletionReportedAt: situation.now }],
    erase: [customerId],
  };
}

/** What stays of a deleted customer's profile: the keyed hashes. `erase` removes the rest everywhere else. */
function withoutPersonal(member: Member): Member {
  return { ...member, email: null, locale: null, organizationId: null, billingAccountId: null };
}

function unknownProgram(received: ReceivedEvent, customerId: string): Outcome<EventAnswer> {
  const { source, id: eventId, digest, type, payload } = received;
  const reason = 'UNKNOWN_PROGRAM';
  return {
    answer: { outcome: 'SET_ASIDE', reason },
    setAside: [{ source, eventId, digest, type, payload, reason, orderId: null, customerId }],
  };
}
