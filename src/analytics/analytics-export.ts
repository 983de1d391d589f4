import type { App } from '../app';
import { RequestError } from '../kernel/errors';
import { formatInstant, type Instant, parseInstant } from '../kernel/time';
import type { ProgramCode, Terms } from '../programs/terms';
import { TABLES, type TableName } from './analytics-table';
import { Answer } from './answer';
import { type Cell, csvLines } from './csv';
import { readExportedEntries } from './exported-entries.reads';
import { type Figure, MEASURES } from './figure';
import { type Asked, askedAt, type Wish } from './question';
import type { Grain } from './sums';
import { readSums } from './sums.reads';

/** Parameters as they came; what was not named is undefined. */
export type Named = Readonly<Record<string, string | undefined>>;

const GRAINS: readonly Grain[] = ['HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'];
const SOURCES = ['ORDER', 'REFERRAL', 'CAMPAIGN', 'ADJUSTMENT', 'TRANSFER'] as const;
/** What stands at an instant, of everything since the beginning. */
const STOCKS = new Set(['outstanding', 'owed']);
const ENTRY_COLUMNS = [
  ...['recordedAt', 'occurredAt', 'customerId', 'entry', 'kind', 'orderId', 'points', 'value'],
  ...['currency', 'availableAfter', 'heldAfter', 'owedAfter', 'termsVersion'],
];

/** The figures of a period by bucket as CSV, a table of those that `section` names; read before the first line. */
export async function analyticsCsv(app: App, named: Named): Promise<AsyncIterable<string>> {
  const name = choice(named, 'section', Object.keys(TABLES) as TableName[], 'periods');
  const by = choice(named, 'by', GRAINS, 'MONTH');
  const asked = await asks(app, named, by);
  const parts = { moves: true, entries: true, ahead: asked.basis === 'PROJECTED' };
  const answer = new Answer(asked, () => readSums(app, asked.question, parts));
  const { currency } = app.programs.inForceAt(asked.question.program, asked.asOf);
  const { columns, rows } = TABLES[name];
  return lines(currency, columns, [await rows(app, answer)]);
}

/** The entries behind one figure as CSV, as many as there are. */
export async function entriesCsv(app: App, named: Named): Promise<AsyncIterable<string>> {
  const measure = choice(named, 'figure', MEASURES, null);
  const source = named.source === undefined ? null : choice(named, 'source', SOURCES, null);
  const asked = await asks(app, named, 'YEAR');
  const { program, basis, asOf, from, to } = asked.question;
  const figure: Figure = {
    ...{ program, basis, measure, source, campaign: campaignOf(app, program, named), asOf, to },
    from: STOCKS.has(measure) ? null : from,
  };
  const terms = app.programs.inForceAt(program, Math.min(to, asked.asOf));
  return lines(terms.currency, ENTRY_COLUMNS, entryRows(app, figure, terms));
}

function campaignOf({ programs }: App, program: ProgramCode, named: Named): string | null {
  const codes = programs.campaigns(program).map(({ code }) => code);
  if (named.campaign === undefined || codes.includes(named.campaign)) return named.campaign ?? null;
  throw new RequestError('BAD_USER_INPUT', 'The program has no campaign of that code.');
}

async function* entryRows(
  app: App,
  figure: Figure,
  { pointValueMinor, currency }: Terms,
): AsyncGenerator<Cell[][]> {
  for await (const page of readExportedEntries(app, figure)) {
    yield page.map((entry) => [
      ...[formatInstant(entry.recordedAt), formatInstant(entry.occurredAt)],
      ...[entry.customerId, entry.sequence, entry.kind, entry.orderId],
      ...[entry.points, BigInt(entry.points) * pointValueMinor, currency],
      ...[entry.availableAfter, entry.heldAfter, entry.owedAfter, entry.termsVersion],
    ]);
  }
}

async function* lines(
  currency: string,
  columns: readonly string[],
  pages: AsyncIterable<Cell[][]> | Iterable<Cell[][]>,
): AsyncGenerator<string> {
  yield csvLines([columns], currency);
  for await (const page of pages) yield csvLines(page, currency);
}

/** The question that the parameters ask, as `Query.rewardsAnalytics` reads it. */
async function asks(app: App, named: Named, by: Grain): Promise<Asked> {
  const program = required(named, 'program');
  if (!app.programs.has(program)) await app.programs.renew();
  const [clock] = await app.database.query<{ now: Instant }[]>(`select ${app.clock} as now`);
  const asOf = named.asOf === undefined ? null : instant(named, 'asOf');
  const wish: Wish = {
    ...{ program, by, asOf },
    ...{ from: instant(named, 'from'), to: instant(named, 'to') },
  };
  return askedAt(app.programs, wish, clock!.now);
}

/** The parameter of that name. BAD_USER_INPUT where it is missing. */
export function required(named: Named, name: string): string {
  const value = named[name];
  if (value !== undefined && value !== '') return value;
  throw new RequestError('BAD_USER_INPUT', `The parameter ${name} is missing.`);
}

function instant(named: Named, name: string): Instant {
  const at = parseInstant(required(named, name));
  if (at !== null) return at;
  throw new RequestError(
    'BAD_USER_INPUT',
    `${name} is an instant as RFC 3339 writes it, such as 2026-01-01T00:00:00Z; a + in it is sent as %2B.`,
  );
}

function choice<Choice extends string>(
  named: Named,
  name: string,
  choices: readonly Choice[],
  preset: Choice | null,
): Choice {
  const value = named[name] ?? preset ?? required(named, name);
  const chosen = choices.find((one) => one === value);
  if (chosen !== undefined) return chosen;
  throw new RequestError('BAD_USER_INPUT', `${name} is one of ${choices.join(', ')}.`);
}
