import { IntlMessageFormat } from 'intl-messageformat';
import type { Locale } from '../programs/terms';
import de from './messages/de.json';
import en from './messages/en.json';
import es from './messages/es.json';
import pl from './messages/pl.json';
import tr from './messages/tr.json';

/** Names a message of the catalogs: one JSON file per language, with the same keys. */
export type MessageKey = keyof typeof en;

/** What a message says beside its words: texts formatted for its reader, and numbers that decide plurals. */
export type MessageValues = Readonly<Record<string, string | number>>;

/** ICU messages of member-facing texts, per language (R9.4). */
export const CATALOGS: Readonly<Record<Locale, Readonly<Record<MessageKey, string>>>> = {
  en,
  de,
  tr,
  pl,
  es,
};

/** Whether there is a message of that name. */
export function isMessageKey(name: string): name is MessageKey {
  return Object.hasOwn(en, name);
}

/** The tag by which numbers and dates are written in a language. The program is European: 15 March 2026. */
export const LANGUAGE_TAGS: Readonly<Record<Locale, string>> = {
  en: 'en-GB',
  de: 'de',
  tr: 'tr',
  pl: 'pl',
  es: 'es',
};

/** Compiled on first use; as many as there are messages. */
const compiled = new Map<string, IntlMessageFormat>();

/**
 * A message in a language. Values go in as they are: nothing in them is read as a placeholder or as markup.
 * Throws where a placeholder has no value: a bug.
 */
export function message(locale: Locale, key: MessageKey, values: MessageValues = {}): string {
  const name = `${locale} ${key}`;
  let format = compiled.get(name);
  if (!format) {
    format = new IntlMessageFormat(CATALOGS[locale][key], LANGUAGE_TAGS[locale], undefined, {
      ignoreTag: true,
    });
    compiled.set(name, format);
  }
  return String(format.format(values));
}
