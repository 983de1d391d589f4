import { minorPerUnit } from '../kernel/money';
import type { Points } from '../kernel/points';
import type {
  AdjustmentArithmetic,
  CampaignArithmetic,
  Entry,
  OrderArithmetic,
  ReferralArithmetic,
} from '../ledger/entry';
import type { Locale, Terms } from '../programs/terms';
import { type MessageKey, type MessageValues, message } from './catalog';
import { decimal, minor, number, tierName, unit } from './format';

/** The language and the terms an explanation is written in, and what campaigns are called there. */
interface Reader {
  readonly locale: Locale;
  readonly terms: Terms;
  readonly campaignName: (code: string) => string;
}

/**
 * How the points of an entry came about, as sentences in the reader's language (R9.4), by the arithmetic that is stored
 * with it; none where it has none. `terms` are those of the entry's version; `campaignName` gives a campaign's name in
 * that language by its code, which stands where it gives none.
 */
export function explainEntry(
  entry: Pick<Entry, 'arithmetic'>,
  locale: Locale,
  terms: Terms,
  campaignName: (code: string) => string | undefined = () => undefined,
): string[] {
  const { arithmetic } = entry;
  if (arithmetic === null) return [];
  const reader = { locale, terms, campaignName: (code: string) => campaignName(code) ?? code };
  switch (arithmetic.type) {
    case 'ORDER':
      return explainOrder(reader, arithmetic);
    case 'CAMPAIGN':
      return explainCampaign(reader, arithmetic);
    case 'REFERRAL':
      return explainReferral(reader, arithmetic);
    case 'ADJUSTMENT':
      return explainAdjustment(reader, arithmetic);
    case 'VOID':
      return [say(reader, 'explain.void', counted(reader, arithmetic.points))];
  }
}

function explainOrder(reader: Reader, order: OrderArithmetic): string[] {
  const sentences = [
    say(reader, 'explain.order.turnover', { turnover: money(reader, order.turnoverBefore) }),
  ];
  if (BigInt(order.base) === 0n) {
    sentences.push(say(reader, 'explain.order.nothing'));
  } else {
    sentences.push(say(reader, 'explain.order.base', { base: money(reader, order.base) }));
    if (order.excludedBy !== undefined) {
      const campaign = reader.campaignName(order.excludedBy);
      sentences.push(say(reader, 'explain.order.excluded', { campaign }));
    } else if (order.creditedBefore !== 0) {
      // Of an order that earned nothing, a reversal has the turnover alone.
      sentences.push(...order.brackets.map((bracket) => explainBracket(reader, bracket)));
      sentences.push(...explainSum(reader, order));
    }
  }
  return [...sentences, ...explainReversal(reader, order)];
}

function explainBracket(reader: Reader, bracket: OrderArithmetic['brackets'][number]): string {
  const { locale, terms } = reader;
  return say(reader, 'explain.order.bracket', {
    base: money(reader, bracket.base),
    rate: xPoints(reader, bracket.pointsPerUnit),
    unit: unit(locale, terms.currency),
    tier: tierName(locale, terms, bracket.tier),
    sum: decimal(locale, pointsOf(terms, bracket)),
  });
}

/** What one bracket earns, exactly: an amount times a rate has no more decimal places than the currency. */
function pointsOf(terms: Terms, bracket: OrderArithmetic['brackets'][number]): string {
  const perUnit = minorPerUnit(terms.currency);
  const earned = BigInt(bracket.base) * BigInt(bracket.pointsPerUnit);
  const rest = (earned % perUnit).toString().padStart(perUnit.toString().length - 1, '0');
  return perUnit === 1n ? earned.toString() : `${earned / perUnit}.${rest}`;
}

/** Nothing where the only bracket has said it already. */
function explainSum(reader: Reader, order: OrderArithmetic): string[] {
  const points = xPoints(reader, order.points);
  const severally = order.brackets.length > 1;
  if (!isWhole(order.exact)) {
    const exact = decimal(reader.locale, order.exact);
    return severally
      ? [say(reader, 'explain.order.togetherRounded', { exact, points })]
      : [say(reader, 'explain.order.rounded', { points })];
  }
  return severally ? [say(reader, 'explain.order.together', { points })] : [];
}

function explainCampaign(reader: Reader, award: CampaignArithmetic): string[] {
  const { locale } = reader;
  const campaign = reader.campaignName(award.campaign);
  const points = xPoints(reader, award.points);
  if (award.creditedBefore !== undefined) {
    const left = say(reader, 'explain.campaign.proportion', { campaign, points });
    return [left, ...explainReversal(reader, award)];
  }
  const gives =
    award.kind === 'MULTIPLIER'
      ? say(reader, 'explain.campaign.multiplier', {
          campaign,
          factor: decimal(locale, String((award.factorPercent ?? 100) / 100)),
          plain: xPoints(reader, award.plainPoints),
        })
      : say(reader, 'explain.campaign.bonus', { campaign });
  const adds = award.isCapped
    ? say(reader, 'explain.campaign.capped', { points })
    : isWhole(award.exact)
      ? say(reader, 'explain.campaign.adds', { points })
      : say(reader, 'explain.campaign.addsRounded', {
          exact: decimal(locale, award.exact),
          points,
        });
  return [gives, adds];
}

function explainReferral(reader: Reader, referral: ReferralArithmetic): string[] {
  const { locale, terms } = reader;
  if (referral.creditedBefore !== undefined) {
    return [say(reader, 'explain.referral.reversed'), ...explainReversal(reader, referral)];
  }
  const tier = tierName(locale, terms, referral.tier);
  const points = xPoints(reader, referral.points);
  return [say(reader, 'explain.referral.rewarded', { tier, points })];
}

function explainAdjustment(reader: Reader, adjustment: AdjustmentArithmetic): string[] {
  const { points, objection } = adjustment;
  const { locale } = reader;
  const booked = say(
    reader,
    points < 0 ? 'explain.adjustment.deducted' : 'explain.adjustment.credited',
    {
      points: xPoints(reader, Math.abs(points)),
      adjustment: number(locale, adjustment.adjustment),
    },
  );
  return objection === null
    ? [booked]
    : [
        booked,
        say(reader, 'explain.adjustment.objection', { objection: number(locale, objection) }),
      ];
}

function explainReversal(
  reader: Reader,
  reversal: { readonly points: Points; readonly creditedBefore?: Points },
): string[] {
  const { points, creditedBefore } = reversal;
  if (creditedBefore === undefined) return [];
  const before = xPoints(reader, creditedBefore);
  if (creditedBefore <= points) return [say(reader, 'explain.reversal.none', { before })];
  const taken = xPoints(reader, creditedBefore - points);
  return [say(reader, 'explain.reversal', { before, taken })];
}

function say(reader: Reader, key: MessageKey, values?: MessageValues): string {
  return message(reader.locale, key, values);
}

function counted(reader: Reader, points: Points): MessageValues {
  return { points: xPoints(reader, points), count: points };
}

function xPoints(reader: Reader, count: Points): string {
  return message(reader.locale, 'xPoints', { count });
}

/** Minor units of the terms' currency, as the arithmetic stores them. */
function money(reader: Reader, text: string): string {
  return minor(reader.locale, BigInt(text), reader.terms.currency);
}

function isWhole(exact: string): boolean {
  return !/\.0*[1-9]/.test(exact);
}
