import { readFile, readlink, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runAs } from './postgres-programs';

/** What `postmaster.pid` says of the process that runs, or ran, a data folder. */
export interface PidFile {
  readonly pid: number;
  /** Null in the first moments of a start. */
  readonly port: number | null;
}

const FILE = 'postmaster.pid';
/** Above every system's largest pid, so nobody's. */
const NOBODY = '2147483646';

/** Reads it; null where there is none. */
export async function readPidFile(data: string): Promise<PidFile | null> {
  const text = await readFile(join(data, FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const lines = text.split('\n');
  return { pid: Math.abs(Number(lines[0])), port: Number(lines[3]) || null };
}

/** Whether a process has this id, ours or another user's. */
export function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Whether the process is a PostgreSQL server of this data folder (it works inside of it), and not a
 * program that got its number after a crash or a reboot. Where the system does not tell: true.
 */
export async function runsFrom(pid: number, data: string): Promise<boolean> {
  if (process.platform === 'linux') {
    const works = await readlink(`/proc/${pid}/cwd`).catch(() => null);
    return works !== null && works === (await realpath(data));
  }
  const { code, output } = await runAs(null, 'ps', ['-p', String(pid), '-o', 'args=']);
  return code === null || output.includes(data);
}

/**
 * Takes the pid of a program that is none of ours out of the file. The file itself stays: by the rest of it
 * PostgreSQL checks that no orphaned child still works on the data.
 */
export async function disarmStalePid(data: string, pid: number): Promise<void> {
  const file = join(data, FILE);
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text?.startsWith(`${pid}\n`)) await writeFile(file, text.replace(/^-?\d+/, NOBODY));
}
