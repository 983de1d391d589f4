import { rm } from 'node:fs/promises';

/** Stops the run's PostgreSQL and removes its folder. */
export default async function globalTeardown(): Promise<void> {
  const running = globalThis.rewardsTestPostgres;
  await running?.server.stop();
  if (running) await rm(running.folder, { recursive: true, force: true });
}
