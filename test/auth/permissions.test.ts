import { readFileSync } from 'node:fs';
import { ANONYMOUS } from '../../src/auth/actor';
import { accessTable, CALLERS, type CallerName, SUBJECT } from '../../src/auth/callers';
import {
  ACTIONS,
  type Action,
  allows,
  authorize,
  directiveOf,
  FIELDS,
} from '../../src/auth/permissions';

const EVERYBODY = Object.keys(CALLERS) as CallerName[];
const CUSTOMERS = ['owner', 'another customer', 'colleague'] as const;

/** Who may do what to a member's things; whoever is not named may not. Written by hand, so that the table is not its own witness. */
const ALLOWED: Readonly<Record<Action, readonly CallerName[]>> = {
  readPrograms: EVERYBODY,
  readInvitation: EVERYBODY,
  askEntities: EVERYBODY,
  readSchema: ['service'],
  readMember: ['owner', 'desk', 'service'],
  readPast: ['desk'],
  readOrder: ['owner', 'desk', 'service'],
  quote: ['owner', 'desk', 'service'],
  simulate: ['owner', 'desk', 'service'],
  watchBalance: ['owner', 'desk', 'service'],
  watchOrganization: ['partner', 'desk'],
  redeem: ['owner', 'desk'],
  decideRedemption: ['desk', 'service'],
  applyDiscount: ['owner', 'desk'],
  requestTransfer: ['owner'],
  readTransfers: [...CUSTOMERS, 'desk'],
  readEvidence: ['owner', 'desk'],
  transfer: ['desk'],
  leave: ['owner', 'desk'],
  readEndReason: ['owner', 'desk'],
  readLotOrigin: ['owner', 'desk'],
  exportMember: ['owner', 'desk'],
  suspend: ['desk'],
  readSuspensionReason: ['desk'],
  terminate: ['desk'],
  reviewReferral: ['desk'],
  discontinueProgram: ['desk'],
  publishTerms: ['desk'],
  runCampaigns: ['desk'],
  readCampaignRecord: ['desk'],
  adjust: ['desk'],
  objectToCredit: ['owner', 'desk'],
  decideObjection: ['desk'],
  objectToTerms: ['owner', 'desk'],
  replayWebhooks: ['desk'],
  resendNotification: ['desk'],
  voidForAbuse: ['desk'],
  readVoidings: ['desk'],
  decideClaim: ['desk'],
  readEndingProgress: ['desk'],
  readDeskLists: ['desk'],
  readOrganization: ['partner', 'desk'],
  readAnalytics: ['analytics', 'desk'],
  readAccounting: ['analytics', 'desk'],
};

describe.each(ACTIONS)('%s', (action) => {
  test.each(Object.entries(CALLERS))('by %s', (name, caller) => {
    const isAllowed = ALLOWED[action].includes(name as CallerName);
    expect(allows(caller, action, SUBJECT)).toBe(isAllowed);
    const attempt = () => authorize(caller, action, SUBJECT);
    if (isAllowed) expect(attempt).not.toThrow();
    else {
      const code = caller.subject === null ? 'UNAUTHENTICATED' : 'FORBIDDEN';
      expect(attempt).toThrow(expect.objectContaining({ code }));
    }
  });

  test('on nobody in particular is no owner’s and no partner’s', () => {
    for (const nobody of [{}, { customerId: null, organizationId: null }]) {
      const isEverybodys = ALLOWED[action].includes('colleague');
      expect(allows(CALLERS.owner, action, nobody)).toBe(isEverybodys);
      expect(allows(CALLERS.partner, action, nobody)).toBe(ALLOWED[action] === EVERYBODY);
      expect(allows(ANONYMOUS, action, nobody)).toBe(ALLOWED[action] === EVERYBODY);
    }
  });

  test('by a scope and the very subject is no owner’s', () => {
    const scoped = { ...CALLERS.analytics, subject: SUBJECT.customerId };
    expect(allows(scoped, action, SUBJECT)).toBe(ALLOWED[action].includes('analytics'));
  });
});

test('a router is told as much as a token shows: no more than the rule, or an owner would be refused', () => {
  expect(directiveOf('readPrograms')).toBeNull();
  expect(directiveOf('readMember')).toBe('@authenticated');
  expect(directiveOf('readTransfers')).toBe('@authenticated');
  expect(directiveOf('readDeskLists')).toBe('@requiresScopes(scopes: [["rewards:desk"]])');
  expect(directiveOf('decideRedemption')).toBe(
    '@requiresScopes(scopes: [["rewards:service"], ["rewards:desk"]])',
  );
});

test('src/auth/README.md shows this very table', () => {
  const readme = readFileSync('src/auth/README.md', 'utf8');
  if (!readme.includes(accessTable())) {
    throw new Error('src/auth/README.md is stale: run `npm run schema`.');
  }
  expect(accessTable().split('\n')).toHaveLength(Object.keys(FIELDS).length + 2);
});
