import { z } from 'zod';
import { invariant } from '../kernel/errors';
import { parseDecimal } from '../kernel/money';
import { parseDay } from '../kernel/time';
import type { ProgramCode, Terms } from './terms';
import { type TermsShape, termsSchema } from './terms-schema';

/** A program as its file holds it: its versions, each with the document that is stored for good. */
export interface ProgramDocument {
  readonly code: ProgramCode;
  readonly versions: readonly TermsDocument[];
}

/** One version: what it means, and the text it was read from. */
export interface TermsDocument {
  readonly terms: Terms;
  readonly document: object;
}

const PROGRAM_CODE = /^[A-Z][A-Z0-9_-]{0,31}$/;

const envelopeSchema = z.strictObject({
  code: z.string().regex(PROGRAM_CODE, 'must be a code such as "EU"'),
  versions: z.array(z.unknown()).min(1, 'must hold at least one version'),
});

/**
 * Reads one version of a program's terms from its document.
 * Throws an Error whose message lists every mistake with its place.
 */
export function parseTerms(program: ProgramCode, document: unknown): Terms {
  const { terms, mistakes } = readTerms(program, document);
  if (!terms) throw invalid(`the terms of program ${program}`, mistakes);
  return terms;
}

/** Every mistake of a document as a version of a program's terms, with its place; none where it is valid. */
export function termsMistakes(program: ProgramCode, document: unknown): readonly string[] {
  return readTerms(program, document).mistakes;
}

/**
 * Reads a program's document: its code and all its versions, which have to follow on each other
 * (`chainMistakes`). Throws an Error whose message lists every mistake with its place.
 */
export function parseProgramDocument(document: unknown): ProgramDocument {
  const envelope = envelopeSchema.safeParse(document, { error: explainMissing });
  if (!envelope.success) throw invalid('a program', envelope.error.issues.map(mistakeOf));
  const { code, versions } = envelope.data;
  const read = versions.map((version) => readTerms(code, version));
  const mistakes = read.flatMap((version, index) =>
    version.mistakes.map((mistake) => `versions[${index}].${mistake}`),
  );
  const terms = read.flatMap((version) => (version.terms ? [version.terms] : []));
  if (mistakes.length === 0) mistakes.push(...chainMistakes(terms));
  if (mistakes.length > 0) throw invalid(`program ${code}`, mistakes);
  return {
    code,
    versions: terms.map((version, index) => ({
      terms: version,
      document: versions[index] as object,
    })),
  };
}

/**
 * What is wrong with a program's versions as a row: they are numbered 1, 2, 3 …, each takes effect after the
 * one before, the first by the program's start, and all have its currency, zone, start and value of a point.
 */
export function chainMistakes(versions: readonly Terms[]): string[] {
  return versions.flatMap((terms, index) => {
    const name = `version ${terms.version}`;
    const below = versions[index - 1];
    if (terms.version !== index + 1) {
      return [`${name} stands where version ${index + 1} must: versions are numbered 1, 2, 3 …`];
    }
    if (!below) {
      return terms.effectiveAt > terms.startsAt
        ? [`${name} must take effect by the program's start, on startsOn or before`]
        : [];
    }
    // What a point pays stands for good too: points that members hold are money.
    const changed = (['currency', 'zone', 'startsAt', 'pointValueMinor'] as const).filter(
      (field) => terms[field] !== below[field],
    );
    return [
      ...(terms.effectiveAt <= below.effectiveAt
        ? [`${name} must take effect after version ${below.version}`]
        : []),
      ...changed.map((field) => `${name} must not change ${field}: that is another program`),
    ];
  });
}

function readTerms(
  program: ProgramCode,
  document: unknown,
): { terms: Terms | null; mistakes: string[] } {
  const parsed = termsSchema.safeParse(document, { error: explainMissing });
  return parsed.success
    ? { terms: toTerms(program, parsed.data), mistakes: [] }
    : { terms: null, mistakes: parsed.error.issues.map(mistakeOf) };
}

function toTerms(program: ProgramCode, document: TermsShape): Terms {
  const { effectiveOn, startsOn, pointValue, tiers, ...rest } = document;
  const minor = (value: string) => checked(parseDecimal(value, rest.currency));
  const midnight = (value: string) => checked(parseDay(value, rest.zone));
  return {
    program,
    ...rest,
    effectiveAt: midnight(effectiveOn),
    startsAt: midnight(startsOn),
    pointValueMinor: minor(pointValue),
    tiers: tiers.map((tier) => ({ ...tier, from: minor(tier.from) })),
  };
}

function checked<T>(value: T | null): T {
  invariant(value !== null, 'terms are converted only once they are valid');
  return value;
}

function explainMissing(issue: { input?: unknown }): string | undefined {
  return issue.input === undefined ? 'is missing' : undefined;
}

function mistakeOf(issue: z.core.$ZodIssue): string {
  return `${z.core.toDotPath(issue.path) || '(top)'}: ${issue.message}`;
}

function invalid(what: string, mistakes: readonly string[]): Error {
  return new Error(`Not valid as ${what}:\n${mistakes.map((line) => `- ${line}`).join('\n')}`);
}
