import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

const STARTERS = 4;
const FOLDERS = 100;
/** Asks for the secret of each folder in turn, at the same moment as the others. */
const STARTER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { devSecret } = require(workerData.module);
  const arrived = new Int32Array(workerData.arrived);
  parentPort.postMessage(workerData.folders.map((folder, n) => {
    Atomics.add(arrived, n, 1);
    while (Atomics.load(arrived, n) < workerData.starters) continue;
    return Buffer.from(devSecret(folder)).toString();
  }));
`;

test('processes that start on one folder at the same moment have one secret, and all of it', async () => {
  const root = await mkdtemp(join(tmpdir(), 'rewards-secret-'));
  const folders = Array.from({ length: FOLDERS }, (_, n) => join(root, String(n)));
  const workerData = {
    ...{ folders, starters: STARTERS, module: join(__dirname, '../../src/auth/dev-token') },
    arrived: new SharedArrayBuffer(4 * FOLDERS),
  };
  const execArgv = ['--require', '@swc-node/register'];
  const answers = Array.from({ length: STARTERS }, () => {
    const worker = new Worker(STARTER, { eval: true, workerData, execArgv });
    return new Promise<string[]>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  });
  const [first, ...others] = await Promise.all(answers);
  for (const secret of first!) expect(secret).toMatch(/^[0-9a-f]{64}$/);
  for (const other of others) expect(other).toEqual(first);
  for (const folder of folders) expect(await readdir(folder)).toEqual(['dev-secret']);
  await rm(root, { recursive: true });
});
