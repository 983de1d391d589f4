import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';
import { eventually, type Fault, type Hit, type Scene } from './fault';
import { health } from './fleet';
import type { Cut } from './wire-proxy';

/** How long one waits for a connection to come to the point where it is cut, in milliseconds. */
const CUT_MS = 4_000;
/** Longer than a backend takes to notice that its postmaster is gone, in milliseconds. */
const GONE_MS = 10_000;
const LOCK_NOT_AVAILABLE = '55P03';

/** The service's backends, and no one else's. */
const OURS = `backend_type = 'client backend' and application_name not in ('faults', 'rewards-embedded') and pid <> pg_backend_pid()`;

async function inSession<T>({ stage }: Scene, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await stage.session();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function terminate(scene: Scene, which: string): Promise<number> {
  return inSession(scene, async (client) => {
    const { rowCount } = await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where ${OURS} and ${which}`,
    );
    return rowCount ?? 0;
  });
}

/** What must be so while the database is away: the process lives, and says that it should not be sent requests. */
async function expectNotReady({ stage, violate }: Scene): Promise<void> {
  for (const { url, number } of stage.servers) {
    const isRight = await eventually(async () => {
      const { live, ready } = await health(url);
      return live && !ready;
    }, 10_000);
    if (!isRight)
      violate(`Server ${number} was not live and not ready while its database was away.`);
  }
}

function cut(at: Cut, row: string): Fault {
  return {
    name: `connection reset ${at}`,
    row,
    inject: async (scene) => {
      const { proxy, chance } = scene.stage;
      const cutting = proxy.cut(at, chance.whole(1, 4), CUT_MS);
      // Connections are made anew only where some are lost.
      if (at === 'at connect') await terminate(scene, 'random() < 0.5');
      return { times: await cutting };
    },
  };
}

let migrations = 0;

/** An additive migration, as `migrate` runs one: it does not stand in a queue of locks, and tries again. */
async function addColumn(scene: Scene): Promise<Hit> {
  const { chance } = scene.stage;
  const table = ['accounts', 'entries', 'orders', 'lots', 'outbox'][chance.whole(0, 4)];
  migrations += 1;
  return inSession(scene, async (client) => {
    await client.query(`set lock_timeout = '2s'`);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await client.query(
          `alter table ${table} add column faults_${migrations} integer not null default 7`,
        );
        return {};
      } catch (error) {
        if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE || attempt === 20) throw error;
        await pause(200);
      }
    }
  });
}

/** Locks accounts in the opposite of the service's order, one by one. */
async function lockBackwards(scene: Scene): Promise<Hit> {
  return inSession(scene, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      'select id from accounts order by shard desc, id desc',
    );
    try {
      await client.query(`set lock_timeout = '4s'`);
      await client.query('begin');
      for (const { id } of rows) {
        await client.query('select from accounts where id = $1 for update', [id]);
        await pause(30);
      }
      await client.query('commit');
    } catch {
      // The database chose this side as the victim: all the better.
      await client.query('rollback').catch(() => undefined);
    }
    return {};
  });
}

/** Takes what is left of the disk, for a while. */
async function fillDisk(scene: Scene): Promise<Hit> {
  const { stage } = scene;
  const ballast = join(stage.folder, 'ballast');
  const file = openSync(ballast, 'w');
  try {
    const block = Buffer.alloc(256 * 1024);
    try {
      for (;;) writeSync(file, block);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
    await pause(stage.chance.between(2_000, 5_000));
  } finally {
    closeSync(file);
    unlinkSync(ballast);
  }
  // Without room for its log it ends itself, and what supervises it starts it again.
  await pause(500);
  if ((await stage.postmaster()) === null) await stage.startPostgres();
  return {};
}

/** What happens to the database and on the way to it. */
export const DATABASE_FAULTS: readonly Fault[] = [
  cut('before COMMIT', 'F5'),
  cut('after COMMIT', 'F5'),
  cut('at COMMIT', 'F5'),
  cut('at BEGIN', 'F6'),
  cut('in a statement', 'F6'),
  cut('in a result', 'F6'),
  cut('at connect', 'F6'),
  {
    name: 'backends terminated',
    row: 'F3',
    inject: async (scene) => ({ times: await terminate(scene, 'random() < 0.6') }),
  },
  {
    name: 'kill -9 of a backend',
    row: 'F3',
    inject: async (scene) => {
      const pid = await inSession(scene, async (client) => {
        const { rows } = await client.query<{ pid: number }>(
          `select pid from pg_stat_activity where ${OURS} order by state = 'active' desc, random() limit 1`,
        );
        return rows[0]?.pid;
      });
      if (pid === undefined) return { times: 0 };
      process.kill(pid, 'SIGKILL');
      return {};
    },
  },
  {
    name: 'kill -9 of PostgreSQL',
    row: 'F4',
    inject: async (scene) => {
      const { stage } = scene;
      if (!(await stage.killPostgres())) return { times: 0 };
      await eventually(async () => (await stage.postmaster()) === null, GONE_MS);
      await expectNotReady(scene);
      await stage.startPostgres();
      return {};
    },
  },
  {
    name: 'listening connection lost',
    row: 'F28',
    inject: async (scene) => ({ times: await terminate(scene, `query ilike 'listen rewards%'`) }),
  },
  {
    name: 'link silent',
    row: 'F7',
    inject: async (scene) => {
      const { proxy, chance, servers } = scene.stage;
      proxy.stall();
      try {
        await pause(chance.between(1_000, 6_000));
        for (const { url, number } of servers) {
          const { live } = await health(url);
          if (!live) scene.violate(`Server ${number} was not live while its database was silent.`);
        }
      } finally {
        proxy.resume();
      }
      return {};
    },
  },
  {
    name: 'pool exhausted',
    row: 'F19',
    inject: (scene) =>
      inSession(scene, async (client) => {
        await client.query(`set lock_timeout = '5s'`);
        await client.query('begin');
        try {
          await client.query('lock table accounts in access exclusive mode');
          await pause(scene.stage.chance.between(2_000, 7_000));
        } finally {
          await client.query('rollback');
        }
        return {};
      }),
  },
  { name: 'deadlock bait', row: 'F20', inject: lockBackwards },
  {
    name: 'long transaction',
    row: 'F22',
    inject: (scene) =>
      inSession(scene, async (client) => {
        await client.query('begin');
        await client.query('select pg_current_xact_id()');
        await pause(3_000);
        await client.query('rollback');
        return {};
      }),
  },
  { name: 'migration under load', row: 'F29, F30', inject: addColumn },
  { name: 'disk full', row: 'F9, F10', onSmallDisk: true, inject: fillDisk },
];
