import { randomInt } from 'node:crypto';
import type { Connection } from '../database/transaction';
import type { Instant } from '../kernel/time';
import type { Campaign } from '../programs/campaign';
import type { Programs } from '../programs/programs';
import type { ProgramCode, PublishedTerms, Terms } from '../programs/terms';

/** What decisions are made by, besides what is loaded: the published terms, and chance. */
export interface Rules {
  terms(program: ProgramCode, version: number): Terms;
  /** The newest version in effect at an instant, the first one before that; undefined for an unknown program. */
  bindingAt(program: ProgramCode, at: Instant): Terms | undefined;
  /** Every published version of a program's terms, ascending. */
  versions(program: ProgramCode): readonly PublishedTerms[];
  /** The campaigns of a program, by code (R1.5). */
  campaigns(program: ProgramCode): readonly Campaign[];
  /** Learns, on this connection, what was published up to `revision`, where that is unknown here. */
  learn(revision: number, connection: Connection): Promise<void>;
  newCode(): string;
}

/** Letters and digits that nobody takes for another: no 0 O, 1 I L, U V. */
const READABLE = '23456789ABCDEFGHJKMNPQRSTWXYZ';
/** 29^10 codes: one in a million members' worth of guesses hits with odds of 1 in 400 million. */
const CODE_LENGTH = 10;

/** Rules over the published programs. */
export function rulesOf(programs: Programs): Rules {
  return {
    terms: (program, version) => programs.terms(program, version),
    bindingAt: (program, at) =>
      programs.bindingAt(program, Math.max(at, programs.startsAt(program) ?? at)),
    versions: (program) => programs.versions(program),
    campaigns: (program) => programs.campaigns(program),
    learn: async (revision, connection) => {
      if (revision > programs.revision) await programs.refresh(connection);
    },
    newCode: () =>
      Array.from({ length: CODE_LENGTH }, () => READABLE[randomInt(READABLE.length)]).join(''),
  };
}
