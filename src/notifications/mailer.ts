import type { App } from '../app';
import { LANGUAGE_TAGS } from '../texts/catalog';
import { languageOf, letterOf } from './letter';
import {
  type ClaimedMail,
  claimMails,
  giveMailBack,
  giveMailUp,
  retryMailLater,
  settleMail,
} from './mail.store';
import { recordDelivery } from './record-delivery';
import type { RenderedNotification } from './render';
import { createPost, MAIL_CONNECTIONS, MailNotTakenError, type Post } from './smtp';
import { isMailOff, noteNoMail } from './webhook-channel';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export interface MailerOptions {
  /** How long to wait after each failed attempt: one attempt more than there are waits, then the mail is dead. */
  readonly retryDelaysMs: readonly number[];
  /** How often to look where nobody nudges. */
  readonly pollMs: number;
  /** The longest an attempt takes. */
  readonly timeoutMs: number;
  /** How long a claim holds: longer than an attempt, so that a living mailer never sends beside another. */
  readonly leaseMs: number;
  /** How long to rest after the mail server failed for everybody: doubled each time in a row, up to the second. */
  readonly restMs: readonly [first: number, longest: number];
  /** How long `stop` waits for running attempts before it breaks them off. */
  readonly graceMs: number;
}

/** Twelve attempts over about three days. */
const DEFAULTS: MailerOptions = {
  retryDelaysMs: [
    30 * SECOND,
    2 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
    12 * HOUR,
    24 * HOUR,
    24 * HOUR,
  ],
  pollMs: 2 * SECOND,
  timeoutMs: MINUTE,
  leaseMs: 3 * MINUTE,
  restMs: [2 * SECOND, MINUTE],
  graceMs: 5 * SECOND,
};

/** Why an attempt is aborted when the mailer stops. */
const BROKEN_OFF = new Error('The mailer is stopping');

export interface Mailer {
  /** Claims nothing more, and resolves once no attempt runs. */
  stop(): Promise<void>;
}

/**
 * Tells members by mail what notifications say (R9.1), each in their language and in order, at least once: any number of
 * mailers share the work through claims with a lease. Without a mail server nothing goes out: in development the mail is
 * kept (the page /mail shows it), in production mail is off and the platform's webhook is how a member is told.
 */
export function startMailer(app: App, options: Partial<MailerOptions> = {}): Mailer {
  if (isMailOff(app.config)) {
    app.log.warn('Mail is off (SMTP_URL is not set): members are told by the platform alone');
  }
  return new NotificationMailer(app, { ...DEFAULTS, ...options });
}

class NotificationMailer implements Mailer {
  private readonly post: Post | null;
  /** What runs, and how to break it off. */
  private readonly attempts = new Map<Promise<void>, AbortController>();
  private readonly loop: Promise<void>;
  private isStopping = false;
  private isNudged = false;
  private wake: () => void = () => undefined;
  /** The mail server fails for everybody: how long the rest is, and when it is over. */
  private restMs = 0;
  private restUntil = 0;

  constructor(
    private readonly app: App,
    private readonly options: MailerOptions,
  ) {
    this.post = app.config.mail === null ? null : createPost(app.config.mail);
    app.written.on('notifications', this.nudge);
    this.loop = this.run();
  }

  private readonly nudge = (): void => {
    this.isNudged = true;
    this.wake();
  };

