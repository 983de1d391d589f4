import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { formatDecimal } from '../../src/kernel/money';
import type { Terms } from '../../src/programs/terms';
import { parseProgramDocument, parseTerms } from '../../src/programs/terms-document';
import type { TermsShape } from '../../src/programs/terms-schema';

/** A program file as plain data that a test may change. */
export interface ProgramFile {
  code: string;
  versions: TermsShape[];
}

/** A fresh copy of what a shipped file holds. */
export function shippedFile(name: 'eu' | 'tr'): ProgramFile {
  const file = join(__dirname, `../../src/programs/shipped/${name}.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as ProgramFile;
}

/** A fresh copy of the first version of a shipped file. */
export function shippedVersion(name: 'eu' | 'tr'): TermsShape {
  return shippedFile(name).versions[0]!;
}

/** The first version of the terms of a shipped program. */
export function shippedTerms(name: 'eu' | 'tr'): Terms {
  return parseProgramDocument(shippedFile(name)).versions[0]!.terms;
}

const NAMES = { en: 'Level', de: 'Stufe', tr: 'Seviye', pl: 'poziom', es: 'Nivel' };

/** Any valid terms: up to six tiers with steps of one minor unit and more, in currencies of 0 to 3 places. */
export const anyTerms: fc.Arbitrary<Terms> = fc
  .record({
    currency: fc.constantFrom('EUR', 'TRY', 'JPY', 'KWD'),
    rateBasis: fc.constantFrom('BRACKETS' as const, 'CURRENT_TIER' as const),
    steps: fc.array(fc.bigInt({ min: 1n, max: 5_000n }), { maxLength: 5 }),
    rates: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 6, maxLength: 6 }),
    pointValueMinor: fc.bigInt({ min: 1n, max: 500n }),
  })
  .map(({ currency, rateBasis, steps, rates, pointValueMinor }) => {
    const ascending = rates.sort((a, b) => a - b);
    let from = 0n;
    const thresholds = [0n, ...steps.map((step) => (from += step))];
    return parseTerms('ANY', {
      ...shippedVersion('eu'),
      currency,
      rateBasis,
      pointValue: formatDecimal(pointValueMinor, currency),
      tiers: thresholds.map((threshold, index) => ({
        code: `TIER_${index}`,
        from: formatDecimal(threshold, currency),
        pointsPerUnit: ascending[index] ?? 0,
        referralBonus: index,
        names: NAMES,
      })),
    });
  });
