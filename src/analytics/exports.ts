import type { App } from '../app';
import { RequestError } from '../kernel/errors';
import { readAccounting } from './accounting.reads';
import { accountingCsv, accountingJson } from './accounting-export';
import { CSV_TYPE } from './csv';

/** What analytics gives to download, and who may. */
type Parameters = Readonly<Record<string, string | undefined>>;

const MONTHS = ['program', 'from', 'to'];

/** GET /accounting.csv and /accounting.json: `program`, `from` and `to` as of `Query.rewardsAccounting`. */
const ACCOUNTING = (['csv', 'json'] as const).map((format) => ({
  path: `/accounting.${format}` as const,
  action: 'readAccounting' as const,
  parameters: MONTHS,
  open: async (app: App, named: Parameters) => {
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

/** Everything of analytics that is downloaded. */
export const EXPORTS = [...ACCOUNTING];

async function* only(text: string): AsyncGenerator<string> {
  yield text;
}

function required(named: Parameters, name: string): string {
  const value = named[name];
  if (value !== undefined && value !== '') return value;
  throw new RequestError('BAD_USER_INPUT', `The parameter ${name} is missing.`);
}
