import 'reflect-metadata';
import { pino } from 'pino';
import type { App } from '../../src/app';
import { createDataSource } from '../../src/database/data-source';
import { Metrics } from '../../src/operations/metrics';
import { startRelay } from '../../src/outbox/relay';

/** A relay in a process of its own, to be killed: database URL, webhook URL, secret. */
async function main([databaseUrl = '', url = '', secret = '']: string[]): Promise<void> {
  const database = await createDataSource(databaseUrl, { poolSize: 2 }).initialize();
  const log = pino({ level: 'silent' });
  const metrics = new Metrics();
  const app = { config: { webhook: { url, secret } }, database, log, metrics };
  startRelay(app as unknown as App, { leaseMs: 1_000, timeoutMs: 500 });
}

void main(process.argv.slice(2));
