import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, validate } from 'graphql';
import { Client } from 'pg';
import { buildSchema } from '../../src/server/schema';
import { type Running, startService } from './running';

const ROOT = join(__dirname, '../..');
const RUNBOOK = join(ROOT, 'docs/runbook');
const SECTIONS = ['What it means', 'What to look at', 'What to do', 'Over when'];
/** Names that a page may give without their being metrics of ours: of Prometheus, and of roles. */
const NOT_METRICS = new Set(['rewards_app']);

const alarms = readFileSync(join(RUNBOOK, 'alarms.yml'), 'utf8');
const rules = alarms.split(/^ {6}- alert: /m).slice(1);
const pages = readdirSync(RUNBOOK).filter((name) => name.endsWith('.md'));
const read = (page: string) => readFileSync(join(RUNBOOK, page), 'utf8');

let running: Running;
let metrics: Set<string>;
let client: Client;
beforeAll(async () => {
  running = await startService();
  client = new Client({ connectionString: running.database.ownerUrl });
  await client.connect();
  const text = await (await fetch(`${running.operations}/metrics`)).text();
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  metrics = new Set(
    types.flatMap(([, name, type]) =>
      type === 'histogram' || type === 'summary'
        ? ['', '_bucket', '_sum', '_count'].map((end) => `${name}${end}`)
        : [name!],
    ),
  );
});
afterAll(async () => {
  await client.end();
  await running.stop();
});

/** Names in a text that look like metrics; one that ends in an underscore stands for a family of them. */
function named(text: string): string[] {
  const names = text.match(/\b(?:rewards|nodejs|process)_\w+/g) ?? [];
  return names.filter((name) => !NOT_METRICS.has(name) && !name.endsWith('_'));
}

test('each rule has a name, an expression, a duration, a severity and a page that is there', () => {
  expect(rules.length).toBeGreaterThan(15);
  for (const rule of rules) {
    expect(rule).toMatch(
      /^Rewards\w+\n {8}expr: .+\n {8}for: \d+[mh]\n {8}labels: \{ severity: (page|ticket) \}\n {8}annotations: \{ summary: [^,:]+, runbook: docs\/runbook\/[a-z-]+\.md \}\n$/,
    );
    expect(existsSync(join(ROOT, /runbook: (\S+)/.exec(rule)![1]!))).toBe(true);
  }
});

test('each rule, and each page, names metrics that the service has', () => {
  for (const rule of rules) {
    const names = named(/expr: (.*)/.exec(rule)![1]!);
    const isPrometheus = rule.includes('up{job="rewards"}');
    expect([rule, names.length > 0 || isPrometheus]).toEqual([rule, true]);
    expect([rule, names.filter((name) => !metrics.has(name))]).toEqual([rule, []]);
  }
  for (const page of [...pages, '../limits.md']) {
    const missing = named(read(page)).filter((name) => !metrics.has(name));
    expect([page, missing]).toEqual([page, []]);
  }
});

test('each alarm has a page of its own with every section, and the index has all', () => {
  const index = read('README.md');
  for (const rule of rules) {
    const [name] = rule.split('\n');
    const page = /runbook\/(\S+)/.exec(rule)![1]!;
    const text = read(page);
    const titles = [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    expect([page, titles]).toEqual([page, SECTIONS]);
    expect([page, text.startsWith('# ') && text.split('\n')[0]!.includes(name!)]).toEqual([
      page,
      true,
    ]);
    expect(index).toContain(`| ${name} |`);
  }
  for (const page of pages)
    expect([page, page === 'README.md' || index.includes(`(${page})`)]).toEqual([page, true]);
});

test('every link leads somewhere', () => {
  for (const page of [...pages, '../limits.md', '../../SECURITY.md']) {
    for (const [, link] of read(page).matchAll(/\]\(([^)#]+)\)/g)) {
      expect([page, link, existsSync(join(RUNBOOK, page, '..', link!))]).toEqual([
        page,
        link,
        true,
      ]);
    }
  }
});

test('every query on a page is valid, and every statement runs', async () => {
  const { schema } = buildSchema();
  let count = 0;
  for (const page of pages) {
    for (const [, language, block] of read(page).matchAll(/^ *```(graphql|sql)\n(.*?)^ *```/gms)) {
      count += 1;
      if (language === 'graphql') {
        expect([page, validate(schema, parse(block!))]).toEqual([page, []]);
      } else if (!/alter system|pg_backup/.test(block!)) {
        await client.query('begin');
        await client.query(block!).catch((error: Error) => {
          throw new Error(`${page}: ${error.message}\n${block}`);
        });
        await client.query('rollback');
      }
    }
  }
  expect(count).toBeGreaterThan(12);
});

test('every command, variable and log message on a page exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const settings = readFileSync(join(ROOT, 'src/settings.ts'), 'utf8');
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(ROOT, 'src', name), 'utf8'))
    .join('\n');
  for (const page of [...pages, '../limits.md', '../../SECURITY.md']) {
    const text = read(page);
    for (const [, name] of text.matchAll(/npm run ([a-z:]+)/g)) {
      expect([page, name, name! in scripts]).toEqual([page, name, true]);
    }
    for (const [, name] of text.matchAll(
      /`((?:REWARDS|DATABASE|OPERATIONS|WEBHOOK|ROUTER|RATE|SIGNAL|LOG|OTEL)_[A-Z_]+)/g,
    )) {
      expect([page, name, settings.includes(`${name}:`)]).toEqual([page, name, true]);
    }
    for (const [, message] of text.matchAll(/log \(`([^`]+)`/g)) {
      expect([page, message, sources.includes(message!)]).toEqual([page, message, true]);
    }
  }
});
