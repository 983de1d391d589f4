/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
export type OrderStatus =
  | 'CANCELLED'
  | 'DELIVERED'
  | 'PAID'
  | 'PLACED'
  | 'QUOTED';

/** What is to be paid with X-Points. */
export type RedeemXPointsInput = {
  /** The member who pays; a member may name only themself. */
  customerId: string;
  /** Hold the points, to capture or release them later; left out: pay at once (R6.7). */
  hold?: RedemptionHoldInput | null | undefined;
  /** Chosen by the caller, 1 to 255 characters (BAD_USER_INPUT otherwise): the same key with the same input gives the first answer again, a refusal too; with other input IDEMPOTENCY_CONFLICT. Kept for good, per customer and mutation. */
  idempotencyKey: string;
  /** An open order of the member's own (R6.4). */
  orderId: string;
  /** How many, 1 or more; left out: as many as possible, the smaller of what is left to pay and what is available (R6.4). */
  points?: number | null | undefined;
};

/** How long the points are held before somebody decides (R6.7). */
export type RedemptionHoldInput = {
  /** Seconds, 60 to 7,776,000 (90 days); INVALID_HOLD_TIME otherwise. 30 minutes where none is named. */
  seconds?: number | null | undefined;
};

/** Why a command was refused. Each command names its own, in the order in which they are judged (R7.4): the first that holds is the answer. IDEMPOTENCY_CONFLICT, then ACCOUNT_FROZEN, may be any command’s, before its own. */
export type RefusalCode =
  /** The account stands still while its books are looked into. Ask again later, with a new key. */
  | 'ACCOUNT_FROZEN'
  /** The member has no adjustment of that number. */
  | 'ADJUSTMENT_NOT_FOUND'
  /** The adjustment was decided before, or needed no approval. */
  | 'ADJUSTMENT_NOT_REQUESTED'
  /** It was voided for abuse before. */
  | 'ALREADY_VOIDED'
  /** The program has a campaign of that code already. */
  | 'CAMPAIGN_CODE_TAKEN'
  /** The program has no campaign of that code. */
  | 'CAMPAIGN_NOT_FOUND'
  /** The campaign has ended already, or ends by the instant named. */
  | 'CAMPAIGN_OVER'
  /** No compensation claim has that id. */
  | 'CLAIM_NOT_FOUND'
  /** The claim was settled or waived before. */
  | 'CLAIM_NOT_OPEN'
  /** No entry of that number credited points to this member. */
  | 'CREDIT_NOT_FOUND'
  /** The order is in another currency than the member's program. */
  | 'CURRENCY_MISMATCH'
  /** Points move between members with the same billing account only. */
  | 'DIFFERENT_BILLING_ACCOUNT'
  /** Points move inside one organisation only. */
  | 'DIFFERENT_ORGANIZATION'
  /** The two accounts are in different programs. */
  | 'DIFFERENT_PROGRAM'
  /** The discount code is applied to an order already. */
  | 'DISCOUNT_ALREADY_USED'
  /** The discount code is past its validity. */
  | 'DISCOUNT_EXPIRED'
  /** The member has no discount code like that. */
  | 'DISCOUNT_NOT_FOUND'
  /** No webhook endpoint of the configuration has that name. */
  | 'ENDPOINT_NOT_FOUND'
  /** More points than the redemption holds. */
  | 'EXCEEDS_HOLD'
  /** More points than what is left to pay on the order. */
  | 'EXCEEDS_ORDER_VALUE'
  /** Leaving would forfeit another number of points than was named; look again. */
  | 'FORFEITURE_CHANGED'
  /** This idempotency key was used before, with other input. Use a new key. */
  | 'IDEMPOTENCY_CONFLICT'
  /** More points than the member can spend now. */
  | 'INSUFFICIENT_X_POINTS'
  /** The campaign is not valid; the mistakes say why. */
  | 'INVALID_CAMPAIGN'
  /** The end must be a day of the program zone that is not over. */
  | 'INVALID_END_DATE'
  /** A hold lasts from one minute to 90 days. */
  | 'INVALID_HOLD_TIME'
  /** Points are a whole number, 1 or more; below 0 only where an adjustment takes them. */
  | 'INVALID_POINTS'
  /** The terms are not valid as the next version; the mistakes say why. */
  | 'INVALID_TERMS'
  /** The member has no lot with that number or id. */
  | 'LOT_NOT_FOUND'
  /** The membership does not allow this: suspended, in its last months, or ended. */
  | 'MEMBERSHIP_NOT_ACTIVE'
  /** Only a suspended membership can be reinstated. */
  | 'MEMBERSHIP_NOT_SUSPENDED'
  /** No kept message is like that: it is too old, or not for this endpoint. */
  | 'NOTHING_TO_REPLAY'
  /** The member has no notification with that number. */
  | 'NOTIFICATION_NOT_FOUND'
  /** Only a mail that was given up is sent again. */
  | 'NOTIFICATION_NOT_GIVEN_UP'
  /** The customer is no member of a rewards program at this moment. */
  | 'NOT_A_MEMBER'
  /** The discount is for a first order; this account has a completed one. */
  | 'NOT_FIRST_ORDER'
  /** The member has no objection of that number. */
  | 'OBJECTION_NOT_FOUND'
  /** The objection was decided before, or its correction awaits approval. */
  | 'OBJECTION_NOT_OPEN'
  /** An objection to the same thing is open already. */
  | 'OBJECTION_OPEN'
  /** The time to object is over. */
  | 'OBJECTION_TOO_LATE'
  /** No placed order of this member has that id. */
  | 'ORDER_NOT_FOUND'
  /** The order is paid or cancelled in full; points pay for open orders only. */
  | 'ORDER_NOT_OPEN'
  /** The program was discontinued before. */
  | 'PROGRAM_ENDING_ALREADY'
  /** No program has that code. */
  | 'PROGRAM_NOT_FOUND'
  /** No redemption has that id. */
  | 'REDEMPTION_NOT_FOUND'
  /** The redemption is not held (any more): captured, released or lapsed. */
  | 'REDEMPTION_NOT_HELD'
  /** The customer was not referred by anybody. */
  | 'REFERRAL_NOT_FOUND'
  /** The referral stands as the decision says already, or cannot be decided any more. */
  | 'REFERRAL_NOT_REVIEWABLE'
  /** Giver and receiver are the same account. */
  | 'SAME_ACCOUNT'
  /** Whoever asked for the adjustment cannot approve it. */
  | 'SAME_PERSON'
  /** No such version of the terms awaits an objection of this member. */
  | 'TERMS_NOT_OPEN'
  /** No transfer has that id. */
  | 'TRANSFER_NOT_FOUND'
  /** The transfer was decided before. */
  | 'TRANSFER_NOT_REQUESTED';

