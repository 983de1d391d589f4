import { z } from 'zod';
import { isPlainText } from '../kernel/ids';
import { currencyDigits, parseDecimal } from '../kernel/money';
import { isZone, parseDay } from '../kernel/time';
import { LOCALES } from './terms';

const RATE_MAX = 1_000;
const BONUS_MAX = 1_000_000_000;
const MONTHS_MAX = 120;
const TIERS_MAX = 20;
const TIER_CODE = /^[A-Z][A-Z0-9_]{0,31}$/;
const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

const text = (longest: number) =>
  z
    .string()
    .refine(
      (value) =>
        value.length >= 1 &&
        value.length <= longest &&
        isPlainText(value) &&
        value.trim() === value,
      `must be 1 to ${longest} characters without control characters or outer spaces`,
    );
const whole = (from: number, to: number) =>
  z
    .number()
    .refine(
      (value) => Number.isInteger(value) && value >= from && value <= to,
      `must be a whole number from ${from} to ${to}`,
    );
const amount = z
  .string()
  .regex(/^\d+(\.\d+)?$/, 'must be an amount as a decimal in a string, such as "20000.00"');
const day = z
  .string()
  .refine((value) => parseDay(value, 'UTC') !== null, 'must be a day such as "2024-08-01"');

const tierSchema = z.strictObject({
  code: z.string().regex(TIER_CODE, 'must be a code such as "SILVER"'),
  from: amount,
  pointsPerUnit: whole(0, RATE_MAX),
  referralBonus: whole(0, BONUS_MAX),
  names: z.record(z.enum(LOCALES), text(50)),
});

const shapeSchema = z.strictObject({
  version: whole(1, 1_000_000),
  effectiveOn: day,
  startsOn: day,
  currency: z.string().refine((code) => CURRENCIES.has(code), 'must be an ISO 4217 currency'),
  zone: z.string().refine(isZone, 'must be an IANA time zone such as "Europe/Berlin"'),
  rateBasis: z.enum(['BRACKETS', 'CURRENT_TIER']),
  pointValue: amount,
  lotValidityMonths: whole(1, MONTHS_MAX),
  discountValidityMonths: whole(1, MONTHS_MAX),
  firstOrderDiscountPercent: whole(0, 100),
  noticeDays: whole(0, 366),
  redemptionWindowMonths: whole(1, MONTHS_MAX),
  objectionMonths: whole(1, MONTHS_MAX),
  termsNoticeMonths: whole(1, MONTHS_MAX),
  expiryNoticeDays: z.array(whole(1, 366)).max(5, 'must hold at most 5 days'),
  contact: z.string().regex(z.regexes.email, 'must be an e-mail address'),
  tiers: z.array(tierSchema).min(1, 'must hold at least one tier').max(TIERS_MAX),
  printedFigures: z.array(
    z.strictObject({ figure: text(200), value: text(500), source: text(200) }),
  ),
});

/** What a valid document holds: amounts still as decimals, days as dates. */
export type TermsShape = z.output<typeof shapeSchema>;
type Mistakes = z.core.$RefinementCtx<TermsShape>;

/** One version of a program's terms as a document writes it (R1.4). */
export const termsSchema = shapeSchema
  .superRefine(checkDays, { when: hasZone })
  .superRefine(checkAmounts, { when: hasTiers })
  .superRefine(checkLadder, { when: hasTiers });

/** Rules that span fields are judged next to other mistakes, so that one message lists them all. */
function hasZone({ value }: { value: unknown }): boolean {
  return z.looseObject({ zone: z.string().refine(isZone) }).safeParse(value).success;
}

function hasTiers({ value }: { value: unknown }): boolean {
  return z.looseObject({ tiers: z.array(z.looseObject({})) }).safeParse(value).success;
}

/** A zone may skip a whole day, as Samoa did. */
function checkDays(document: TermsShape, mistakes: Mistakes): void {
  for (const field of ['effectiveOn', 'startsOn'] as const) {
    const value = document[field];
    if (day.safeParse(value).success && parseDay(value, document.zone) === null) {
      const message = `is no day in ${document.zone}`;
      mistakes.addIssue({ code: 'custom', path: [field], message });
    }
  }
}

/** Each amount is a whole number of the currency's minor units. */
function checkAmounts(document: TermsShape, mistakes: Mistakes): void {
  const { currency } = document;
  const check = (value: string, path: (string | number)[]) => {
    if (amount.safeParse(value).success && parseDecimal(value, currency) === null) {
      const message = `has more than the ${currencyDigits(currency)} decimal places of ${currency}, or is too large`;
      mistakes.addIssue({ code: 'custom', path, message });
    }
  };
  for (const [index, tier] of document.tiers.entries()) check(tier.from, ['tiers', index, 'from']);
  check(document.pointValue, ['pointValue']);
  if (parseDecimal(document.pointValue, currency) === 0n) {
    const message = `must be at least one minor unit of ${currency}`;
    mistakes.addIssue({ code: 'custom', path: ['pointValue'], message });
  }
}

/** Tiers ascend from 0, and a higher one never earns less. */
function checkLadder(document: TermsShape, mistakes: Mistakes): void {
  const { tiers, currency } = document;
  for (const [index, tier] of tiers.entries()) {
    const report = (field: keyof typeof tier, message: string) =>
      mistakes.addIssue({ code: 'custom', path: ['tiers', index, field], message });
    const below = tiers[index - 1];
    const from = parseDecimal(tier.from, currency);
    if (!below) {
      if (from !== null && from !== 0n) report('from', 'must be 0 for the first tier');
      continue;
    }
    const fromBelow = parseDecimal(below.from, currency);
    if (from !== null && fromBelow !== null && from <= fromBelow) {
      report('from', `must be more than the ${below.from} of the tier before`);
    }
    if (tier.pointsPerUnit < below.pointsPerUnit) {
      report(
        'pointsPerUnit',
        `must not be less than the ${below.pointsPerUnit} of the tier before`,
      );
    }
    if (tier.referralBonus < below.referralBonus) {
      report(
        'referralBonus',
        `must not be less than the ${below.referralBonus} of the tier before`,
      );
    }
    if (tiers.slice(0, index).some((other) => other.code === tier.code)) {
      report('code', `must be another than in the tiers before: ${tier.code}`);
    }
  }
}
