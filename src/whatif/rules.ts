import type { Instant } from '../kernel/time';
import type { Rules } from '../ledger/rules';
import type { Campaign } from '../programs/campaign';
import type { Programs } from '../programs/programs';
import type { ProgramCode, PublishedTerms, Terms } from '../programs/terms';

/**
 * The rules a history is told again by: those that were published, known from the moment on at which they were, but for one
 * program whose versions are replaced. A replaced version that was published for real is known since then, another one
 * from the beginning.
 */
export class RulesOfThen implements Rules {
  /** The instant the story has come to. */
  now: Instant = 0;
  private drawn = 0;

  constructor(
    private readonly programs: Programs,
    private readonly replaced: {
      readonly code: ProgramCode;
      readonly versions: readonly Terms[];
    } | null,
  ) {}

  terms(program: ProgramCode, version: number): Terms {
    const found = this.all(program).find(({ terms }) => terms.version === version);
    if (!found) throw new Error(`Version ${version} of the terms of program ${program} is unknown`);
    return found.terms;
  }

  bindingAt(program: ProgramCode, at: Instant): Terms | undefined {
    const versions = this.versions(program);
    const from = Math.max(at, versions[0]?.terms.startsAt ?? at);
    return versions.findLast(({ terms }) => terms.effectiveAt <= from)?.terms;
  }

  versions(program: ProgramCode): readonly PublishedTerms[] {
    const all = this.all(program);
    // The first version was there before anything happened, whenever it was loaded.
    return all.filter(({ publishedAt }, index) => index === 0 || publishedAt <= this.now);
  }

  campaigns(program: ProgramCode): readonly Campaign[] {
    return this.programs.campaigns(program);
  }

  async learn(): Promise<void> {}

  /** Codes are drawn by chance; told again they are others, and what names one is translated. */
  newCode(): string {
    this.drawn += 1;
    return `WHATIF-${this.drawn}`;
  }

  private all(program: ProgramCode): readonly PublishedTerms[] {
    const published = this.programs.versions(program);
    if (program !== this.replaced?.code) return published;
    return this.replaced.versions.map((terms) => ({
      terms,
      publishedAt:
        published.find((it) => it.terms.version === terms.version)?.publishedAt ??
        Number.NEGATIVE_INFINITY,
    }));
  }
}
