import { DateTime } from 'luxon';
import type { App } from '../app';
import { formatShare } from '../kernel/money';
import { formatInstant, type Instant } from '../kernel/time';
import type { LotSource } from '../ledger/lot';
import type { Terms } from '../programs/terms';
import { sixPlaces } from './accounting-breakage';
import type { Answer, Period } from './answer';
import { expectedBreakage } from './breakage';
import { campaignCosts, costOf } from './campaign-cost';
import type { Cell } from './csv';
import { owedIn } from './figure';
import { FLOWS, flowsOf } from './flows';
import { costPerAcquired } from './referral-funnel';
import { Sections } from './sections';
import { tierMovements } from './tier-report';
import { readTopOrganizations } from './top-organizations.reads';

/** A table of an answer: one row for each bucket, or for each bucket and whatever else the columns say. */
interface Table {
  readonly columns: readonly string[];
  rows(app: App, answer: Answer): Promise<Cell[][]>;
}

/** A bucket, and what holds at its end. */
interface Bucket {
  readonly app: App;
  readonly answer: Answer;
  readonly period: Period;
  readonly terms: Terms;
  readonly worth: (points: number) => bigint;
}

const SOURCES: readonly LotSource[] = ['ORDER', 'CAMPAIGN', 'REFERRAL', 'ADJUSTMENT'];
/** Organisations that are listed. */
const ORGANIZATIONS = 50;
const OWED = ['owedIncurred', 'owedPaid'] as const;
const CAMPAIGN_FLOWS = FLOWS.filter((flow) => flow !== 'transferredIn');

/** Every row begins with its bucket: by the wall clock of the program's zone, as instants, and as of when it speaks. */
const BUCKET = ['program', 'bucket', 'start', 'end', 'at', 'currency'];
const withValues = (names: readonly string[]) => names.flatMap((name) => [name, `${name}Value`]);

/** The tables of `GET /analytics.csv`, by the name of the section. */
export const TABLES = {
  /** What flowed in each bucket, and what was outstanding, owed and expected to break at its end. */
  periods: tableOf(
    [
      ...withValues(FLOWS),
      ...withValues([
        'issuedByOrder',
        'issuedByCampaign',
        'issuedByReferral',
        'issuedByAdjustment',
      ]),
      ...withValues([...OWED, 'outstanding']),
      ...['available', 'held', 'owed', 'owedValue'],
      ...withValues(['breakageRealised', 'breakageExpected']),
      'breakageRate',
    ],
    async (bucket) => [periodRow(bucket)],
  ),
  /** What is outstanding at the end of each bucket, by the month in which it expires. */
  ageing: tableOf(['expires', 'points', 'value'], async ({ period, worth }) =>
    period.standing.byExpiry.map(({ month, points }) => [month, points, worth(points)]),
  ),
  /** Members by tier at the end of each bucket. */
  tiers: tableOf(['tier', 'members'], async ({ app, answer, period, terms }) => {
    const counts = await Sections.of(app, answer).tierCounts(period.start);
    return terms.tiers.map(({ code }) => [code, counts.get(code) ?? 0]);
  }),
  /** Who went from one tier to another in each bucket. */
  movements: tableOf(['from', 'to', 'members'], async ({ period }) =>
    tierMovements(period.sums.entries).map(({ from, to, members }) => [from, to, members]),
  ),
  /** What came of referral links in each bucket. */
  referrals: tableOf(
    [
      ...['links', 'registrations', 'rejected', 'flagged', 'orders', 'acquired'],
      ...['bonuses', 'bonusesValue', 'discounts', 'costPerAcquired'],
    ],
    async (bucket) => [await referralRow(bucket)],
  ),
  /** Which orders were paid with points in each bucket. */
  orders: tableOf(
    [
      ...['orders', 'ordersWithPoints', 'ordersPaidInFull', 'share'],
      ...['turnover', 'points', 'paidWithPoints'],
    ],
    async (bucket) => [await orderRow(bucket)],
  ),
  /** What became of the points of each campaign in each bucket, and what of them was outstanding at its end. */
  campaigns: {
    columns: [...BUCKET, 'campaign', ...withValues([...CAMPAIGN_FLOWS, 'outstanding', 'cost'])],
    rows: campaignRows,
  },
  /** The organisations whose members have the most now, whatever the period. */
  organizations: {
    columns: [
      ...['program', 'organizationId', 'members', 'available', 'held', 'owed'],
      ...['earned', 'redeemed', 'expired', 'value', 'currency'],
    ],
    rows: organizationRows,
  },
} as const satisfies Record<string, Table>;
export type TableName = keyof typeof TABLES;

