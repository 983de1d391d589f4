import type {
  Arithmetic,
  CampaignArithmetic,
  OrderArithmetic,
  ReferralArithmetic,
} from '../../src/ledger/entry';
import { price } from '../../src/programs/pricing';
import { LOCALES, type Locale, type Terms } from '../../src/programs/terms';
import { explainEntry } from '../../src/texts/explain-entry';
import { shippedTerms } from '../programs/documents';

const EU = shippedTerms('eu');
const TR = shippedTerms('tr');

/** From 19,000.00 over the threshold of 20,000.00, to half a point. */
const crossing: OrderArithmetic = {
  type: 'ORDER',
  turnoverBefore: '1900000',
  base: '347175',
  brackets: [
    { tier: 'BRONZE', base: '100000', pointsPerUnit: 1 },
    { tier: 'SILVER', base: '247175', pointsPerUnit: 2 },
  ],
  exact: '5943.5',
  points: 5943,
};
const campaign: CampaignArithmetic = {
  type: 'CAMPAIGN',
  campaign: 'SPRING26',
  kind: 'MULTIPLIER',
  factorPercent: 150,
  plainPoints: 5943,
  base: '347175',
  exact: '2971.5',
  isCapped: false,
  points: 2971,
};
const referral: ReferralArithmetic = { type: 'REFERRAL', tier: 'SILVER', points: 7000 };

/** As people read it: with plain spaces. */
function explained(arithmetic: Arithmetic | null, locale: Locale = 'en', terms: Terms = EU) {
  const name = (code: string) => (code === 'SPRING26' ? 'Spring' : undefined);
  return explainEntry({ arithmetic }, locale, terms, name).map((text) => text.replace(/\s/g, ' '));
}

