import 'reflect-metadata';
import { clockSql } from '../../src/database/clock';
import { createDataSource } from '../../src/database/data-source';
import { createLedger } from '../../src/ledger/door';
import { rulesOf } from '../../src/ledger/rules';
import { Programs } from '../../src/programs/programs';
import { redeem } from '../../src/redemption/redeem';
import { anyWish, type Wish } from '../customers';
import { hotWish } from '../hot';
import { callHere, type Load } from '../load';
import { work } from '../worker';

/** As the service has them where nothing is configured. */
const POOL_SIZE = 10;
const WRITERS = 4;

/** Redemptions through the door, all callers in this one process. */
work(async ({ url, accounts }: { url: string; accounts: number }) => {
  const database = await createDataSource(url, { poolSize: POOL_SIZE }).initialize();
  const ledger = createLedger({
    database,
    rules: rulesOf(await Programs.load(database)),
    clock: clockSql(false),
    writers: WRITERS,
  });
  const fulfil = async ({ customerId, orderId, points, key }: Wish) => {
    const answer = await ledger.execute(
      redeem({
        ...{ customerId, orderId, points, holdMs: null, idempotencyKey: key },
        actor: `customer:${customerId}`,
      }),
    );
    if ('refused' in answer) throw new Error(`${customerId} was refused: ${answer.refused}`);
  };
  return {
    answer: async (question: Load | { wishes: Wish[] }) => {
      if ('callers' in question) {
        const { hot } = question;
        return callHere(question, () => fulfil(hot ? hotWish(hot) : anyWish(accounts)));
      }
      for (const wish of question.wishes) await fulfil(wish);
    },
    close: async () => {
      await ledger.drain();
      await database.destroy();
    },
  };
});
