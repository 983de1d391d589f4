/**
 * Things of one kind that a command, or the batch so far, has changed; over what was loaded. A command writes into a
 * draft of its own, and only what was not refused is taken over.
 */
export class Draft<T> {
  /** Made with the first: most commands keep nothing of most kinds. */
  private kept: Map<string, T> | undefined;

  constructor(
    private readonly keyOf: (thing: T) => string,
    over?: Draft<T>,
  ) {
    if (over?.kept) this.kept = new Map(over.kept);
  }

  keep(thing: T): void {
    this.kept ??= new Map();
    this.kept.set(this.keyOf(thing), thing);
  }

  get(key: string): T | undefined {
    return this.kept?.get(key);
  }

  /** Takes over what another draft holds. */
  take(draft: Draft<T>): void {
    for (const thing of draft.changes()) this.keep(thing);
  }

  /** What was loaded, with what changed since in its place or behind it. */
  over(loaded: Iterable<T>): T[] {
    const all = new Map([...loaded].map((thing) => [this.keyOf(thing), thing]));
    for (const thing of this.changes()) all.set(this.keyOf(thing), thing);
    return [...all.values()];
  }

  changes(): T[] {
    return this.kept ? [...this.kept.values()] : [];
  }
}
