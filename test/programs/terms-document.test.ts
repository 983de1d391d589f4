import fc from 'fast-check';
import { formatInstant } from '../../src/kernel/time';
import { LOCALES } from '../../src/programs/terms';
import { parseProgramDocument, parseTerms } from '../../src/programs/terms-document';
import type { TermsShape } from '../../src/programs/terms-schema';
import { type ProgramFile, shippedFile, shippedTerms, shippedVersion } from './documents';

const NOTHING = { pointsPerUnit: 0, referralBonus: 0 };

/** What `parseTerms` says of a valid document after `edit`. */
function mistakesAfter(edit: (version: TermsShape) => unknown): string {
  const version = shippedVersion('eu');
  edit(version);
  return messageOf(() => parseTerms('EU', version));
}

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
}

describe('R1.1: the shipped programs', () => {
  test.each([
    ['eu', 'EUR', 'Europe/Berlin', '2024-07-31T22:00:00.000Z', 'rewards@xometry.eu'],
    ['tr', 'TRY', 'Europe/Istanbul', '2025-01-20T21:00:00.000Z', 'rewards@xometry.com.tr'],
  ] as const)('%s: %s, %s, from %s', (name, currency, zone, start, contact) => {
    const terms = shippedTerms(name);
    expect(terms).toMatchObject({
      program: name.toUpperCase(),
      version: 1,
      currency,
      zone,
      contact,
      rateBasis: 'BRACKETS',
      pointValueMinor: 1n,
      lotValidityMonths: 12,
      discountValidityMonths: 12,
      noticeDays: 28,
      redemptionWindowMonths: 3,
      firstOrderDiscountPercent: 10,
    });
    expect(formatInstant(terms.startsAt)).toBe(start);
    expect(terms.effectiveAt).toBe(terms.startsAt);
  });

  test.each([
    ['eu', 'BRONZE', 0n, 1, 5_000],
    ['eu', 'SILVER', 2_000_000n, 2, 7_000],
    ['eu', 'GOLD', 7_000_000n, 3, 10_000],
    ['tr', 'BRONZE', 0n, 1, 180_000],
    ['tr', 'SILVER', 75_000_000n, 2, 270_000],
    ['tr', 'GOLD', 250_000_000n, 3, 370_000],
  ] as const)('%s %s: from %s, %i per unit, bonus %i', (name, code, from, rate, bonus) => {
    const tier = shippedTerms(name).tiers.find((step) => step.code === code);
    expect(tier).toMatchObject({ from, pointsPerUnit: rate, referralBonus: bonus });
  });

  test.each(['eu', 'tr'] as const)('R9.4: %s names its tiers in five languages', (name) => {
    const names = shippedTerms(name).tiers.map((tier) => LOCALES.map((l) => tier.names[l]));
    expect(names).toEqual([
      ['Bronze', 'Bronze', 'Bronz', 'brązowy', 'Bronce'],
      ['Silver', 'Silber', 'Gümüş', 'srebrny', 'Plata'],
      ['Gold', 'Gold', 'Altın', 'złoty', 'Oro'],
    ]);
  });

  test('R1.2: of two printed bonuses the one that favours the member holds; both are kept', () => {
    const { tiers, printedFigures } = shippedTerms('tr');
    for (const [name, tier] of [
      ['Silver', tiers[1]!],
      ['Gold', tiers[2]!],
    ] as const) {
      const printed = printedFigures
        .filter(({ figure }) => figure === `${name} referral bonus`)
        .map(({ value }) => Number(/([\d.]+) X-/.exec(value)?.[1]?.replaceAll('.', '')));
      expect(new Set(printed).size).toBe(2);
      expect(tier.referralBonus).toBe(Math.max(...printed));
    }
  });

  test('R1.2: every printed figure names its source', () => {
    const sources = (name: 'eu' | 'tr') => [
      ...new Set(shippedTerms(name).printedFigures.map(({ source }) => source.split(',')[0])),
    ];
    expect(sources('eu')).toEqual([
      'German page',
      'Terms & Conditions (English)',
      'Terms & Conditions (Polish)',
      'Terms & Conditions (Spanish)',
    ]);
    expect(sources('tr')).toEqual(['Turkish page']);
    const values = shippedTerms('tr').printedFigures.map(({ value }) => value);
    expect(values).toContain('2.500.000€+');
  });
});

