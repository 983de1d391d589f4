import pino from 'pino';
import { Announcer } from '../../src/subscriptions/announcer';

/** An announcer whose notifications end when the test says so. */
function announcing() {
  const told: string[][] = [];
  const logged: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) });
  let end: (error?: Error) => void = () => undefined;
  const announcer = new Announcer((payloads) => {
    told.push([...payloads]);
    return new Promise((resolve, reject) => {
      end = (error) => (error ? reject(error) : resolve());
    });
  }, log);
  const finish = async (error?: Error) => {
    end(error);
    for (let ticks = 0; ticks < 5; ticks += 1) await null;
  };
  return { announcer, told, logged, finish };
}

test('what is committed while one notification is under way goes into the next, each account once', async () => {
  const { announcer, told, finish } = announcing();
  announcer.announce(['ada']);
  announcer.announce(['ben', 'cleo']);
  announcer.announce(['ben', 'ada']);
  expect(told).toEqual([['ada']]);
  await finish();
  expect(told).toEqual([['ada'], ['ben\ncleo\nada']]);
  await finish();
  await announcer.drain();
  announcer.announce([]);
  expect(told).toHaveLength(2);
  announcer.announce(['dora']);
  expect(told[2]).toEqual(['dora']);
  await finish();
});

test('no payload is longer than PostgreSQL takes, and no account is left out', async () => {
  const { announcer, told, finish } = announcing();
  // 255 characters of three bytes, the longest id there is, beside short ones.
  const ids = Array.from({ length: 400 }, (_, n) => `${n}${'€'.repeat(n % 5 ? 30 : 250)}`);
  announcer.announce(ids);
  expect(told[0]!.length).toBeGreaterThan(1);
  for (const payload of told[0]!) expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(7_000);
  expect(told[0]!.join('\n').split('\n')).toEqual(ids);
  await finish();
});

test('too many at once mean all', async () => {
  const { announcer, told, finish } = announcing();
  announcer.announce(['ada']);
  announcer.announce(Array.from({ length: 10_000 }, (_, n) => `c${n}`));
  await finish();
  expect(told[1]).toEqual(['']);
  await finish();
});

test('a failure is logged, and what comes after it is told', async () => {
  const { announcer, told, logged, finish } = announcing();
  announcer.announce(['ada']);
  announcer.announce(['ben']);
  await finish(new Error('cut off'));
  expect(logged.filter((line) => line.includes('cut off'))).toHaveLength(1);
  expect(told).toEqual([['ada'], ['ben']]);
  await finish();
  await announcer.drain();
});
