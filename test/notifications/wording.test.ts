import type { NotifiedChange } from '../../src/ledger/notification';
import { LOCALES, type Locale } from '../../src/programs/terms';
import { shippedTerms } from '../programs/documents';
import { rendered, sample } from './samples';

const EU = shippedTerms('eu');
const TR = shippedTerms('tr');

describe('R6.9, R8.2: points credited', () => {
  it.each<[Locale, string[]]>([
    [
      'en',
      [
        '5,943 X-Points',
        '€59.43',
        '15 March 2027',
        '12,443',
        'within one month of this notification',
      ],
    ],
    [
      'de',
      [
        '5.943 X-Points',
        '59,43 €',
        '15. März 2027',
        '12.443',
        'innerhalb eines Monats nach dieser Mitteilung',
      ],
    ],
    ['tr', ['5.943 X puan', '€59,43', '15 Mart 2027', '12.443', 'bir ay içinde itiraz']],
    [
      'pl',
      [
        '5943 punkty X',
        '59,43 €',
        '15 marca 2027',
        '12 443',
        'w ciągu jednego miesiąca od tego powiadomienia',
      ],
    ],
    [
      'es',
      [
        '5943 X-points',
        '59,43 €',
        '15 de marzo de 2027',
        '12.443',
        'en el plazo de un mes a partir de esta notificación',
      ],
    ],
  ])(
    'in %s say how many, what they pay, until when, and how long one may object',
    (locale, said) => {
      const { text } = rendered(sample('credited, order'), locale);
      for (const words of [...said, 'order-4711', EU.contact]) expect(text).toContain(words);
    },
  );

  it.each(['credited, order', 'credited, adjustment', 'referral rewarded', 'discount'])(
    '%s names the period of the member’s terms',
    (name) => {
      const program = { ...EU, objectionMonths: 5 };
      const months = LOCALES.map((locale) => rendered(sample(name), locale, { program }).text);
      const [en, de, tr, pl, es] = months;
      expect(en).toContain('within 5 months');
      expect(de).toContain('innerhalb von 5 Monaten');
      expect(tr).toContain('5 ay içinde');
      expect(pl).toContain('w ciągu 5 miesięcy');
      expect(es).toContain('en el plazo de 5 meses');
    },
  );

  it('name a campaign as members know it, else by its code', () => {
    const content = sample('credited, campaign and order');
    const named = rendered(content, 'de', { campaignName: () => 'Frühling' });
    expect(named.text).toContain('Aktion „Frühling“');
    expect(rendered(content, 'de').text).toContain('Aktion „SPRING26“');
  });

  it('say where they come from, and nothing that is not known', () => {
    const says = (name: string) => rendered(sample(name), 'en').text;
    expect(says('credited, referral')).toContain('A customer you referred');
    expect(says('credited, adjustment')).toContain('corrected your balance');
    expect(says('credited, transfer')).toContain('does not extend the validity');
    expect(says('credited, order unknown')).not.toMatch(/order .* paid/);
  });

  it('R4.3: say that owed points were paid first, only where they were', () => {
    expect(rendered(sample('credited, partly settling'), 'en').text).toContain('first settled');
    expect(rendered(sample('credited, order'), 'en').text).not.toContain('settled');
  });
});

describe('R6.9: points expiring', () => {
  it('are listed by their last day, 7 and 30 days ahead, and summed', () => {
    const { subject, text } = rendered(sample('expiring, two days'), 'de');
    expect(subject).toBe('3.500 X-Points verfallen in Kürze');
    expect(text).toContain('Bis einschließlich 21. März 2026 (Verfall in 7 Tagen): 1.500 X-Points');
    expect(text).toContain(
      'Bis einschließlich 13. April 2026 (Verfall in 30 Tagen): 2.000 X-Points',
    );
    expect(text).toContain('Insgesamt: 3.500 X-Points');
    expect(text).toContain('35,00 €');
  });

  it.each<[Locale, string]>([
    ['en', '1,500 X-Points expire in 7 days'],
    ['de', '1.500 X-Points verfallen in 7 Tagen'],
    ['tr', '1.500 X puanınızın süresi 7 gün sonra doluyor'],
    ['pl', '1500 punktów X wygaśnie za 7 dni'],
    ['es', '1500 X-points caducan en 7 días'],
  ])('in %s name the days in the subject where all expire at once', (locale, subject) => {
    expect(rendered(sample('expiring, one day'), locale).subject).toBe(subject);
  });

  it('and expired are dated in the program’s zone', () => {
    const content = sample('expired');
    expect(rendered(content, 'en').text).toContain('ended on 14 March 2026');
    // 23:00 in London is 02:00 of the next day in Istanbul.
    expect(rendered(content, 'en', { program: TR }).text).toContain('ended on 15 March 2026');
  });
});