describe('a version of terms is refused', () => {
  test.each<[string, (version: TermsShape) => unknown, string]>([
    ['without tiers', (v) => (v.tiers = []), 'tiers: must hold at least one tier'],
    ['with a first tier above 0', (v) => (v.tiers[0]!.from = '0.01'), 'tiers[0].from: must be 0'],
    ['with equal thresholds', (v) => (v.tiers[2]!.from = '20000'), 'tiers[2].from: must be more'],
    ['with falling thresholds', (v) => v.tiers.reverse(), 'tiers[1].from: must be more than the'],
    ['with half a cent', (v) => (v.tiers[1]!.from = '1.005'), 'tiers[1].from: has more than the 2'],
    [
      'with a negative amount',
      (v) => (v.tiers[0]!.from = '-1'),
      'tiers[0].from: must be an amount',
    ],
    ['with an amount too large', (v) => (v.tiers[2]!.from = '9'.repeat(16)), 'or is too large'],
    ['with a falling rate', (v) => (v.tiers[2]!.pointsPerUnit = 1), 'tiers[2].pointsPerUnit: must'],
    ['with a broken rate', (v) => (v.tiers[2]!.pointsPerUnit = 3.5), 'a whole number from 0'],
    ['with a rate too high', (v) => (v.tiers[2]!.pointsPerUnit = 1_001), 'from 0 to 1000'],
    ['with a falling bonus', (v) => (v.tiers[2]!.referralBonus = 6_999), 'less than the 7000 of'],
    ['with a negative bonus', (v) => (v.tiers[0]!.referralBonus = -1), 'tiers[0].referralBonus: m'],
    ['with a tier twice', (v) => (v.tiers[2]!.code = 'SILVER'), 'tiers[2].code: must be another'],
    ['with a bad tier code', (v) => (v.tiers[2]!.code = 'gold'), 'tiers[2].code: must be a code'],
    ['with a blank name', (v) => (v.tiers[0]!.names.pl = ' '), 'tiers[0].names.pl: must be 1 to'],
    [
      'without a name',
      (v) => Reflect.deleteProperty(v.tiers[0]!.names, 'tr'),
      'names.tr: is missing',
    ],
    ['with an unknown language', (v) => Object.assign(v.tiers[0]!.names, { fr: 'x' }), 'fr'],
    ['with no ISO currency', (v) => (v.currency = 'EUX'), 'currency: must be an ISO 4217'],
    ['with a currency in small', (v) => (v.currency = 'eur'), 'currency: must be an ISO 4217'],
    ['with an unknown zone', (v) => (v.zone = 'Europe/Nowhere'), 'zone: must be an IANA'],
    ['with an offset as zone', (v) => (v.zone = '+03:00'), 'zone: must be an IANA'],
    ['with no such day', (v) => (v.startsOn = '2024-02-30'), 'startsOn: must be a day'],
    ['with a day the zone skips', skippedDay, 'startsOn: is no day in Pacific/Apia'],
    ['with a worthless point', (v) => (v.pointValue = '0.00'), 'pointValue: must be at least one'],
    ['with part of a cent a point', (v) => (v.pointValue = '0.005'), 'pointValue: has more than'],
    ['without validity', (v) => (v.lotValidityMonths = 0), 'lotValidityMonths: must be a whole'],
    ['with 121 months', (v) => (v.discountValidityMonths = 121), 'a whole number from 1 to 120'],
    ['with 101 percent off', (v) => (v.firstOrderDiscountPercent = 101), 'from 0 to 100'],
    ['with version 0', (v) => (v.version = 0), 'version: must be a whole number from 1'],
    ['without a contact', (v) => Reflect.deleteProperty(v, 'contact'), 'contact: is missing'],
    ['with no address as contact', (v) => (v.contact = 'us'), 'contact: must be an e-mail'],
    ['with an unknown basis', (v) => Object.assign(v, { rateBasis: 'BEST' }), 'rateBasis: '],
    ['with a misspelt field', (v) => Object.assign(v, { contat: 'x' }), 'contat'],
    ['with NUL in a text', (v) => (v.printedFigures[0]!.value = 'a\u0000'), 'control characters'],
  ])('%s', (_, edit, message) => {
    expect(mistakesAfter(edit)).toContain(message);
  });

  function skippedDay(version: TermsShape): void {
    Object.assign(version, { zone: 'Pacific/Apia', startsOn: '2011-12-30' });
  }

  test('with all its mistakes in one message, those across fields too', () => {
    const message = mistakesAfter((version) => {
      version.zone = 'Nowhere';
      version.lotValidityMonths = 0;
      version.tiers[1]!.from = '0';
      version.tiers[2]!.from = '1.234';
      version.pointValue = '0';
      Reflect.deleteProperty(version, 'contact');
    });
    expect(message.split('\n').map((line) => line.split(': ')[0])).toEqual([
      'Not valid as the terms of program EU:',
      ...['- zone', '- lotValidityMonths', '- contact'],
      ...['- tiers[2].from', '- pointValue', '- tiers[1].from'],
    ]);
  });

  test.each([null, 7, 'x', [], {}])('where it is %j', (document) => {
    expect(messageOf(() => parseTerms('EU', document))).toContain('Not valid as');
  });

  test('wherever a field is taken away or replaced by a value of another kind', () => {
    const places = placesOf(shippedVersion('eu'));
    const other = fc.constantFrom(undefined, null, true, Number.NaN, -1, 0.5, '', '\u0000', {}, []);
    fc.assert(
      fc.property(fc.constantFrom(...places), other, (path, value) => {
        const version = shippedVersion('eu');
        const isEmptyList =
          Array.isArray(value) && ['printedFigures', 'expiryNoticeDays'].includes(path.join());
        fc.pre(!isEmptyList);
        put(version, path, value);
        expect(messageOf(() => parseTerms('EU', version))).toContain(
          path.join('.').replace(/\.(\d+)/g, '[$1]'),
        );
      }),
      { numRuns: 500 },
    );
  });
});

