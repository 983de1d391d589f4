import { createHash } from 'node:crypto';
import type { MailConfig } from '../config';
import type { RenderedNotification } from './render';

/** A mail to one member. */
export interface OutgoingMail extends RenderedNotification {
  readonly to: string;
  /** The account and the notification's number on it: what the mail is recognised by. */
  readonly accountId: string;
  readonly number: number;
  readonly kind: string;
  /** A tag such as `en-GB`. */
  readonly language: string;
}

/** Takes mails to a mail server. */
export interface Post {
  /** Resolves once the server has taken the mail. Fails with MailNotTakenError, also when `signal` aborts. */
  send(mail: OutgoingMail, signal: AbortSignal): Promise<void>;
  /** Breaks every connection off. */
  close(): void;
}

/** A mail was not taken. It names no address: servers repeat them in their words, so neither those nor a cause are kept. */
export class MailNotTakenError extends Error {
  constructor(
    message: string,
    /** The server will never take this mail; else it may be tried again. */
    readonly isPermanent: boolean,
    /** It is the server or the way to it, not this mail: others need not be tried just now. */
    readonly isEverybodys: boolean,
  ) {
    super(message);
    this.name = 'MailNotTakenError';
  }
}

/** Connections to the mail server, at most. */
export const MAIL_CONNECTIONS = 5;
const CONNECT_MS = 10_000;
const SILENCE_MS = 20_000;

/** A post office at `config.url`. Nothing is connected before the first mail. What the address sets in its query prevails. */
export function createPost(config: MailConfig): Post {
  const { url, from, replyTo, requireTls } = config;
  // Loaded here only: without a mail server nobody needs it.
  const { createTransport }: typeof import('nodemailer') = require('nodemailer');
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: MAIL_CONNECTIONS,
    // A mail whose connection broke is tried again by us, later.
    maxRequeues: 0,
    requireTLS: requireTls,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([^\s<>"]+?)>?$/.exec(from)?.[1] ?? 'rewards';
  return {
    close: () => transport.close(),
    send: async (mail, signal) => {
      try {
        await transport.sendMail({
          from,
          ...(replyTo === null ? {} : { replyTo }),
          // As an object it is one address, whatever stands in it.
          to: { name: '', address: mail.to },
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          messageId: messageId(mail, domain),
          headers: {
            'Auto-Submitted': 'auto-generated',
            'Content-Language': mail.language,
            'X-Rewards-Notification': `${mail.kind} ${mail.number}`,
          },
          signal,
        });
      } catch (error) {
        throw notTaken(error);
      }
    },
  };
}

/** The same for every attempt, so that a mail that came twice is seen to be one; it does not tell the account's id. */
function messageId({ accountId, number }: OutgoingMail, domain: string): string {
  const hash = createHash('sha256').update(`${accountId}/${number}`).digest('base64url');
  return `<${hash}@${domain}>`;
}

/** What a server says of a recipient or a mail; of anything else (who we are, whether it has time) it may think better. */
const ABOUT_THE_MAIL = /^(RCPT TO|DATA|BDAT|BURL)/;

function notTaken(error: unknown): MailNotTakenError {
  const { code, command, responseCode, response } = Object(error) as {
    readonly code?: unknown;
    readonly command?: unknown;
    readonly responseCode?: unknown;
    readonly response?: unknown;
  };
  const step = typeof command === 'string' ? command : 'CONN';
  const status = typeof responseCode === 'number' ? responseCode : null;
  const isAboutMail = status !== null && ABOUT_THE_MAIL.test(step);
  const isPermanent = isAboutMail && status >= 500 && status < 600 && status !== 503;
  const isOurs = code === 'EENVELOPE' && status === null;
  const enhanced = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(String(response ?? ''))?.[1];
  const words = [status ?? String(code ?? 'failure'), enhanced].filter(Boolean).join(' ');
  return new MailNotTakenError(
    `The mail server answered ${words} at ${step}`,
    isPermanent || isOurs,
    (!isAboutMail && !isOurs) || status === 421,
  );
}
