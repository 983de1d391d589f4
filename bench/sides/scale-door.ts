import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { clockSql } from '../../src/database/clock';
import { createDataSource } from '../../src/database/data-source';
import { bookWhatIsDue } from '../../src/jobs/book-what-is-due';
import { createLedger } from '../../src/ledger/door';
import { rulesOf } from '../../src/ledger/rules';
import { createLog } from '../../src/operations/log';
import { Programs } from '../../src/programs/programs';
import { redeem } from '../../src/redemption/redeem';
import { callHere, type Load } from '../load';
import { scaleCustomerId, scaleOrderId } from '../scale';
import { SCALE_LOTS } from '../scale-models';
import { work } from '../worker';

const POOL_SIZE = 10;
const WRITERS = 4;
/** Of a redemption by each of the active customers. */
const CALLERS = 64;

/**
 * Redemptions through the door by any of `accounts` customers, or by `active` of them who lie scattered among all; beside them, where it
 * is asked for, booking what is due. Or, first, one redemption by each of the active.
 */
work(async ({ url, accounts }: { url: string; accounts: number }) => {
  const database = await createDataSource(url, { poolSize: POOL_SIZE }).initialize();
  const ledger = createLedger({
    database,
    rules: rulesOf(await Programs.load(database)),
    clock: clockSql(false),
    writers: WRITERS,
  });
  const app = { database, ledger, log: createLog('warn'), config: { sandbox: false } };
  let refused = 0;
  const redeemSomething = async (active: number, which = Math.floor(Math.random() * active)) => {
    const n = 1 + which * Math.floor(accounts / active);
    const customerId = scaleCustomerId(n);
    const answer = await ledger.execute(
      redeem({
        ...{ customerId, orderId: scaleOrderId(n, SCALE_LOTS + 1) },
        ...{ points: 1 + Math.floor(Math.random() * 100), holdMs: null },
        ...{ idempotencyKey: randomUUID(), actor: `customer:${customerId}` },
      }),
    );
    if ('refused' in answer) refused += 1;
  };
  return {
    answer: async (question: (Load & { booking: boolean; active?: number }) | { each: number }) => {
      if ('each' in question) {
        const { each } = question;
        let next = 0;
        const caller = async () => {
          while (next < each) await redeemSomething(each, next++);
        };
        await Promise.all(Array.from({ length: CALLERS }, caller));
        return null;
      }
      const { booking, active = accounts, ...load } = question;
      const stopping = new AbortController();
      let done = true;
      const booked = booking
        ? bookWhatIsDue(app, stopping.signal, Number.POSITIVE_INFINITY).then((isDone) => {
            done = isDone;
          })
        : Promise.resolve();
      const before = refused;
      const sample = await callHere(load, () => redeemSomething(active));
      stopping.abort();
      await booked;
      return { ...sample, refused: refused - before, done };
    },
    close: async () => {
      await ledger.drain();
      await database.destroy();
    },
  };
});
