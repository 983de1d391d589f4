import type { Instant } from '../kernel/time';
import type { NotificationContent } from '../ledger/notification';
import type { Programs } from '../programs/programs';
import { LOCALES, type Locale, type ProgramCode } from '../programs/terms';
import { type RenderedNotification, renderNotification } from './render';

/** A notification of a member, and the terms that bind them. */
export type Told = NotificationContent & {
  readonly createdAt: Instant;
  readonly program: ProgramCode;
  readonly termsVersion: number;
};

/** The language of ours that a tag (`de`, `pl-PL`, `tr_TR`) names; undefined where it names none. */
export function knownLanguage(tag: string | null | undefined): Locale | undefined {
  const language = tag?.split(/[-_]/)[0]?.toLowerCase();
  return LOCALES.find((own) => own === language);
}

/** The language that a member is written to in, by their locale: English where it names none of ours. */
export function languageOf(locale: string | null): Locale {
  return knownLanguage(locale) ?? 'en';
}

/** What a program's campaigns are called in a language, by their codes. */
export function campaignName(
  programs: Pick<Programs, 'campaigns'>,
  program: ProgramCode,
  locale: Locale,
): (code: string) => string | undefined {
  return (code) =>
    programs.campaigns(program).find((campaign) => campaign.code === code)?.names[locale];
}

/** What a member is told, in a language. Fails where the stored data is not what its kind has: a bug. */
export async function letterOf(
  programs: Pick<Programs, 'published' | 'campaigns'>,
  told: Told,
  locale: Locale,
): Promise<RenderedNotification> {
  const terms = await programs.published(told.program, told.termsVersion);
  const nameOf = campaignName(programs, told.program, locale);
  return renderNotification(told, { locale, program: terms, campaignName: nameOf });
}
