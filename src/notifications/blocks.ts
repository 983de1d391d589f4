import { invariant } from '../kernel/errors';
import type { Points } from '../kernel/points';
import { type Instant, parseInstant } from '../kernel/time';
import type { NotifiedMoney } from '../ledger/notification';
import type { Locale, Terms } from '../programs/terms';
import { type MessageKey, type MessageValues, message } from '../texts/catalog';
import { lastDay, money } from '../texts/format';

/** A piece of a message, before it is text or HTML. All of it plain text. */
export type Block =
  | { readonly type: 'paragraph'; readonly text: string }
  | { readonly type: 'facts'; readonly rows: readonly Fact[] }
  | { readonly type: 'items'; readonly items: readonly string[] }
  /** To be copied as it is. */
  | { readonly type: 'code'; readonly label: string; readonly text: string }
  /** What somebody wrote to the member, word by word. */
  | { readonly type: 'quote'; readonly label: string; readonly text: string };

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** What a notification says, without the frame of a mail. */
export interface Content {
  readonly subject: string;
  readonly blocks: readonly Block[];
}

/** Who reads, and by which terms days, tier names and periods are written. */
export interface Reader {
  readonly locale: Locale;
  readonly terms: Terms;
  readonly campaignName: (code: string) => string;
}

/** A message in the reader's language. */
export function say(reader: Reader, key: MessageKey, values?: MessageValues): string {
  return message(reader.locale, key, values);
}

/** A message as a paragraph of its own. */
export function paragraph(reader: Reader, key: MessageKey, values?: MessageValues): Block {
  return { type: 'paragraph', text: say(reader, key, values) };
}

/** Rows of a label and a value. */
export function facts(...rows: readonly Fact[]): Block {
  return { type: 'facts', rows };
}

/** One of them. */
export function fact(reader: Reader, label: MessageKey, value: string): Fact {
  return { label: say(reader, label), value };
}

/** What the rewards desk wrote, where it wrote something. */
export function quoted(reader: Reader, note: string | null): Block[] {
  const text = note?.trim() ?? '';
  return text === '' ? [] : [{ type: 'quote', label: say(reader, 'label.note'), text }];
}

/** How long a credit or a discount can be objected to, and where (R8.2). */
export function objecting(reader: Reader): MessageValues {
  return { months: reader.terms.objectionMonths, contact: reader.terms.contact };
}

/** A number of points as a phrase, and the number that decides the grammar around it. */
export function counted(reader: Reader, count: Points): MessageValues {
  return { points: xPoints(reader, count), count };
}

/** A number of points as a phrase: 5.943 X-Points. */
export function xPoints(reader: Reader, count: Points): string {
  return say(reader, 'xPoints', { count });
}

/** Money as the reader writes it. */
export function worth(reader: Reader, value: NotifiedMoney): string {
  return money(reader.locale, value.amount, value.currency);
}

/** The last day before something is over that is over from an instant on. */
export function lastDayOf(reader: Reader, end: string): string {
  return lastDay(reader.locale, instant(end), reader.terms.zone);
}

/** An instant of a notification's data. */
export function instant(text: string): Instant {
  const at = parseInstant(text);
  invariant(at !== null, 'a notification holds RFC 3339 instants');
  return at;
}
