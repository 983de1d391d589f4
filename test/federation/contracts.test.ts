import { readFileSync } from 'node:fs';
import { composeSchemaContract, composeServices } from '@theguild/federation-composition';
import { buildSchema, parse } from 'graphql';
import { sdl } from './world';

const neighbour = (name: string) => ({
  name,
  typeDefs: parse(readFileSync(`schema/platform/${name}.graphql`, 'utf8')),
  url: `http://${name}`,
});
const services = [
  { name: 'rewards', typeDefs: parse(sdl), url: 'http://rewards' },
  neighbour('customers'),
  neighbour('orders'),
];

test('composes with the platform', () => {
  expect(composeServices(services).errors).toBeUndefined();
});

test('a variant without the desk has nothing of the desk, and all the rest', () => {
  const variant = composeSchemaContract(
    services,
    { include: new Set(), exclude: new Set(['desk']) },
    true,
  );
  expect(variant.errors).toBeUndefined();
  if (!('publicSdl' in variant)) throw new Error('it composes');
  const { publicSdl } = variant;
  for (const gone of [
    'suspensionReason',
    'SetAside',
    'OrderDiscrepanc',
    'UndeliveredWebhook',
    'suspendMember',
    'captureRedemption',
    'transferXPoints',
    'decideXPointsTransfer',
    'terminateMember',
    'iscontinueProgram',
    'eviewReferral',
    'referralReviews',
    'ReferralReview',
    'ReferralFlag',
    'finishedAt',
    'publishTerms',
    'startCampaign',
    'endCampaign',
    'RewardsCampaignRecord',
    'djustXPoints',
    'XPointsAdjustmentConnection',
    'ecideAdjustment',
    'ecideObjection',
    'InvalidInputRefused',
  ]) {
    expect(publicSdl).not.toContain(gone);
  }
  for (const kept of [
    'rewardsMember(',
    'redeemXPoints(',
    'xPointsBalanceChanged(',
    'xPointsQuote(',
    'referralInvitation(',
    'applyDiscountCode(',
    'requestXPointsTransfer(',
    'transferRequests(',
    'leaveRewards(',
    'objectToTerms(',
    'objectToCredit(',
    'xPointsObjections(',
    'campaigns(',
    'explanation(',
    'exportMemberData(',
  ]) {
    expect(publicSdl).toContain(kept);
  }
});

test.each(['storefront', 'mobile'])('a variant of what is for %s holds together', (audience) => {
  const variant = composeSchemaContract(
    services,
    { include: new Set([audience]), exclude: new Set(['desk']) },
    true,
  );
  expect(variant.errors).toBeUndefined();
  if (!('publicSdl' in variant)) throw new Error('it composes');
  expect(variant.publicSdl).toMatch(/xPoints\([\s\S]*?\): XPointsBalance$/m);
  expect(variant.publicSdl).not.toContain('suspendMember');
});

test('a variant for partners reads organisations, members and programs, watches organisations, and commands nothing', () => {
  const contract = { include: new Set(['partner']), exclude: new Set(['desk']) };
  const variant = composeSchemaContract(services, contract, true);
  if (!('publicSdl' in variant)) throw new Error('it composes');
  const { publicSdl = '' } = variant;
  const schema = buildSchema(publicSdl);
  expect(Object.keys(schema.getQueryType()?.getFields() ?? {}).sort()).toEqual([
    ...['rewardsMember', 'rewardsOrganization', 'rewardsProgram', 'rewardsPrograms'],
  ]);
  expect(schema.getMutationType()).toBeUndefined();
  expect(Object.keys(schema.getSubscriptionType()?.getFields() ?? {})).toEqual([
    'organizationXPointsChanged',
  ]);
  expect(publicSdl).not.toContain('RedeemXPointsInput');
});
