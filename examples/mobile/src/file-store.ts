import { existsSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import type { Change, Store } from './follow';

/** How many changes the app shows. */
const SHOWN = 200;

/** What is kept on the device. */
export interface Kept {
  readonly sequence: number;
  readonly balance: Change['balance'];
  /** The latest changes, oldest first. */
  readonly changes: readonly Change[];
}

/**
 * Keeps it in a file that is replaced as a whole: whoever ends the app at any moment finds the old one or the new one. On
 * a phone, one row of SQLite or one value of MMKV does the same.
 */
export class FileStore implements Store {
  private kept: Kept | null;

  constructor(private readonly path: string) {
    this.kept = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Kept) : null;
  }

  place(): number | null {
    return this.kept?.sequence ?? null;
  }

  async keep(change: Change): Promise<void> {
    const earlier = change.entry === null ? [] : (this.kept?.changes ?? []);
    const kept = {
      sequence: change.sequence,
      balance: change.balance,
      changes: [...earlier, change].slice(-SHOWN),
    };
    const next = `${this.path}.next`;
    const file = await open(next, 'w');
    try {
      await file.writeFile(JSON.stringify(kept));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, this.path);
    this.kept = kept;
  }
}