/** Where a membership stands (R2.8), and what it allows (R2.9). */
export type RewardsMembershipState =
  /** Earns, redeems, refers and transfers. */
  | 'ACTIVE'
  /** Over; the points are gone (R2.9). */
  | 'ENDED'
  /** Notice is given; still as ACTIVE (R2.4). */
  | 'ENDING'
  /** In the three months after its end: redeems, earns nothing (R2.4). */
  | 'REDEEM_ONLY'
  /** Suspended by the desk (R2.7): nothing is earned, redeemed or transferred; lots go on expiring. */
  | 'SUSPENDED';

/** HELD, then exactly one of the others (R6.7). */
export type XPointsRedemptionState =
  /** The points paid their order, in part or whole; the rest came back. */
  | 'CAPTURED'
  /** The points are set aside, not spendable, and nobody has decided yet. */
  | 'HELD'
  /** The time was up before anybody decided; the hold gave itself back. */
  | 'LAPSED'
  /** The hold was given back. */
  | 'RELEASED';

export type StorefrontPageQueryVariables = Exact<{
  customerId: string;
  locale?: string | null | undefined;
}>;


export type StorefrontPageQuery = { customer: { id: string, name: string, organization: { id: string, name: string } | null, xPoints: { available: number, held: number, pending: number, owed: number, value: { amount: string, currency: string }, expirySchedule: Array<{ expiresAt: string | null, points: number, value: { amount: string, currency: string } }> } | null, tier: { tier: { code: string, name: string, pointsPerUnit: number }, next: { progress: number, tier: { code: string, name: string, pointsPerUnit: number }, missing: { amount: string, currency: string } } | null } | null, membership: { state: RewardsMembershipState, program: { code: string, timeZone: string, pointValue: { amount: string, currency: string } } } | null, orders: Array<{ id: string, number: string, status: OrderStatus, netTotal: { amount: string, currency: string } | null, xPoints: { earned: number, redeemed: number, held: number, expected: number } | null, xPointsQuote: { earns: number, payable: number, payableValue: { amount: string, currency: string }, remainder: { amount: string, currency: string }, net: { amount: string, currency: string } } | null }> | null } | null };