  async stop(): Promise<void> {
    this.app.written.off('notifications', this.nudge);
    this.isStopping = true;
    this.wake();
    await this.loop;
    const grace = setTimeout(() => {
      for (const attempt of this.attempts.values()) attempt.abort(BROKEN_OFF);
    }, this.options.graceMs);
    await Promise.all(this.attempts.keys());
    clearTimeout(grace);
    this.post?.close();
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      this.isNudged = false;
      const found = await this.claim().catch((error) => {
        this.app.log.error({ err: error }, 'The mailer could not claim mails');
        return 0;
      });
      if (found === 0 && !this.isStopping) await this.pause();
    }
  }

  /** Starts as many attempts as there is room for, and tells how many. */
  private async claim(): Promise<number> {
    const room = MAIL_CONNECTIONS - this.attempts.size;
    if (room === 0 || performance.now() < this.restUntil) return 0;
    const mails = await claimMails(this.app.database, room, this.options.leaseMs);
    for (const mail of mails) this.start(mail);
    return mails.length;
  }

  private start(mail: ClaimedMail): void {
    const controller = new AbortController();
    const { accountId, number } = mail;
    const attempt = this.attempt(mail, controller)
      .catch((error) =>
        this.app.log.error({ err: error, accountId, number }, 'A mail could not be settled'),
      )
      .finally(() => {
        this.attempts.delete(attempt);
        this.nudge();
      });
    this.attempts.set(attempt, controller);
  }

  private async attempt(mail: ClaimedMail, controller: AbortController): Promise<void> {
    const { app } = this;
    const { accountId: customerId, number, email } = mail;
    if (email === null || isMailOff(app.config)) {
      await settleMail(app.database, mail, 'NONE');
      return noteNoMail(app, customerId, number);
    }
    const letter = await this.write(mail);
    if (letter === null) return;
    const channel = this.post === null ? 'PAGE' : 'EMAIL';
    // A process died after it was taken and recorded: once is enough.
    const isTaken = mail.channel === 'EMAIL' || mail.channel === 'PAGE';
    if (!isTaken && !(await this.send(mail, { ...letter, to: email }, controller))) return;
    const answer = await app.ledger.execute(recordDelivery({ customerId, number, channel }));
    // Frozen meanwhile: it is sent once more when the account is let go, for only what is recorded starts a period (R2.6).
    if ('refused' in answer) return;
    await settleMail(app.database, mail, 'SENT');
  }

  /** The mail's words; null where they could not be found, and the mail is given up. */
  private async write(mail: ClaimedMail): Promise<RenderedNotification | null> {
    try {
      return await letterOf(this.app.programs, mail, languageOf(mail.locale));
    } catch (error) {
      const { accountId, number, kind } = mail;
      this.app.log.error({ err: error, accountId, number, kind }, 'A mail could not be written');
      await giveMailUp(this.app.database, mail, 'The mail could not be written: see the log');
      return null;
    }
  }

  /** Whether the mail server took it. */
  private async send(
    mail: ClaimedMail,
    letter: RenderedNotification & { readonly to: string },
    controller: AbortController,
  ): Promise<boolean> {
    if (this.post === null) return true;
    const timer = setTimeout(() => controller.abort(), this.options.timeoutMs);
    const { accountId, number, kind } = mail;
    const language = LANGUAGE_TAGS[languageOf(mail.locale)];
    try {
      await this.post.send({ ...letter, accountId, number, kind, language }, controller.signal);
      this.restMs = 0;
      return true;
    } catch (error) {
      if (!(error instanceof MailNotTakenError)) throw error;
      if (controller.signal.reason === BROKEN_OFF) await giveMailBack(this.app.database, mail);
      else await this.settleFailure(mail, error);
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  private async settleFailure(mail: ClaimedMail, error: MailNotTakenError): Promise<void> {
    const { accountId, number, attempts } = mail;
    const { message: reason, isPermanent, isEverybodys } = error;
    if (isEverybodys) this.rest();
    const delay = isPermanent ? undefined : this.options.retryDelaysMs[attempts - 1];
    if (delay === undefined) {
      this.app.log.error({ accountId, number, attempts, reason }, 'A mail is given up');
      return giveMailUp(this.app.database, mail, reason);
    }
    this.app.log.warn({ accountId, number, attempts, reason }, 'A mail failed');
    return retryMailLater(this.app.database, mail, jittered(delay), reason);
  }

  private rest(): void {
    const now = performance.now();
    if (now < this.restUntil) return;
    const [first, longest] = this.options.restMs;
    this.restMs = Math.min(Math.max(2 * this.restMs, first), longest);
    this.restUntil = now + this.restMs;
  }

  /** Until the time is up or, but in a rest, somebody nudges, whichever is first. */
  private pause(): Promise<void> {
    const leftMs = this.restUntil - performance.now();
    const isResting = leftMs > 0;
    if (this.isNudged && !isResting) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, isResting ? leftMs : this.options.pollMs);
      this.wake = () => {
        if (isResting && !this.isStopping) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Up to a fifth more or less, so that what failed together does not come again together. */
function jittered(delayMs: number): number {
  return Math.round(delayMs * (0.8 + Math.random() * 0.4));
}
