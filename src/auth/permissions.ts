import { RequestError } from '../kernel/errors';
import type { Actor, Scope } from './actor';

/** `owner` is the customer whom the subject belongs to, asking with a token of their own. */
type Role = 'owner' | 'service' | 'desk';

/** Who may do what. What is not listed is not allowed. */
const PERMISSIONS = {
  readMember: ['owner', 'desk', 'service'],
  readOrder: ['owner', 'desk', 'service'],
  quote: ['owner', 'desk', 'service'],
  simulate: ['owner', 'desk', 'service'],
  watchBalance: ['owner', 'desk', 'service'],
  redeem: ['owner', 'desk'],
  decideRedemption: ['service', 'desk'],
  applyDiscount: ['owner', 'desk'],
  requestTransfer: ['owner'],
  readTransfer: ['owner', 'desk'],
  transfer: ['desk'],
  leave: ['owner', 'desk'],
  readEndReason: ['owner', 'desk'],
  readLotOrigin: ['owner', 'desk'],
  exportMember: ['owner', 'desk'],
  suspend: ['desk'],
  terminate: ['desk'],
  reviewReferral: ['desk'],
  discontinueProgram: ['desk'],
  publishTerms: ['desk'],
  runCampaigns: ['desk'],
  adjust: ['desk'],
  objectToCredit: ['owner', 'desk'],
  decideObjection: ['desk'],
  objectToTerms: ['owner', 'desk'],
  replayWebhooks: ['desk'],
  resendNotification: ['desk'],
  voidForAbuse: ['desk'],
  decideClaim: ['desk'],
  readDeskLists: ['desk'],
} as const satisfies Record<string, readonly Role[]>;

export type Action = keyof typeof PERMISSIONS;
export const ACTIONS = Object.keys(PERMISSIONS) as readonly Action[];

/** What an action is about; nothing where it is about no member in particular. */
export interface Subject {
  readonly customerId?: string | null;
}

const SCOPE_OF: Readonly<Record<Exclude<Role, 'owner'>, Scope>> = {
  service: 'rewards:service',
  desk: 'rewards:desk',
};

/** Whether `actor` may do `action` to `subject`. */
export function allows(actor: Actor, action: Action, subject: Subject = {}): boolean {
  return PERMISSIONS[action].some((role) =>
    role === 'owner' ? owns(actor, subject) : actor.scopes.has(SCOPE_OF[role]),
  );
}

/** Fails unless `actor` may do `action` to `subject`: UNAUTHENTICATED without a token, else FORBIDDEN. */
export function authorize(actor: Actor, action: Action, subject: Subject = {}): void {
  if (allows(actor, action, subject)) return;
  if (actor.subject === null) {
    throw new RequestError('UNAUTHENTICATED', 'This needs an access token.');
  }
  throw new RequestError('FORBIDDEN', 'This access token does not allow it.');
}

function owns(actor: Actor, subject: Subject): boolean {
  return actor.customerId !== null && actor.customerId === subject.customerId;
}
