import type { Client } from 'pg';
import type { Captured } from './capture';

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Recheck Cond'?: string;
  readonly Plans?: readonly Node[];
}

/** What a statement does to which large tables, and how it comes to their rows. */
export interface Way {
  /** `select accounts lots`, `update orders`; null where it touches no large table. */
  readonly does: string | null;
  /** The indexes it looks up in; `all of <index>` where it reads one from an end, `all of <table>` where it reads the table. */
  readonly accesses: ReadonlySet<string>;
}

/** The ways of a statement: as planned for the values it was sent with, and for any values. */
export async function wayOf(
  client: Client,
  { text, values, settings, isPlannedOnce = true }: Captured,
  large: ReadonlySet<string>,
): Promise<Way> {
  const accesses = new Set<string>();
  const tables = new Set<string>();
  await client.query(['begin', ...settings].join('; '));
  const isGeneric = settings.some((one) => one.includes('force_generic_plan'));
  for (const given of isGeneric ? [null] : isPlannedOnce ? [...values, null] : values) {
    const plan = await explain(client, text, given);
    collect(plan, large, { accesses, tables });
  }
  await client.query('rollback');
  const verb =
    /\b(insert into|update|delete from) [a-z_]+/i.exec(text)?.[1]?.split(' ')[0] ?? 'select';
  const does = tables.size > 0 ? `${verb} ${[...tables].sort().join(' ')}` : null;
  return { does, accesses };
}

/** Whether it is a statement that has a plan. */
export function hasPlan({ text }: Captured): boolean {
  return /^\s*(select|insert|update|delete|with)\b/i.test(text);
}

async function explain(
  client: Client,
  text: string,
  values: readonly unknown[] | null,
): Promise<Node> {
  const options = values === null ? 'generic_plan, format json' : 'format json';
  const { rows } = await client
    .query<{ 'QUERY PLAN': readonly [{ Plan: Node }] }>(
      `explain (${options}) ${text}`,
      values === null ? undefined : [...values],
    )
    .catch((cause) => {
      throw new Error(`No plan of: ${text}`, { cause });
    });
  return rows[0]!['QUERY PLAN'][0].Plan;
}

function collect(
  node: Node,
  large: ReadonlySet<string>,
  found: { readonly accesses: Set<string>; readonly tables: Set<string> },
): void {
  const table = known(node['Relation Name']);
  const index = known(node['Index Name']);
  if (table !== undefined && large.has(table)) {
    found.tables.add(table);
    if (node['Node Type'] === 'Seq Scan') found.accesses.add(`all of ${table}`);
  }
  if (index !== undefined && isOf(index, large)) {
    found.accesses.add(node['Index Cond'] === undefined ? `all of ${index}` : index);
  }
  for (const child of node.Plans ?? []) collect(child, large, found);
}

/** The archive is looked into as the table is whose old rows it has. */
function known(name: string | undefined): string | undefined {
  return name?.replace(/_archive\b|_archive(?=_)/, '');
}

/** Indexes are called after their tables. */
function isOf(index: string, large: ReadonlySet<string>): boolean {
  return [...large].some((table) => index.startsWith(`${table}_`));
}
