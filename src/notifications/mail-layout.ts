import type { Block, Fact } from './blocks';

/** A message that is ready to be laid out. All of it plain text: what is HTML is made here. */
export interface Mail {
  /** BCP 47. */
  readonly language: string;
  readonly brand: string;
  readonly subject: string;
  readonly greeting: string;
  readonly blocks: readonly Block[];
  readonly closing: string;
  readonly signature: string;
  readonly footer: readonly string[];
  /** Becomes a link wherever the message's own words name it. */
  readonly contact: string;
}

/** The mail as plain text, with all that its HTML says. */
export function layOutText(mail: Mail): string {
  const { greeting, blocks, closing, signature, footer } = mail;
  const parts = [greeting, ...blocks.map(textOf), `${closing}\n${signature}`];
  return `${parts.join('\n\n')}\n\n-- \n${footer.join('\n')}\n`;
}

function textOf(block: Block): string {
  switch (block.type) {
    case 'paragraph':
      return block.text;
    case 'facts':
      return block.rows.map(({ label, value }) => `${label}: ${value}`).join('\n');
    case 'items':
      return block.items.map((item) => `- ${item}`).join('\n');
    case 'code':
      return `${block.label}: ${block.text}`;
    case 'quote':
      return `${block.label}:\n${block.text.replace(/^/gm, '> ')}`;
  }
}

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

/** Colours of a dark background; a mail program that knows neither keeps to the light ones, which are inline. */
const DARK = `
@media (prefers-color-scheme: dark) {
  .page { background: #15181c !important; }
  .card { background: #1f242a !important; border-color: #343b43 !important; }
  .text { color: #e8eaed !important; }
  .soft { color: #a9b1ba !important; }
  .line { border-color: #343b43 !important; }
  .well { background: #2a3037 !important; border-color: #6b7682 !important; }
  .link { color: #8ab8ff !important; }
}
@media (max-width: 480px) {
  .space { padding-left: 20px !important; padding-right: 20px !important; }
}`;

/**
 * The mail as a page of HTML: one column, readable without images, scripts or anything to be fetched, in light and dark.
 * Every value is escaped.
 */
export function layOutHtml(mail: Mail): string {
  const { language, brand, subject, greeting, blocks, closing, signature, footer } = mail;
  const first = blocks.find((block) => block.type === 'paragraph');
  const line = (text: string): string => linked(escapeHtml(text), mail.contact);
  const paragraph = (html: string): string =>
    `<p class="text" style="margin:0 0 16px;color:#1d232a">${html}</p>`;
  const inside = [
    `<h1 class="text" style="margin:0 0 20px;font-size:22px;line-height:1.3;color:#1d232a">${escapeHtml(subject)}</h1>`,
    paragraph(escapeHtml(greeting)),
    ...blocks.map((block) =>
      block.type === 'paragraph' ? paragraph(line(block.text)) : htmlOf(block),
    ),
    paragraph(`${escapeHtml(closing)}<br>${escapeHtml(signature)}`),
  ];
  return `<!doctype html>
<html lang="${escapeHtml(language)}" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(subject)}</title>
<style>${DARK}
</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f2f4f6;${FONT};font-size:16px;line-height:1.5">
<div style="display:none;max-height:0;overflow:hidden" aria-hidden="true">${escapeHtml(first?.text ?? subject)}</div>
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" style="background:#f2f4f6">
<tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:600px">
<tr><td class="soft space" style="padding:0 32px 12px;font-size:14px;font-weight:600;letter-spacing:.02em;color:#59636e">${escapeHtml(brand)}</td></tr>
<tr><td class="card space" style="padding:28px 32px 16px;background:#ffffff;border:1px solid #dfe3e8;border-radius:8px">
${inside.join('\n')}
</td></tr>
<tr><td class="soft space" style="padding:16px 32px;font-size:13px;color:#59636e">${footer.map(line).join('<br>')}</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`;
}

function htmlOf(block: Exclude<Block, { type: 'paragraph' }>): string {
  switch (block.type) {
    case 'facts':
      return factsTable(block.rows);
    case 'items':
      return `<ul class="text" style="margin:0 0 16px;padding-left:24px;color:#1d232a">${block.items
        .map((item) => `<li style="margin:0 0 4px">${escapeHtml(item)}</li>`)
        .join('')}</ul>`;
    case 'code':
      return `<p class="text well" style="margin:0 0 16px;padding:14px 16px;background:#f2f4f6;border:1px dashed #8a94a0;border-radius:6px;text-align:center;color:#1d232a"><span class="soft" style="display:block;font-size:13px;color:#59636e">${escapeHtml(block.label)}</span><strong style="font-family:ui-monospace,Menlo,Consolas,monospace;font-size:20px;letter-spacing:.06em;overflow-wrap:anywhere">${escapeHtml(block.text)}</strong></p>`;
    case 'quote':
      return `<div class="well" style="margin:0 0 16px;padding:12px 16px;background:#f2f4f6;border-left:4px solid #8a94a0"><p class="soft" style="margin:0 0 4px;font-size:13px;color:#59636e">${escapeHtml(block.label)}</p><blockquote class="text" style="margin:0;color:#1d232a;overflow-wrap:anywhere">${escapeHtml(block.text).replace(/\r?\n/g, '<br>')}</blockquote></div>`;
  }
}

/** The longest value that is kept on one line, in characters: amounts and dates are, references need not be. */
const ONE_LINE = 24;

function factsTable(rows: readonly Fact[]): string {
  const cell = 'padding:8px 0;border-top:1px solid #dfe3e8;vertical-align:top';
  const html = rows.map(({ label, value }) => {
    const wrap = value.length > ONE_LINE ? 'overflow-wrap:anywhere' : 'white-space:nowrap';
    return (
      `<tr><th scope="row" class="soft line" style="${cell};padding-right:16px;text-align:left;font-weight:400;color:#59636e">${escapeHtml(label)}</th>` +
      `<td class="text line" style="${cell};text-align:right;font-weight:600;color:#1d232a;${wrap}">${escapeHtml(value)}</td></tr>`
    );
  });
  return `<table width="100%" cellpadding="0" cellspacing="0" style="margin:0 0 16px;border-collapse:collapse">${html.join('')}</table>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** Makes a link of an address in text that is escaped already. */
function linked(html: string, address: string): string {
  const link = `<a class="link" href="mailto:${encodeURIComponent(address).replace('%40', '@')}" style="color:#0b57d0">${escapeHtml(address)}</a>`;
  return html.replaceAll(escapeHtml(address), () => link);
}
