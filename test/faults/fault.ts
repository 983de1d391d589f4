import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { CrowdOrder } from './crowd';
import type { Server } from './fleet';
import type { Stage } from './stage';

/** What a fault is injected into, and told about. */
export interface Scene {
  readonly stage: Stage;
  /** How many sockets a crowd has. */
  readonly sockets: number;
  /** A promise of the service itself that is broken. */
  violate(detail: string): void;
}

/** What a fault hit: one server, or all where none is named; and how many times, where that is not once. */
export interface Hit {
  readonly server?: Server;
  readonly times?: number;
}

/** Something that goes wrong in the world around the service. */
export interface Fault {
  readonly name: string;
  /** Its row in README.md. */
  readonly row: string;
  /** Only on a small disk of its own. */
  readonly onSmallDisk?: boolean;
  /** Makes it happen and ends it. */
  inject(scene: Scene): Promise<Hit>;
}

/** One server of the fleet. */
export function anyServer({ stage }: Scene): Server {
  return stage.servers[stage.chance.whole(0, stage.servers.length - 1)]!;
}

/** Waits until something holds; false where it does not in time. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  patienceMs: number,
): Promise<boolean> {
  const deadline = Date.now() + patienceMs;
  while (!(await holds())) {
    if (Date.now() > deadline) return false;
    await pause(100);
  }
  return true;
}

/** Starts a process of many subscribers and waits until they are there; `kill` drops them all at once. */
export async function gather(
  order: CrowdOrder,
): Promise<{ joined: number; kill: () => Promise<void> }> {
  const child = fork(join(__dirname, 'crowd.ts'), [JSON.stringify(order)], {
    execArgv: ['-r', '@swc-node/register'],
    cwd: join(__dirname, '../..'),
  });
  const gone = once(child, 'exit');
  const [joined] = (await Promise.race([once(child, 'message'), gone.then(() => [0])])) as [number];
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  return { joined, kill };
}
