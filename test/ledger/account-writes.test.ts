import { mayUpdate } from '../../src/database/privileges';
import type { Account } from '../../src/ledger/account';
import { type Changes, writesOf } from '../../src/ledger/ledger.writes';
import { accountOf, accountRecord } from '../../src/ledger/records';
import { World } from '../federation/world';

let world: World;
let ada: Account;
beforeAll(async () => {
  world = await World.open('2025-01-10T10:00:00.123Z');
  await world.register('ada');
  await world.earn('a1', 'ada', '10.00');
  const [row] = await world.app.database.query(`select * from accounts where id = 'ada'`);
  ada = accountOf(row);
});
afterAll(() => world.close());

const none: readonly never[] = [];
const NOTHING: Changes = {
  ...{ at: 0, position: 0, accounts: none, accountsBefore: new Map() },
  ...{ newLots: none, changedLots: none, entries: none, messages: none, notifications: none },
  ...{ newRedemptions: none, changedRedemptions: none, newOrders: none, changedOrders: none },
  ...{ members: none, answers: none, setAside: none, erase: none, codes: none, referrals: none },
  ...{ discounts: none, transfers: none, adjustments: none, objections: none, claims: none },
  ...{ voidings: none, deliveries: none },
};

/** The columns that are set of accounts that were all as `ada` is. */
function written(...accounts: Account[]): string[] {
  const accountsBefore = new Map(accounts.map(({ id }) => [id, { ...ada, id }]));
  const [write] = writesOf({ ...NOTHING, accounts, accountsBefore });
  return [...write!.text.matchAll(/(\w+) = r\.\1/g)].map(([, column]) => column!);
}

const columns = (account: Account) => Object.entries<unknown>({ ...accountRecord(account) });

test('whatever changes of an account is written', () => {
  const before = new Map(columns(ada));
  for (const field of Object.keys(ada)) {
    const altered: Account = { ...ada, [field]: 4242 };
    const changed = columns(altered).flatMap(([it, value]) => (value === before.get(it) ? [] : it));
    expect(changed).toHaveLength(1);
    if (!mayUpdate('accounts', changed[0]!)) continue;
    expect(written(altered)).toContain(changed[0]);
    expect(written({ ...ada, id: 'bob' }, altered)).toContain(changed[0]);
  }
});

test('an entry sends nothing else of its account', () => {
  const redeemed = { ...ada, available: ada.available - 1, sequence: ada.sequence + 1 };
  expect(written(redeemed)).not.toContain('stage');
  expect(written({ ...redeemed, stage: 'ENDING' })).toContain('stage');
});
