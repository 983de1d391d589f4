import { at, DESK, Partners } from './partners';

/**
 * What members do, and who sees it: the partner of where they work now, all of it; of a former colleague nothing, not even
 * where something concerns a present one.
 */

const TRANSFER = 'id points reason state moved requestedAt decidedAt from { id } to { id }';
const REFERRAL = 'state registeredAt bonus decidedAt referrer { id } referee { id }';
const HISTORY = 'customerId customer { id } entry { sequence kind availableChange recordedAt }';
const EVERYTHING = `id totals { members available } members { nodes { customerId } }
  transfers { nodes { ${TRANSFER} } } referrals { nodes { ${REFERRAL} } }
  referralTotals { program { code } registrations waiting rewarded pointsEarned value { amount currency } }
  history { nodes { ${HISTORY} } }`;

interface List<N> {
  readonly nodes: readonly N[];
}
interface Named {
  readonly id: string;
}
interface Board {
  readonly id: string;
  readonly totals: readonly { readonly members: number; readonly available: number }[];
  readonly members: List<{ readonly customerId: string }>;
  readonly transfers: List<{
    readonly state: string;
    readonly from: Named | null;
    readonly to: Named | null;
  }>;
  readonly referrals: List<{
    readonly state: string;
    readonly bonus: number;
    readonly referrer: Named;
    readonly referee: Named | null;
  }>;
  readonly referralTotals: readonly object[];
  readonly history: List<{
    readonly customerId: string;
    readonly entry: { readonly sequence: number; readonly kind: string };
  }>;
}

let partners: Partners;
beforeEach(async () => {
  partners = await Partners.open('2025-01-31T10:00:00Z');
  const { world } = partners;
  await world.register('ada', null, 'EU', at('acme'));
  await world.register('bo', null, 'EU', at('acme'));
  await world.register('far', null, 'EU', at('globex'));
  await partners.earn('a1', 'ada', '100.00');
  await world.at('2025-02-01T10:00:00Z');
  await partners.run('transferXPoints', {
    fromId: 'ada',
    toId: 'bo',
    points: 40,
    reason: 'CHANGED_ROLE',
    evidence: 'a letter',
  });
  await world.at('2025-02-02T10:00:00Z');
  const referralCode = await partners.codeOf('ada');
  await world.register('cem', null, 'EU', { ...at('acme'), referralCode });
  await world.register('gil', null, 'EU', { ...at('globex'), referralCode });
  await world.at('2025-02-03T10:00:00Z');
  await partners.earn('c1', 'cem', '10.00');
});
afterEach(() => partners.close());

const board = (id: string, asker?: { readonly scope: 'rewards:desk' }) =>
  partners.organization<Board | null>(id, EVERYTHING, asker);

const lines = ({ transfers, referrals, history }: Board) => ({
  transfers: transfers.nodes.map(({ from, to }) => `${from?.id ?? '?'} > ${to?.id ?? '?'}`),
  referrals: referrals.nodes.map(
    ({ referrer, referee, state, bonus }) =>
      `${referrer.id} > ${referee?.id ?? '?'} ${state} ${bonus}`,
  ),
  history: history.nodes.map(
    ({ customerId, entry }) => `${customerId} ${entry.sequence} ${entry.kind}`,
  ),
});

test('transfers, referrals with what they earned, and history, newest first', async () => {
  const acme = await board('acme');
  expect(acme?.transfers.nodes).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      ...{ points: 40, reason: 'CHANGED_ROLE', state: 'APPROVED', moved: 40 },
      ...{ requestedAt: '2025-02-01T10:00:00.000Z', decidedAt: '2025-02-01T10:00:00.000Z' },
      ...{ from: { id: 'ada' }, to: { id: 'bo' } },
    },
  ]);
  // Both registered at one instant. Of the one who works elsewhere nobody here is told who it is (R5.4).
  const registeredAt = '2025-02-02T10:00:00.000Z';
  const decidedAt = '2025-02-03T10:00:00.000Z';
  const referrer = { id: 'ada' };
  expect(acme?.referrals.nodes).toHaveLength(2);
  expect(acme?.referrals.nodes).toEqual(
    expect.arrayContaining([
      { state: 'WAITING', registeredAt, bonus: 0, decidedAt: null, referrer, referee: null },
      { state: 'REWARDED', registeredAt, bonus: 5000, decidedAt, referrer, referee: { id: 'cem' } },
    ]),
  );
  expect(acme?.referralTotals).toEqual([
    {
      program: { code: 'EU' },
      ...{ registrations: 2, waiting: 1, rewarded: 1, pointsEarned: 5000 },
      value: { amount: '50.00', currency: 'EUR' },
    },
  ]);
  const history = acme!.history.nodes;
  expect(lines(acme!).history.slice(0, 2).sort()).toEqual(['ada 3 CREDITED', 'cem 1 CREDITED']);
  const recordedAt = '2025-02-01T10:00:00.000Z';
  expect(history.slice(2, 4)).toEqual(
    expect.arrayContaining([
      {
        ...{ customerId: 'bo', customer: { id: 'bo' } },
        entry: { sequence: 1, kind: 'TRANSFERRED_IN', availableChange: 40, recordedAt },
      },
      {
        ...{ customerId: 'ada', customer: { id: 'ada' } },
        entry: { sequence: 2, kind: 'TRANSFERRED_OUT', availableChange: -40, recordedAt },
      },
    ]),
  );
  expect(history.slice(4)).toEqual([
    {
      ...{ customerId: 'ada', customer: { id: 'ada' } },
      entry: {
        ...{ sequence: 1, kind: 'CREDITED', availableChange: 100 },
        recordedAt: '2025-01-31T10:00:00.000Z',
      },
    },
  ]);
});

