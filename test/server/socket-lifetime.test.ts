import { EventEmitter } from 'node:events';
import { DAY_MS } from '../../src/kernel/time';
import { type Mortal, newMortal, OpenSockets } from '../../src/server/socket-lifetime';

const ROUND_MS = 12_000;

/** A socket whose client answers pings, or does not. */
class Client extends EventEmitter {
  readonly pinged: number[] = [];
  cutAt: number | null = null;
  closed: { readonly code: number; readonly at: number } | null = null;

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

  close(code: number): void {
    this.closed ??= { code, at: Date.now() };
  }
}

const mortalOf = (client: Client): Mortal => newMortal(client as unknown as Mortal['socket']);

beforeEach(() => jest.useFakeTimers({ now: 0 }));
afterEach(() => jest.useRealTimers());

test('sockets are pinged once in a round, a part of them at a time, and cut in the next where they are silent', () => {
  const clients = Array.from({ length: 600 }, (_, n) => new Client(n % 2 === 0));
  const open = new OpenSockets();
  for (const client of clients) open.add(mortalOf(client));
  jest.advanceTimersByTime(3 * ROUND_MS);
  open.stop();
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

test('sockets are closed within a second of their end, with their token or a day old, and no sooner', () => {
  const open = new OpenSockets();
  const ends = [1, 59_999, 60_000, 60_001, 3_599_500, 3_600_000, 90_000_000, null];
  const clients = ends.map((end) => {
    const client = new Client(true);
    const mortal = mortalOf(client);
    open.add(mortal);
    open.admit(mortal, end);
    return { client, mortal, end };
  });
  const gone = new Client(true);
  const left = mortalOf(gone);
  open.add(left);
  open.admit(left, 60_000);
  open.delete(left);
  // Each goes when it is closed, as a socket does.
  for (const { client, mortal } of clients) {
    const close = client.close.bind(client);
    client.close = (code) => {
      close(code);
      open.delete(mortal);
    };
  }
  jest.advanceTimersByTime(DAY_MS + 1_000);
  open.stop();
  for (const { client, end } of clients) {
    const until = Math.min(end ?? DAY_MS, DAY_MS);
    expect(client.closed?.code).toBe(end !== null && end < DAY_MS ? 4403 : 1001);
    expect(client.closed!.at).toBeGreaterThanOrEqual(until);
    expect(client.closed!.at).toBeLessThanOrEqual(until + 1_000);
  }
  expect(gone.closed).toBe(null);
});
