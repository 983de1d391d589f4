import type { DataSource } from 'typeorm';
import type { Instant } from '../kernel/time';
import { readStoredTerms } from './programs.store';
import type { ProgramCode, Terms } from './terms';
import { parseTerms } from './terms-document';

export { loadShippedPrograms } from './shipped-programs';

/** Every published version of every program, in memory: they are few and never change (R1.4). */
export class Programs {
  /** Versions by program, ascending. */
  private readonly versions = new Map<ProgramCode, readonly Terms[]>();

  private constructor(private readonly database: DataSource) {}

  /** Reads all published versions. Throws where a stored document is not valid. */
  static async load(database: DataSource): Promise<Programs> {
    const programs = new Programs(database);
    await programs.refresh();
    return programs;
  }

  /** Learns the versions that another process has published meanwhile. What is known stays as it is. */
  async refresh(): Promise<void> {
    const rows = await readStoredTerms(this.database);
    const unknown = rows.filter((row) => !this.find(row.program, row.version));
    const read = unknown.map((row) => parseTerms(row.program, row.document));
    for (const terms of read) {
      if (this.find(terms.program, terms.version)) continue;
      const known = [...(this.versions.get(terms.program) ?? []), terms];
      this.versions.set(
        terms.program,
        known.sort((a, b) => a.version - b.version),
      );
    }
  }

  /** Whether a program of that code is published, whenever it starts. */
  has(program: ProgramCode): boolean {
    return this.versions.has(program);
  }

  /** Whether a version is known here; `refresh` where it is not. */
  knows(program: ProgramCode, version: number): boolean {
    return this.find(program, version) !== undefined;
  }

  /** One version. Throws where it is not known here: `refresh` first where another process may have published it. */
  terms(program: ProgramCode, version: number): Terms {
    const terms = this.find(program, version);
    if (!terms) throw new Error(`Version ${version} of the terms of program ${program} is unknown`);
    return terms;
  }

  /** One version, learnt first where another process published it. Throws where there is none. */
  async published(program: ProgramCode, version: number): Promise<Terms> {
    if (!this.knows(program, version)) await this.refresh();
    return this.terms(program, version);
  }

  /** The newest version in effect at `at`; undefined where the program is unknown or not in effect yet. */
  bindingAt(program: ProgramCode, at: Instant): Terms | undefined {
    return this.versions.get(program)?.findLast((terms) => terms.effectiveAt <= at);
  }

  /** The program's first instant (R2.1), the same in all its versions; undefined where it is unknown. */
  startsAt(program: ProgramCode): Instant | undefined {
    return this.versions.get(program)?.[0]?.startsAt;
  }

  /** For each program in effect at `at` its newest version then, by program code. */
  current(at: Instant): readonly Terms[] {
    return [...this.versions.keys()].sort().flatMap((program) => this.bindingAt(program, at) ?? []);
  }

  private find(program: ProgramCode, version: number): Terms | undefined {
    return this.versions.get(program)?.find((terms) => terms.version === version);
  }
}
