import 'reflect-metadata';
import type { Refusal } from '../../src/kernel/errors';
import type { Command } from '../../src/ledger/command';
import { captureRedemption, releaseRedemption } from '../../src/redemption/decide-hold';
import { type RedemptionAnswer, redeem } from '../../src/redemption/redeem';
import { openBooks } from '../ledger/stories';

/** What one of many concurrent callers asks. */
export type Request =
  | {
      kind: 'redeem';
      customerId: string;
      orderId: string;
      points: number;
      holdMs: number | null;
      key: string;
    }
  | { kind: 'capture' | 'release'; customerId: string; number: number; key: string };

/** What it was answered. */
export interface Reply {
  readonly request: Request;
  readonly answer: RedemptionAnswer | Refusal;
}

/** The command of a request. */
export function commandOf(request: Request): Command<RedemptionAnswer> {
  const { customerId, key: idempotencyKey } = request;
  const same = { customerId, idempotencyKey, actor: 'test' };
  switch (request.kind) {
    case 'redeem': {
      const { orderId, points, holdMs } = request;
      return redeem({ ...same, orderId, points, holdMs });
    }
    case 'capture':
      return captureRedemption({ ...same, number: request.number, points: null });
    case 'release':
      return releaseRedemption({ ...same, number: request.number });
  }
}

/** A process of its own: takes requests, keeps `callers` of them in the air, sends the replies. */
async function serve(url: string, callers: number): Promise<void> {
  const books = await openBooks({ url, writers: 4 });
  process.on('message', async (requests: Request[]) => {
    const replies: Reply[] = [];
    let next = 0;
    const caller = async () => {
      for (let request = requests[next++]; request; request = requests[next++]) {
        replies.push({ request, answer: await books.ledger.execute(commandOf(request)) });
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
    process.send?.(replies, async () => {
      await books.close();
      process.disconnect();
    });
  });
  process.send?.('ready');
}

const [url, callers] = process.argv.slice(2);
if (require.main === module && url) void serve(url, Number(callers));