describe('R9.4: what an entry is explained by', () => {
  it.each<[Locale, string[]]>([
    [
      'en',
      [
        'Your turnover was €19,000.00 before this order.',
        '€3,471.75 of this order counts: its net value, less what was cancelled, discounted or paid with X-Points.',
        '€1,000.00 at 1 X-Point per €1 (Bronze level): 1,000.',
        '€2,471.75 at 2 X-Points per €1 (Silver level): 4,943.5.',
        'Together that makes 5,943.5, rounded down to 5,943 X-Points.',
      ],
    ],
    [
      'de',
      [
        'Ihr Umsatz betrug vor dieser Bestellung 19.000,00 €.',
        'Von dieser Bestellung zählen 3.471,75 €: der Nettowert abzüglich dessen, was storniert, rabattiert oder mit X-Points bezahlt wurde.',
        '1.000,00 € zu 1 X-Point je 1 € (Level Bronze): 1.000.',
        '2.471,75 € zu 2 X-Points je 1 € (Level Silber): 4.943,5.',
        'Das ergibt zusammen 5.943,5, abgerundet 5.943 X-Points.',
      ],
    ],
    [
      'tr',
      [
        'Bu siparişten önceki toplam harcamanız €19.000,00 idi.',
        'Bu siparişin €3.471,75 tutarındaki kısmı sayılır: net tutardan iptal edilen, indirim yapılan veya X puanla ödenen kısım düşülür.',
        '€1.000,00 için €1 başına 1 X puan (Bronz seviyesi): 1.000.',
        '€2.471,75 için €1 başına 2 X puan (Gümüş seviyesi): 4.943,5.',
        'Toplamda 5.943,5 eder, aşağı yuvarlanınca 5.943 X puan.',
      ],
    ],
    [
      'pl',
      [
        'Przed tym zamówieniem Państwa obroty wynosiły 19 000,00 €.',
        'Z tego zamówienia liczy się 3471,75 €: wartość netto pomniejszona o to, co anulowano, objęto rabatem lub opłacono punktami X.',
        '1000,00 €, 1 punkt X za każde 1 € (poziom brązowy): 1000.',
        '2471,75 €, 2 punkty X za każde 1 € (poziom srebrny): 4943,5.',
        'Razem daje to 5943,5, po zaokrągleniu w dół 5943 punkty X.',
      ],
    ],
    [
      'es',
      [
        'Antes de este pedido, su facturación era de 19.000,00 €.',
        'De este pedido cuentan 3471,75 €: su valor neto, menos lo cancelado, lo descontado y lo pagado con X-points.',
        '1000,00 € a 1 X-point por cada 1 € (nivel Bronce): 1000.',
        '2471,75 € a 2 X-points por cada 1 € (nivel Plata): 4943,5.',
        'En total son 5943,5, redondeado a la baja 5943 X-points.',
      ],
    ],
  ])('R3.3, R3.4: an order over a threshold, in %s', (locale, sentences) => {
    expect(explained(crossing, locale)).toEqual(sentences);
  });

  it('an order within one level, without a sum of one', () => {
    const [, ...rest] = explained({
      ...crossing,
      base: '100000',
      brackets: [{ tier: 'BRONZE', base: '100000', pointsPerUnit: 1 }],
      exact: '1000',
      points: 1000,
    });
    expect(rest).toEqual([
      expect.any(String),
      '€1,000.00 at 1 X-Point per €1 (Bronze level): 1,000.',
    ]);
  });

  it('an order within one level whose points are rounded', () => {
    const sentences = explained({
      ...crossing,
      base: '100099',
      brackets: [{ tier: 'BRONZE', base: '100099', pointsPerUnit: 1 }],
      exact: '1000.99',
      points: 1000,
    });
    expect(sentences.at(-2)).toBe('€1,000.99 at 1 X-Point per €1 (Bronze level): 1,000.99.');
    expect(sentences.at(-1)).toBe('That is rounded down to 1,000 X-Points.');
  });

  it('an order over a threshold that needs no rounding', () => {
    const sentences = explained({ ...crossing, exact: '5943.00' });
    expect(sentences.at(-1)).toBe('Together that makes 5,943 X-Points.');
  });

  it('R4.2: what a cancellation took back, by what is left', () => {
    const reversal: OrderArithmetic = {
      ...crossing,
      base: '50000',
      brackets: [{ tier: 'BRONZE', base: '50000', pointsPerUnit: 1 }],
      exact: '500',
      points: 500,
      creditedBefore: 5943,
    };
    expect(explained(reversal).at(-1)).toBe(
      '5,943 X-Points had been credited until then; the difference of 5,443 X-Points was taken back.',
    );
    expect(explained({ ...reversal, base: '0', brackets: [], exact: '0', points: 0 })).toEqual([
      'Your turnover was €19,000.00 before this order.',
      'Nothing is left of this order that X-Points are credited for.',
      '5,943 X-Points had been credited until then; the difference of 5,943 X-Points was taken back.',
    ]);
    expect(explained({ ...reversal, creditedBefore: 500 }).at(-1)).toBe(
      '500 X-Points had been credited until then; none of it was taken back.',
    );
  });

  it('R1.5: an order that a campaign excludes, by the campaign’s name', () => {
    expect(explained({ ...crossing, points: 0, excludedBy: 'SPRING26' }).slice(2)).toEqual([
      'The campaign “Spring” excludes this order from earning X-Points. Its turnover still counts.',
    ]);
    expect(explained({ ...crossing, points: 0, excludedBy: 'AUTUMN' }).at(-1)).toContain('AUTUMN');
  });

  it('R1.5: what a campaign adds', () => {
    expect(explained(campaign)).toEqual([
      'The campaign “Spring” gives 1.5 times the X-Points of this order. Without it, the order earns 5,943 X-Points.',
      'The campaign adds 2,971.5, rounded down to 2,971 X-Points.',
    ]);
    expect(explained({ ...campaign, exact: '2971.00' }).at(-1)).toBe(
      'The campaign adds 2,971 X-Points.',
    );
    expect(explained({ ...campaign, exact: '2000', points: 2000, isCapped: true }).at(-1)).toBe(
      'A limit of the campaign applies: it adds 2,000 X-Points.',
    );
    expect(
      explained({ ...campaign, kind: 'BONUS', factorPercent: null, exact: '500', points: 500 }),
    ).toEqual([
      'The campaign “Spring” gives a fixed bonus for this order.',
      'The campaign adds 500 X-Points.',
    ]);
  });

  it('R1.5, R4.2: an order that a campaign excluded, once it is cancelled in part', () => {
    expect(explained({ ...crossing, creditedBefore: 0 })).toEqual([
      'Your turnover was €19,000.00 before this order.',
      expect.stringContaining('€3,471.75 of this order counts'),
      '0 X-Points had been credited until then; none of it was taken back.',
    ]);
  });

  it('R1.5, R4.2: what is left of a campaign’s points, whatever it multiplied by', () => {
    const left = { ...campaign, factorPercent: null, exact: '1971', points: 1971 };
    expect(explained({ ...left, creditedBefore: 2971 })).toEqual([
      'The campaign “Spring” follows what is left of this order, in proportion: 1,971 X-Points.',
      '2,971 X-Points had been credited until then; the difference of 1,000 X-Points was taken back.',
    ]);
  });

  it('R5.3, R4.5: a referral, and one that no longer counts', () => {
    expect(explained(referral, 'de')).toEqual([
      'Eine Person, die Sie eingeladen haben, hat ihre erste Bestellung abgeschlossen. Mit Ihrem Level Silber beträgt der Bonus dafür 7.000 X-Points.',
    ]);
    expect(explained({ ...referral, points: 0, creditedBefore: 7000 })).toEqual([
      'The referral no longer counts.',
      '7,000 X-Points had been credited until then; the difference of 7,000 X-Points was taken back.',
    ]);
  });

  it('R8.2: a correction, and the objection it answers', () => {
    const adjustment = { type: 'ADJUSTMENT', adjustment: 2, objection: 3, points: 450 } as const;
    expect(explained(adjustment)).toEqual([
      'The rewards desk credited 450 X-Points (correction no. 2).',
      'This follows from your objection no. 3.',
    ]);
    expect(explained({ ...adjustment, objection: null, points: -1 })).toEqual([
      'The rewards desk deducted 1 X-Point (correction no. 2).',
    ]);
  });

  it('R8.1: points that were voided', () => {
    expect(explained({ type: 'VOID', points: 1200 })).toEqual([
      'The rewards desk cancelled 1,200 X-Points because of abuse of the program.',
    ]);
  });

  it('nothing, where there is no arithmetic', () => {
    expect(explained(null)).toEqual([]);
  });

  it('the currency of the program, and places of its own', () => {
    const lira = explained({ ...crossing, brackets: crossing.brackets.slice(0, 1) }, 'tr', TR);
    expect(lira).toContain('₺1.000,00 için ₺1 başına 1 X puan (Bronz seviyesi): 1.000.');
    const yen: Terms = { ...EU, currency: 'JPY' };
    const bracket = { tier: 'GOLD', base: '1234', pointsPerUnit: 3 };
    expect(explained({ ...crossing, brackets: [bracket] }, 'de', yen)).toContain(
      '1.234 ¥ zu 3 X-Points je 1 ¥ (Level Gold): 3.702.',
    );
  });

  it('the very points that the terms give', () => {
    const { points, brackets } = price(EU, 1_900_000n, 5_347_175n);
    const sums = explained({
      ...crossing,
      brackets: brackets.map(({ base, ...rest }) => ({ ...rest, base: base.toString() })),
    })
      .flatMap((text) => /level\): ([\d,.]+)\.$/.exec(text)?.[1] ?? [])
      .map((sum) => Number(sum.replaceAll(',', '')));
    expect(sums).toHaveLength(3);
    expect(Math.floor(sums.reduce((total, sum) => total + sum, 0))).toBe(points);
  });

  it.each(LOCALES)('every kind of arithmetic in %s, with no placeholder left', (locale) => {
    const kinds: Arithmetic[] = [
      crossing,
      { ...crossing, creditedBefore: 9000 },
      { ...crossing, base: '0', brackets: [], exact: '0', points: 0 },
      { ...crossing, points: 0, excludedBy: 'SPRING26' },
      campaign,
      { ...campaign, kind: 'BONUS', factorPercent: null, isCapped: true },
      { ...campaign, creditedBefore: 9000 },
      { ...crossing, creditedBefore: 0 },
      referral,
      { ...referral, creditedBefore: 7000, points: 0 },
      { type: 'ADJUSTMENT', adjustment: 2, objection: 3, points: 450 },
      { type: 'ADJUSTMENT', adjustment: 2, objection: null, points: -450 },
      { type: 'VOID', points: 1200 },
    ];
    for (const arithmetic of kinds) {
      const sentences = explained(arithmetic, locale);
      expect(sentences.length).toBeGreaterThan(0);
      for (const text of sentences) {
        expect(text).toMatch(/^[\p{Lu}\d€“„«].*\.$/u);
        expect(text).not.toMatch(/[{}]|undefined|null|NaN/);
      }
    }
  });
});
