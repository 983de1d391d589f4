import { type GraphQLArgument, getNamedType, isInputObjectType } from 'graphql';
import { parseClaimId } from '../abuse/claim';
import { isPlainText } from '../kernel/ids';
import { parseRedemptionId } from '../ledger/redemption';

type Named = Readonly<Record<string, string>>;

/** What of an input names something: whatever is an ID, and the key under which a repetition is known. */
const KEY = 'idempotencyKey';
/** The longest text that is kept of each, in characters. */
const TEXT_MAX = 255;
/** Names of fields that name a customer. */
const CUSTOMERS = new Set(['customerId', 'refereeId', 'fromId', 'toId', 'accountId']);

/** Ids that speak of a customer's account without being one. */
const PARSED: Readonly<Record<string, (id: string) => { readonly accountId: string } | null>> = {
  redemptionId: parseRedemptionId,
  claimId: parseClaimId,
};

/** The ids among a field's arguments, by name: `{customerId: 'ada', orderId: 'o1'}`. Nothing else of an input is looked at. */
export function namedIds(args: readonly GraphQLArgument[], values: unknown): Named {
  const found: Record<string, string> = {};
  for (const { name, type } of args) {
    const value = Object(values)[name];
    const named = getNamedType(type);
    if (isInputObjectType(named)) {
      Object.assign(found, namedIds(Object.values(named.getFields()) as never, value));
    } else if (named.name === 'ID' || name === KEY) {
      const texts = (Array.isArray(value) ? value : [value]).filter((id) => typeof id === 'string');
      if (texts.length > 0) found[name] = kept(texts.join(' '));
    }
  }
  return found;
}

/** What is kept of an id that a caller named: the database takes no other text. */
export function kept(id: string): string {
  return isPlainText(id) ? id.slice(0, TEXT_MAX) : '[malformed]';
}

/** The customers among named ids: those named as such, and the one whose redemption or claim it is. */
export function customersOf(ids: Named): string[] {
  const named = Object.entries(ids).flatMap(([name, id]) => {
    if (CUSTOMERS.has(name)) return [id];
    const parsed = PARSED[name]?.(id);
    return parsed ? [parsed.accountId] : [];
  });
  return [...new Set(named)];
}

/** The customers that an answer speaks of, in itself or in what it holds. */
export function customersIn(answer: unknown): string[] {
  const parts = [answer, ...Object.values(Object(answer))];
  return parts.flatMap((part) =>
    typeof part !== 'object' || part === null
      ? []
      : Object.entries(part)
          .filter(([name, value]) => CUSTOMERS.has(name) && typeof value === 'string')
          .map(([, value]) => value as string),
  );
}
