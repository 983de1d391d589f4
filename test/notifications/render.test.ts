import { NOTIFICATION_KINDS, type NotificationContent } from '../../src/ledger/notification';
import { LOCALES, type Locale } from '../../src/programs/terms';
import { LANGUAGE_TAGS } from '../../src/texts/catalog';
import { shippedTerms } from '../programs/documents';
import { rendered, SAMPLES, sample } from './samples';

const EU = shippedTerms('eu');
const NAMES = Object.keys(SAMPLES);

/** What a page of HTML shows: without its head, its preheader and its tags. */
function shown(html: string): string {
  return html
    .replace(/<head>.*<\/head>/s, '')
    .replace(/<div style="display:none.*?<\/div>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&');
}

/** Letters and digits alone: what is left where marks of lists and quotes differ. */
const facts = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, '');

describe('R9.1: every notification', () => {
  it('has a sample of its kind', () => {
    const kinds = new Set(Object.values(SAMPLES).map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(Object.keys(NOTIFICATION_KINDS).sort());
  });

  it.each(NAMES)('%s is whole, and says the same as text and as HTML (R9.4)', (name) => {
    for (const locale of LOCALES) {
      const { subject, text, html } = rendered(sample(name), locale);
      expect(subject).toMatch(/^[^\r\n]{8,120}$/);
      for (const written of [subject, text, shown(html)]) {
        expect(written).not.toMatch(/[{}]|undefined|null|NaN|Invalid/);
      }
      expect(html).toContain(`<html lang="${LANGUAGE_TAGS[locale]}"`);
      const page = facts(shown(html));
      expect(page.endsWith(facts(subject) + facts(text))).toBe(true);
      // Before it there is the name of the program, no more.
      expect(page.length - facts(subject + text).length).toBeLessThan(30);
    }
  });

  it.each(NAMES)('%s shares no sentence between two languages (R9.4)', (name) => {
    // The desk's words are not translated.
    const said = LOCALES.flatMap((locale) => {
      const { subject, text } = rendered(sample(name), locale);
      const lines = text
        .split('\n')
        .filter((line) => /\p{L}.* /u.test(line) && !line.startsWith('> '));
      return [...new Set([subject, ...lines])];
    });
    expect(said.filter((line, index) => said.indexOf(line) !== index)).toEqual([]);
  });

  it.each<[Locale, string, string]>([
    ['en', 'Hello Ada Lovelace,', 'Hello,'],
    ['de', 'Guten Tag Ada Lovelace,', 'Guten Tag,'],
    ['tr', 'Sayın Ada Lovelace,', 'Merhaba,'],
    ['pl', 'Dzień dobry, Ada Lovelace,', 'Szanowni Państwo,'],
    ['es', 'Hola, Ada Lovelace:', 'Hola:'],
  ])('in %s greets with "%s", and without a name with "%s"', (locale, named, unnamed) => {
    const content = sample('expired');
    const first = (name?: string | null) => rendered(content, locale, { name }).text.split('\n')[0];
    expect(first('Ada\nLovelace ')).toBe(named);
    expect([first(), first(null), first('  ')]).toEqual([unnamed, unnamed, unnamed]);
  });
});

describe('what others wrote', () => {
  const hostile = `<script>alert("x")</script> {points} & 'quoted'\nsecond <b>line</b>`;

  it('is shown word by word and never becomes markup', () => {
    const note: NotificationContent = {
      kind: 'OBJECTION_DECIDED',
      data: { objection: 1, decision: 'REJECTED', points: null, note: hostile },
    };
    const { text, html } = rendered(note, 'en', { name: '<img src=x onerror=alert(1)>' });
    expect(text).toContain(
      `> <script>alert("x")</script> {points} & 'quoted'\n> second <b>line</b>`,
    );
    expect(html).toContain(
      '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; {points} &amp; &#39;quoted&#39;<br>second &lt;b&gt;line&lt;/b&gt;',
    );
    expect(html).not.toMatch(/<script|<img|<b>/);
  });

  it('in references, codes and campaigns neither', () => {
    const contents: NotificationContent[] = [
      {
        kind: 'DISCOUNT_ISSUED',
        data: { code: hostile, percent: 10, expiresAt: '2027-03-15T23:00:00Z' },
      },
      {
        kind: 'TRANSFER_DECIDED',
        data: { transferId: hostile, decision: 'APPROVED', direction: 'IN', points: 1, note: null },
      },
    ];
    const credit = sample('credited, campaign and order');
    if (credit.kind === 'POINTS_CREDITED') {
      const data = { ...credit.data, orderId: hostile, campaign: hostile };
      contents.push({ kind: 'POINTS_CREDITED', data });
    }
    expect(contents).toHaveLength(3);
    for (const content of contents) {
      const { subject, html } = rendered(content, 'en');
      expect(html).not.toMatch(/<script|<b>/);
      expect(html).toContain('&lt;script&gt;');
      expect(subject).not.toContain('\n');
    }
  });

  it('links the contact in our own words alone', () => {
    const note: NotificationContent = {
      kind: 'OBJECTION_DECIDED',
      data: { objection: 1, decision: 'REJECTED', points: null, note: `Write to ${EU.contact}` },
    };
    const { html } = rendered(note, 'en');
    expect(html.split(`href="mailto:${EU.contact}"`)).toHaveLength(2);
    expect(html).toContain(`Write to ${EU.contact}</blockquote>`);
  });
});

describe('the page', () => {
  it.each(NAMES)('%s fetches nothing and runs nothing', (name) => {
    for (const locale of LOCALES) {
      const { html } = rendered(sample(name), locale);
      expect(html).not.toMatch(/<script|<link|<img|<iframe|\ssrc=|url\(|@import|\son\w+=/);
      const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, to]) => to);
      expect([...new Set(links)]).toEqual([`mailto:${EU.contact}`]);
    }
  });

  it('is readable by machines: a language, one heading, rows with headers, a title', () => {
    const { html, subject } = rendered(sample('credited, order'), 'de');
    expect(html).toContain('<html lang="de"');
    expect(html).toContain(`<title>${subject}</title>`);
    expect(html.match(/<h1/g)).toHaveLength(1);
    expect(html.match(/<th scope="row"/g)).toHaveLength(4);
    expect(html.match(/<table role="presentation"/g)).toHaveLength(2);
    expect(html).toContain('<meta name="color-scheme" content="light dark">');
  });

  it('gives the same mail for the same arguments', () => {
    expect(rendered(sample('new terms'), 'pl')).toEqual(rendered(sample('new terms'), 'pl'));
  });
});
