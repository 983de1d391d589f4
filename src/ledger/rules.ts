import { randomInt } from 'node:crypto';
import type { Instant } from '../kernel/time';
import type { Programs } from '../programs/programs';
import type { ProgramCode, Terms } from '../programs/terms';

/** What decisions are made by, besides what is loaded: the published terms, and chance. */
export interface Rules {
  terms(program: ProgramCode, version: number): Terms;
  /** The newest version in effect at an instant, the first one before that; undefined for an unknown program. */
  bindingAt(program: ProgramCode, at: Instant): Terms | undefined;
  /** Learns versions another process has published, where one of these is unknown here. */
  learn(versions: Iterable<{ program: ProgramCode; version: number }>): Promise<void>;
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
    learn: async (versions) => {
      for (const { program, version } of versions) {
        if (!programs.knows(program, version)) return programs.refresh();
      }
    },
    newCode: () =>
      Array.from({ length: CODE_LENGTH }, () => READABLE[randomInt(READABLE.length)]).join(''),
  };
}
