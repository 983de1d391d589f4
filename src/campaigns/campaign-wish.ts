import { isPlainText } from '../kernel/ids';
import { parseDecimal } from '../kernel/money';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { Campaign, CampaignKind } from '../programs/campaign';
import { LOCALES, type Locale, type ProgramCode, type Terms } from '../programs/terms';

/** A campaign as somebody asks for it: amounts and factors still as decimals in text, what is left out null. */
export interface CampaignWish {
  readonly program: ProgramCode;
  readonly code: string;
  readonly kind: CampaignKind;
  /** "1.5" makes one and a half times the points. */
  readonly factor: string | null;
  readonly bonus: Points | null;
  readonly tiers: readonly string[];
  /** In the program's currency; null for any net value. */
  readonly minimum: string | null;
  readonly tag: string | null;
  /** Null: now. */
  readonly startsAt: Instant | null;
  readonly endsAt: Instant;
  readonly capPerOrder: Points | null;
  readonly capPerMember: Points | null;
  /** Null: for an EXCLUSION true, else false. */
  readonly withDiscount: boolean | null;
  readonly names: Readonly<Record<Locale, string>>;
}

/** The most a campaign multiplies by, in per cent, and gives as a fixed bonus. */
const FACTOR_MAX = 10_000;
const BONUS_MAX = 1_000_000_000;
const CODE = /^[A-Z][A-Z0-9_-]{0,63}$/;
const TAG_MAX = 100;
const NAME_MAX = 100;
const FACTOR = /^(\d{1,3})(?:\.(\d{1,2})0*)?$/;

/** The campaign that is asked for at `now`, or everything that is wrong with it under the newest terms of its program (R1.5). */
export function campaignOf(
  wish: CampaignWish,
  terms: Terms,
  now: Instant,
): { readonly campaign: Campaign } | { readonly mistakes: readonly string[] } {
  const { factor, minimum, startsAt, withDiscount, ...rest } = wish;
  const campaign: Campaign = {
    ...rest,
    factorPercent: factor === null ? null : percentOf(factor),
    minimum: minimum === null ? 0n : (parseDecimal(minimum, terms.currency) ?? -1n),
    startsAt: startsAt ?? now,
    withDiscount: withDiscount ?? wish.kind === 'EXCLUSION',
  };
  const checks = [
    ...wordChecks(campaign),
    ...giftChecks(campaign),
    ...conditionChecks(campaign, terms, now),
  ];
  const mistakes = checks.flatMap(([isRight, mistake]) => (isRight ? [] : [mistake]));
  return mistakes.length > 0 ? { mistakes } : { campaign };
}

/** 150 for "1.5"; NaN where it is no such factor. */
function percentOf(factor: string): number {
  const [, whole, part = ''] = FACTOR.exec(factor) ?? [];
  return whole === undefined ? Number.NaN : Number(whole) * 100 + Number(part.padEnd(2, '0'));
}

type Check = readonly [isRight: boolean, mistake: string];

function isWhole(value: number | null, least: number, most: number): boolean {
  return value !== null && Number.isSafeInteger(value) && value >= least && value <= most;
}

function isText(text: string, most: number): boolean {
  return text.length >= 1 && text.length <= most && isPlainText(text) && text.trim() === text;
}

function wordChecks({ code, tag, names }: Campaign): Check[] {
  return [
    [CODE.test(code), 'code: must be a code such as "SPRING-2027", at most 64 characters'],
    [
      tag === null || isText(tag, TAG_MAX),
      `tag: 1 to ${TAG_MAX} characters without control characters or outer spaces`,
    ],
    ...LOCALES.map(
      (locale): Check => [
        isText(names[locale], NAME_MAX),
        `names.${locale}: 1 to ${NAME_MAX} characters without control characters or outer spaces`,
      ],
    ),
  ];
}

function giftChecks(campaign: Campaign): Check[] {
  const { kind, factorPercent, bonus, capPerOrder, capPerMember } = campaign;
  const cap = (name: string, value: Points | null): Check => [
    value === null || (kind !== 'EXCLUSION' && isWhole(value, 1, BONUS_MAX)),
    `${name}: 1 to ${BONUS_MAX} points; left out for an EXCLUSION`,
  ];
  return [
    [
      kind === 'MULTIPLIER' ? isWhole(factorPercent, 101, FACTOR_MAX) : factorPercent === null,
      'factor: "1.01" to "100", with at most 2 decimal places, for a MULTIPLIER ("1.5" makes one and a half times the points); else left out',
    ],
    [
      kind === 'BONUS' ? isWhole(bonus, 1, BONUS_MAX) : bonus === null,
      `bonus: 1 to ${BONUS_MAX} points for a BONUS; else left out`,
    ],
    cap('capPerOrder', capPerOrder),
    cap('capPerMember', capPerMember),
  ];
}

function conditionChecks(campaign: Campaign, terms: Terms, now: Instant): Check[] {
  const { tiers, minimum, startsAt, endsAt } = campaign;
  const known = terms.tiers.map(({ code }) => code);
  return [
    [
      tiers.every((tier) => known.includes(tier)) && new Set(tiers).size === tiers.length,
      `tiers: each one of ${known.join(', ')}, once`,
    ],
    [minimum >= 0n, `minimum: 0 or more, with no more decimal places than ${terms.currency} has`],
    [startsAt >= now, 'startsAt: must not have passed: orders placed before are priced already'],
    [endsAt > startsAt, 'endsAt: must be after startsAt'],
  ];
}
