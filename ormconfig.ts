import { createDataSource } from './src/database/data-source';

/** What TypeORM's command line works on: DATABASE_URL, with the timeouts of a migration. */
export default createDataSource(process.env.DATABASE_URL ?? 'postgres://127.0.0.1/rewards', {
  applicationName: 'rewards-typeorm',
  session: 'migration',
});
