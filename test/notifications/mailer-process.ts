import 'reflect-metadata';
import { createApp } from '../../src/app';
import { loadConfig } from '../../src/config';
import { startMailer } from '../../src/notifications/mailer';

/** A mailer in a process of its own, to be killed: database URL, mail server's URL. */
async function main([databaseUrl = '', url = '']: string[]): Promise<void> {
  const env = { DATABASE_URL: databaseUrl, SMTP_URL: url, MAIL_FROM: 'rewards@shop.example' };
  const app = await createApp(loadConfig({ ...env, REWARDS_SANDBOX: '1', LOG_LEVEL: 'silent' }));
  startMailer(app, { leaseMs: 1_000, timeoutMs: 500 });
}

void main(process.argv.slice(2));
