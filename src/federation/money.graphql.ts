import { Directive, Field, InputType, ObjectType } from 'type-graphql';
import { RequestError } from '../kernel/errors';
import { formatDecimal, isCurrencyCode, parseDecimal } from '../kernel/money';
import { CachedBelow } from './directives';
import { CurrencyCode, Decimal, isDecimal } from './scalars';

@Directive('@shareable')
@CachedBelow()
@ObjectType({
  simpleResolvers: true,
  description: 'An exact amount of money, net (without VAT) wherever rewards speak of it.',
})
export class Money {
  @Field(() => Decimal, {
    description: 'The amount in whole units, with the currency\'s decimal places: "1234.50".',
  })
  amount!: string;

  @Field(() => CurrencyCode, { description: 'The currency of the amount.' })
  currency!: string;
}

@InputType({ description: 'An exact amount of money, net (without VAT).' })
export class MoneyInput {
  @Field(() => Decimal, {
    description:
      'The amount in whole units: "1234.50". BAD_USER_INPUT with more decimal places than the currency has, or above 90,071,992,547,409.91.',
  })
  amount!: string;

  @Field(() => CurrencyCode, { description: 'The currency of the amount.' })
  currency!: string;
}

/** Minor units as money of the API. */
export function toMoney(minor: bigint, currency: string): Money {
  return { amount: formatDecimal(minor, currency), currency };
}

/**
 * Money that a representation brings, which no type checked; null where it brings none. Where it is no money, the
 * error (BAD_USER_INPUT) that stands in its place and fails what is asked of it.
 */
export function representedMoney(value: unknown): Money | RequestError | null {
  if (value === null || value === undefined) return null;
  const { amount, currency } = Object(value) as Record<string, unknown>;
  if (typeof amount === 'string' && typeof currency === 'string') {
    if (isDecimal(amount) && isCurrencyCode(currency)) return { amount, currency };
  }
  return new RequestError(
    'BAD_USER_INPUT',
    'The money of a representation is an amount and a currency.',
  );
}

/** Minor units of an amount from outside, 0 or more. BAD_USER_INPUT where it is none of its currency's. */
export function minorOf(money: Money): bigint {
  const { amount, currency } = money;
  const minor =
    typeof amount === 'string' && typeof currency === 'string' && isCurrencyCode(currency)
      ? parseDecimal(amount, currency)
      : null;
  if (minor === null || minor < 0n) {
    throw new RequestError(
      'BAD_USER_INPUT',
      'An amount is 0 or more, a decimal with no more places than its currency has.',
    );
  }
  return minor;
}
