import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { ask, type Endpoint } from './ask';
import { expiryCalendar, flowsChart, liabilityChart } from './charts';
import { daysAhead, type MonthRow, monthRows, monthStart } from './figures';
import { ExpiryAheadDocument, MonthsDocument, ProgramDocument } from './generated/operations';

/** Months that are looked back at, and ahead. */
const MONTHS = 12;

/**
 * A program's year, behind and ahead, into a folder: months.csv, expiry-ahead.csv and three pictures.
 *
 *   GATEWAY_URL=http://localhost:4000/graphql TOKEN=… PROGRAM=EU FOLDER=out node dist/main.js
 */
async function main(): Promise<void> {
  const { GATEWAY_URL = 'http://localhost:4000/graphql', TOKEN, PROGRAM = 'EU' } = process.env;
  const { FOLDER = 'out' } = process.env;
  if (!TOKEN) throw new Error('TOKEN is missing: one with the scope rewards:analytics.');
  const endpoint: Endpoint = { url: GATEWAY_URL, token: TOKEN };
  const now = new Date();
  const { rewardsProgram } = await ask(endpoint, ProgramDocument, { code: PROGRAM });
  if (!rewardsProgram) throw new Error(`There is no program ${PROGRAM}.`);
  const zone = rewardsProgram.timeZone;
  const behind = await ask(endpoint, MonthsDocument, {
    program: PROGRAM,
    from: monthStart(zone, now, 1 - MONTHS).toISOString(),
    to: now.toISOString(),
  });
  const months = monthRows(zone, behind);
  const ahead = await ask(endpoint, ExpiryAheadDocument, {
    program: PROGRAM,
    from: now.toISOString(),
    // A lot that is credited today expires at the end of a day in a year: that month belongs to it.
    to: monthStart(zone, now, MONTHS + 1).toISOString(),
  });
  const days = daysAhead(zone, ahead);
  mkdirSync(FOLDER, { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(FOLDER, name), text);
  write('months.csv', stringify(months.map(columnsOf), { header: true }));
  write('expiry-ahead.csv', stringify([...days], { header: true }));
  write('liability.svg', liabilityChart(PROGRAM, months));
  write('flows.svg', flowsChart(PROGRAM, months));
  write('expiry-calendar.svg', expiryCalendar(PROGRAM, days));
  console.log(`${months.length} months and ${days.length} days of ${PROGRAM} in ${FOLDER}`);
}

/** All but the ageing, which has a column for each age in the picture alone. */
function columnsOf({ byAge: _, ...columns }: MonthRow): Omit<MonthRow, 'byAge'> {
  return columns;
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
