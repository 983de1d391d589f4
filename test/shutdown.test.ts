import { Shutdown, StoppedError } from '../src/shutdown';

function setUp(patienceMs = 1_000, totalMs?: number) {
  const told: string[] = [];
  const shutdown = new Shutdown(
    patienceMs,
    (name, error) => told.push(`${name} failed: ${(error as Error).message}`),
    totalMs,
  );
  const start = (name: string, end: () => Promise<unknown> = async () => told.push(name)) =>
    shutdown.start(name, async () => name, end);
  return { shutdown, told, start };
}

test('parts end in the opposite order of their start, once', async () => {
  const { shutdown, told, start } = setUp();
  for (const name of ['database', 'app', 'server']) await start(name);
  expect(await Promise.all([shutdown.endAll(), shutdown.endAll()])).toEqual([true, true]);
  expect(told).toEqual(['server', 'app', 'database']);
});

test('a part that fails or hangs is told of, and the others end', async () => {
  const { shutdown, told, start } = setUp(20);
  await start('database');
  await start('app', () => Promise.reject(new Error('no')));
  await start('server', () => new Promise(() => undefined));
  expect(await shutdown.endAll()).toBe(false);
  expect(told).toEqual(['server failed: It takes too long', 'app failed: no', 'database']);
});

test('nothing starts once the end was asked for, and what was starting is ended too', async () => {
  const { shutdown, told, start } = setUp();
  const starting = start('database');
  shutdown.stop();
  await expect(starting).rejects.toThrow(StoppedError);
  await expect(start('app')).rejects.toThrow(StoppedError);
  expect(await shutdown.endAll()).toBe(true);
  expect(told).toEqual(['database']);
});

test('one part can be ended at once, and is not ended again', async () => {
  const { shutdown, told, start } = setUp();
  await start('database');
  await start('server', () => new Promise((done) => setTimeout(done, 50)));
  const all = shutdown.endAll();
  expect(await shutdown.endNow('database')).toBe(true);
  expect(await shutdown.endNow('never started')).toBe(true);
  await all;
  expect(told).toEqual(['database']);
});

test('all parts together are given no more than the total, and the last ones still a moment', async () => {
  const { shutdown, told, start } = setUp(60_000, 20);
  await start('database', () =>
    new Promise((done) => setTimeout(done, 50)).then(() => told.push('database')),
  );
  await start('app', () => new Promise(() => undefined));
  await start('server', () => new Promise(() => undefined));
  expect(await shutdown.endAll()).toBe(false);
  expect(told).toEqual([
    'server failed: It takes too long',
    'app failed: It takes too long',
    'database',
  ]);
});

test('parts that start at once end in the opposite order of the calls', async () => {
  const { shutdown, told, start } = setUp();
  const slow = shutdown.start(
    'jobs',
    () => new Promise((done) => setTimeout(done, 20)),
    async () => told.push('jobs'),
  );
  await Promise.all([slow, start('server')]);
  expect(await shutdown.endAll()).toBe(true);
  expect(told).toEqual(['server', 'jobs']);
});
