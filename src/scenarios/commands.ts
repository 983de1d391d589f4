import type { Sender, SubgraphClient } from './client';
import { DESK_CALLS } from './desk-commands';
import type { Seen } from './looks';
import { discountCodeOf, linkCodeOf, NOBODYS_CODE, pointsToForfeit, REASON } from './lookups';
import type { AskedName, CommandData } from './shapes';

/** A command as GraphQL takes it, without its idempotency key. */
export interface Call {
  readonly sender: Sender;
  readonly document: string;
  /** The mutation's input; of a question all of its variables. */
  readonly input: object;
  readonly isQuestion?: boolean;
  /** What the answer shows, by the names of the step's `shows`. */
  readonly shown?: (answer: object) => Seen;
}

/** What a command's mutation answers: a refusal with its code, or what it made or decided. */
export interface CallAnswer {
  readonly answer: {
    readonly code?: string;
    readonly redemption?: { readonly id: string };
    readonly transfer?: { readonly id: string };
  };
}

/** What a command has to know before it is sent: the ids of what earlier steps named, and what the API shows. */
export interface Backstage {
  idOf(name: string): string;
  readonly client: Pick<SubgraphClient, 'query'>;
}

/** How commands of some names are asked for. */
export type Calls<Names extends AskedName> = {
  readonly [C in Names]: (data: CommandData<C>, backstage: Backstage) => Call | Promise<Call>;
};

/** How each command is asked for. A feature that comes with a command adds its line. */
const CALLS: Calls<AskedName> = {
  ...DESK_CALLS,
  redeem: ({ customerId, orderId, points, hold }) => ({
    sender: { customer: customerId },
    document: redemption('redeemXPoints', 'RedeemXPointsInput'),
    input: {
      customerId,
      orderId,
      ...(points === 'max' ? {} : { points }),
      ...(hold ? { hold: {} } : {}),
    },
  }),
  capture: ({ redemption: name, points }, { idOf }) => ({
    sender: 'service',
    document: redemption('captureRedemption', 'CaptureRedemptionInput'),
    input: { redemptionId: idOf(name), points },
  }),
  release: ({ redemption: name }, { idOf }) => ({
    sender: 'service',
    document: redemption('releaseRedemption', 'ReleaseRedemptionInput'),
    input: { redemptionId: idOf(name) },
  }),
  transfer: ({ from, to, points, reason }) => ({
    sender: 'desk',
    document: transfer('transferXPoints', 'TransferXPointsInput'),
    input: { fromId: from, toId: to, ...(points === 'all' ? {} : { points }), reason },
  }),
  requestTransfer: ({ by, from, to, points, reason, evidence }) => ({
    sender: { customer: by },
    document: transfer('requestXPointsTransfer', 'RequestXPointsTransferInput'),
    input: { fromId: from, toId: to, ...(points === 'all' ? {} : { points }), reason, evidence },
  }),
  decideTransfer: ({ transfer: name, approve, note }, { idOf }) => ({
    sender: 'desk',
    document: transfer('decideXPointsTransfer', 'DecideXPointsTransferInput'),
    input: { transferId: idOf(name), approve, note },
  }),
  applyDiscount: async ({ customerId, orderId, codeOf }, { client }) => ({
    sender: { customer: customerId },
    document: command('applyDiscountCode', 'ApplyDiscountCodeInput', ''),
    input: {
      customerId,
      orderId,
      code: (await discountCodeOf(client, codeOf ?? customerId)) ?? NOBODYS_CODE,
    },
  }),
  leave: async ({ customerId, forfeits }, { client }) => ({
    sender: { customer: customerId },
    document: membership('leaveRewards', 'LeaveRewardsInput'),
    input: { customerId, forfeits: forfeits ?? (await pointsToForfeit(client, customerId)) },
  }),
  terminate: ({ customerId, goodCause }) => ({
    sender: 'desk',
    document: membership('terminateMember', 'TerminateMemberInput'),
    input: { customerId, goodCause: goodCause ?? false, reason: REASON },
  }),
  suspend: ({ customerId }) => ({
    sender: 'desk',
    document: membership('suspendMember', 'SuspendMemberInput'),
    input: { customerId, reason: REASON },
  }),
  reinstate: ({ customerId }) => ({
    sender: 'desk',
    document: membership('reinstateMember', 'ReinstateMemberInput'),
    input: { customerId },
  }),
  reviewReferral: ({ customerId, accept, note }) => ({
    sender: 'desk',
    document: command('reviewReferral', 'ReviewReferralInput', ''),
    input: { refereeId: customerId, accept, note: note ?? REASON },
  }),
  discontinue: ({ program, endsOn, goodCause }) => ({
    sender: 'desk',
    document: command('discontinueProgram', 'DiscontinueProgramInput', ''),
    input: { program, endsOn, goodCause: goodCause ?? false, reason: REASON },
  }),
};

/** The mutation of a command. What it has to know before is asked of the subgraph, as who sends it. */
export async function callOf(name: AskedName, data: unknown, backstage: Backstage): Promise<Call> {
  const toCall = CALLS[name] as (data: unknown, backstage: Backstage) => Call | Promise<Call>;
  return toCall(data, backstage);
}

/** What a registration carries: whoever was referred comes with the code of the referrer's link, if they have one. */
export async function registrationOf(
  client: Backstage['client'],
  { referredBy, ...data }: { readonly referredBy?: string },
): Promise<object> {
  if (referredBy === undefined) return data;
  return { ...data, referralCode: await linkCodeOf(client, referredBy) };
}

function redemption(mutation: string, input: string): string {
  return command(mutation, input, '... on RedeemXPointsSuccess { redemption { id } }');
}

function transfer(mutation: string, input: string): string {
  return command(mutation, input, '... on XPointsTransferSuccess { transfer { id } }');
}

function membership(mutation: string, input: string): string {
  return command(mutation, input, '');
}

function command(mutation: string, input: string, success: string): string {
  return `mutation Command($input: ${input}!) {
    answer: ${mutation}(input: $input) { __typename ... on Refusal { code } ${success} }
  }`;
}