describe('R5.2: a discount code', () => {
  it.each<[Locale, string, string]>([
    ['en', '10%', 'cannot be transferred or exchanged for cash'],
    ['de', '10 %', 'nicht übertragbar und kann nicht gegen Bargeld'],
    ['tr', '%10', 'devredilemez ve nakde çevrilemez'],
    ['pl', '10%', 'Nie podlega przeniesieniu ani wymianie na gotówkę'],
    ['es', '10 %', 'No es transferible ni puede canjearse por dinero'],
  ])('in %s is %s off, with its limits', (locale, percent, limits) => {
    const { subject, text } = rendered(sample('discount'), locale);
    expect(subject).toContain(percent);
    for (const words of ['WELCOME-7K2M9QXT', percent, limits]) expect(text).toContain(words);
  });
});

describe('R2.6, R9.4: new terms', () => {
  const said: [Locale, { subject: string; object: string; silence: string; binding: string }][] = [
    [
      'en',
      {
        subject: 'you may object within one month',
        object: 'within one month of receiving this notification',
        silence: 'If you do not object within this period, the new version applies to you',
        binding: 'Only the German version of the terms and conditions is legally binding.',
      },
    ],
    [
      'de',
      {
        subject: 'Widerspruch innerhalb eines Monats möglich',
        object: 'innerhalb eines Monats nach Zugang dieser Mitteilung widersprechen',
        silence:
          'Wenn Sie innerhalb dieser Frist nicht widersprechen, gilt die neue Fassung für Sie',
        binding:
          'Rechtlich verbindlich ist ausschließlich die deutsche Fassung der Teilnahmebedingungen.',
      },
    ],
    [
      'tr',
      {
        subject: 'bir ay içinde itiraz edebilirsiniz',
        object: 'Bu bildirimi aldıktan sonra bir ay içinde değişikliğe itiraz edebilirsiniz',
        silence: 'Bu süre içinde itiraz etmezseniz yeni sürüm sizin için de geçerli olur',
        binding: 'Katılım koşullarının yalnızca Almanca sürümü hukuken bağlayıcıdır.',
      },
    ],
    [
      'pl',
      {
        subject: 'sprzeciw możliwy w ciągu jednego miesiąca',
        object: 'w ciągu jednego miesiąca od otrzymania tego powiadomienia',
        silence:
          'Jeżeli w tym terminie nie zgłoszą Państwo sprzeciwu, nowa wersja będzie Państwa obowiązywać',
        binding: 'Prawnie wiążąca jest wyłącznie niemiecka wersja Warunków uczestnictwa.',
      },
    ],
    [
      'es',
      {
        subject: 'puede oponerse en el plazo de un mes',
        object: 'en el plazo de un mes a partir de la recepción de esta notificación',
        silence: 'Si no se opone dentro de ese plazo, la nueva versión se le aplicará',
        binding:
          'Solo la versión alemana de las condiciones de participación es jurídicamente vinculante.',
      },
    ],
  ];

  it.each(said)(
    'in %s name the month, what silence means, and the language that binds',
    (locale, words) => {
      const { subject, text } = rendered(sample('new terms'), locale);
      expect(subject).toContain(words.subject);
      for (const part of [words.object, words.silence, words.binding, EU.contact]) {
        expect(text).toContain(part);
      }
    },
  );

  it('say that an objection ends the membership, and what of the points', () => {
    const { text } = rendered(sample('new terms'), 'en');
    expect(text).toContain('counts as your own termination');
    expect(text).toContain('whatever is left at that point is forfeited');
    expect(text).toContain('not before 1 June 2026');
  });

  /** The list of changes of a mail. */
  function items(changes: readonly NotifiedChange[], locale: Locale): string[] {
    const content = sample('new terms');
    if (content.kind !== 'TERMS_CHANGED') throw new Error('the sample is of another kind');
    return rendered({ ...content, data: { ...content.data, changes } }, locale)
      .text.split('\n')
      .filter((line) => line.startsWith('- '));
  }
  const change = (field: string, before: string, after: string) => ({ field, before, after });

  it.each<[Locale, string[]]>([
    [
      'en',
      [
        '- Validity of X-Points: 12 months → 24 months',
        '- Gold level: turnover from which it applies: €70,000.00 → €65,000.00',
        '- Gold level: X-Points per amount spent: 3 X-Points per €1 → 4 X-Points per €1',
      ],
    ],
    [
      'de',
      [
        '- Gültigkeit von X-Points: 12 Monate → 24 Monate',
        '- Level Gold: Umsatz, ab dem es gilt: 70.000,00 € → 65.000,00 €',
        '- Level Gold: X-Points je ausgegebenem Betrag: 3 X-Points je 1 € → 4 X-Points je 1 €',
      ],
    ],
    [
      'tr',
      [
        '- X puanların geçerlilik süresi: 12 ay → 24 ay',
        '- Altın seviyesi: geçerli olduğu harcama sınırı: €70.000,00 → €65.000,00',
        '- Altın seviyesi: harcama başına X puan: €1 başına 3 X puan → €1 başına 4 X puan',
      ],
    ],
    [
      'pl',
      [
        '- Okres ważności punktów X: 12 miesięcy → 24 miesiące',
        '- Poziom złoty: obroty, od których obowiązuje: 70 000,00 € → 65 000,00 €',
        '- Poziom złoty: liczba punktów X za wydaną kwotę: 3 punkty X za 1 € → 4 punkty X za 1 €',
      ],
    ],
    [
      'es',
      [
        '- Validez de los X-points: 12 meses → 24 meses',
        '- Nivel Oro: facturación a partir de la cual se aplica: 70.000,00 € → 65.000,00 €',
        '- Nivel Oro: X-points por importe gastado: 3 X-points por 1 € → 4 X-points por 1 €',
      ],
    ],
  ])('in %s name what changes, what it was and what it will be', (locale, lines) => {
    const content = sample('new terms');
    expect(content.kind === 'TERMS_CHANGED' && items(content.data.changes, locale)).toEqual(lines);
  });

  it.each([
    [
      change('tiers.SILVER.referralBonus', '7000', '1'),
      'bonus for referrals: 7,000 X-Points → 1 X-Point',
    ],
    [change('firstOrderDiscountPercent', '10', '15'), 'Discount on the first order: 10% → 15%'],
    [change('noticeDays', '28', '1'), 'termination by us: 28 days → 1 day'],
    [change('expiryNoticeDays', '[30,7]', '[14]'), '30 days and 7 days before → 14 days before'],
    [change('expiryNoticeDays', '[30,7]', '[]'), '30 days and 7 days before → never'],
    [
      change('rateBasis', 'BRACKETS', 'CURRENT_TIER'),
      'each part at the rate of its level → the whole order at the rate of the level held before it',
    ],
    [
      change('contact', 'a@eu.example', 'b@eu.example'),
      'Contact address: a@eu.example → b@eu.example',
    ],
  ])('write every value as people read it: %j', (it_, line) => {
    expect(items([it_], 'en').join('\n')).toContain(line);
  });

  it('name what has no name once, without values', () => {
    const changes = [change('novelty', '1', '2'), change('noticeDays', '28', '30')];
    changes.push(change('another', '{}', '[]'), change('toString', 'a', 'b'));
    expect(items(changes, 'de')).toEqual([
      '- Sonstige Regelungen',
      '- Frist für eine Kündigung durch uns: 28 Tage → 30 Tage',
    ]);
    expect(items([], 'en')).toEqual([]);
  });

  it('say of a tier that it is new, by its own name, or gone; a name only where it differs for the reader', () => {
    const names = (es: string, de: string) =>
      JSON.stringify({ en: 'Platinum', de, tr: 'Platin', pl: 'platynowy', es });
    const changes = [
      change('tiers.PLATINUM.referralBonus', 'none', '20000'),
      change('tiers.PLATINUM.names', 'none', names('Platino', 'Platin')),
      change('tiers.GOLD.referralBonus', '10000', 'none'),
      change('tiers.SILVER.names', names('Plata', 'Silber'), names('Plata', 'Argentum')),
    ];
    expect(items(changes, 'es')).toEqual([
      '- Nivel Platino: bonificación por recomendación: 20.000 X-points (nuevo)',
      '- Nivel Platino: denominación: Platino (nuevo)',
      '- Nivel Oro: bonificación por recomendación: 10.000 X-points (ya no se aplica)',
    ]);
    expect(items(changes, 'de')).toContain('- Level Silber: Bezeichnung: Silber → Argentum');
  });
});

