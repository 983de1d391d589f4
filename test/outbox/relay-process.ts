import 'reflect-metadata';
import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import type { App } from '../../src/app';
import { loadConfig } from '../../src/config';
import { createDataSource } from '../../src/database/data-source';
import { Metrics } from '../../src/operations/metrics';
import { startRelay } from '../../src/outbox/relay';

/** A relay in a process of its own, to be killed: database URL, webhook URL, secret. */
async function main([databaseUrl = '', url = '', secret = '']: string[]): Promise<void> {
  const database = await createDataSource(databaseUrl, { poolSize: 2 }).initialize();
  const config = loadConfig({ WEBHOOK_URL: url, WEBHOOK_SECRET: secret });
  const written: App['written'] = new EventEmitter();
  const log = pino({ level: 'silent' });
  const metrics = new Metrics();
  startRelay({ config, database, log, written, metrics }, { leaseMs: 1_000, timeoutMs: 500 });
}

void main(process.argv.slice(2));
