import type { RefusalCode } from '../kernel/errors';

/** Told of what becomes of one command. */
export interface CommandWatch {
  /** The trace that the command belongs to (W3C `traceparent`); kept with what it tells the platform. Null: none. */
  readonly traceparent: string | null;
  /** It was answered; the code where it was refused. */
  answered(refused: RefusalCode | null): void;
  failed(error: unknown): void;
}

/** Told of what the door does, to count and to trace it. Nothing of it may throw. */
export interface DoorWatch {
  /** A command came, named by its operation. */
  came(operation: string): CommandWatch;
  /** Writes a batch, by `write`. */
  batch<T>(commands: readonly CommandWatch[], write: () => Promise<T>): Promise<T>;
}
