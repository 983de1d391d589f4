import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const SRC = resolve(__dirname, '../src');

/**
 * Which folder of src/ may import which, besides itself; '.' is the files directly below src/. By role, what is
 * pure imports less (second table). kernel ← database ← programs ← ledger ← features ← federation ← server.
 */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  database: ['kernel'],
  auth: ['kernel', '.'],
  programs: ['kernel', 'database'],
  ledger: ['kernel', 'database', 'programs'],
  members: ['kernel', 'database', 'programs', 'ledger', '.'],
  referrals: ['kernel', 'programs', 'ledger'],
  transfers: ['kernel', 'programs', 'ledger'],
  redemption: ['kernel', 'programs', 'ledger'],
  campaigns: ['kernel', 'database', 'programs', 'ledger', '.'],
  adjustments: ['kernel', 'programs', 'ledger'],
  // An objection may be answered by an adjustment.
  objections: ['kernel', 'programs', 'ledger', 'adjustments'],
  // It ends a referral, and what came with it, as that feature keeps them.
  abuse: ['kernel', 'programs', 'ledger', 'referrals'],
  terms: ['kernel', 'database', 'programs', 'ledger', '.'],
  // It composes the pure parts of the features that an event touches.
  orders: ['kernel', 'programs', 'ledger', 'members', 'referrals'],
  // It tries out what the others decide.
  simulation: ['kernel', 'programs', 'ledger', 'orders', 'redemption'],
  // It tells everything again that was ever decided.
  whatif: [
    'kernel',
    'database',
    'programs',
    'ledger',
    'members',
    'orders',
    'redemption',
    'referrals',
    'transfers',
    'adjustments',
    'abuse',
    'notifications',
    'terms',
    '.',
  ],
  subscriptions: ['kernel', 'database', 'programs', 'ledger'],
  events: ['kernel', 'ledger', 'orders', 'operations', '.'],
  outbox: ['kernel', 'database', 'ledger', 'operations', '.'],
  // Member-facing words in all languages.
  texts: ['kernel', 'programs', 'ledger'],
  notifications: ['kernel', 'database', 'programs', 'ledger', 'texts', '.'],
  // What watches the service. It knows the ledger by what it is told of it.
  // It sums what the ledger wrote.
  analytics: ['kernel', 'database', 'programs', 'ledger', '.'],
  operations: ['kernel', 'database', 'ledger', 'jobs', '.'],
  audit: ['kernel', 'database', 'auth', 'abuse', 'ledger', 'operations', 'server'],
  jobs: [
    ...['kernel', 'database', 'ledger', 'members', 'notifications', 'outbox', 'terms'],
    ...['analytics', '.'],
  ],
  organizations: ['kernel', 'database', 'programs', 'ledger', '.'],
  maintenance: ['kernel', 'database', 'programs', 'ledger', 'analytics', '.'],
};

/** GraphQL classes, resolvers and loaders stand beside their feature, and are the federation layer's. */
const GRAPH_FILE = /\.(graphql|resolver|loaders)\.ts$/;
/** The row classes of all folders come together in one list. */
const ROW_FILE = /\.row\.ts$/;
/** Packages of the outer layers, which the pure files never see. */
const OUTER = /^(typeorm|pg|graphql|type-graphql|fastify|@apollo)/;
const PURE = [
  'kernel/',
  'programs/pricing.ts',
  'programs/terms.ts',
  'ledger/book.ts',
  'ledger/moves.ts',
  'ledger/due.ts',
  'ledger/lot.ts',
  'ledger/redeem-points.ts',
  'ledger/credit-points.ts',
  'ledger/batch.ts',
  'orders/order-case.ts',
  'orders/order-events.ts',
  'orders/customer-events.ts',
  'redemption/redeem.ts',
  'redemption/decide-hold.ts',
  'members/suspend.ts',
  'members/leave.ts',
  'members/terminate.ts',
  'referrals/refer.ts',
  'referrals/reward.ts',
  'referrals/review.ts',
  'referrals/apply-discount.ts',
  'transfers/move-points.ts',
  'transfers/transfer.ts',
  'adjustments/adjust.ts',
  'objections/object.ts',
  'objections/decide-objection.ts',
  'abuse/claim.ts',
  'abuse/decide-claim.ts',
  'abuse/void-points.ts',
  'abuse/void-lots.ts',
  'abuse/void-discount.ts',
  'abuse/void-referral.ts',
  'ledger/end-membership.ts',
  'ledger/people-draft.ts',
  'texts/',
  'notifications/render.ts',
  'notifications/content.ts',
  'notifications/blocks.ts',
  'notifications/terms-changes.ts',
  'notifications/mail-layout.ts',
  'ledger/frozen.ts',
  'analytics/accounting.ts',
  'analytics/accounting-breakage.ts',
  'organizations/organization.ts',
  'organizations/ranking.ts',
  'analytics/flows.ts',
  'analytics/figure.ts',
  'analytics/breakage.ts',
  'analytics/standing.ts',
];

interface File {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function filesOf(root: string): string[] {
  return readdirSync(root).flatMap((name) => {
    const path = join(root, name);
    if (statSync(path).isDirectory()) return filesOf(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

const files = filesOf(SRC).map((path): File => {
  const text = readFileSync(path, 'utf8');
  const imports = [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, name]) => name!);
  const inside = relative(SRC, path);
  const folder = inside.includes('/') ? inside.slice(0, inside.indexOf('/')) : '.';
  return { path: inside, folder, text, imports };
});

/** The folder of src/ that an import leads to; null for a package. */
function target(file: File, name: string): string | null {
  if (!name.startsWith('.')) return null;
  const path = relative(SRC, resolve(SRC, dirname(file.path), name));
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : '.';
}

describe('the tree', () => {
  it('imports downwards only', () => {
    const wrong = files
      .filter((file) => FOLDERS[file.folder] && !GRAPH_FILE.test(file.path))
      .flatMap((file) =>
        file.imports.flatMap((name) => {
          const to = target(file, name);
          if (to === null || to === file.folder || FOLDERS[file.folder]!.includes(to)) return [];
          return file.path === 'database/rows.ts' || ROW_FILE.test(file.path)
            ? []
            : [`${file.path} imports ${to} (${name})`];
        }),
      );
    expect(wrong).toEqual([]);
  });

  it('keeps decisions free of databases, GraphQL and clocks', () => {
    const pure = files.filter(({ path }) => PURE.some((start) => path.startsWith(start)));
    expect(PURE.filter((start) => !pure.some(({ path }) => path.startsWith(start)))).toEqual([]);
    const wrong = pure.flatMap(({ path, imports, text }) => [
      ...imports.filter((name) => OUTER.test(name)).map((name) => `${path} imports ${name}`),
      ...(/Date\.now\(|new Date\(\)|Math\.random\(/.test(text)
        ? [`${path} reads a clock or chance`]
        : []),
    ]);
    expect(wrong).toEqual([]);
  });

  it('has no file over 300 lines and no name that says nothing', () => {
    const long = files.filter(({ text }) => text.split('\n').length > 301).map(({ path }) => path);
    expect(long).toEqual([]);
    expect(files.filter(({ path }) => /(util|helper|common|manager|misc)/i.test(path))).toEqual([]);
  });
});
