import { parseInstant } from '../../src/kernel/time';
import type { Campaign } from '../../src/programs/campaign';
import { Tale } from '../ledger/tale';

const at = (text: string) => parseInstant(text)!;

function campaign(change: Partial<Campaign>): Campaign {
  const name = 'Spring';
  return {
    program: 'EU',
    code: 'SPRING',
    kind: 'MULTIPLIER',
    factorPercent: null,
    bonus: null,
    tiers: [],
    minimum: 0n,
    tag: null,
    startsAt: at('2025-02-01T00:00:00Z'),
    endsAt: at('2025-03-01T00:00:00Z'),
    capPerOrder: null,
    capPerMember: null,
    withDiscount: false,
    names: { en: name, de: name, tr: name, pl: name, es: name },
    ...change,
  };
}

const DOUBLE = campaign({ code: 'DOUBLE', factorPercent: 200 });
const HALF_MORE = campaign({ code: 'HALF', factorPercent: 150 });
const BONUS = campaign({ code: 'BONUS', kind: 'BONUS', bonus: 500 });
const NOTHING = campaign({ code: 'NOTHING', kind: 'EXCLUSION' });

function tale(...campaigns: Campaign[]): Tale {
  const story = new Tale();
  story.at('2025-01-10T10:00:00Z').register('ada');
  for (const it of campaigns) story.campaign(it);
  return story.at('2025-02-10T10:00:00Z');
}

/** Lots of an account as `source reference granted`. */
function lots(story: Tale): string[] {
  return [...(story.world.lots.get('ada')?.values() ?? [])].map(
    ({ source, sourceRef, granted }) => `${source} ${sourceRef} ${granted}`,
  );
}

