import { pickLocale } from '../../src/server/locale';

test.each([
  [undefined, 'en'],
  ['', 'en'],
  ['*', 'en'],
  ['de', 'de'],
  ['DE-at', 'de'],
  ['fr-FR,fr;q=0.9,pl;q=0.5', 'pl'],
  ['de;q=0.2,es;q=0.8', 'es'],
  ['tr;q=0,es', 'es'],
  ['de;q=0', 'en'],
  [';;;,,q=1', 'en'],
  ['nonsense'.repeat(1_000), 'en'],
])('Accept-Language %j is answered in %s', (header, locale) => {
  expect(pickLocale(header)).toBe(locale);
});