function tableOf(
  columns: readonly string[],
  rowsOf: (bucket: Bucket) => Promise<(readonly Cell[])[]>,
): Table {
  return {
    columns: [...BUCKET, ...columns],
    rows: async (app, answer) => {
      const rows: Cell[][] = [];
      for (const bucket of await bucketsOf(app, answer)) {
        for (const row of await rowsOf(bucket)) rows.push([...named(bucket), ...row]);
      }
      return rows;
    },
  };
}

async function bucketsOf(app: App, answer: Answer): Promise<Bucket[]> {
  const { program } = answer.asked.question;
  const { programs } = app;
  return (await answer.periods()).map((period) => {
    const terms = programs.inForceAt(program, period.at);
    const worth = (points: number) => BigInt(points) * terms.pointValueMinor;
    return { app, answer, period, terms, worth };
  });
}

function named({ answer, period, terms }: Bucket): Cell[] {
  const { question, zone } = answer.asked;
  const instants = [period.start, period.end, period.at].map(formatInstant);
  const onTheWall = wallClock(period.start, zone, question.by === 'HOUR');
  return [question.program, onTheWall, ...instants, terms.currency];
}

/** As spreadsheets read dates. */
function wallClock(at: Instant, zone: string, withTime: boolean): string {
  return DateTime.fromMillis(at, { zone }).toFormat(withTime ? 'yyyy-MM-dd HH:mm' : 'yyyy-MM-dd');
}

function periodRow({ period, worth }: Bucket): Cell[] {
  const both = (points: number): Cell[] => [points, worth(points)];
  const { moves, entries } = period.sums;
  const { available, held, owed } = period.standing;
  const flows = flowsOf(moves);
  const owing = owedIn(entries);
  const issued = SOURCES.map((of) => flowsOf(moves.filter(({ source }) => source === of)).issued);
  return [
    ...FLOWS.flatMap((flow) => both(flows[flow])),
    ...issued.flatMap(both),
    ...OWED.flatMap((name) => both(owing[name])),
    ...both(available + held),
    ...[available, held],
    ...both(owed),
    ...both(flows.expired + flows.forfeited),
    ...both(expectedBreakage(available + held, period.cohort)),
    period.cohort && sixPlaces(period.cohort),
  ];
}

async function referralRow({ app, answer, period, terms, worth }: Bucket): Promise<Cell[]> {
  const counts = await Sections.of(app, answer).referralCounts(period.start);
  const bonuses = period.sums.entries.reduce((sum, entry) => sum + entry.bonuses, 0);
  return [
    ...[counts.links, counts.registrations, counts.rejected, counts.flagged],
    ...[counts.orders, counts.acquired, bonuses, worth(bonuses), counts.discountMinor],
    costPerAcquired(bonuses, counts, terms.pointValueMinor),
  ];
}

async function orderRow({ app, answer, period, worth }: Bucket): Promise<Cell[]> {
  const share = await Sections.of(app, answer).redemptionShare(period.start);
  const points = share.pointsOnCredited + share.pointsInFull;
  const { orders, ordersWithPoints, ordersPaidInFull, turnover } = share;
  return [
    ...[orders, ordersWithPoints, ordersPaidInFull],
    orders === 0 ? null : formatShare(BigInt(ordersWithPoints), BigInt(orders)),
    ...[turnover, points, worth(points)],
  ];
}

async function organizationRows(app: App, answer: Answer): Promise<Cell[][]> {
  const { program } = answer.asked.question;
  const ranks = await readTopOrganizations(app, program, 'OUTSTANDING', ORGANIZATIONS);
  const { pointValueMinor, currency } = app.programs.versions(program).at(-1)!.terms;
  return ranks.map((rank): Cell[] => [
    ...[program, rank.organizationId, rank.members, rank.available, rank.held, rank.owed],
    ...[rank.earned, rank.redeemed, rank.expired],
    ...[BigInt(rank.available + rank.held) * pointValueMinor, currency],
  ]);
}

/** What is outstanding of a campaign needs all that was before. */
async function campaignRows(app: App, answer: Answer): Promise<Cell[][]> {
  const { moves } = await answer.sums();
  return (await bucketsOf(app, answer)).flatMap((bucket) => {
    const { period, worth } = bucket;
    const before = moves.filter((move) => (move.bucket ?? -Infinity) <= period.start);
    return campaignCosts(period.sums, { moves: before }).map((cost): Cell[] => {
      const points = [...CAMPAIGN_FLOWS.map((flow) => cost.flows[flow]), cost.outstanding];
      const all = [...points, costOf(cost.flows)];
      return [...named(bucket), cost.code, ...all.flatMap((it): Cell[] => [it, worth(it)])];
    });
  });
}