test('history of some kinds, in pages', async () => {
  const list = (args: string) => ({
    name: 'history',
    args,
    fields: 'customerId entry { sequence kind }',
  });
  const all = await partners.walk('acme', list(''), 100);
  expect(all).toHaveLength(5);
  for (const first of [1, 2, 3, 4, 5])
    expect(await partners.walk('acme', list(''), first)).toEqual(all);
  const kind = async (kinds: string) =>
    (await partners.walk<{ customerId: string }>('acme', list(`kinds: ${kinds}`), 1))
      .map(({ customerId }) => customerId)
      .sort();
  expect(await kind('[CREDITED]')).toEqual(['ada', 'ada', 'cem']);
  expect(await kind('[TRANSFERRED_IN, TRANSFERRED_OUT]')).toEqual(['ada', 'bo']);
  expect(await kind('[EXPIRED]')).toEqual([]);
  expect(await kind('[]')).toEqual([]);
  expect(await kind('null')).toHaveLength(5);
});

test('transfers and referrals in pages, many at one instant', async () => {
  const code = await partners.codeOf('bo').catch(() => partners.codeOf('ada'));
  for (let n = 1; n <= 5; n += 1) {
    const request = { fromId: 'ada', toId: n % 2 === 0 ? 'bo' : 'cem', points: n, reason: 'OTHER' };
    await partners.run('transferXPoints', request);
    await partners.world.register(`friend-${n}`, null, 'EU', {
      ...at(n % 2 === 0 ? 'acme' : 'globex'),
      referralCode: code,
    });
  }
  for (const [name, fields, count] of [
    ['transfers', 'id from { id } to { id }', 6],
    ['referrals', 'registeredAt referrer { id } referee { id }', 7],
  ] as const) {
    const all = await partners.walk('acme', { name, fields }, 100);
    expect(all).toHaveLength(count);
    for (const first of [1, 2, 3, count - 1, count]) {
      expect(await partners.walk('acme', { name, fields }, first)).toEqual(all);
    }
  }
});

test('no cursor names whom the page hides', async () => {
  const query = `{ rewardsOrganization(id: "acme") {
    referrals { edges { cursor node { referee { id } } } } transfers { edges { cursor } } } }`;
  const { data } = await partners.ask({ partnerOf: 'acme' }, query);
  const cursors = [...JSON.stringify(data).matchAll(/"cursor":"([^"]+)"/g)].map(([, cursor]) =>
    Buffer.from(cursor!, 'base64url').toString(),
  );
  expect(cursors).toHaveLength(3);
  expect(cursors.join(' ')).not.toContain('gil');
  // And one that claims to have seen more of an instant than there can be is none.
  for (const shown of [0, -1, 1001, 2 ** 31 - 1]) {
    const after = Buffer.from(JSON.stringify(['organizationReferrals', 1, shown])).toString(
      'base64url',
    );
    const { errors } = await partners.ask(
      { partnerOf: 'acme' },
      `{ rewardsOrganization(id: "acme") { referrals(after: "${after}") { nodes { state } } } }`,
    );
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  }
});

