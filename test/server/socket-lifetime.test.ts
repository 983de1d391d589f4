import { EventEmitter } from 'node:events';
import { anyBeat, keepAlive, type Mortal } from '../../src/server/socket-lifetime';

const ROUND_MS = 12_000;

/** A socket whose client answers pings, or does not. */
class Client extends EventEmitter {
  readonly pinged: number[] = [];
  cutAt: number | null = null;

  constructor(readonly answers: boolean) {
    super();
  }

  ping(): void {
    this.pinged.push(Date.now());
    if (this.answers) this.emit('pong');
  }

  terminate(): void {
    this.cutAt ??= Date.now();
  }
}

const open = (client: Client): Mortal => ({
  socket: client as unknown as Mortal['socket'],
  ...{ until: Number.POSITIVE_INFINITY, isToken: false, beat: anyBeat() },
});

beforeEach(() => jest.useFakeTimers({ now: 0 }));
afterEach(() => jest.useRealTimers());

test('sockets are pinged once in a round, a part of them at a time, and cut in the next where they are silent', () => {
  const clients = Array.from({ length: 600 }, (_, n) => new Client(n % 2 === 0));
  const stop = keepAlive(new Set(clients.map(open)));
  jest.advanceTimersByTime(3 * ROUND_MS);
  stop();
  for (const { answers, pinged, cutAt } of clients) {
    const first = pinged[0]!;
    const later = answers ? [first + ROUND_MS, first + 2 * ROUND_MS] : [];
    expect(pinged).toEqual([first, ...later]);
    expect(cutAt).toBe(answers ? null : first + ROUND_MS);
  }
  const together = new Map<number, number>();
  for (const at of clients.map(({ pinged }) => pinged[0]!)) {
    together.set(at, (together.get(at) ?? 0) + 1);
  }
  expect(Math.max(...together.values())).toBeLessThan(60);
});
