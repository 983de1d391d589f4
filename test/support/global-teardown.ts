/** Stops the run's PostgreSQL and removes its folder. */
export default async function globalTeardown(): Promise<void> {
  await globalThis.stopTestPostgres?.();
}
