import type { DataSource } from 'typeorm';
import { type Refusal, RequestError, refuse } from '../kernel/errors';
import type { Command, Ledger } from '../ledger/command';
import { readDiscountCodes, readReferralsOf } from '../referrals/referral.reads';
import { followLots } from './abuse.reads';
import { voidDiscount } from './void-discount';
import { type VoidAnswer, voidXPointsLots } from './void-lots';
import { MovedMeanwhileError } from './void-points';
import { voidReferral } from './void-referral';

/** Where voiding reads and writes. */
export interface VoidingIn {
  readonly database: DataSource;
  readonly ledger: Pick<Ledger, 'execute'>;
}

/** Who voids, why, and under which key. */
export interface VoidRequest {
  readonly reason: string;
  readonly idempotencyKey: string;
  readonly actor: string;
}

/** How often a voiding whose points move meanwhile is read again. */
const TRIES = 8;

/** Voids lots of a customer by their numbers, with what became of them by transfers (R8.1). Refused as voidXPointsLots. */
export function readAndVoidLots(
  { database, ledger }: VoidingIn,
  customerId: string,
  lots: readonly number[],
  request: VoidRequest,
): Promise<VoidAnswer | Refusal> {
  return untilWhole(ledger, async () => {
    const followed = await followLots(database, customerId, lots);
    return voidXPointsLots({ ...request, customerId, lots, followed });
  });
}

/** Voids a referral, its bonus and the discount code that came with it (R8.1). Refused as voidReferral. */
export function readAndVoidReferral(
  { database, ledger }: VoidingIn,
  refereeId: string,
  request: VoidRequest,
): Promise<VoidAnswer | Refusal> {
  return untilWhole(
    ledger,
    async () => {
      const referral = (await readReferralsOf(database, [refereeId])).get(refereeId);
      if (!referral) return null;
      const { referrerId, lot } = referral;
      const followed = lot === null ? [] : await followLots(database, referrerId, [lot]);
      const [discount] = (await readDiscountCodes(database, [refereeId])).get(refereeId) ?? [];
      const orderId = discount?.orderId ?? null;
      return voidReferral({ ...request, refereeId, referrerId, followed, orderId });
    },
    'REFERRAL_NOT_FOUND',
  );
}

/** Voids a discount code (R8.1). Refused as voidDiscount. */
export function readAndVoidDiscount(
  { database, ledger }: VoidingIn,
  customerId: string,
  code: string,
  request: VoidRequest,
): Promise<VoidAnswer | Refusal> {
  return untilWhole(ledger, async () => {
    const codes = (await readDiscountCodes(database, [customerId])).get(customerId) ?? [];
    const orderId = codes.find((own) => own.code === code)?.orderId ?? null;
    return voidDiscount({ ...request, customerId, code, orderId });
  });
}

/**
 * Reads and runs a command, again where what it read moved before it held the locks. UNAVAILABLE where that does not end: with
 * the same key it may be repeated.
 */
async function untilWhole(
  ledger: VoidingIn['ledger'],
  read: () => Promise<Command<VoidAnswer> | null>,
  none: 'REFERRAL_NOT_FOUND' | 'NOT_A_MEMBER' = 'NOT_A_MEMBER',
): Promise<VoidAnswer | Refusal> {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const command = await read();
    if (!command) return refuse(none);
    try {
      return await ledger.execute(command);
    } catch (error) {
      if (!(error instanceof MovedMeanwhileError)) throw error;
    }
  }
  throw new RequestError(
    'UNAVAILABLE',
    'These points move too fast to be voided now. Nothing was voided: repeat with the same idempotency key, or suspend the member first.',
  );
}
