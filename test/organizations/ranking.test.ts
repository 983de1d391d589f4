import fc from 'fast-check';
import { at, Partners } from './partners';

/** Members ranked and paged over HTTP: ties, both directions, and balances that change while somebody pages. */

interface Board {
  readonly members: { readonly pageInfo: { readonly endCursor: string } };
}

let partners: Partners;
beforeAll(async () => {
  partners = await Partners.open('2025-01-31T10:00:00Z');
  const { world } = partners;
  // Five pairs of equals, and one who owes.
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k']) {
    await world.register(id, null, id === 'j' ? 'TR' : 'EU', at('acme'));
  }
  for (const [id, net] of [
    ...[
      ['a', '10.00'],
      ['b', '10.00'],
      ['c', '300.00'],
      ['d', '300.00'],
    ],
    ...[
      ['e', '20000.00'],
      ['f', '20000.00'],
      ['k', '40.00'],
    ],
  ] as const) {
    await partners.earn(`${id}-1`, id!, net!);
  }
  await partners.earn('j-1', 'j', '800000.00', 'TRY');
  await world.place('k-2', 'k', '90.00');
  await partners.run('redeemXPoints', { customerId: 'k', orderId: 'k-2', points: 40 });
  await world.tell({ type: 'order.cancelled', orderId: 'k-1', net: '25.00' });
  await world.place('d-2', 'd', '90.00');
  const hold = { customerId: 'd', orderId: 'd-2', points: 90, hold: { seconds: 7_776_000 } };
  await partners.run('redeemXPoints', hold);
  // What they earned first expires within 30 days, what c earned later within 90.
  await world.at('2025-03-15T10:00:00Z');
  await partners.earn('c-2', 'c', '5.00');
  await world.at('2026-01-05T10:00:00Z');
});
afterAll(() => partners.close());

const ids = async (args: string, first = 100): Promise<string> => {
  const list = { name: 'members', args, fields: 'customerId' };
  const rows = await partners.walk<{ customerId: string }>('acme', list, first);
  return rows.map(({ customerId }) => customerId).join('');
};

const RANKED = {
  // 800000 · 20000 · 20000 · 305 · 300 (its hold lapsed in April) · 10 · 10 · 0 · 0 · 0 · owes 25
  BALANCE: 'jfecdbaihgk',
  // Three of the second step, by turnover in their currencies; the others by turnover.
  TIER: 'jfecdkbaihg',
  // c has 300 within 30 days as d has, and 5 more within 90.
  EXPIRING: 'jfecdbakihg',
} as const;

describe.each(Object.entries(RANKED))('%s', (sort, descending) => {
  const reversed = [...descending].reverse().join('');

  test.each([1, 3, 10, 11, 100])(
    'in pages of %i, one direction is the other in reverse',
    async (first) => {
      expect(await ids(`sort: ${sort}`, first)).toBe(descending);
      expect(await ids(`sort: ${sort}, direction: ASCENDING`, first)).toBe(reversed);
    },
  );

  test('of one program', async () => {
    const euro = descending.replace('j', '');
    expect(await ids(`sort: ${sort}, program: "EU"`, 3)).toBe(euro);
    expect(await ids(`sort: ${sort}, program: "TR"`, 3)).toBe('j');
    expect(await ids(`sort: ${sort}, program: "XX"`, 3)).toBe('');
  });
});

test('nothing said is by balance, the most first; null says nothing', async () => {
  expect(await ids('')).toBe(RANKED.BALANCE);
  expect(await ids('sort: null, direction: null, program: null')).toBe(RANKED.BALANCE);
});

const ask = async (args: string): Promise<unknown> => {
  const query = `{ rewardsOrganization(id: "acme") { members(${args}) { nodes { customerId } pageInfo { endCursor } } } }`;
  const { data, errors } = await partners.ask({ partnerOf: 'acme' }, query);
  if (errors) return errors[0]?.extensions.code;
  const organization = data?.rewardsOrganization as Board;
  return organization.members.pageInfo.endCursor;
};

