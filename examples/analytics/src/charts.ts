import { BarChart, HeatmapChart } from 'echarts/charts';
import {
  CalendarComponent,
  GridComponent,
  LegendComponent,
  TitleComponent,
  VisualMapComponent,
} from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { AGES, type DayAhead, type MonthRow } from './figures';

use([BarChart, HeatmapChart, GridComponent, LegendComponent, TitleComponent]);
use([CalendarComponent, VisualMapComponent, SVGRenderer]);

const SIZE = { width: 860, height: 380 };
const INK = '#1f2933';
const FAINT = '#7b8794';
const FONT = 'system-ui, -apple-system, Segoe UI, sans-serif';
/** What expires soonest is darkest. */
const AGE_COLOURS = ['#08519c', '#3182bd', '#6baed6', '#bdd7e7'];
const FLOW_COLOURS = {
  issued: '#2f855a',
  redeemed: '#2b6cb0',
  expired: '#c05621',
  takenBack: '#718096',
};
const SEQUENTIAL = ['#fdf0e3', '#fdbe85', '#fd8d3c', '#d94701', '#8c2d04'];

/** What the books owe at the end of each month, by how soon it expires. */
export function liabilityChart(program: string, months: readonly MonthRow[]): string {
  return draw(SIZE, {
    ...common(`What ${program} owes its members`, 'X-Points outstanding at the end of each month'),
    xAxis: monthAxis(months),
    yAxis: pointsAxis(),
    series: AGES.map(({ name }, index) => ({
      ...{ name, type: 'bar', stack: 'outstanding', barWidth: '62%' },
      itemStyle: { color: AGE_COLOURS[index] },
      data: months.map(({ byAge }) => byAge[index]),
    })),
  });
}

/** What came above the line, what went below it. */
export function flowsChart(program: string, months: readonly MonthRow[]): string {
  const bar = (name: string, color: string, data: readonly number[]) => ({
    ...{ name, type: 'bar', stack: 'flows', barWidth: '62%', itemStyle: { color }, data },
  });
  return draw(SIZE, {
    ...common(`What came and went in ${program}`, 'X-Points by month'),
    xAxis: monthAxis(months),
    yAxis: pointsAxis(),
    series: [
      bar(
        'Issued and restored',
        FLOW_COLOURS.issued,
        months.map((it) => it.issued + it.restored),
      ),
      bar(
        'Redeemed',
        FLOW_COLOURS.redeemed,
        months.map((it) => -it.redeemed),
      ),
      bar(
        'Expired and forfeited',
        FLOW_COLOURS.expired,
        months.map((it) => -(it.expired + it.forfeited)),
      ),
      bar(
        'Taken back',
        FLOW_COLOURS.takenBack,
        months.map((it) => -(it.reversed + it.voided)),
      ),
    ],
  });
}

/** A calendar of the year ahead: what each day takes if nobody spends. */
export function expiryCalendar(program: string, days: readonly DayAhead[]): string {
  const most = Math.max(1, ...days.map(({ points }) => points));
  const size = { width: 860, height: 240 };
  return draw(size, {
    ...common(`What expires in ${program} if nobody spends`, 'X-Points by day'),
    legend: { show: false },
    visualMap: {
      ...{ min: 0, max: most, orient: 'horizontal', right: 24, top: 18 },
      ...{ itemWidth: 10, itemHeight: 120, inRange: { color: SEQUENTIAL } },
      text: [compact(most), '0'],
      textStyle: { color: FAINT, fontFamily: FONT },
    },
    calendar: {
      ...{ left: 48, right: 24, top: 92, cellSize: ['auto', 15] },
      range: [days[0]?.day, days.at(-1)?.day],
      itemStyle: { color: '#fff', borderColor: '#e4e7eb', borderWidth: 1 },
      splitLine: { lineStyle: { color: '#9aa5b1' } },
      dayLabel: { firstDay: 1, color: FAINT, fontFamily: FONT },
      monthLabel: { color: INK, fontFamily: FONT },
      yearLabel: { show: false },
    },
    series: [
      {
        type: 'heatmap',
        coordinateSystem: 'calendar',
        data: days.filter(({ points }) => points > 0).map(({ day, points }) => [day, points]),
      },
    ],
  });
}

function common(text: string, subtext: string): EChartsCoreOption {
  return {
    animation: false,
    backgroundColor: '#fff',
    textStyle: { fontFamily: FONT, color: INK },
    title: {
      ...{ text, subtext, left: 16, top: 12, itemGap: 6 },
      textStyle: { fontFamily: FONT, color: INK, fontSize: 17, fontWeight: 600 },
      subtextStyle: { fontFamily: FONT, color: FAINT, fontSize: 12 },
    },
    legend: { bottom: 8, itemWidth: 12, itemHeight: 12, itemGap: 32, textStyle: { color: INK } },
    grid: { left: 72, right: 24, top: 76, bottom: 66 },
  };
}

function monthAxis(months: readonly MonthRow[]) {
  return {
    type: 'category',
    data: months.map(({ month }) => month),
    axisTick: { show: false },
    axisLine: { onZero: true, lineStyle: { color: '#9aa5b1' } },
    axisLabel: { color: INK, fontFamily: FONT },
    // Months stand below what went, not in the middle of it.
    ...{ position: 'bottom', offset: 0 },
  };
}

function pointsAxis() {
  return {
    type: 'value',
    axisLabel: { color: FAINT, fontFamily: FONT, formatter: compact },
    splitLine: { lineStyle: { color: '#e4e7eb' } },
  };
}

const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

function compact(points: number): string {
  return COMPACT.format(points);
}

function draw(size: { width: number; height: number }, option: EChartsCoreOption): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  chart.setOption(option);
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
