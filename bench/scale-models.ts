import { clockSql } from '../src/database/clock';
import { createLedger } from '../src/ledger/door';
import { rulesOf } from '../src/ledger/rules';
import { eventCommand } from '../src/orders/event-command';
import type { PlatformEvent } from '../src/orders/platform-event';
import { Programs } from '../src/programs/programs';
import { captureRedemption } from '../src/redemption/decide-hold';
import { redeem } from '../src/redemption/redeem';
import type { openDatabase } from './books';

/** Lots of each customer, each of an order of its own. */
export const SCALE_LOTS = 5;
/** Orders of each customer that points may pay for; they are numbered after those that earned. */
export const SCALE_OPEN = 1;
const ORDERS = SCALE_LOTS + SCALE_OPEN;
/** Net value of each order that earned, by tier reached. */
export const MODELS = ['1000.00', '5000.00', '20000.00'];
const OPEN_NET = '1000000.00';
const HOLD_MS = 3_600_000;

/** Makes the customers whose rows others are copied from, through the door. */
export async function makeModels(
  database: Awaited<ReturnType<typeof openDatabase>>,
): Promise<void> {
  const rules = rulesOf(await Programs.load(database));
  const ledger = createLedger({ database, rules, clock: clockSql(false), writers: 1 });
  const send = async (event: PlatformEvent, id: string) => {
    const answer = await ledger.execute(
      eventCommand({ source: 'bench', id, type: event.type, digest: id, payload: event, event }),
    );
    if (!('outcome' in answer) || answer.outcome !== 'APPLIED') throw new Error(`${id} failed`);
  };
  for (const [model, net] of MODELS.entries()) {
    const id = modelId(model);
    await send(registration(id), id);
    for (let k = 1; k <= ORDERS; k += 1) {
      const orderId = `${id}-${k}`;
      await send(placing(orderId, id, k > SCALE_LOTS ? OPEN_NET : net), `${orderId}-placed`);
      if (k > SCALE_LOTS) continue;
      await send({ type: 'order.paid', orderId, xPoints: null }, `${orderId}-paid`);
      await send({ type: 'order.delivered', orderId }, `${orderId}-delivered`);
    }
    const actor = `customer:${id}`;
    const spend = async (k: number, points: number, holdMs: number | null, key: string) => {
      const orderId = `${id}-${k}`;
      const spent = await ledger.execute(
        redeem({ customerId: id, orderId, points, holdMs, idempotencyKey: key, actor }),
      );
      if ('refused' in spent) throw new Error(`${id} was refused: ${spent.refused}`);
      const { number } = spent.redemption;
      if (holdMs === null) return;
      await ledger.execute(
        captureRedemption({ customerId: id, number, points: null, idempotencyKey: key, actor }),
      );
    };
    await spend(SCALE_LOTS + 1, 50, null, 'spent');
    await spend(SCALE_LOTS + 1, 30, HOLD_MS, 'held');
    await spend(SCALE_LOTS + 1, 20, HOLD_MS, 'held again');
  }
  await ledger.drain();
}

/** The id of a model. */
export function modelId(model: number): string {
  return `model-${model}`;
}

function registration(id: string): PlatformEvent {
  return {
    ...{ type: 'customer.registered', customerId: id, program: 'EU', email: `${id}@example.com` },
    ...{ organizationId: null, billingAccountId: null, locale: 'de', registeredAt: null },
    ...{ referralCode: null, emailHash: id, phoneHash: null, paymentHash: null },
  };
}

function placing(orderId: string, id: string, net: string): PlatformEvent {
  return {
    ...{ type: 'order.placed', orderId, customerId: id, net, currency: 'EUR' },
    ...{ placedAt: null, tags: [] },
  };
}
