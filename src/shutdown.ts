/** Thrown out of a start that was told to stop. */
export class StoppedError extends Error {
  constructor() {
    super('Told to stop before everything had started');
    this.name = 'StoppedError';
  }
}

interface Part {
  readonly name: string;
  /** The how-manieth start it was. */
  readonly place: number;
  readonly end: () => Promise<unknown>;
  /** Whether it ended well, once it was told to. */
  ended?: Promise<boolean>;
}

/** What a part is given to end in where those before it have used up all the time. */
const LEAST_MS = 1_000;

/**
 * What was started, to be ended in the opposite order: what takes work first, then what does it, then what it is done on. A part that
 * fails to end, or takes too long, does not keep the others from ending.
 */
export class Shutdown {
  private readonly parts: Part[] = [];
  private starts = 0;
  private isStopping = false;
  /** When all of it should be over, by `performance.now`. */
  private deadline = Number.POSITIVE_INFINITY;

  /**
   * `failed` is told of each part that does not end within `patienceMs`, and why. All of them together get `totalMs`; what comes when
   * that is over still gets a second.
   */
  constructor(
    private readonly patienceMs: number,
    private readonly failed: (name: string, error: unknown) => void,
    private readonly totalMs = Number.POSITIVE_INFINITY,
  ) {}

  /**
   * Starts a part. Throws StoppedError where the end was asked for, before or meanwhile. Several may start at once: they
   * end in the opposite order of the calls.
   */
  async start<T>(
    name: string,
    start: () => Promise<T>,
    end: (part: T) => Promise<unknown>,
  ): Promise<T> {
    if (this.isStopping) throw new StoppedError();
    const place = this.starts++;
    const part = await start();
    this.parts.push({ name, place, end: () => end(part) });
    this.parts.sort((a, b) => a.place - b.place);
    if (this.isStopping) throw new StoppedError();
    return part;
  }

  /** From now on nothing is started. */
  stop(): void {
    this.isStopping = true;
  }

  /** Ends every part, the latest first; true where each ended well. May be asked again. */
  async endAll(): Promise<boolean> {
    this.stop();
    this.deadline = Math.min(this.deadline, performance.now() + this.totalMs);
    let areWell = true;
    for (const part of this.parts.toReversed()) areWell = (await this.end(part)) && areWell;
    return areWell;
  }

  /** Ends one part at once, whatever the others do; nothing where it was not started. */
  async endNow(name: string): Promise<boolean> {
    this.stop();
    const part = this.parts.find((candidate) => candidate.name === name);
    return part ? this.end(part) : true;
  }

  private end(part: Part): Promise<boolean> {
    part.ended ??= this.endInTime(part);
    return part.ended;
  }

  private async endInTime(part: Part): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const left = Math.max(LEAST_MS, this.deadline - performance.now());
      const patience = Math.min(this.patienceMs, left);
      timer = setTimeout(() => reject(new Error('It takes too long')), patience);
    });
    try {
      await Promise.race([part.end(), late]);
      return true;
    } catch (error) {
      this.failed(part.name, error);
      return false;
    } finally {
      clearTimeout(timer);
    }
  }
}
