import { type Actor, ANONYMOUS, type Scope } from '../../src/auth/actor';
import { ACTIONS, type Action, allows, authorize } from '../../src/auth/permissions';

function actor(subject: string, ...scopes: Scope[]): Actor {
  const customerId = scopes.length === 0 ? subject : null;
  const expiresAt = Date.now() + 60_000;
  return { subject, customerId, scopes: new Set(scopes), organizationId: null, expiresAt };
}

const actors = {
  owner: actor('ada'),
  stranger: actor('bob'),
  desk: actor('ada', 'rewards:desk'),
  service: actor('ada', 'rewards:service'),
  partner: actor('ada', 'rewards:partner'),
  analytics: actor('ada', 'rewards:analytics'),
  anonymous: ANONYMOUS,
};

/** Who may do what to a member's things; whoever is not named may not. */
const ALLOWED: Readonly<Record<Action, readonly (keyof typeof actors)[]>> = {
  readMember: ['owner', 'desk', 'service'],
  readOrder: ['owner', 'desk', 'service'],
  quote: ['owner', 'desk', 'service'],
  simulate: ['owner', 'desk', 'service'],
  watchBalance: ['owner', 'desk', 'service'],
  redeem: ['owner', 'desk'],
  decideRedemption: ['desk', 'service'],
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
};

describe.each(ACTIONS)('%s', (action) => {
  test.each(Object.entries(actors))('by %s', (name, who) => {
    const isAllowed = (ALLOWED[action] as readonly string[]).includes(name);
    expect(allows(who, action, { customerId: 'ada' })).toBe(isAllowed);
    const attempt = () => authorize(who, action, { customerId: 'ada' });
    if (isAllowed) expect(attempt).not.toThrow();
    else {
      const code = name === 'anonymous' ? 'UNAUTHENTICATED' : 'FORBIDDEN';
      expect(attempt).toThrow(expect.objectContaining({ code }));
    }
  });

  test('on nobody in particular is no owner’s', () => {
    for (const customerId of [null, undefined]) {
      expect(allows(actors.owner, action, { customerId })).toBe(false);
      expect(allows(ANONYMOUS, action, { customerId })).toBe(false);
    }
  });
});
