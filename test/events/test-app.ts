import { type App, createApp } from '../../src/app';
import { type Config, loadConfig } from '../../src/config';
import { freshDatabase } from '../support/database';

export type RunningApp = App & { close(): Promise<void> };

/** An app on a database, as main.ts builds it, with a sandbox clock and a silent log. */
export function openApp(url: string, settings: Partial<Config> = {}): Promise<RunningApp> {
  const env = { DATABASE_URL: url, LOG_LEVEL: 'silent', REWARDS_SANDBOX: '1', PORT: '0' };
  return createApp({ ...loadConfig(env), ...settings });
}

/** An app on a database of its own, which goes with it. */
export async function freshApp(settings: Partial<Config> = {}): Promise<RunningApp> {
  const { url, drop } = await freshDatabase();
  const app = await openApp(url, settings);
  const close = async () => {
    await app.close();
    await drop();
  };
  return { ...app, close };
}
