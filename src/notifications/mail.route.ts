import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { App } from '../app';
import { formatInstant } from '../kernel/time';
import { LANGUAGE_TAGS } from '../texts/catalog';
import { languageOf, letterOf } from './letter';
import { type KeptMail, readKeptMail, readKeptMails } from './mail.reads';
import type { RenderedNotification } from './render';

/** Mails that the page lists. */
const LISTED = 100;

const STYLE = `body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #ddd; vertical-align: top; }
iframe { width: 100%; height: 34rem; border: 1px solid #ccc; } pre { white-space: pre-wrap; background: #f6f6f6; padding: 1rem; } h2 { font-size: 1rem; margin-top: 2rem; }`;

/** The page itself: no script, nothing from elsewhere, and one frame, of ours. */
const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A mail as a mail program shows it: styles of its own, and no script, form or address from anywhere. */
const MAIL_POLICY = [
  'sandbox',
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

/**
 * For development: GET /mail shows the latest mails to members, GET /mail/<customerId>/<number> one of them, written anew from
 * its notification. Not in production, where mails belong to their readers.
 */
export function registerMailPage(
  fastify: FastifyInstance,
  app: Pick<App, 'database' | 'programs'>,
): void {
  fastify.get('/mail', async (_request, reply) => {
    const mails = await readKeptMails(app.database, LISTED);
    const rows = await Promise.all(
      mails.map(async (mail) => listed(mail, await written(app, mail))),
    );
    return sendPage(reply, 'Mails', list(rows));
  });
  fastify.get<{ Params: MailParams }>('/mail/:customerId/:number', async (request, reply) => {
    const mail = await find(app, request.params);
    return mail
      ? sendPage(reply, 'Mail', single(mail, await written(app, mail)))
      : reply.callNotFound();
  });
  fastify.get<{ Params: MailParams }>('/mail/:customerId/:number/html', async (request, reply) => {
    const mail = await find(app, request.params);
    if (!mail) return reply.callNotFound();
    const { html } = await written(app, mail);
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', MAIL_POLICY)
      .send(html);
  });
}

interface MailParams {
  readonly customerId: string;
  readonly number: string;
}

async function find(
  { database }: Pick<App, 'database'>,
  { customerId, number }: MailParams,
): Promise<KeptMail | null> {
  return /^[1-9]\d{0,14}$/.test(number) && !customerId.includes('\0')
    ? readKeptMail(database, customerId, Number(number))
    : null;
}

function written(
  { programs }: Pick<App, 'programs'>,
  mail: KeptMail,
): Promise<RenderedNotification> {
  return letterOf(programs, mail, languageOf(mail.locale));
}

function sendPage(reply: FastifyReply, title: string, body: string): FastifyReply {
  return reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', PAGE_POLICY)
    .send(
      `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Rewards – ${title}</title>\n<style>${STYLE}</style>\n</head>\n<body>\n${body}\n</body>\n</html>\n`,
    );
}

function list(rows: readonly string[]): string {
  const none =
    '<p>Nobody was written to yet: members with an e-mail address are, of credits and more.</p>';
  const head = '<tr><th>At</th><th>To</th><th>About</th><th>Language</th></tr>';
  const table = `<table>\n<thead>${head}</thead>\n<tbody>\n${rows.join('\n')}\n</tbody>\n</table>`;
  return `<h1>Mails to members</h1>\n<p>The latest ${LISTED}, as a mail program would show them.</p>\n${rows.length === 0 ? none : table}`;
}

function listed(mail: KeptMail, { subject }: RenderedNotification): string {
  const cells = [
    instantOf(mail),
    addressOf(mail),
    `<a href="${pathOf(mail)}">${escaped(subject)}</a>`,
    LANGUAGE_TAGS[languageOf(mail.locale)],
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

function single(mail: KeptMail, { subject, text }: RenderedNotification): string {
  const facts = [
    ['To', addressOf(mail)],
    ['Customer', escaped(mail.accountId)],
    ['About', `${mail.kind} ${mail.number}`],
    ['At', instantOf(mail)],
    ['Taken by', mail.channel === 'PAGE' ? 'this page' : 'the mail server'],
  ].map(([name, value]) => `<tr><th>${name}</th><td>${value}</td></tr>`);
  return [
    '<p><a href="/mail">All mails</a></p>',
    `<h1>${escaped(subject)}</h1>`,
    `<table>${facts.join('')}</table>`,
    '<h2>HTML</h2>',
    `<iframe sandbox title="The mail" src="${pathOf(mail)}/html"></iframe>`,
    '<h2>Text</h2>',
    `<pre>${escaped(text)}</pre>`,
  ].join('\n');
}

function instantOf({ deliveredAt }: KeptMail): string {
  return deliveredAt === null ? '' : formatInstant(deliveredAt);
}

function addressOf({ email }: KeptMail): string {
  return email === null ? '–' : escaped(email);
}

function pathOf({ accountId, number }: KeptMail): string {
  return escaped(`/mail/${encodeURIComponent(accountId)}/${number}`);
}

function escaped(text: string): string {
  const names: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' };
  return text.replace(/[&<>"]/g, (character) => `&${names[character]};`);
}
