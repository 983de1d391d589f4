import type { Instant } from '../kernel/time';

/** The scopes of ours that a token may carry; whoever carries none is a customer. */
export const SCOPES = [
  'rewards:service',
  'rewards:desk',
  'rewards:partner',
  'rewards:analytics',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Who asks: what a verified token says, and nothing else. */
export interface Actor {
  /** The token's `sub`; null for someone who showed no token. */
  readonly subject: string | null;
  /** The customer who asks for themself: `sub`, where the token carries none of our scopes. */
  readonly customerId: string | null;
  readonly scopes: ReadonlySet<Scope>;
  /** The organisation the token speaks for (`organization_id`). */
  readonly organizationId: string | null;
  /** When the token expires; null for someone who showed none. */
  readonly expiresAt: Instant | null;
}

/** Someone who showed no token: allowed nothing that concerns a member. */
export const ANONYMOUS: Actor = {
  subject: null,
  customerId: null,
  scopes: new Set(),
  organizationId: null,
  expiresAt: null,
};

/** The name under which an actor's doings are recorded: `customer:<id>`, `desk:<sub>` …, `anonymous`. */
export function actorName(actor: Actor): string {
  if (actor.subject === null) return 'anonymous';
  const scope = SCOPES.find((candidate) => actor.scopes.has(candidate));
  const role = scope === undefined ? 'customer' : scope.slice('rewards:'.length);
  return `${role}:${actor.subject}`;
}

/** Whether two may do and see the same: one who asks, whichever token they showed and until whenever it is good. */
export function hasSameRights(one: Actor, other: Actor): boolean {
  if (one === other) return true;
  return (
    one.subject === other.subject &&
    one.customerId === other.customerId &&
    one.organizationId === other.organizationId &&
    one.scopes.size === other.scopes.size &&
    [...one.scopes].every((scope) => other.scopes.has(scope))
  );
}
