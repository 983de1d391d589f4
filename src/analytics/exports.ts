import type { App } from '../app';
import { readAccounting } from './accounting.reads';
import { accountingCsv, accountingJson } from './accounting-export';
import { analyticsCsv, entriesCsv, type Named, required } from './analytics-export';
import { CSV_TYPE } from './csv';

const MONTHS = ['program', 'from', 'to'];

/** GET /accounting.csv and /accounting.json: `program`, `from` and `to` as of `Query.rewardsAccounting`. */
const ACCOUNTING = (['csv', 'json'] as const).map((format) => ({
  path: `/accounting.${format}` as const,
  action: 'readAccounting' as const,
  parameters: MONTHS,
  open: async (app: App, named: Named) => {
    const [program, from, to] = MONTHS.map((name) => required(named, name));
    const accounting = await readAccounting(app, program!, from!, to!);
    return {
      fileName: `accounting-${program}-${from}-${to}.${format}`,
      ...(format === 'csv'
        ? { contentType: CSV_TYPE, parts: only(accountingCsv(accounting)) }
        : {
            contentType: 'application/json; charset=utf-8',
            parts: only(accountingJson(accounting)),
          }),
    };
  },
}));

const PERIOD = ['program', 'from', 'to', 'asOf'];

/** GET /analytics.csv and /analytics/entries.csv: `program`, `from`, `to`, `by` and `asOf` as of `Query.rewardsAnalytics`. */
const ANALYTICS = [
  {
    path: '/analytics.csv' as const,
    parameters: [...PERIOD, 'by', 'section'],
    name: ({ section = 'periods' }: Named) => section,
    parts: analyticsCsv,
  },
  {
    path: '/analytics/entries.csv' as const,
    parameters: [...PERIOD, 'figure', 'source', 'campaign'],
    name: ({ figure, source }: Named) => ['entries', figure, source].filter(Boolean).join('-'),
    parts: entriesCsv,
  },
].map(({ path, parameters, name, parts }) => ({
  ...{ path, parameters, action: 'readAnalytics' as const },
  open: async (app: App, named: Named) => {
    const text = await parts(app, named);
    return {
      fileName: `analytics-${named.program}-${name(named)}.csv`,
      ...{ contentType: CSV_TYPE, parts: text },
    };
  },
}));

/** Everything of analytics that is downloaded. */
export const EXPORTS = [...ACCOUNTING, ...ANALYTICS];

async function* only(text: string): AsyncGenerator<string> {
  yield text;
}
