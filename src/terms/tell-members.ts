import type { App } from '../app';
import { tellTerms } from './tell-terms';

/** Members that are told in one turn of the job. */
const PAGE = 500;

/**
 * Tells the next members of versions that they do not know of (R2.6). It may break off anywhere, and two processes may do it at
 * once: who was told is not told again. Whose account is frozen is told once it is let go. True where nobody is left.
 */
export async function tellMembersOfTerms(
  app: Pick<App, 'database' | 'ledger' | 'programs'>,
): Promise<boolean> {
  // Ordered, so that those who know are passed over in the index: who does not is rare, and the planner thinks otherwise.
  const rows = await app.database.query<{ id: string }[]>(
    `select a.id from (select program, max(version) as version from terms group by program) newest
     cross join lateral (select id from accounts
       where program = newest.program and terms_known < newest.version and frozen_at is null
       order by terms_known limit $1) a`,
    [PAGE],
  );
  await Promise.all(rows.map(({ id }) => app.ledger.execute(tellTerms(id))));
  return rows.length === 0;
}
