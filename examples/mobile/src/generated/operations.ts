/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** Why a balance changed. */
export type XPointsEntryKind =
  /** Held points paid their order; what was not needed came back. */
  | 'CAPTURED'
  /** An order was paid and delivered (with 0 points: turnover alone changed), or a referral was rewarded. */
  | 'CREDITED'
  /** A lot reached the end of its validity. */
  | 'EXPIRED'
  /** The membership ended; the points are gone. */
  | 'FORFEITED'
  /** Points were set aside for an order; they can be captured or released. */
  | 'HELD'
  /** A hold that nobody decided gave itself back. */
  | 'LAPSED'
  /** Points paid (part of) an order at once. */
  | 'REDEEMED'
  /** A hold was given back. */
  | 'RELEASED'
  /** An order costs less or was cancelled: what exceeds it came back. */
  | 'RETURNED'
  /** Credited points were taken back: their order was cancelled, or their referral does not count. */
  | 'REVERSED'
  /** Points came from a colleague. */
  | 'TRANSFERRED_IN'
  /** Points moved to a colleague. */
  | 'TRANSFERRED_OUT'
  /** The rewards desk took points away for abuse. */
  | 'VOIDED';

export type BalanceChangedSubscriptionVariables = Exact<{
  customerId: string;
  after?: number | null | undefined;
}>;


export type BalanceChangedSubscription = { xPointsBalanceChanged: { sequence: number, entry: { kind: XPointsEntryKind, availableChange: number, occurredAt: string, order: { id: string } | null } | null, balance: { available: number, held: number, owed: number, value: { amount: string, currency: string } } } };


export const BalanceChangedDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"BalanceChanged"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"customerId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"XPoints"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"xPointsBalanceChanged"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"customerId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"customerId"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sequence"}},{"kind":"Field","name":{"kind":"Name","value":"entry"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"availableChange"}},{"kind":"Field","name":{"kind":"Name","value":"occurredAt"}},{"kind":"Field","name":{"kind":"Name","value":"order"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"balance"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}},{"kind":"Field","name":{"kind":"Name","value":"held"}},{"kind":"Field","name":{"kind":"Name","value":"owed"}},{"kind":"Field","name":{"kind":"Name","value":"value"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}}]}}]}}]}}]} as unknown as DocumentNode<BalanceChangedSubscription, BalanceChangedSubscriptionVariables>;