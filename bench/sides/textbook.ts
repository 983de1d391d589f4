import 'reflect-metadata';
import type { DataSource, EntityManager } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { fingerprint, shardOf } from '../../src/kernel/ids';
import { AccountRow } from '../../src/ledger/account.row';
import { AnswerRow } from '../../src/ledger/answer.row';
import { AllocationRow, EntryRow } from '../../src/ledger/entry.row';
import { LotRow } from '../../src/ledger/lot.row';
import { OrderRow } from '../../src/ledger/order.row';
import { redemptionId } from '../../src/ledger/redemption';
import { RedemptionRow } from '../../src/ledger/redemption.row';
import { OutboxRow } from '../../src/outbox/outbox.row';
import { anyWish, type Wish } from '../customers';
import { callHere, type Load } from '../load';
import { work } from '../worker';

/** What TypeORM and pg do where nothing is said; more made it slower on two cores. */
const POOL_SIZE = 10;

/** A redemption as a TypeORM guide would have it: one transaction each, rows loaded, changed and saved. */
function redeemByTheBook(database: DataSource, wish: Wish): Promise<void> {
  const { customerId, orderId, points, key } = wish;
  const own = { shard: shardOf(customerId), accountId: customerId };
  return database.transaction(async (manager) => {
    const account = await manager.findOneOrFail(AccountRow, {
      where: { shard: own.shard, id: customerId },
      lock: { mode: 'pessimistic_write' },
    });
    const operation = 'redeemXPoints';
    if (await manager.findOneBy(AnswerRow, { ...own, operation, key })) return;
    const now = Math.max(Date.now(), account.lastEntryAt ?? 0);
    await mustBeAllowed(manager, account, wish, now);
    const number = account.sequence + 1;
    const change = { heldChange: 0, owedChange: 0, turnoverChange: 0, arithmetic: null };
    account.available -= points;
    account.lifetimeRedeemed += points;
    account.sequence = number;
    account.lastEntryAt = now;
    account.lastMessage += 1;
    await manager.insert(EntryRow, {
      ...{ ...own, ...change, sequence: number, kind: 'REDEEMED', orderId, redemption: number },
      ...{ availableChange: -points, availableAfter: account.available, heldAfter: account.held },
      ...{ owedAfter: account.owed, turnoverAfter: account.turnoverMinor },
      ...{ occurredAt: now, recordedAt: now, termsVersion: account.termsVersion! },
      ...{ cause: `${operation} ${key}`, actor: `customer:${customerId}` },
    });
    account.nextDueAt = await takeFromLots(manager, own, number, points);
    const redemption = {
      ...{ number, orderId, state: 'CAPTURED' as const, points, held: 0, captured: points },
      ...{ released: 0, restored: 0, placedAt: now, heldUntil: null, decidedAt: now },
      ...{ entries: [number], termsVersion: account.termsVersion! },
    };
    await manager.insert(RedemptionRow, { ...own, ...redemption });
    const { available, held, owed, sequence } = account;
    await manager.insert(AnswerRow, {
      ...{ ...own, operation, key, fingerprint: fingerprint({ orderId, points, holdMs: null }) },
      answer: { customerId, redemption, sequence, available, held, owed },
      answeredAt: now,
    });
    const id = redemptionId(customerId, number);
    await manager.insert(OutboxRow, {
      ...{ ...own, number: account.lastMessage, type: 'redemption.captured', sequence: number },
      occurredAt: now,
      data: { redemptionId: id, orderId, points, held: 0, captured: points, heldUntil: null },
    });
    await manager.save(account);
  });
}

/** Takes first in first out; answers when something falls due next. */
async function takeFromLots(
  manager: EntityManager,
  own: { shard: number; accountId: string },
  sequence: number,
  points: number,
): Promise<number | null> {
  const lots = await manager.find(LotRow, {
    where: { ...own, isOpen: true },
    order: { creditedAt: 'ASC', number: 'ASC' },
  });
  let left = points;
  for (let ordinal = 0; left > 0; ordinal += 1) {
    const lot = lots[ordinal];
    if (!lot) throw new Error(`${own.accountId} ran out of points`);
    const taken = Math.min(left, lot.remaining);
    left -= taken;
    lot.remaining -= taken;
    lot.redeemed += taken;
    lot.isOpen = lot.remaining > 0 || lot.held > 0;
    await manager.save(lot);
    await manager.insert(AllocationRow, {
      ...{ ...own, sequence, ordinal, lot: lot.number, redemption: sequence, points: taken },
      ...{ fromState: 'REMAINING', toState: 'REDEEMED' },
    });
  }
  const due = lots.filter(({ remaining }) => remaining > 0).map(({ expiresAt }) => expiresAt);
  return due.length > 0 ? Math.min(...due) : null;
}

async function mustBeAllowed(
  manager: EntityManager,
  account: AccountRow,
  { customerId, orderId, points }: Wish,
  now: number,
): Promise<void> {
  const order = await manager.findOneByOrFail(OrderRow, { shard: shardOf(orderId), id: orderId });
  const before = await manager.findBy(RedemptionRow, {
    ...{ shard: account.shard, accountId: account.id, orderId },
  });
  const paid = before.reduce((sum, { held, captured }) => sum + held + captured, 0);
  const isAllowed =
    account.enrolledAt !== null &&
    account.enrolledAt <= now &&
    account.suspendedAt === null &&
    (account.nextDueAt === null || account.nextDueAt > now) &&
    order.customerId === customerId &&
    order.paidAt === null &&
    order.cancelledAt === null &&
    order.currency === 'EUR' &&
    points <= order.netMinor! - order.cancelledMinor - paid &&
    points <= account.available;
  if (!isAllowed) throw new Error(`${customerId} may not redeem ${points} points`);
}

work(async ({ url, accounts }: { url: string; accounts: number }) => {
  const database = await createDataSource(url, { poolSize: POOL_SIZE }).initialize();
  const fulfil = (wish: Wish) => redeemByTheBook(database, wish);
  return {
    answer: async (question: Load | { wishes: Wish[] }) => {
      if ('callers' in question) return callHere(question, () => fulfil(anyWish(accounts)));
      for (const wish of question.wishes) await fulfil(wish);
    },
    close: () => database.destroy(),
  };
});
