import { execFile } from 'node:child_process';
import { appendFile, chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded-postgres';
import { readPidFile } from '../../src/database/postmaster-pid';

const run = promisify(execFile);

/** What the runbook has for it: tar's 1 means that a file changed while it was read, which WAL makes good. */
const COPY = `tar -C "$1" --exclude=./pg_wal --exclude='./postmaster.*' -cf "$2.tar" . || [ $? -eq 1 ]
  tar -C "$2" -xpf "$2.tar"`;

/** The files of a PostgreSQL that archives its WAL, handled as docs/runbook/restore.md says: by `postgres` itself and cp alone. */
export class ArchivedPostgres {
  private constructor(
    /** With the archive, the base backup and the data folders. */
    private readonly root: string,
    readonly server: EmbeddedPostgres,
  ) {}

  private get archive(): string {
    return join(this.root, 'archive');
  }

  private get data(): string {
    return join(this.server.folder, 'cluster/data');
  }

  static async start(): Promise<ArchivedPostgres> {
    const root = await mkdtemp(join(tmpdir(), 'rewards-restore-'));
    await chmod(root, 0o755);
    const first = new ArchivedPostgres(root, await open(join(root, 'before')));
    await mkdir(first.archive);
    await chmod(first.archive, 0o777);
    await asOwner(first.server.ownerUrl, (client) =>
      client.query(`alter system set archive_mode = on`),
    );
    const command = `test ! -f ${first.archive}/%f && cp %p ${first.archive}/%f`;
    await asOwner(first.server.ownerUrl, (client) =>
      client.query(`alter system set archive_command = '${command}'`),
    );
    // It archives from the next start on.
    await first.server.stop();
    return new ArchivedPostgres(root, await open(join(root, 'before')));
  }

  /** A base backup while it serves: its files are copied between two calls, and the label that they return goes with them. */
  async backUp(): Promise<void> {
    const copy = join(this.root, 'backup');
    await asOwner(this.server.ownerUrl, async (client) => {
      await client.query(`select pg_backup_start('rehearsal', fast => true)`);
      await mkdir(copy);
      await run('sh', ['-c', COPY, 'copy', this.data, copy]);
      const { rows } = await client.query<{ labelfile: string }>('select * from pg_backup_stop()');
      await run('cp', [
        '-a',
        '--attributes-only',
        join(copy, 'PG_VERSION'),
        join(copy, 'backup_label'),
      ]);
      await writeFile(join(copy, 'backup_label'), rows[0]!.labelfile);
    });
  }

  /** Resolves once all that was committed is in the archive. */
  async archiveAll(): Promise<void> {
    await asOwner(this.server.ownerUrl, async (client) => {
      const { rows } = await client.query<{ last: string }>(
        'select pg_walfile_name(pg_switch_wal()) as last',
      );
      for (;;) {
        const { rows: seen } = await client.query<{ done: boolean }>(
          'select last_archived_wal >= $1 as done from pg_stat_archiver',
          [rows[0]!.last],
        );
        if (seen[0]!.done) return;
        await new Promise((done) => setTimeout(done, 50));
      }
    });
  }

  /** The machine is gone: no process, no file of it but the archive and the backup. */
  async destroy(): Promise<void> {
    const file = await readPidFile(this.data);
    process.kill(file!.pid, 'SIGKILL');
    await this.server.stop().catch(() => undefined);
    await rm(join(this.server.folder, 'cluster/data'), { recursive: true });
  }

  /** Another PostgreSQL made of the backup and the archive, as it was at `target`. */
  async restore(target: string): Promise<ArchivedPostgres> {
    const folder = join(this.root, 'after');
    const data = join(folder, 'cluster/data');
    await run('mkdir', ['-p', '-m', '755', join(folder, 'cluster')]);
    await run('cp', ['-a', join(this.root, 'backup'), data]);
    await run('cp', [join(this.server.folder, 'cluster/password'), join(folder, 'cluster')]);
    await this.copyOwner('pg_wal', data, 'mkdir');
    await this.copyOwner('recovery.signal', data, 'touch');
    await appendFile(
      join(data, 'postgresql.auto.conf'),
      [
        `restore_command = 'cp ${this.archive}/%f %p'`,
        `recovery_target_time = '${target}'`,
        `recovery_target_action = 'promote'`,
        '',
      ].join('\n'),
    );
    const server = await open(folder);
    for (;;) {
      const recovering = await asOwner(server.ownerUrl, (client) =>
        client.query<{ it: boolean }>('select pg_is_in_recovery() as it'),
      );
      if (!recovering.rows[0]!.it) return new ArchivedPostgres(this.root, server);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await rm(this.root, { recursive: true, force: true });
  }

  /** Makes something in a data folder that belongs to whom the folder belongs to. */
  private async copyOwner(name: string, data: string, make: 'mkdir' | 'touch'): Promise<void> {
    const path = join(data, name);
    await run(make, [path]);
    await run('chown', ['--reference', join(data, 'PG_VERSION'), path]);
    await chmod(path, make === 'mkdir' ? 0o700 : 0o600);
  }
}

function open(folder: string): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ folder });
}

async function asOwner<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
