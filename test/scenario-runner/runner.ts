import { spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ADMIN_URL } from '../support/database';

const ROOT = join(__dirname, '../..');

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the scenario command on the run's PostgreSQL and waits for its end. */
export function scenario(...args: string[]): Promise<Ended> {
  return start(args, { REWARDS_SCENARIO_DATABASE_URL: process.env[ADMIN_URL] }).ended;
}

/** Starts the scenario command as `npm run scenario` does. */
export function start(args: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(
    process.execPath,
    ['-r', '@swc-node/register', 'src/scenarios/main.ts', ...args],
    { cwd: ROOT, env: { ...process.env, ...env } },
  );
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, out, err }));
  });
  return { child, ended };
}

/** Writes a scenario file of its own and gives its path. */
export async function fileWith(content: unknown, name = 'story.json'): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'rewards-story-')), name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
