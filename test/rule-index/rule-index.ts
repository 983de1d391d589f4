import { basename, dirname } from 'node:path';
import type { Cited, Rule } from './citations';

/**
 * What decides a rule that many files cite. Without an entry it is every file of src/ whose doc comments cite the rule,
 * but for those that only show, store or schedule.
 */
export const DECIDED_IN: Readonly<Record<string, readonly string[]>> = {
  'R1.4': ['programs/programs.ts', 'terms/publish-terms.ts'],
  'R1.5': ['programs/campaign.ts', 'orders/earned.ts'],
  'R2.3': ['members/leave.ts', 'ledger/personal-data.ts'],
  'R2.4': ['members/terminate.ts', 'ledger/end-membership.ts'],
  'R2.5': ['members/discontinue.ts', 'members/terminate.ts'],
  'R2.6': [
    'terms/tell-terms.ts',
    'notifications/record-delivery.ts',
    'ledger/bind-terms.ts',
    'members/object-to-terms.ts',
  ],
  'R2.8': ['ledger/account.ts', 'ledger/due.ts'],
  'R2.9': ['ledger/account.ts', 'ledger/end-membership.ts'],
  'R3.3': ['programs/pricing.ts'],
  'R3.7': ['orders/order-events.ts', 'orders/customer-events.ts', 'orders/event-command.ts'],
  'R3.9': ['programs/pricing.ts'],
  'R4.3': ['ledger/credit-points.ts', 'ledger/book.ts'],
  'R4.4': ['ledger/redeem-points.ts', 'orders/order-case.ts'],
  'R5.1': ['ledger/account.ts', 'referrals/refer.ts'],
  'R5.2': ['referrals/apply-discount.ts', 'ledger/discount.ts'],
  'R5.3': ['referrals/reward.ts'],
  'R5.5': ['referrals/refer.ts', 'events/signals.ts', 'referrals/review.ts'],
  'R6.2': ['programs/pricing.ts', 'ledger/at-instant.ts', 'ledger/due.ts'],
  'R6.3': ['ledger/lot.ts'],
  'R6.4': ['redemption/redeem.ts'],
  'R6.7': ['redemption/redeem.ts', 'redemption/decide-hold.ts'],
  'R6.8': ['ledger/redeem-points.ts', 'ledger/due.ts'],
  'R6.9': ['notifications/tell-expiring.ts', 'ledger/credit-points.ts'],
  'R7.4': ['kernel/errors.ts'],
  'R8.1': ['abuse/void-points.ts', 'abuse/void-discount.ts', 'abuse/claim.ts'],
  'R8.2': ['objections/object.ts', 'objections/decide-objection.ts'],
  'R9.1': ['ledger/notification.ts', 'notifications/mailer.ts', 'notifications/webhook-channel.ts'],
  'R9.2': ['ledger/message.ts', 'outbox/relay.ts'],
  'R9.4': ['programs/terms.ts', 'texts/catalog.ts'],
};

/** Files of src/ that show, store or schedule what others decide. */
const SHELL = /^jobs\/|\.(graphql|resolver|loaders|row|records|reads|store|writes|route)\.ts$/;
/** More are no answer to the question where a rule is decided. */
const DECIDING_MAX = 3;
/** Test files, and scenarios, that a row names; that there are more is said. */
const NAMED_MAX = 3;

/** The index as Markdown, or everything that keeps it from being one. */
export type Indexed = { readonly table: string } | { readonly mistakes: readonly string[] };

/**
 * One row per rule: what decides it and what shows it. A mistake is a rule that nothing or too much decides, that no test
 * shows, or that there is not; and an entry of `decidedIn` whose file does not cite the rule.
 */
export function indexRules(
  cited: Cited,
  decidedIn: Readonly<Record<string, readonly string[]>> = DECIDED_IN,
): Indexed {
  const mistakes = [...unknownRules(cited, decidedIn)];
  const rows = cited.rules.map((rule) => {
    const deciding = decidingFiles(rule, cited, decidedIn, mistakes);
    const shown = [...(cited.tests.get(rule.number) ?? []), ...scenariosOf(rule, cited)];
    if (shown.length === 0)
      mistakes.push(`${rule.number}: no title of a test or scenario cites it`);
    return {
      rule,
      cells: [rule.number, deciding.map(sourceLink).join(', '), shownBy(rule, deciding, cited)],
    };
  });
  if (mistakes.length > 0) return { mistakes };
  const lines = rows.flatMap(({ rule, cells }, index) => [
    ...(rows[index - 1]?.rule.section === rule.section ? [] : [`| **${rule.section}** | | |`]),
    `| ${cells.join(' | ')} |`,
  ]);
  return { table: ['| rule | decided in | shown by |', '|---|---|---|', ...lines].join('\n') };
}

function unknownRules(
  { rules, sources, tests, scenarios }: Cited,
  decidedIn: Readonly<Record<string, readonly string[]>>,
): string[] {
  const known = new Set(rules.map(({ number }) => number));
  const cites = [
    ...[sources, tests, scenarios].flatMap((found) => [...found]),
    ...Object.entries(decidedIn),
  ];
  return cites.flatMap(([number, files]) =>
    known.has(number)
      ? []
      : [`${number} is no rule of docs/rules.md; cited by ${files.join(', ')}`],
  );
}

function decidingFiles(
  { number }: Rule,
  { sources }: Cited,
  decidedIn: Readonly<Record<string, readonly string[]>>,
  mistakes: string[],
): readonly string[] {
  const citing = (sources.get(number) ?? []).map((path) => path.replace(/^src\//, ''));
  const named = decidedIn[number];
  if (named) {
    for (const path of named) {
      if (!citing.includes(path)) {
        mistakes.push(
          `${number}: src/${path}, which is said to decide it, has no doc comment that cites it`,
        );
      }
    }
    return named;
  }
  const deciding = citing.filter((path) => !SHELL.test(path));
  if (deciding.length === 0) mistakes.push(`${number}: no doc comment of src/ cites it`);
  if (deciding.length > DECIDING_MAX) {
    mistakes.push(
      `${number}: cited by ${deciding.join(', ')}; name in DECIDED_IN which of them decide it`,
    );
  }
  return deciding;
}

function scenariosOf({ number }: Rule, { scenarios }: Cited): readonly string[] {
  return scenarios.get(number) ?? [];
}

function sourceLink(path: string): string {
  return `[${path.replace(/\.ts$/, '')}](src/${path})`;
}

/** Tests that mirror a deciding file come first. */
function shownBy(rule: Rule, deciding: readonly string[], cited: Cited): string {
  const folders = new Set(deciding.map((path) => dirname(path)));
  const isNear = (path: string) => folders.has(dirname(path).replace(/^test\//, ''));
  const citing = cited.tests.get(rule.number) ?? [];
  const nearFirst = [...citing.filter(isNear), ...citing.filter((path) => !isNear(path))];
  const tests = nearFirst.map((path) => `[${path.replace(/^test\/|\.test\.ts$/g, '')}](${path})`);
  const scenarios = scenariosOf(rule, cited).map(
    (path) => `[${basename(path).split('-')[0]}](${path})`,
  );
  return [
    few(tests),
    scenarios.length === 0 ? '' : `scenario${scenarios.length === 1 ? '' : 's'} ${few(scenarios)}`,
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

function few(links: readonly string[]): string {
  // How many more is not said: the index would be stale with every new test.
  return links.slice(0, NAMED_MAX).join(', ') + (links.length > NAMED_MAX ? ' and more' : '');
}