export type RedeemAtCheckoutMutationVariables = Exact<{
  input: RedeemXPointsInput;
}>;


export type RedeemAtCheckoutMutation = { redeemXPoints:
    | { __typename: 'CommandRefused', code: RefusalCode, message: string }
    | { __typename: 'InsufficientXPoints', code: RefusalCode, message: string, available: number }
    | { __typename: 'LimitExceeded', code: RefusalCode, message: string, limit: number }
    | { __typename: 'RedeemXPointsSuccess', redemption: { id: string, state: XPointsRedemptionState, points: number, heldUntil: string | null, value: { amount: string, currency: string } } }
   };

export type CheckoutOrderFragment = { id: string, number: string, status: OrderStatus, netTotal: { amount: string, currency: string } | null, xPoints: { earned: number, redeemed: number, held: number, expected: number } | null, xPointsQuote: { earns: number, payable: number, payableValue: { amount: string, currency: string }, remainder: { amount: string, currency: string }, net: { amount: string, currency: string } } | null };

export type AmountFragment = { amount: string, currency: string };

export const AmountFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Amount"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Money"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}}]} as unknown as DocumentNode<AmountFragment, unknown>;
export const CheckoutOrderFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"CheckoutOrder"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Order"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"netTotal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"xPoints"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"earned"}},{"kind":"Field","name":{"kind":"Name","value":"redeemed"}},{"kind":"Field","name":{"kind":"Name","value":"held"}},{"kind":"Field","name":{"kind":"Name","value":"expected"}}]}},{"kind":"Field","name":{"kind":"Name","value":"xPointsQuote"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"customerId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"customerId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"earns"}},{"kind":"Field","name":{"kind":"Name","value":"payable"}},{"kind":"Field","name":{"kind":"Name","value":"payableValue"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"remainder"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"net"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Amount"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Amount"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Money"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}}]} as unknown as DocumentNode<CheckoutOrderFragment, unknown>;
export const StorefrontPageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"StorefrontPage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"customerId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"locale"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"customer"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"customerId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"organization"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"xPoints"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}},{"kind":"Field","name":{"kind":"Name","value":"held"}},{"kind":"Field","name":{"kind":"Name","value":"pending"}},{"kind":"Field","name":{"kind":"Name","value":"owed"}},{"kind":"Field","name":{"kind":"Name","value":"value"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"expirySchedule"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"3"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"points"}},{"kind":"Field","name":{"kind":"Name","value":"value"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Amount"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"tier"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tier"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"name"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"locale"},"value":{"kind":"Variable","name":{"kind":"Name","value":"locale"}}}]},{"kind":"Field","name":{"kind":"Name","value":"pointsPerUnit"}}]}},{"kind":"Field","name":{"kind":"Name","value":"next"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tier"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"name"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"locale"},"value":{"kind":"Variable","name":{"kind":"Name","value":"locale"}}}]},{"kind":"Field","name":{"kind":"Name","value":"pointsPerUnit"}}]}},{"kind":"Field","name":{"kind":"Name","value":"missing"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"progress"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"membership"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"program"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"timeZone"}},{"kind":"Field","name":{"kind":"Name","value":"pointValue"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Amount"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"orders"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"CheckoutOrder"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Amount"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Money"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"CheckoutOrder"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Order"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"netTotal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"xPoints"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"earned"}},{"kind":"Field","name":{"kind":"Name","value":"redeemed"}},{"kind":"Field","name":{"kind":"Name","value":"held"}},{"kind":"Field","name":{"kind":"Name","value":"expected"}}]}},{"kind":"Field","name":{"kind":"Name","value":"xPointsQuote"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"customerId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"customerId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"earns"}},{"kind":"Field","name":{"kind":"Name","value":"payable"}},{"kind":"Field","name":{"kind":"Name","value":"payableValue"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"remainder"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"net"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Amount"}}]}}]}}]}}]} as unknown as DocumentNode<StorefrontPageQuery, StorefrontPageQueryVariables>;
export const RedeemAtCheckoutDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RedeemAtCheckout"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RedeemXPointsInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"redeemXPoints"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"RedeemXPointsSuccess"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"redemption"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"points"}},{"kind":"Field","name":{"kind":"Name","value":"heldUntil"}},{"kind":"Field","name":{"kind":"Name","value":"value"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Amount"}}]}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Refusal"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"InsufficientXPoints"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"LimitExceeded"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"limit"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Amount"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Money"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}}]} as unknown as DocumentNode<RedeemAtCheckoutMutation, RedeemAtCheckoutMutationVariables>;