import { type Actor, ANONYMOUS, type Scope } from './actor';
import { type Action, allows, directiveOf, FIELDS, HIDDEN, type Subject } from './permissions';

/** The member in whose things the callers are interested, and where that member works. */
export const SUBJECT = { customerId: 'ada', organizationId: 'acme' } as const satisfies Subject;

/** An example of every kind of caller, by how they stand to the member. */
export const CALLERS = {
  'no token': ANONYMOUS,
  'the router alone': ANONYMOUS,
  owner: customer(SUBJECT.customerId, SUBJECT.organizationId),
  'another customer': customer('bob', 'globex'),
  colleague: customer('cem', SUBJECT.organizationId),
  partner: scoped('dora', 'rewards:partner', SUBJECT.organizationId),
  'another partner': scoped('emre', 'rewards:partner', 'globex'),
  desk: scoped('fay', 'rewards:desk'),
  analytics: scoped('gus', 'rewards:analytics'),
  service: scoped('shop', 'rewards:service'),
} as const satisfies Readonly<Record<string, Actor>>;

export type CallerName = keyof typeof CALLERS;
export const CALLER_NAMES = Object.keys(CALLERS) as readonly CallerName[];

export type Verdict = 'yes' | 'null' | 'refused';
const SHOWN_AS: Readonly<Record<Verdict, string>> = { yes: 'yes', null: 'null', refused: '' };

/**
 * Who may what, as a table in Markdown: a line for each field that has a rule, a column for each kind of caller.
 * `yes`; `null` where it is hidden from them; nothing where it is refused.
 */
export function accessTable(): string {
  const head = ['field', 'a router is told', ...CALLER_NAMES];
  const rows = Object.entries(FIELDS).map(([field, action]) => [
    `\`${field}\``,
    toldOf(field, action),
    ...CALLER_NAMES.map((name) => SHOWN_AS[verdictOn(CALLERS[name], field, action)]),
  ]);
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function toldOf(field: string, action: Action): string {
  const directive = directiveOf(action);
  if (directive === null || field.startsWith('Query._')) return '';
  const scopes = [...directive.matchAll(/"([^"]+)"/g)].map(([, scope]) => scope);
  return scopes.length === 0 ? 'token' : scopes.join(' or ');
}

/**
 * What becomes of a field of the member's that a caller asks for. Whoever may not read a member is refused all of the
 * customer, what is hidden in it too.
 */
export function verdictOn(actor: Actor, field: string, action: Action): Verdict {
  if (allows(actor, action, SUBJECT)) return 'yes';
  const isRead = !field.startsWith('Customer.') || allows(actor, 'readMember', SUBJECT);
  return isRead && HIDDEN.has(action) ? 'null' : 'refused';
}

function customer(id: string, organizationId: string): Actor {
  return { ...ANONYMOUS, subject: id, customerId: id, organizationId };
}

function scoped(subject: string, scope: Scope, organizationId: string | null = null): Actor {
  return { ...ANONYMOUS, subject, scopes: new Set([scope]), organizationId };
}
