import DataLoader from 'dataloader';
import type { App } from '../app';
import { type Page, pageOf } from '../kernel/pagination';
import type { Claim, Voiding } from '../ledger/desk';
import { pages } from '../ledger/statement.loaders';
import {
  type CaseKey,
  caseKey,
  readClaims,
  readClaimsOf,
  readOutstanding,
  readVoidings,
  readVoidingsOf,
} from './abuse.reads';

interface CasesKey {
  readonly customerId: string;
  readonly before: number | null;
  readonly limit: number;
}

interface ClaimsKey extends CasesKey {
  readonly state: Claim['state'] | null;
}

/** Claims and voidings for one request. Authorises nothing: its callers hold what was authorised. */
export class AbuseLoaders {
  readonly claim: DataLoader<CaseKey, Claim | null, string>;
  readonly voiding: DataLoader<CaseKey, Voiding | null, string>;
  /** What is left of a claim now, in minor units of its currency. */
  readonly outstanding: DataLoader<Claim, bigint, string>;
  private readonly claims: DataLoader<ClaimsKey, readonly Claim[], string>;
  private readonly voidings: DataLoader<CasesKey, readonly Voiding[], string>;

  constructor({ database }: Pick<App, 'database'>) {
    this.claim = byKey((keys) => readClaims(database, keys));
    this.voiding = byKey((keys) => readVoidings(database, keys));
    this.outstanding = new DataLoader<Claim, bigint, string>(
      (claims) => readOutstanding(database, claims),
      { cacheKeyFn: caseKey },
    );
    this.claims = pages((ids, page) => readClaimsOf(database, ids, page));
    this.voidings = pages((ids, page) => readVoidingsOf(database, ids, page));
  }

  /** A page of the claims against a customer before a number, newest first, that stand at `state` (null: any). */
  async claimsPage(
    customerId: string,
    state: Claim['state'] | null,
    before: number | null,
    size: number,
  ): Promise<Page<Claim>> {
    return pageOf(await this.claims.load({ customerId, state, before, limit: size + 1 }), size);
  }

  /** A page of a customer's voidings before a number, newest first. */
  async voidingsPage(
    customerId: string,
    before: number | null,
    size: number,
  ): Promise<Page<Voiding>> {
    return pageOf(await this.voidings.load({ customerId, before, limit: size + 1 }), size);
  }
}

function byKey<V>(
  read: (keys: readonly CaseKey[]) => Promise<ReadonlyMap<string, V>>,
): DataLoader<CaseKey, V | null, string> {
  return new DataLoader<CaseKey, V | null, string>(
    async (keys) => {
      const found = await read(keys);
      return keys.map((key) => found.get(caseKey(key)) ?? null);
    },
    { cacheKeyFn: caseKey },
  );
}
