import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import { LOCALES, type Locale } from '../../src/programs/terms';
import { CATALOGS, LANGUAGE_TAGS, type MessageKey, message } from '../../src/texts/catalog';
import { shippedVersion } from '../programs/documents';

type Element = ReturnType<IntlMessageFormat['getAst']>[number];

const KEYS = Object.keys(CATALOGS.en) as MessageKey[];
const TRANSLATIONS = LOCALES.filter((locale) => locale !== 'en');

function parse(locale: Locale, key: MessageKey): Element[] {
  const options = { ignoreTag: true };
  return new IntlMessageFormat(
    CATALOGS[locale][key],
    LANGUAGE_TAGS[locale],
    undefined,
    options,
  ).getAst();
}

/** Every element of a message, those of its branches included. */
function elementsOf(elements: readonly Element[]): Element[] {
  return elements.flatMap((element) => [
    element,
    ...('options' in element
      ? elementsOf(Object.values(element.options).flatMap(({ value }) => value))
      : []),
  ]);
}

const isLiteral = (element: Element) => element.type === 0;
/** A hash in a plural is its number once more. */
const isPound = (element: Element) => element.type === 7;

/** What a message says beside its words. `count` is the number in `points`, for the grammar around it. */
function placeholders(locale: Locale, key: MessageKey): string[] {
  const names = elementsOf(parse(locale, key))
    .filter((element) => !isLiteral(element) && !isPound(element))
    .map((element) => ('value' in element ? String(element.value) : ''))
    .map((name) => (name === 'count' ? 'points' : name));
  return [...new Set(names)].sort();
}

/** The branches of what a message selects by (not of its plurals, which each language has its own of). */
function selections(locale: Locale, key: MessageKey): string[] {
  return elementsOf(parse(locale, key)).flatMap((element) =>
    'options' in element && !('pluralType' in element)
      ? [`${element.value}: ${Object.keys(element.options).sort().join(' ')}`]
      : [],
  );
}

function plurals(locale: Locale, key: MessageKey) {
  return elementsOf(parse(locale, key)).flatMap((element) =>
    'pluralType' in element ? [element] : [],
  );
}

