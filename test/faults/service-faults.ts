import { setTimeout as pause } from 'node:timers/promises';
import { DAY_MS } from '../../src/kernel/time';
import { anyServer, eventually, type Fault, gather, type Hit, type Scene } from './fault';
import { health } from './fleet';

/** How much a server's memory may grow under readers that do not read, in bytes. */
const SLOW_READERS_MAX = 400 * 1024 * 1024;
/** How many files a server may have open after a crowd is gone, more than before it came. */
const FILES_LEFT_MAX = 60;
/** Sockets that do not read, and how much each asks for. */
const SLOW_READERS = 20;

/** The highest of each server's numbers; servers that do not run have none. */
function usage({ stage }: Scene, of: 'memory' | 'files'): number {
  return Math.max(0, ...stage.servers.map((server) => server.usage()?.[of] ?? 0));
}

async function expectLive({ stage, violate }: Scene, when: string): Promise<void> {
  for (const { url, number } of stage.servers) {
    if (!(await eventually(async () => (await health(url)).live, 10_000))) {
      violate(`Server ${number} was not live ${when}.`);
    }
  }
}

/** Many subscribers come, and are gone in one moment. */
async function dropCrowd(scene: Scene): Promise<Hit> {
  const { accounts, tokens, urls } = scene.stage;
  const before = usage(scene, 'files');
  // As a service: of a customer no server takes so many.
  const served = Object.fromEntries(accounts.map((account) => [account, tokens.desk!]));
  const order = { servers: urls, sockets: scene.sockets, accounts, tokens: served, reads: true };
  const { joined, kill } = await gather(order);
  await pause(1_000);
  await kill();
  const isCleared = await eventually(() => usage(scene, 'files') < before + FILES_LEFT_MAX, 20_000);
  if (!isCleared)
    scene.violate(`${usage(scene, 'files')} files are open; ${before} before the crowd.`);
  await expectLive(scene, 'after a crowd was dropped');
  return { times: joined };
}

/** Subscribers who ask for everything and read nothing. */
async function sleepingReaders(scene: Scene): Promise<Hit> {
  const { accounts, tokens, urls } = scene.stage;
  const before = usage(scene, 'memory');
  const order = { servers: urls, sockets: SLOW_READERS, accounts, tokens, reads: false };
  const { joined, kill } = await gather(order);
  await pause(4_000);
  await expectLive(scene, 'while readers slept');
  const grown = usage(scene, 'memory') - before;
  if (grown > SLOW_READERS_MAX) scene.violate(`Sleeping readers cost ${grown} bytes of memory.`);
  await kill();
  return { times: joined };
}

/** What happens to the service's processes and to whoever it talks with. */
export const SERVICE_FAULTS: readonly Fault[] = [
  {
    name: 'kill -9 of a server',
    row: 'F1, F25',
    inject: async (scene) => {
      const server = anyServer(scene);
      await server.kill();
      await pause(scene.stage.chance.between(0, 500));
      await server.start();
      return { server };
    },
  },
  {
    name: 'SIGTERM of a server',
    row: 'F2',
    inject: async (scene) => {
      const server = anyServer(scene);
      const code = await server.terminate();
      if (code !== 0) scene.violate(`Server ${server.number} ended with ${code} after SIGTERM.`);
      await server.start();
      return { server };
    },
  },
  {
    name: "server's clock jumps",
    row: 'F16',
    inject: async (scene) => {
      const server = anyServer(scene);
      // Years ahead, years back, an hour back, a minute ahead, and right again.
      for (let jump = 0; jump < 5; jump += 1) {
        server.signal('SIGUSR2');
        await pause(700);
      }
      return { server };
    },
  },
  {
    name: "program's clock jumps",
    row: 'F17',
    inject: async ({ stage }) => {
      await stage.moveClock(Math.round(stage.chance.between(1, 60) * DAY_MS));
      return {};
    },
  },
  {
    name: 'platform unwell',
    row: 'F25',
    inject: async ({ stage }) => {
      stage.platform.isUnwell = true;
      await pause(2_000);
      stage.platform.isUnwell = false;
      return {};
    },
  },
  { name: 'readers asleep', row: 'F26', inject: sleepingReaders },
  { name: 'sockets dropped at once', row: 'F27', inject: dropCrowd },
];
