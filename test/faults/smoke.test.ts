import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compile } from './compile';

const ROOT = join(__dirname, '../..');

test('a short run kills servers and cuts connections, and finds everything whole', async () => {
  const only = 'kill -9 of a server,connection reset after COMMIT,backends terminated';
  const args = ['-r', '@swc-node/register', join(__dirname, 'main.ts')];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...args, '--seed', '7', '--seconds', '6', '--only', only],
    { cwd: ROOT, env: { PATH: process.env.PATH, HOME: process.env.HOME } },
  );
  expect(stdout).toMatch(/^violations +0$/m);
  expect(stdout).toMatch(/^acknowledged and lost +0$/m);
  expect(Number(/^acknowledged commands +(\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(20);
}, 120_000);

test('a sabotage whose text is not there is no sabotage', () => {
  const patch = { file: 'src/ledger/lot.ts', find: 'no such text', replace: '' };
  expect(() => compile([patch])).toThrow('has "no such text" 0 times');
  expect(() => compile([{ ...patch, file: 'src/no-such-file.ts' }])).toThrow('not there');
});