test("a ranking takes no cursor of another one, and no list another list's", async () => {
  const cursor = await ask('first: 2');
  expect(await ask(`after: "${cursor}", direction: DESCENDING`)).not.toBe('BAD_USER_INPUT');
  const others = ['direction: ASCENDING', 'sort: TIER', 'sort: EXPIRING'];
  for (const other of others)
    expect(await ask(`after: "${cursor}", ${other}`)).toBe('BAD_USER_INPUT');
  for (const list of ['transfers', 'referrals', 'history']) {
    const query = `{ rewardsOrganization(id: "acme") { ${list}(after: "${cursor}") { nodes { __typename } } } }`;
    const { errors } = await partners.ask({ partnerOf: 'acme' }, query);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  }
});

const forged = (...parts: unknown[]) =>
  Buffer.from(JSON.stringify(parts), 'utf8').toString('base64url');

test.each([
  ['first: 0'],
  ['first: 101'],
  ['first: -1'],
  ['after: ""'],
  ['after: "rubbish"'],
  [`after: "${forged('members BALANCE DESCENDING', 1, 2)}"`],
  [`after: "${forged('members BALANCE DESCENDING', 1.5, 2, 'a')}"`],
  [`after: "${forged('members BALANCE DESCENDING', '1', 2, 'a')}"`],
  [`after: "${forged('members BALANCE DESCENDING', 1, 2, 'a\u0000b')}"`],
  [`after: "${forged('members BALANCE DESCENDING', 1e300, 2, 'a')}"`],
  [`after: "${forged('members BALANCE DESCENDING', null, null, null)}"`],
])('members(%s) is refused', async (args) => {
  expect(await ask(args)).toBe('BAD_USER_INPUT');
});

test('a cursor names a place, not a row: of nobody, it goes on from there', async () => {
  const after = forged('members BALANCE DESCENDING', 304, 0, 'x');
  const list = { name: 'members', args: '', fields: 'customerId' };
  const query = `{ rewardsOrganization(id: "acme") { members(first: 2, after: "${after}") { nodes { customerId } } } }`;
  const { data } = await partners.ask({ partnerOf: 'acme' }, query);
  expect(data?.rewardsOrganization).toEqual({
    members: { nodes: [{ customerId: 'd' }, { customerId: 'b' }] },
  });
  expect(await partners.walk('acme', list, 4)).toHaveLength(11);
});

/** What a walk promises: whoever stays as they are comes once, in order, whatever the others do. */
test('while balances change between the pages, who stays as they are comes exactly once', async () => {
  const everybody = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7', 'm8'];
  for (const [n, id] of everybody.entries()) {
    await partners.world.register(id, null, 'EU', at('busy'));
    await partners.earn(`${id}-1`, id, `${(n % 4) * 10 + 10}.00`);
  }
  const list = { name: 'members', args: '', fields: 'customerId available' };
  let serial = 0;
  const change = fc.record({
    page: fc.integer({ min: 1, max: 8 }),
    who: fc.constantFrom('m1', 'm4', 'm6'),
    net: fc.constantFrom('5.00', '25.00', '80.00'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { maxLength: 4 }),
      fc.integer({ min: 1, max: 4 }),
      async (changes, first) => {
        const changed = new Set<string>();
        const before = await partners.walk<{ customerId: string }>('busy', list, 100);
        const rows = await partners.walk<{ customerId: string; available: number }>(
          'busy',
          list,
          first,
          async (page) => {
            for (const { who, net } of changes.filter((one) => one.page === page)) {
              changed.add(who);
              serial += 1;
              await partners.earn(`busy-${serial}`, who, net);
            }
          },
        );
        const stayed = (found: readonly { customerId: string }[]) =>
          found.map(({ customerId }) => customerId).filter((id) => !changed.has(id));
        expect(stayed(rows)).toEqual(stayed(before));
      },
    ),
    { numRuns: 10 },
  );
});
