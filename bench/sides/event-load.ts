import { createHmac, randomUUID } from 'node:crypto';
import { callFor, type Load } from '../load';
import { type BenchOrder, benchOrder, cloudEvent, STEPS } from '../orders';
import { work } from '../worker';
import { HttpConnection } from './http-client';

/** Events of one request. */
const BATCH = 100;
const APPLIED = /"outcome":"APPLIED"/g;

interface Setup {
  readonly port: number;
  readonly accounts: number;
  /** By which the platform signs, in bytes. */
  readonly secret: string;
}

/** What one sender has begun: orders of which one step after the other is told. */
interface Telling {
  readonly orders: readonly BenchOrder[];
  step: number;
}

/** The platform: batches of events over HTTP, signed, one kept-alive connection for each sender. */
work(async ({ port, accounts, secret }: Setup) => {
  const senders: { connection: HttpConnection; telling: Telling | null }[] = [];
  let told = 0;
  const nextOrders = (count: number) =>
    Array.from({ length: count }, () => {
      told += 1;
      return benchOrder(told, accounts);
    });
  const send = async (connection: HttpConnection, { orders, step }: Telling) => {
    const body = JSON.stringify(orders.map((order) => cloudEvent(order, STEPS[step]!)));
    const [id, at] = [randomUUID(), Math.floor(Date.now() / 1000)];
    const signature = createHmac('sha256', secret).update(`${id}.${at}.${body}`).digest('base64');
    const answer = await connection.post(body, null, {
      path: '/events',
      contentType: 'application/cloudevents-batch+json',
      more: {
        'webhook-id': id,
        'webhook-timestamp': `${at}`,
        'webhook-signature': `v1,${signature}`,
      },
    });
    if (answer.match(APPLIED)?.length !== orders.length) throw new Error(answer);
  };
  /** The next batch of a sender. */
  const goOn = async (sender: (typeof senders)[number], count = BATCH) => {
    const telling = sender.telling ?? { orders: nextOrders(count), step: 0 };
    sender.telling = telling;
    await send(sender.connection, telling);
    telling.step += 1;
    if (telling.step === STEPS.length) sender.telling = null;
  };
  const finish = async (sender: (typeof senders)[number]) => {
    while (sender.telling) await goOn(sender);
  };
  const connectAll = async (count: number) => {
    while (senders.length < count) {
      senders.push({ connection: await HttpConnection.open(port), telling: null });
    }
  };
  return {
    answer: async (question: Load | { rehearse: number }) => {
      if ('rehearse' in question) {
        await connectAll(1);
        await goOn(senders[0]!, question.rehearse);
        return finish(senders[0]!);
      }
      await connectAll(question.callers);
      const before = told;
      const sample = await callFor(question, (caller) => goOn(senders[caller]!));
      // Every order that was begun is credited in the end, so that the books can be counted.
      await Promise.all(senders.map(finish));
      const perSecond = sample.perSecond * BATCH;
      return { ...sample, perSecond, answered: (told - before) * STEPS.length };
    },
    close: async () => {
      for (const { connection } of senders) connection.close();
    },
  };
});