describe('campaigns (R1.5)', () => {
  it('give lots of their own, each reckoned on the plain points and rounded down', () => {
    const story = tale(DOUBLE, HALF_MORE, BONUS);
    story.complete('a1', 'ada', '33.99');
    // None compounds: 33 by the terms, 33 on top, 16.5 on top, 500 on top.
    expect(lots(story)).toEqual([
      'ORDER a1 33',
      'CAMPAIGN DOUBLE 33',
      'CAMPAIGN HALF 16',
      'CAMPAIGN BONUS 500',
    ]);
    expect(story.account('ada')).toMatchObject({ available: 582, turnover: 3399n });
    expect(story.entries('ada')[2]?.arithmetic).toMatchObject({
      type: 'CAMPAIGN',
      campaign: 'HALF',
      plainPoints: 33,
      exact: '16.50',
      points: 16,
    });
  });

  it('exclude an order from earning; its turnover counts', () => {
    const story = tale(NOTHING, DOUBLE, BONUS);
    story.complete('a1', 'ada', '100.00');
    expect(lots(story)).toEqual([]);
    expect(story.account('ada')).toMatchObject({ available: 0, turnover: 10_000n });
    expect(story.entries('ada')[0]?.arithmetic).toMatchObject({ excludedBy: 'NOTHING', points: 0 });
    story.cancel('a1', '40.00');
    expect(story.entries('ada')[1]).toMatchObject({
      kind: 'REVERSED',
      turnoverChange: -4000n,
      arithmetic: { excludedBy: 'NOTHING', base: '6000', points: 0, creditedBefore: 0 },
    });
    story.cancel('a1');
    expect(story.account('ada')).toMatchObject({ available: 0, owed: 0, turnover: 0n });
  });

  it.each([
    ['2025-01-31T23:59:59.999Z', 100],
    ['2025-02-01T00:00:00.000Z', 200],
    ['2025-02-28T23:59:59.999Z', 200],
    ['2025-03-01T00:00:00.000Z', 100],
  ])('are decided by the instant the order was placed: %s', (placed, points) => {
    const story = tale(DOUBLE);
    story.at(placed).place('a1', 'ada', '100.00');
    story.at('2025-04-01T00:00:00Z').pay('a1');
    story.deliver('a1');
    expect(story.account('ada').available).toBe(points);
  });

  it.each<[string, Partial<Campaign>, number]>([
    ['another program', { program: 'TR' }, 100],
    ['the tier held before', { tiers: ['BRONZE', 'GOLD'] }, 200],
    ['another tier', { tiers: ['SILVER'] }, 100],
    ['a minimum that is reached', { minimum: 10_000n }, 200],
    ['a minimum that is not', { minimum: 10_001n }, 100],
    ['a tag it does not carry', { tag: 'cnc' }, 100],
    ['a limit for one order', { capPerOrder: 30 }, 130],
  ])('look at %s', (_, change, points) => {
    const story = tale({ ...DOUBLE, ...change });
    story.complete('a1', 'ada', '100.00');
    expect(story.account('ada').available).toBe(points);
  });

  it('look at the net value that is not cancelled when the order is credited', () => {
    const story = tale({ ...DOUBLE, minimum: 10_000n });
    story.place('a1', 'ada', '100.00');
    story.cancel('a1', '0.01');
    story.pay('a1');
    story.deliver('a1');
    expect(story.account('ada').available).toBe(99);
  });

  it('stop at a limit per member, which what is taken back makes room in again', () => {
    const story = tale({ ...DOUBLE, capPerMember: 150 });
    story.complete('a1', 'ada', '100.00');
    story.complete('a2', 'ada', '100.00');
    story.complete('a3', 'ada', '100.00');
    expect(story.account('ada').available).toBe(450);
    story.cancel('a1');
    expect(story.account('ada').available).toBe(250);
    story.complete('a4', 'ada', '30.00');
    expect(story.account('ada').available).toBe(310);
  });

  it('leave out an order with a referral discount, unless the campaign says otherwise', () => {
    for (const withDiscount of [false, true]) {
      const story = tale({ ...DOUBLE, withDiscount });
      story.complete('a0', 'ada', '10.00');
      story.refer('ada', 'bo');
      story.place('b1', 'bo', '100.00');
      expect(story.applyDiscount('bo', 'b1')).toBe('ok');
      story.pay('b1');
      story.deliver('b1');
      expect(story.account('bo').available).toBe(withDiscount ? 180 : 90);
    }
  });

  it('give nothing for an order that points paid', () => {
    const story = tale(BONUS);
    story.at('2025-01-20T10:00:00Z').complete('a0', 'ada', '100.00');
    story.at('2025-02-10T10:00:00Z').place('a1', 'ada', '1.00');
    story.redeem('ada', 'a1', 100);
    story.pay('a1');
    story.deliver('a1');
    expect(story.account('ada').available).toBe(0);
  });
});

describe('campaign points are taken back with their order, in proportion (R1.5, R4.2)', () => {
  it.each<[string, Campaign, string, number]>([
    ['a bonus by the net turnover that is left', BONUS, '40.00', 60 + 300],
    ['a bonus, rounded down', BONUS, '33.33', 66 + 333],
    ['a multiplier by the plain points that are left', HALF_MORE, '33.33', 66 + 33],
    ['what a limit left of it', { ...DOUBLE, capPerOrder: 50 }, '40.00', 60 + 30],
    ['all of it with all of the order', DOUBLE, '100.00', 0],
  ])('%s', (_, it_, cancelled, left) => {
    const story = tale(it_);
    story.complete('a1', 'ada', '100.00');
    story.cancel('a1', cancelled);
    expect(story.account('ada')).toMatchObject({ available: left, owed: 0 });
  });

  it('step by step leaves no residue', () => {
    const story = tale(BONUS, HALF_MORE);
    story.complete('a1', 'ada', '100.00');
    for (let n = 0; n < 7; n += 1) story.cancel('a1', '14.00');
    expect(story.account('ada').available).toBe(2 + 10 + 1);
    story.cancel('a1', '2.00');
    expect(story.account('ada')).toMatchObject({ available: 0, owed: 0, turnover: 0n });
  });

  it('from its own lot first; what was spent of it is owed', () => {
    const story = tale(BONUS);
    story.complete('a1', 'ada', '100.00');
    story.place('a2', 'ada', '6.00');
    story.redeem('ada', 'a2', 600);
    story.cancel('a1', '50.00');
    expect(story.account('ada')).toMatchObject({ available: 0, owed: 300 });
  });
});