describe('R9.4: the catalogs', () => {
  it.each(TRANSLATIONS)('%s has the messages that English has, and no others', (locale) => {
    expect(Object.keys(CATALOGS[locale])).toEqual(KEYS);
  });

  it.each(TRANSLATIONS)('%s says the same values and tells the same cases apart', (locale) => {
    const all = (of: (locale: Locale, key: MessageKey) => string[], spoken: Locale) =>
      KEYS.map((key) => `${key} ${of(spoken, key).join(', ')}`);
    expect(all(placeholders, locale)).toEqual(all(placeholders, 'en'));
    expect(all(selections, locale)).toEqual(all(selections, 'en'));
  });

  it.each(LOCALES)('%s has every plural form its language knows', (locale) => {
    const rules = new Intl.PluralRules(LANGUAGE_TAGS[locale]);
    const { pluralCategories } = rules.resolvedOptions();
    const found = KEYS.flatMap((key) => plurals(locale, key).map((plural) => ({ key, plural })));
    expect(found.length).toBeGreaterThan(5);
    const missing = found.flatMap(({ key, plural }) => {
      const forms = Object.keys(plural.options);
      // Only nothing is told apart from something: the phrase inside agrees with its number.
      const isAlike = forms.length === 2 && forms.includes('=0') && forms.includes('other');
      return isAlike
        ? []
        : pluralCategories.filter((form) => !forms.includes(form)).map((form) => `${key}: ${form}`);
    });
    expect(missing).toEqual([]);
  });

  it('no message is left in English', () => {
    // Words that are the same in two languages.
    const SAME: Readonly<Partial<Record<MessageKey, readonly Locale[]>>> = {
      xPoints: ['de'],
      'label.total': ['es'],
    };
    const left = TRANSLATIONS.flatMap((locale) =>
      KEYS.filter((key) => CATALOGS[locale][key] === CATALOGS.en[key])
        .filter((key) => !SAME[key]?.includes(locale))
        .map((key) => `${locale} ${key}`),
    );
    expect(left).toEqual([]);
  });

  it('no two languages share a message, but for single words', () => {
    const alike = KEYS.flatMap((key) => {
      const texts = TRANSLATIONS.map((locale) => CATALOGS[locale][key]);
      return texts.filter((text, index) => texts.indexOf(text) !== index && text.includes(' '));
    });
    expect(alike).toEqual([]);
  });

  // An apostrophe quotes in ICU: it could hide a placeholder.
  it.each(LOCALES)('%s is typeset, and says something in every message', (locale) => {
    const careless = KEYS.filter((key) => {
      const text = CATALOGS[locale][key];
      return text !== text.trim() || /['"`]| {2}|<|>|\.\.\./.test(text);
    });
    expect(careless).toEqual([]);
    const mute = KEYS.filter((key) => {
      const words = elementsOf(parse(locale, key)).filter(isLiteral);
      return !words.some((element) => 'value' in element && /\p{L}/u.test(String(element.value)));
    });
    expect(mute).toEqual([]);
  });

  it.each<[Locale, RegExp]>([
    ['de', /(?<!\p{L})(?:du|dir|dich|dein\p{L}*)(?!\p{L})/iu],
    ['tr', /(?<!\p{L})(?:sen|senin|sana|seni)(?!\p{L})/iu],
    ['pl', /(?<!\p{L})(?:ty|ci|ciebie|twój|twoj\p{L}*|twoich)(?!\p{L})/iu],
    ['es', /(?<!\p{L})(?:tú|tu|tus|te|ti|tuy\p{L}*)(?!\p{L})/iu],
  ])('%s speaks formally', (locale, familiar) => {
    const texts = Object.values(CATALOGS[locale]);
    expect(texts.filter((text) => familiar.test(text))).toEqual([]);
  });

  it('holds no message that nothing says', () => {
    const source = ['texts', 'notifications']
      .map((folder) => join(__dirname, '../../src', folder))
      .flatMap((folder) =>
        readdirSync(folder)
          .filter((name) => name.endsWith('.ts'))
          .map((name) => readFileSync(join(folder, name), 'utf8')),
      )
      .join('\n');
    const unsaid = KEYS.filter((key) => !source.includes(`'${key}'`));
    // Fields of the terms have their names by the field.
    expect(unsaid.filter((key) => !key.startsWith('change.'))).toEqual([]);
    const { tiers, ...fields } = shippedVersion('eu');
    const changing = Object.keys(fields).filter((field) => !LASTING.includes(field));
    const ofTiers = Object.keys(tiers[0]!).filter((field) => field !== 'code');
    expect(unsaid.map((key) => key.slice('change.'.length)).sort()).toEqual(
      [...changing, ...ofTiers.map((field) => `tiers.${field}`)].sort(),
    );
  });

  it('refuses a message that lacks a value', () => {
    expect(() => message('en', 'footer.contact')).toThrow('contact');
  });
});

/** What a version has of its own, and what no later version changes. */
const LASTING = [
  'version',
  'effectiveOn',
  'printedFigures',
  'startsOn',
  'currency',
  'zone',
  'pointValue',
];

describe('R9.4: plural forms', () => {
  it.each<[Locale, number, string]>([
    ['en', 0, '0 X-Points'],
    ['en', 1, '1 X-Point'],
    ['en', 5943, '5,943 X-Points'],
    ['de', 1, '1 X-Point'],
    ['de', 5943, '5.943 X-Points'],
    ['tr', 1, '1 X puan'],
    ['tr', 5943, '5.943 X puan'],
    ['pl', 0, '0 punktów X'],
    ['pl', 1, '1 punkt X'],
    ['pl', 2, '2 punkty X'],
    ['pl', 4, '4 punkty X'],
    ['pl', 5, '5 punktów X'],
    ['pl', 12, '12 punktów X'],
    ['pl', 14, '14 punktów X'],
    ['pl', 22, '22 punkty X'],
    ['pl', 101, '101 punktów X'],
    ['pl', 104, '104 punkty X'],
    ['pl', 112, '112 punktów X'],
    ['pl', 10_002, '10\u00a0002 punkty X'],
    ['es', 0, '0 X-points'],
    ['es', 1, '1 X-point'],
    ['es', 10_000, '10.000 X-points'],
    ['es', 1_000_000, '1.000.000 de X-points'],
    ['es', 1_000_001, '1.000.001 X-points'],
  ])('%s: %s is %s', (locale, count, phrase) => {
    expect(message(locale, 'xPoints', { count })).toBe(phrase);
  });

  it.each<[Locale, number, string]>([
    ['en', 1, '1 X-Point has expired'],
    ['en', 2, '2 X-Points have expired'],
    ['de', 1, '1 X-Point ist verfallen'],
    ['de', 2, '2 X-Points sind verfallen'],
    ['tr', 1, '1 X puanınızın süresi doldu'],
    ['tr', 2, '2 X puanınızın süresi doldu'],
    ['pl', 1, 'Wygasł 1 punkt X'],
    ['pl', 3, 'Wygasły 3 punkty X'],
    ['pl', 13, 'Wygasło 13 punktów X'],
    ['es', 1, 'Ha caducado 1 X-point'],
    ['es', 2, 'Han caducado 2 X-points'],
    ['es', 2_000_000, 'Han caducado 2.000.000 de X-points'],
  ])('%s: %s agrees with its verb: %s', (locale, count, subject) => {
    expect(message(locale, 'POINTS_EXPIRED.subject', { count })).toBe(subject);
  });
});
