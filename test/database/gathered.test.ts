import { setImmediate as turn } from 'node:timers/promises';
import { Gathered } from '../../src/database/gathered';

/** Reads that answer when they are told to, and remember what they were asked. */
function manual() {
  const asked: string[][] = [];
  const open: { end: (error?: Error) => void }[] = [];
  const gathered = new Gathered<string>((keys) => {
    asked.push([...keys]);
    return new Promise((resolve, reject) => {
      const found = keys.map((key) => (key === 'none' ? undefined : `<${key}>`));
      open.push({ end: (error) => (error ? reject(error) : resolve(found)) });
    });
  });
  return { asked, open, gathered };
}

test('what is asked in one turn is read together; each caller gets their own', async () => {
  const { asked, open, gathered } = manual();
  const answers = [
    gathered.load(['a', 'b']),
    gathered.load(['b', 'none']),
    gathered.load(['a', 'a']),
  ];
  await turn();
  expect(asked).toEqual([['a', 'b', 'b', 'none', 'a', 'a']]);
  open[0]!.end();
  expect(await Promise.all(answers)).toEqual([
    ['<a>', '<b>'],
    ['<b>', undefined],
    ['<a>', '<a>'],
  ]);
});

test('a read begins after it was asked for: nobody joins one under way', async () => {
  const { asked, open, gathered } = manual();
  const first = gathered.load(['a']);
  await turn();
  const second = gathered.load(['a']);
  await turn();
  expect(asked).toEqual([['a'], ['a']]);
  for (const { end } of open) end();
  expect(await Promise.all([first, second])).toEqual([['<a>'], ['<a>']]);
});

test('at most four are under way; what comes meanwhile goes together once one has ended', async () => {
  const { asked, open, gathered } = manual();
  const answers: Promise<unknown>[] = [];
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) {
    answers.push(gathered.load([key]));
    await turn();
  }
  expect(asked).toEqual([['a'], ['b'], ['c'], ['d']]);
  open[2]!.end();
  await turn();
  expect(asked.slice(4)).toEqual([['e', 'f']]);
  for (const { end } of open) end();
  await Promise.all(answers);
});

test('a statement has 100 keys at most, unless one caller asks for more', async () => {
  const { asked, open, gathered } = manual();
  const keys = (name: string, count: number) =>
    Array.from({ length: count }, (_, n) => `${name}${n}`);
  const answers = [keys('a', 60), keys('b', 40), keys('c', 1), keys('d', 120)].map((list) =>
    gathered.load(list),
  );
  await turn();
  expect(asked.map((list) => list.length)).toEqual([100, 1, 120]);
  for (const { end } of open) end();
  expect((await Promise.all(answers)).map((list) => list.length)).toEqual([60, 40, 1, 120]);
});

test('where a read fails each caller is asked for alone, and fails for their own keys only', async () => {
  const bad = new Error('bad row');
  const asked: string[][] = [];
  const gathered = new Gathered<string>(async (keys) => {
    asked.push([...keys]);
    if (keys.includes('bad')) throw bad;
    return keys;
  });
  const answers = [gathered.load(['a']), gathered.load(['bad']), gathered.load(['b', 'a'])];
  expect(await Promise.allSettled(answers)).toEqual([
    { status: 'fulfilled', value: ['a'] },
    { status: 'rejected', reason: bad },
    { status: 'fulfilled', value: ['b', 'a'] },
  ]);
  expect(asked).toEqual([['a', 'bad', 'b', 'a'], ['a'], ['bad'], ['b', 'a']]);
});

test.each([
  ['the database is out of reach', { code: 'ECONNREFUSED' }],
  ['it takes too long', { code: '57014', severity: 'ERROR' }],
])('where %s nobody asks again', async (_, properties) => {
  let reads = 0;
  const gathered = new Gathered<string>(async () => {
    reads += 1;
    throw Object.assign(new Error('no'), properties);
  });
  const answers = await Promise.allSettled([gathered.load(['a']), gathered.load(['b'])]);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(reads).toBe(1);
});
