import type { Patch } from './compile';
import type { Violation } from './evidence';
import type { Stage } from './stage';

/** A safeguard taken out of a copy of the service; a checker that does not find out proves nothing. */
export interface Sabotage {
  readonly what: string;
  readonly patches: readonly Patch[];
  /** Done to the migrated database. */
  readonly prepare?: (stage: Stage) => Promise<void>;
  /** Faults by which it shows, by name; where load alone is enough, none. */
  readonly faults: readonly string[];
  /** The promise that has to be found broken, whatever else is. */
  readonly breaks: Violation['promise'];
}

async function drop(
  stage: Stage,
  constraints: readonly (readonly [table: string, constraint: string])[],
): Promise<void> {
  const owner = await stage.session();
  for (const [table, constraint] of constraints) {
    await owner.query(`alter table ${table} drop constraint ${constraint}`);
  }
  await owner.end();
}

/** By name. */
export const SABOTAGES: Readonly<Record<string, Sabotage>> = {
  lock: {
    what: 'accounts are not locked any more (L9)',
    patches: [
      {
        file: 'src/ledger/ledger.store.ts',
        find: 'order by a.shard, a.id for update of a`',
        replace: 'order by a.shard, a.id`',
      },
    ],
    faults: [],
    breaks: 'invariant',
  },
  key: {
    what: 'keys are neither looked up nor unique any more (L8)',
    patches: [
      {
        file: 'src/ledger/seen.ts',
        find: 'a.operation = k.operation and a.key = k.key`',
        replace: 'a.operation = k.operation and a.key = k.key and false`',
      },
      {
        file: 'src/ledger/seen.ts',
        find: 'i.source = k.source and i.event_id = k.id`',
        replace: 'i.source = k.source and i.event_id = k.id and false`',
      },
    ],
    prepare: (stage) =>
      drop(stage, [
        ['answers', 'answers_pkey'],
        ['inbox', 'inbox_pkey'],
      ]),
    faults: ['connection reset after COMMIT'],
    breaks: 'once',
  },
  order: {
    what: 'the newest lot is spent first (R6.3)',
    patches: [
      {
        file: 'src/ledger/lot.ts',
        find: 'return a.creditedAt - b.creditedAt || a.number - b.number;',
        replace: 'return b.creditedAt - a.creditedAt || b.number - a.number;',
      },
    ],
    faults: [],
    breaks: 'replay',
  },
};
