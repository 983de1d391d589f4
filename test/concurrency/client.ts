import 'reflect-metadata';
import type { Refusal } from '../../src/kernel/errors';
import { fingerprint } from '../../src/kernel/ids';
import type { Command } from '../../src/ledger/command';
import { eventCommand } from '../../src/orders/event-command';
import type { EventAnswer, PlatformEvent } from '../../src/orders/platform-event';
import { captureRedemption, releaseRedemption } from '../../src/redemption/decide-hold';
import { type RedemptionAnswer, redeem } from '../../src/redemption/redeem';
import { type TransferAnswer, transferPoints } from '../../src/transfers/transfer';
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

/** What one of many concurrent callers tells, or what the desk moves. */
export type Telling =
  | { kind: 'event'; event: PlatformEvent; key: string }
  | { kind: 'transfer'; fromId: string; toId: string; points: number; key: string };

/** What it was answered. */
export interface Reply<R = Request, A = RedemptionAnswer> {
  readonly request: R;
  readonly answer: A | Refusal;
}

/** The command of something told or moved. */
function tellingCommand(telling: Telling): Command<EventAnswer> | Command<TransferAnswer> {
  const { key } = telling;
  if (telling.kind === 'transfer') {
    const { fromId, toId, points } = telling;
    const move = { id: key, fromId, toId, points, reason: 'OTHER' as const, evidence: null };
    return transferPoints({ ...move, idempotencyKey: key, actor: 'desk:test' });
  }
  const { event } = telling;
  const seen = { source: 'test', id: key, type: event.type, digest: fingerprint(event) };
  return eventCommand({ ...seen, payload: event, event });
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

/** The command of whatever is asked, told or moved. */
export function anyCommand(request: Request | Telling): Command<object> {
  return request.kind === 'event' || request.kind === 'transfer'
    ? tellingCommand(request)
    : commandOf(request);
}

/** A process of its own: takes requests, keeps `callers` of them in the air, sends the replies. */
async function serve(url: string, callers: number): Promise<void> {
  const books = await openBooks({ url, writers: 4 });
  process.on('message', async (requests: (Request | Telling)[]) => {
    const replies: Reply<Request | Telling, object>[] = [];
    let next = 0;
    const caller = async () => {
      for (let request = requests[next++]; request; request = requests[next++]) {
        replies.push({ request, answer: await books.ledger.execute<object>(anyCommand(request)) });
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
