import type { DataSource } from 'typeorm';
import type { Connection } from '../database/transaction';
import type { Instant } from '../kernel/time';
import type { Campaign } from './campaign';
import { readRevision, readRules } from './programs.store';
import type { ProgramCode, PublishedTerms, Terms } from './terms';
import { parseTerms } from './terms-document';

export { loadShippedPrograms } from './shipped-programs';

/**
 * Every published version of every program, and every campaign, in memory: they are few. A version never changes (R1.4);
 * of a campaign only the end may be brought forward.
 */
export class Programs {
  /** Versions by program, ascending. */
  private readonly known = new Map<ProgramCode, readonly PublishedTerms[]>();
  private everyCampaign: readonly Campaign[] = [];
  /** How far what is known here goes: it rises with each publication. */
  revision = -1;

  private constructor(private readonly database: DataSource) {}

  /** Reads all published versions and campaigns. Throws where a stored document is not valid. */
  static async load(database: DataSource): Promise<Programs> {
    const programs = new Programs(database);
    await programs.refresh();
    return programs;
  }

  /** Learns what another process has published meanwhile, on `connection` where the caller is inside a transaction. */
  async refresh(connection?: Connection): Promise<void> {
    const rules = await readRules(connection ?? this.database);
    for (const { program, version, document, publishedAt } of rules.terms) {
      if (this.find(program, version)) continue;
      const versions = [
        ...this.versions(program),
        { terms: parseTerms(program, document), publishedAt },
      ];
      this.known.set(
        program,
        versions.sort((a, b) => a.terms.version - b.terms.version),
      );
    }
    this.everyCampaign = rules.campaigns;
    this.revision = Math.max(this.revision, rules.revision);
  }

  /** Learns what was published meanwhile, where anything was: one row is read to know. For answers that depend on it. */
  async renew(): Promise<void> {
    if ((await readRevision(this.database)) > this.revision) await this.refresh();
  }

  /** Every published version of a program, ascending; empty where it is unknown. */
  versions(program: ProgramCode): readonly PublishedTerms[] {
    return this.known.get(program) ?? [];
  }

  /** Every published version of every program, by program and number. */
  everything(): readonly Terms[] {
    return [...this.known.keys()]
      .sort()
      .flatMap((program) => this.versions(program).map(({ terms }) => terms));
  }

  /** The campaigns of a program, by code: past ones too (R1.5). */
  campaigns(program: ProgramCode): readonly Campaign[] {
    return this.everyCampaign.filter((campaign) => campaign.program === program);
  }

  /** Whether a program of that code is published, whenever it starts. */
  has(program: ProgramCode): boolean {
    return this.known.has(program);
  }

  /** One version; undefined where it is not known here: then `published` learns it. */
  find(program: ProgramCode, version: number): Terms | undefined {
    return this.versions(program).find(({ terms }) => terms.version === version)?.terms;
  }

  /** One version. Throws where it is not known here: `refresh` first where another process may have published it. */
  terms(program: ProgramCode, version: number): Terms {
    const terms = this.find(program, version);
    if (!terms) throw new Error(`Version ${version} of the terms of program ${program} is unknown`);
    return terms;
  }

  /** One version, learnt first where another process published it. Throws where there is none. */
  async published(program: ProgramCode, version: number): Promise<Terms> {
    if (!this.find(program, version)) await this.refresh();
    return this.terms(program, version);
  }

  /** The newest version in effect at `at`; undefined where the program is unknown or not in effect yet. */
  bindingAt(program: ProgramCode, at: Instant): Terms | undefined {
    return this.versions(program).findLast(({ terms }) => terms.effectiveAt <= at)?.terms;
  }

  /** The newest version in effect at `at`, the first one before that. Throws where the program is unknown. */
  inForceAt(program: ProgramCode, at: Instant): Terms {
    const terms = this.bindingAt(program, at) ?? this.versions(program)[0]?.terms;
    if (!terms) throw new Error(`There is no program ${program}`);
    return terms;
  }

  /** The program's first instant (R2.1), the same in all its versions; undefined where it is unknown. */
  startsAt(program: ProgramCode): Instant | undefined {
    return this.versions(program)[0]?.terms.startsAt;
  }

  /** For each program in effect at `at` its newest version then, by program code. */
  current(at: Instant): readonly Terms[] {
    return [...this.known.keys()].sort().flatMap((program) => this.bindingAt(program, at) ?? []);
  }
}