test.each<[string, (version: TermsShape) => unknown]>([
  ['tiers of equal rate and bonus', (v) => Object.assign(v.tiers[1]!, earnsOf(v.tiers[0]!))],
  ['a single tier that earns nothing', (v) => v.tiers.splice(0, 3, { ...v.tiers[0]!, ...NOTHING })],
  ['a tier of one minor unit', (v) => (v.tiers[1]!.from = '0.01')],
  ['the longest validity', (v) => (v.lotValidityMonths = 120)],
  ['amounts without places', (v) => (v.tiers[1]!.from = '20000')],
  ['no printed figures', (v) => (v.printedFigures = [])],
])('a version of terms may have %s', (_, edit) => {
  expect(mistakesAfter(edit)).toBe('accepted');
});

function earnsOf({ pointsPerUnit, referralBonus }: TermsShape['tiers'][number]) {
  return { pointsPerUnit, referralBonus };
}

describe('a program is refused', () => {
  test.each<[string, (file: ProgramFile) => unknown, string]>([
    ['without versions', (f) => (f.versions = []), 'versions: must hold at least one version'],
    ['with a bad code', (f) => (f.code = 'e u'), 'code: must be a code such as "EU"'],
    [
      'with a first version 2',
      (f) => (f.versions[0]!.version = 2),
      'version 2 stands where version 1',
    ],
    [
      'with a version twice',
      (f) => add(f, { version: 1 }),
      'version 1 stands where version 2 must',
    ],
    ['with a gap', (f) => add(f, { version: 3 }), 'version 3 stands where version 2 must'],
    ['with two from one day', (f) => add(f, { version: 2 }), 'version 2 must take effect after'],
    [
      'with another currency',
      (f) => later(f, { currency: 'CHF' }),
      'version 2 must not change curr',
    ],
    ['with another zone', (f) => later(f, { zone: 'UTC' }), 'version 2 must not change zone'],
    ['with another start', (f) => later(f, { startsOn: '2024-08-02' }), 'not change startsAt'],
    [
      'that starts before it has terms',
      (f) => (f.versions[0]!.startsOn = '2024-07-31'),
      'by the program',
    ],
    [
      'with mistakes, told by version',
      (f) => later(f, { contact: 'us' }),
      'versions[1].contact: must',
    ],
  ])('%s', (_, edit, message) => {
    const file = shippedFile('eu');
    edit(file);
    expect(messageOf(() => parseProgramDocument(file))).toContain(message);
  });

  test('but not for a further version that takes effect later', () => {
    const file = shippedFile('eu');
    later(file, { lotValidityMonths: 24 });
    const { versions } = parseProgramDocument(file);
    expect(versions.map(({ terms }) => terms.lotValidityMonths)).toEqual([12, 24]);
    expect(versions[1]?.document).toEqual(file.versions[1]);
  });
});

function add(file: ProgramFile, changes: Partial<TermsShape>): void {
  file.versions.push({ ...file.versions[0]!, ...changes });
}

function later(file: ProgramFile, changes: Partial<TermsShape>): void {
  add(file, { version: 2, effectiveOn: '2027-01-01', ...changes });
}

/** The path of each member at any depth; of lists the first two items. */
function placesOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  const keys = Object.keys(value).slice(0, Array.isArray(value) ? 2 : undefined);
  return keys.flatMap((key) => {
    const place = [...path, key];
    return [place, ...placesOf((value as Record<string, unknown>)[key], place)];
  });
}

/** Replaces the member at a path; undefined takes it away. */
function put(target: object, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  const members = target as Record<string, unknown>;
  if (rest.length > 0) put(members[key] as object, rest, value);
  else if (value === undefined) Reflect.deleteProperty(members, key);
  else members[key] = value;
}
