import fc from 'fast-check';
import { startCampaign } from '../../src/campaigns/start-campaign';
import { loadConfig } from '../../src/config';
import { readClock } from '../../src/database/clock';
import { formatDecimal } from '../../src/kernel/money';
import { DAY_MS, dayOf } from '../../src/kernel/time';
import { CAMPAIGN_KINDS, type CampaignKind } from '../../src/programs/campaign';
import { publishTerms } from '../../src/terms/publish-terms';
import type { Books } from '../ledger/stories';
import { shippedTerms } from '../programs/documents';
import type { Step } from './story';

/** New rules for everybody, of this story and of those after it. */
export type RuleStep =
  | { kind: 'publish'; months: number; rate: number }
  | { kind: 'campaign'; gives: CampaignKind; cap: number | null; days: number };

const kinds = Object.keys(CAMPAIGN_KINDS) as CampaignKind[];
const campaign = fc.record({
  kind: fc.constant('campaign' as const),
  gives: fc.constantFrom(...kinds),
  cap: fc.option(fc.constantFrom(1, 10, 1000), { freq: 2 }),
  days: fc.constantFrom(1, 2, 41),
});

/** One arbitrary for each kind; campaigns twice. */
export const ruleSteps: readonly fc.Arbitrary<RuleStep>[] = [
  fc.record({
    kind: fc.constant('publish' as const),
    months: fc.constantFrom(1, 12, 13),
    rate: fc.constantFrom(0, 1, 2),
  }),
  campaign,
  campaign,
];

export function isRuleStep(step: Step): step is RuleStep {
  return step.kind === 'publish' || step.kind === 'campaign';
}

const EU = shippedTerms('eu');
const config = loadConfig({ REWARDS_SANDBOX: '1' });
let asked = 0;

function nextNumber(): number {
  asked += 1;
  return asked;
}

/** Publishes a version of the terms, or starts a campaign: written to the database, and known to both sides from then on. */
export async function changeRules(
  { database, programs }: Pick<Books, 'database' | 'programs'>,
  step: RuleStep,
  number = nextNumber(),
): Promise<void> {
  const parts = { database, programs, config };
  const same = { program: 'EU', idempotencyKey: `rule-${number}`, actor: 'test' };
  const now = await readClock(database, true);
  if (step.kind === 'publish') {
    const newest = programs.versions('EU').at(-1)!.terms;
    const effectiveOn = dayOf(Math.max(now, newest.effectiveAt) + 2 * DAY_MS, EU.zone);
    const tiers = EU.tiers.map((tier) => ({
      ...tier,
      from: formatDecimal(tier.from, EU.currency),
      pointsPerUnit: tier.pointsPerUnit + step.rate,
      referralBonus: tier.referralBonus + step.rate,
    }));
    const changes = { tiers, lotValidityMonths: step.months };
    const published = await publishTerms(parts, { ...same, effectiveOn, changes, dryRun: false });
    expect(published).toMatchObject({ terms: { version: newest.version + 1 } });
    return;
  }
  const { gives, cap, days } = step;
  const limit = gives === 'EXCLUSION' ? null : cap;
  const started = await startCampaign(parts, {
    ...same,
    code: `C${number}`,
    kind: gives,
    factor: gives === 'MULTIPLIER' ? '1.5' : null,
    bonus: gives === 'BONUS' ? 7 : null,
    ...{ tiers: [], minimum: null, tag: null, startsAt: null, endsAt: now + days * DAY_MS },
    ...{ capPerOrder: limit, capPerMember: limit, withDiscount: null, reason: 'test' },
    names: { en: 'A', de: 'B', tr: 'C', pl: 'D', es: 'E' },
  });
  expect(started).toMatchObject({ code: `C${number}` });
}
