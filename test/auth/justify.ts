import type { Actor } from '../../src/auth/actor';
import { type Action, allows, FIELDS, type Subject } from '../../src/auth/permissions';

const RULES: Readonly<Record<string, Action>> = FIELDS;

/** Whose an object of an answer is, by its type, where it is not its parent's. */
export type SubjectOf = Readonly<Record<string, (object: Seen) => Subject>>;
export type Seen = Readonly<Record<string, unknown>>;

/** To whom a row belongs, by its type: a customer sees their own alone, however they asked. */
export type PartiesOf = Readonly<Record<string, (object: Seen) => readonly unknown[] | null>>;

/** What an answer shows, and what of it its reader may not see. */
export interface Findings {
  /** Names of fields that are not null somewhere, of the one whom the question is about. */
  readonly shown: ReadonlySet<string>;
  /** A sentence for each value that no rule allows. */
  readonly leaks: readonly string[];
}

/**
 * Looks at every value of an answer, whatever was asked for: where its field has a rule, the reader must be allowed it
 * for the very member whose it is, however it was come by.
 */
export function examine(
  actor: Actor,
  rootType: string,
  data: unknown,
  root: Subject,
  { subjectOf, partiesOf }: { readonly subjectOf: SubjectOf; readonly partiesOf: PartiesOf },
): Findings {
  const shown = new Set<string>();
  const leaks: string[] = [];
  const visit = (value: unknown, type: string, subject: Subject): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, type, subject);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    const object = value as Seen;
    const typeName = typeof object.__typename === 'string' ? object.__typename : type;
    const whose = subjectOf[typeName]?.(object) ?? subject;
    const parties = partiesOf[typeName]?.(object);
    if (parties && actor.customerId !== null && !parties.includes(actor.customerId)) {
      leaks.push(`${typeName} of ${parties.join(' and ')} is shown to ${actor.customerId}`);
    }
    for (const [key, inner] of Object.entries(object)) {
      if (key === '__typename' || inner === null) continue;
      const name = key.includes('__') ? key.replace('__', '.') : `${typeName}.${key}`;
      if (whose.customerId === root.customerId) shown.add(name);
      const action = RULES[name];
      if (action !== undefined && !allows(actor, action, whose)) {
        leaks.push(`${name} of ${whose.customerId ?? 'nobody'} is shown: ${JSON.stringify(inner)}`);
      }
      visit(inner, '', whose);
    }
  };
  visit(data, rootType, root);
  return { shown, leaks };
}
