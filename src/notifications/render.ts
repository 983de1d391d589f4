import type { Instant } from '../kernel/time';
import type { NotificationContent } from '../ledger/notification';
import type { Locale, Terms } from '../programs/terms';
import { LANGUAGE_TAGS, message } from '../texts/catalog';
import { contentOf } from './content';
import { layOutHtml, layOutText, type Mail } from './mail-layout';

/** Who reads a notification, and what it refers to. */
export interface RenderContext {
  readonly locale: Locale;
  /** The member's terms: zone, tier names, contact, periods of objection. */
  readonly program: Terms;
  /** The member's name; the greeting does without one. */
  readonly name?: string | null;
  /** What a campaign is called in that language, by its code, which stands where it is not known. */
  readonly campaignName?: (code: string) => string | undefined;
}

/** A notification as a mail; `text` and `html` say the same. */
export interface RenderedNotification {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/**
 * Writes a notification in the reader's language (R9.1, R9.4). Pure: the same arguments give the same mail. Names,
 * notes and references are taken word by word, and escaped in HTML.
 */
export function renderNotification(
  notification: NotificationContent & { readonly createdAt: Instant },
  context: RenderContext,
): RenderedNotification {
  const { locale, program: terms, campaignName } = context;
  const { contact } = terms;
  const reader = { locale, terms, campaignName: (code: string) => campaignName?.(code) ?? code };
  const { subject, blocks } = contentOf(reader, notification, notification.createdAt);
  const name = context.name?.replace(/\s+/g, ' ').trim() ?? '';
  const mail: Mail = {
    language: LANGUAGE_TAGS[locale],
    brand: message(locale, 'brand'),
    subject,
    greeting:
      name === '' ? message(locale, 'greeting') : message(locale, 'greetingByName', { name }),
    blocks,
    closing: message(locale, 'closing'),
    signature: message(locale, 'signature'),
    footer: [message(locale, 'footer.reason'), message(locale, 'footer.contact', { contact })],
    contact,
  };
  return { subject, text: layOutText(mail), html: layOutHtml(mail) };
}