describe('a member changes organisation', () => {
  test('they take their own history along; the former organisation has only the others’ side (R2.2)', async () => {
    const before = { acme: lines((await board('acme'))!), globex: lines((await board('globex'))!) };
    expect(before.acme.transfers).toEqual(['ada > bo']);
    expect([...before.acme.referrals].sort()).toEqual([
      'ada > ? WAITING 0',
      'ada > cem REWARDED 5000',
    ]);
    expect(before.globex).toEqual({ transfers: [], referrals: [], history: [] });

    await partners.moves('ada', 'globex');
    const [acme, globex] = [(await board('acme'))!, (await board('globex'))!];
    expect(acme.totals).toEqual([{ members: 2, available: 50 }]);
    expect(globex.totals).toEqual([{ members: 3, available: 5060 }]);
    expect(lines(acme)).toEqual({
      transfers: ['? > bo'],
      referrals: [],
      history: ['cem 1 CREDITED', 'bo 1 TRANSFERRED_IN'],
    });
    expect(acme.referralTotals).toEqual([]);
    expect(lines(globex)).toEqual({
      transfers: ['ada > ?'],
      // It is cem now of whom nothing is told, and gil who is a colleague.
      referrals: expect.arrayContaining(['ada > gil WAITING 0', 'ada > ? REWARDED 5000']),
      history: ['ada 3 CREDITED', 'ada 2 TRANSFERRED_OUT', 'ada 1 CREDITED'],
    });
    expect(JSON.stringify(acme)).not.toContain('"ada"');
    expect(JSON.stringify(globex)).not.toMatch(/"(bo|cem)"/);
    expect(globex.referralTotals).toMatchObject([{ registrations: 2, pointsEarned: 5000 }]);

    // The desk looks at the same page as the partner.
    expect(await board('acme', { scope: 'rewards:desk' })).toEqual(acme);
    expect(await board('globex', { scope: 'rewards:desk' })).toEqual(globex);

    await partners.moves('ada', 'acme');
    expect(lines((await board('acme'))!)).toEqual(before.acme);
    expect(lines((await board('globex'))!)).toEqual(before.globex);
  });

  test('who works nowhere is on nobody’s page, and an organisation that everybody left is null', async () => {
    await partners.moves('ada', null);
    expect(lines((await board('acme'))!).transfers).toEqual(['? > bo']);
    for (const id of ['bo', 'cem']) await partners.moves(id, 'globex');
    expect(await board('acme')).toBeNull();
    expect((await board('globex'))?.totals).toEqual([{ members: 4, available: 50 }]);
  });

  test('a cursor of before goes on where it stood, with what is there now', async () => {
    const query = `query Q($after: String) { rewardsOrganization(id: "acme") { history(first: 2, after: $after) {
      nodes { customerId } pageInfo { endCursor } } } }`;
    type Page = { history: { nodes: { customerId: string }[]; pageInfo: { endCursor: string } } };
    const ask = async (after: string | null) => {
      const { data } = await partners.ask({ partnerOf: 'acme' }, query, { after });
      const { history } = data!.rewardsOrganization as Page;
      return {
        ids: history.nodes.map(({ customerId }) => customerId),
        end: history.pageInfo.endCursor,
      };
    };
    const { end } = await ask(null);
    await partners.moves('ada', 'globex');
    expect((await ask(end)).ids).toEqual(['bo']);
  });
});

test('of a deleted customer nothing is left on the page but the others’ side (R2.3)', async () => {
  await partners.world.tell({ type: 'customer.deleted', customerId: 'ada' });
  const acme = (await board('acme'))!;
  expect(acme.totals).toEqual([{ members: 2, available: 50 }]);
  expect(lines(acme)).toEqual({
    transfers: ['? > bo'],
    referrals: [],
    history: ['cem 1 CREDITED', 'bo 1 TRANSFERRED_IN'],
  });
  expect(JSON.stringify(acme)).not.toContain('"ada"');
  await partners.world.tell({ type: 'customer.deleted', customerId: 'cem' });
  await partners.world.tell({ type: 'customer.deleted', customerId: 'bo' });
  expect(await board('acme')).toBeNull();
});

test('a request that waits and one that was rejected are shown as they stand, without what was written', async () => {
  const wish = {
    fromId: 'bo',
    toId: 'ada',
    points: 5,
    reason: 'LEFT_COMPANY',
    evidence: 'a secret of bo',
  };
  const key = { idempotencyKey: 'wish' };
  const { world } = partners;
  const owner = {
    subject: 'bo',
    customerId: 'bo',
    scopes: new Set<never>(),
    organizationId: null,
    expiresAt: null,
  };
  const asked = await world.command<{ transfer: { id: string } }>(
    owner,
    'requestXPointsTransfer',
    { ...wish, ...key },
    '... on XPointsTransferSuccess { transfer { id } }',
  );
  const transferId = asked.data.answer.transfer.id;
  expect((await board('acme'))?.transfers.nodes[0]).toMatchObject({
    id: transferId,
    state: 'REQUESTED',
    moved: null,
    decidedAt: null,
  });
  await partners.run('decideXPointsTransfer', {
    transferId,
    approve: false,
    note: 'a note of the desk',
  });
  const acme = await board('acme');
  expect(acme?.transfers.nodes[0]).toMatchObject({
    id: transferId,
    state: 'REJECTED',
    moved: null,
  });
  expect(JSON.stringify(acme)).not.toMatch(/secret|note|letter/);
});

test('what rewards know of a colleague is null for a partner, and there for the desk', async () => {
  const query = `{ rewardsOrganization(id: "acme") { members(first: 1) { nodes {
    customer { id xPoints { available } membership { state } } } } } }`;
  const seen = async (asker: Parameters<Partners['ask']>[0]) =>
    (await partners.ask(asker, query)).data?.rewardsOrganization;
  expect(await seen({ partnerOf: 'acme' })).toEqual({
    members: { nodes: [{ customer: { id: 'ada', xPoints: null, membership: null } }] },
  });
  expect(await seen(DESK)).toEqual({
    members: {
      nodes: [
        { customer: { id: 'ada', xPoints: { available: 5060 }, membership: { state: 'ACTIVE' } } },
      ],
    },
  });
});
