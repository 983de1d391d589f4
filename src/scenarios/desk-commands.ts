import type { Call, Calls } from './commands';
import type { SeenRow } from './looks';
import {
  claimIdAt,
  creditSequence,
  discountCodeOf,
  lotNumbers,
  NOBODYS_CODE,
  REASON,
} from './lookups';
import { quote, simulate } from './questions';
import type { DeskCommandName } from './shapes';

/** How each of the desk's commands, and of what members answer it with, is asked for. */
export const DESK_CALLS: Calls<DeskCommandName> = {
  publishTerms: ({ program, effectiveOn, changes, dryRun }) => ({
    sender: 'desk',
    document: command(
      'publishTerms',
      'PublishTermsInput',
      '... on PublishTermsSuccess { terms { version } changes { field before after } members }',
    ),
    input: {
      ...changes,
      ...(changes.tiers ? { tiers: changes.tiers.map(namedTier) } : {}),
      ...{ program, effectiveOn, dryRun: dryRun ?? false },
    },
    shown: (answer) => {
      const { terms, changes: changed, members } = answer as PublishedAnswer;
      return { version: terms.version, changes: changed, members };
    },
  }),
  objectToTerms: ({ customerId, version }) => ({
    sender: { customer: customerId },
    document: command('objectToTerms', 'ObjectToTermsInput'),
    input: { customerId, version },
  }),
  startCampaign: (data) => ({
    sender: 'desk',
    document: command('startCampaign', 'StartCampaignInput'),
    input: { ...data, names: named(data.code), reason: REASON },
  }),
  endCampaign: (data) => ({
    sender: 'desk',
    document: command('endCampaign', 'EndCampaignInput'),
    input: data,
  }),
  voidLots: async ({ customerId, lots }, { client }) => ({
    sender: 'desk',
    document: command('voidXPointsLots', 'VoidXPointsLotsInput'),
    input: { customerId, lots: await lotNumbers(client, customerId, lots), reason: REASON },
  }),
  voidReferral: ({ customerId }) => ({
    sender: 'desk',
    document: command('voidReferral', 'VoidReferralInput'),
    input: { refereeId: customerId, reason: REASON },
  }),
  voidDiscount: async ({ customerId }, { client }) => ({
    sender: 'desk',
    document: command('voidDiscount', 'VoidDiscountInput'),
    input: {
      customerId,
      code: (await discountCodeOf(client, customerId)) ?? NOBODYS_CODE,
      reason: REASON,
    },
  }),
  settleClaim: async ({ customerId, claim }, { client }) => ({
    sender: 'desk',
    document: command('settleClaim', 'SettleClaimInput'),
    input: { claimId: await claimIdAt(client, customerId, claim), note: REASON },
  }),
  waiveClaim: async ({ customerId, claim }, { client }) => ({
    sender: 'desk',
    document: command('waiveClaim', 'WaiveClaimInput'),
    input: { claimId: await claimIdAt(client, customerId, claim), note: REASON },
  }),
  adjust: ({ customerId, points, by }) => ({
    sender: deskOf(by),
    document: command('adjustXPoints', 'AdjustXPointsInput'),
    input: { customerId, points, reason: REASON },
  }),
  decideAdjustment: ({ customerId, number, approve, by }) => ({
    sender: deskOf(by),
    document: command('decideAdjustment', 'DecideAdjustmentInput'),
    input: { customerId, number, approve },
  }),
  objectToCredit: async ({ customerId, about, credit, orderId }, { client }) => ({
    sender: { customer: customerId },
    document: command('objectToCredit', 'ObjectToCreditInput'),
    input: {
      ...{ customerId, about, orderId, statement: REASON },
      ...(credit === undefined
        ? {}
        : { entrySequence: await creditSequence(client, customerId, credit) }),
      ...(about === 'DISCOUNT'
        ? { discountCode: (await discountCodeOf(client, customerId)) ?? NOBODYS_CODE }
        : {}),
    },
  }),
  decideObjection: ({ customerId, number, points, note, by }) => ({
    sender: deskOf(by),
    document: command('decideObjection', 'DecideObjectionInput'),
    input: { customerId, number, points, note: note ?? REASON },
  }),
  quote,
  simulate,
};

function deskOf(by: string | undefined): Call['sender'] {
  return by === undefined ? 'desk' : { desk: by };
}

function command(mutation: string, input: string, success = ''): string {
  return `mutation Command($input: ${input}!) {
    answer: ${mutation}(input: $input) { __typename ... on Refusal { code } ${success} }
  }`;
}

/** One name in every language: stories are not about words. */
function named(name: string): Readonly<Record<string, string>> {
  return { en: name, de: name, tr: name, pl: name, es: name };
}

function namedTier<T extends { readonly code: string }>(tier: T): T & { names: object } {
  return { ...tier, names: named(tier.code) };
}

interface PublishedAnswer {
  readonly terms: { readonly version: number };
  readonly changes: readonly SeenRow[];
  readonly members: number;
}
