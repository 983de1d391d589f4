import type { Sender } from './client';
import type { CommandData, CommandName, EventStep } from './shapes';

/** A command as GraphQL takes it, without its idempotency key. */
export interface Call {
  readonly sender: Sender;
  readonly document: string;
  readonly input: object;
}

/** What a command's mutation answers: a refusal with its code, or the redemption it placed or decided. */
export interface CallAnswer {
  readonly answer: { readonly code?: string; readonly redemption?: { readonly id: string } };
}

/** `idOf` gives the id of a redemption that an earlier step named. */
type ToCall<C extends CommandName> = (data: CommandData<C>, idOf: (name: string) => string) => Call;

/** The commands that can be replayed. A feature that comes with a command adds its line. */
const CALLS: { readonly [C in CommandName]?: ToCall<C> } = {
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
  capture: ({ redemption: name, points }, idOf) => ({
    sender: 'service',
    document: redemption('captureRedemption', 'CaptureRedemptionInput'),
    input: { redemptionId: idOf(name), points },
  }),
  release: ({ redemption: name }, idOf) => ({
    sender: 'service',
    document: redemption('releaseRedemption', 'ReleaseRedemptionInput'),
    input: { redemptionId: idOf(name) },
  }),
  suspend: ({ customerId }) => ({
    sender: 'desk',
    document: membership('suspendMember', 'SuspendMemberInput'),
    input: { customerId, reason: 'Suspended in a scenario' },
  }),
  reinstate: ({ customerId }) => ({
    sender: 'desk',
    document: membership('reinstateMember', 'ReinstateMemberInput'),
    input: { customerId },
  }),
};

/** Fields of events that belong to features yet to come, by event. A feature that comes takes its line away. */
const LATER_FIELDS: Readonly<Record<string, readonly string[]>> = {
  'customer.registered': ['referredBy'],
};

/** The mutation of a command; null where no feature offers it yet. */
export function callOf(
  name: CommandName,
  data: unknown,
  idOf: (redemption: string) => string,
): Call | null {
  const toCall = CALLS[name] as
    | ((data: unknown, idOf: (name: string) => string) => Call)
    | undefined;
  return toCall ? toCall(data, idOf) : null;
}

/** The first field of an event that no feature offers yet; null where there is none. */
export function laterField(step: EventStep): string | null {
  return LATER_FIELDS[step.event]?.find((field) => field in step.data) ?? null;
}

function redemption(mutation: string, input: string): string {
  return command(mutation, input, '... on RedeemXPointsSuccess { redemption { id } }');
}

function membership(mutation: string, input: string): string {
  return command(mutation, input, '');
}

function command(mutation: string, input: string, success: string): string {
  return `mutation Command($input: ${input}!) {
    answer: ${mutation}(input: $input) { __typename ... on Refusal { code } ${success} }
  }`;
}