describe('R2.3–R2.6: the end of a membership', () => {
  it.each<[Locale, string, string, string]>([
    ['en', '30 April 2026', 'through 31 July 2026', '12,443 X-Points, worth €124.43'],
    [
      'de',
      '30. April 2026',
      'bis einschließlich 31. Juli 2026',
      '12.443 X-Points mit einem Wert von 124,43 €',
    ],
    ['tr', '30 Nisan 2026', '31 Temmuz 2026 gününün sonuna kadar', '12.443 X puan'],
    [
      'pl',
      '30 kwietnia 2026',
      'do 31 lipca 2026 r. włącznie',
      '12 443 punkty X o wartości 124,43 €',
    ],
    [
      'es',
      '30 de abril de 2026',
      'hasta el 31 de julio de 2026 inclusive',
      '12.443 X-points, con un valor de 124,43 €',
    ],
  ])('in %s says when, until when to redeem, and what is forfeited', (locale, end, until, lost) => {
    const { subject, text } = rendered(sample('ending, notice'), locale);
    expect(subject).toContain(end);
    for (const words of [end, until, lost]) expect(text).toContain(words);
  });

  it.each([
    [
      'ending, notice',
      'We hereby terminate',
      ['Nothing changes for you until then', '31 July 2026'],
    ],
    [
      'ended, good cause',
      'for good cause with immediate effect',
      ['12,443 X-Points', 'were forfeited'],
    ],
    ['ended, left', 'As you requested', ['on 15 March 2026', 'were forfeited']],
    ['ended, left with nothing', 'As you requested', ['You had no X-Points left']],
    [
      'ending, objected',
      'at the end of 30 April 2026',
      ['by the end of 30 April 2026 are forfeited'],
    ],
    ['ended, objected', 'You have objected', ['ended on 15 March 2026', 'were forfeited']],
    ['ending, discontinued', 'is being discontinued', ['through 31 July 2026']],
    [
      'ended, discontinued with a window',
      'has been discontinued',
      ['28 February 2026', 'through 31 July 2026'],
    ],
    ['ended, discontinued at once', 'has been discontinued', ['15 March 2026', 'were forfeited']],
  ])('%s: %s', (name, cause, said) => {
    const { text } = rendered(sample(name), 'en');
    for (const words of [cause, ...said]) expect(text).toContain(words);
  });

  it('offers to redeem only while there is a window', () => {
    for (const name of ['ended, left', 'ending, objected', 'ended, discontinued at once']) {
      expect(rendered(sample(name), 'en').text).not.toContain('you can still redeem');
    }
  });
});

describe('R7.2, R8.2: decisions of the rewards desk', () => {
  it.each([
    [
      'transfer approved, giver',
      'approved the transfer of X-Points from your account',
      '(2,500 X-Points)',
    ],
    ['transfer approved, receiver', 'from a colleague’s account to yours', 'keep the dates'],
    [
      'transfer rejected, giver',
      'rejected the transfer of X-Points from your account',
      '(all X-Points)',
    ],
    ['transfer rejected, receiver', 'from a colleague’s account to yours', 'remains unchanged'],
    ['objection rejected', 'objection no. 3', 'unable to uphold it'],
    ['objection, credited', 'objection no. 3', '450 X-Points have been credited'],
    ['objection, deducted', 'objection no. 3', '450 X-Points have been deducted'],
    ['objection, corrected', 'objection no. 3', 'made a correction.'],
  ])('%s: %s … %s', (name, ...said) => {
    const { text } = rendered(sample(name), 'en');
    for (const words of said) expect(text).toContain(words);
  });

  it('come with the desk’s note, where it wrote one', () => {
    expect(rendered(sample('transfer approved, giver'), 'es').text).toContain(
      'Nota del equipo de recompensas:\n> Ada left the company',
    );
    expect(rendered(sample('transfer approved, receiver'), 'es').text).not.toContain('Nota del');
  });
});
