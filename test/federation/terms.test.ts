import { createApp } from '../../src/app';
import { recordDelivery } from '../../src/notifications/record-delivery';
import { publishTerms } from '../../src/terms/publish-terms';
import { tellMembersOfTerms } from '../../src/terms/tell-members';
import { anonymous, customer, desk, World } from './world';

const SUCCESS = `... on PublishTermsSuccess { terms { version effectiveAt publishedAt lotValidityMonths tiers { code name pointsPerUnit } }
  changes { field before after } members dryRun } ... on InvalidInputRefused { mistakes }`;
const LONGER = { program: 'EU', effectiveOn: '2025-04-01', lotValidityMonths: 24 };

interface Published {
  __typename: string;
  terms: Record<string, unknown>;
  changes: object[];
  members: number;
  dryRun: boolean;
  code: string;
  mistakes: string[];
}

let world: World;
beforeEach(async () => {
  world = await World.open('2025-03-01T10:00:00Z');
  for (const id of ['ada', 'bo', 'eve']) await world.register(id, '2025-01-10T10:00:00Z');
  await world.command(desk, 'leaveRewards', { customerId: 'eve', forfeits: 0 }, '');
});
afterEach(() => world.close());

async function publish(change: object = {}): Promise<Published> {
  const input = { ...LONGER, ...change };
  const { data, errors } = await world.command<Published>(desk, 'publishTerms', input, SUCCESS);
  expect(errors).toEqual([]);
  return data.answer;
}

async function versions(): Promise<number[]> {
  const { data } = await world.ask<{
    rewardsProgram: { versions: { version: number }[] };
  }>(anonymous, '{ rewardsProgram(code: "EU") { versions { version } } }');
  return data.rewardsProgram.versions.map(({ version }) => version);
}

/** Tells the members of what was published, and delivers it. */
async function tell(): Promise<void> {
  while (!(await tellMembersOfTerms(world.app)));
  const rows: { customerId: string; number: number }[] = await world.app.database.query(
    `select account_id as "customerId", number from notifications where kind = 'TERMS_CHANGED'`,
  );
  for (const row of rows)
    await world.app.ledger.execute(recordDelivery({ ...row, channel: 'PAGE' }));
}

async function membership(id = 'ada') {
  const fields = `membership { state termsVersion endsAt redeemUntil endReason
    termsAhead { version effectiveAt objectUntil bindsAt objectedAt } }`;
  const { entities } = await world.entities<{ membership: object }>(
    customer(id),
    'Customer',
    fields,
    [id],
  );
  return entities[0]!.membership;
}

test('a version is published with what it changes, and how many are to be told (R1.4)', async () => {
  expect(await publish()).toMatchObject({
    terms: {
      ...{ version: 2, effectiveAt: '2025-03-31T22:00:00.000Z', lotValidityMonths: 24 },
      publishedAt: '2025-03-01T10:00:00.000Z',
    },
    changes: [{ field: 'lotValidityMonths', before: '12', after: '24' }],
    // Eve has left.
    ...{ members: 2, dryRun: false },
  });
  const terms = async (at: string) => {
    const query = `{ rewardsProgram(code: "EU") { terms(at: "${at}") { version } } }`;
    return (await world.ask<{ rewardsProgram: object }>(anonymous, query)).data.rewardsProgram;
  };
  expect(await terms('2025-03-31T21:59:59.999Z')).toEqual({ terms: { version: 1 } });
  expect(await terms('2025-03-31T22:00:00Z')).toEqual({ terms: { version: 2 } });
});

test('a dry run answers the same and leaves no trace, not even under its key', async () => {
  const before = await world.digest();
  const key = { idempotencyKey: 'once' };
  const dry = await publish({ ...key, dryRun: true });
  expect(await world.digest()).toBe(before);
  expect(await versions()).toEqual([1]);
  const { terms, changes, members } = await publish(key);
  expect(dry).toMatchObject({ terms, changes, members, dryRun: true });
  expect(await publish({ ...key, lotValidityMonths: 25 })).toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
  });
  expect(await publish({ dryRun: true, lotValidityMonths: 0 })).toMatchObject({
    code: 'INVALID_TERMS',
  });
});

test('the whole ladder may change; each tier has its own lines', async () => {
  const names = { en: 'All', de: 'Alle', tr: 'Hepsi', pl: 'Wszyscy', es: 'Todos' };
  const only = { code: 'ALL', from: '0', pointsPerUnit: 2, referralBonus: 6000, names };
  const { changes } = await publish({ lotValidityMonths: null, tiers: [only] });
  expect(changes).toContainEqual({ field: 'tiers.ALL.from', before: 'none', after: '0.00' });
  expect(changes).toContainEqual({
    ...{ field: 'tiers.GOLD.pointsPerUnit', before: '3', after: 'none' },
  });
});

test('everything that is wrong is said at once', async () => {
  const names = { en: 'A', de: 'A', tr: 'A', pl: 'A', es: ' ' };
  const tiers = [{ code: 'low', from: '1.00', pointsPerUnit: 1, referralBonus: 1, names }];
  const answer = await publish({ lotValidityMonths: 0, contact: 'nobody', tiers });
  expect(answer).toMatchObject({ __typename: 'InvalidInputRefused', code: 'INVALID_TERMS' });
  const said = answer.mistakes.join('\n');
  for (const place of ['lotValidityMonths', 'contact', 'tiers[0].code', 'tiers[0].from']) {
    expect(said).toContain(place);
  }
  expect(said).toContain('tiers[0].names.es');
  const late = await publish({ effectiveOn: '2025-03-01' });
  expect(late.mistakes).toEqual(['effectiveOn: must be a day that has not begun']);
  const unknown = await publish({ program: 'XX' });
  expect(unknown).toMatchObject({ __typename: 'CommandRefused', code: 'PROGRAM_NOT_FOUND' });
  expect(await versions()).toEqual([1]);
});

test('of many that publish at once, each is a version of its own or refused; none is lost', async () => {
  const days = ['2025-04-01', '2025-04-02', '2025-04-03', '2025-04-04'];
  const answers = await Promise.all(
    days.map((effectiveOn, i) => publish({ effectiveOn, lotValidityMonths: 13 + i })),
  );
  const published = answers.flatMap(({ terms }) => (terms ? [terms.version as number] : []));
  expect(published.length).toBeGreaterThan(0);
  for (const { terms, code } of answers) if (!terms) expect(code).toBe('INVALID_TERMS');
  expect(await versions()).toEqual([1, ...published.sort()]);
  expect(published).toEqual(published.map((_, i) => i + 2));
});

test('of two processes that publish at once, each obeys the other', async () => {
  const other = await createApp(world.app.config);
  try {
    const input = { program: 'EU', changes: { lotValidityMonths: 24 }, dryRun: false, actor: 'x' };
    const answers = await Promise.all(
      [world.app, other, world.app, other].map((app, i) =>
        publishTerms(app, { ...input, effectiveOn: `2025-04-0${i + 1}`, idempotencyKey: `${i}` }),
      ),
    );
    const published = answers.flatMap((it) => ('terms' in it ? [it.terms.version] : []));
    for (const it of answers) if ('refused' in it) expect(it.refused).toBe('INVALID_TERMS');
    expect(published.sort()).toEqual(published.map((_, i) => i + 2));
    for (const { programs } of [world.app, other]) {
      await programs.renew();
      const known = programs.versions('EU').map(({ terms }) => terms.version);
      expect(known).toEqual([1, ...published]);
    }
  } finally {
    await other.close();
  }
});

test('the same twice at once is one version', async () => {
  const key = { idempotencyKey: 'once' };
  const [one, two] = await Promise.all([publish(key), publish(key)]);
  expect(one).toEqual(two);
  expect(await versions()).toEqual([1, 2]);
});

test('it binds a member a month after they were told, unless they object (R2.6)', async () => {
  await publish();
  await tell();
  const until = '2025-04-01T22:00:00.000Z';
  const ahead = { version: 2, effectiveAt: '2025-03-31T22:00:00.000Z', objectUntil: until };
  expect(await membership()).toMatchObject({
    ...{ state: 'ACTIVE', termsVersion: 1 },
    termsAhead: [{ ...ahead, bindsAt: until, objectedAt: null }],
  });
  const shown = '... on RewardsMembershipSuccess { forfeited membership { state endReason } }';
  const input = { customerId: 'ada', version: 2 };
  const object = async (actor = customer('ada')) =>
    (await world.command<{ code?: string }>(actor, 'objectToTerms', input, shown)).data;
  expect(await object(customer('bo'))).toBeNull();
  expect((await object()).answer).toMatchObject({ forfeited: 0, membership: { state: 'ENDING' } });
  expect((await object()).answer.code).toBe('TERMS_NOT_OPEN');
  expect(await membership()).toMatchObject({
    ...{ state: 'ENDING', endsAt: until, redeemUntil: until },
    termsAhead: [{ version: 2, bindsAt: null, objectedAt: '2025-03-01T10:00:00.000Z' }],
  });
  await world.at('2025-04-01T22:00:00Z');
  expect(await membership()).toMatchObject({ state: 'ENDED', termsVersion: 1 });
  expect(await membership('bo')).toMatchObject({ state: 'ACTIVE', termsVersion: 2 });
});

test('the mail says what changes, before and after, in the reader’s language (R9.4)', async () => {
  await publish({ firstOrderDiscountPercent: 15 });
  await tell();
  const fields = 'rewardsNotifications(first: 1) { nodes { kind text(locale: "de") } }';
  const { entities } = await world.entities<{
    rewardsNotifications: { nodes: { kind: string; text: string }[] };
  }>(customer('ada'), 'Customer', fields, ['ada']);
  const [{ kind, text } = { kind: '', text: '' }] = entities[0]!.rewardsNotifications.nodes;
  expect(kind).toBe('TERMS_CHANGED');
  expect(text).toContain('Gültigkeit von X-Points: 12 Monate → 24 Monate');
  expect(text.replaceAll('\u00a0', ' ')).toContain('Rabatt auf die erste Bestellung: 10 % → 15 %');
});

test('an entry is explained under the terms it was written under, in the reader’s language', async () => {
  await world.earn('a1', 'ada', '20050.50');
  const names = { en: 'Base', de: 'Basis', tr: 'Temel', pl: 'Baza', es: 'Base' };
  const only = { code: 'BRONZE', from: '0', pointsPerUnit: 9, referralBonus: 1, names };
  await publish({ tiers: [only] });
  await tell();
  await world.at('2025-04-05T10:00:00Z');
  const fields =
    'xPointsHistory { nodes { kind termsVersion explanation en: explanation(locale: "en") } }';
  const read = async () => {
    const query = `{ rewardsMember(customerId: "ada") { ${fields} } }`;
    const { data, errors } = await world.ask<{
      rewardsMember: { xPointsHistory: { nodes: { explanation: string[]; en: string[] }[] } };
    }>(customer('ada'), query, {}, 'de');
    expect(errors).toEqual([]);
    return data.rewardsMember.xPointsHistory.nodes;
  };
  const plain = (lines: readonly string[]) => lines.map((line) => line.replaceAll('\u00a0', ' '));
  const [credited] = await read();
  expect(plain(credited!.explanation)).toEqual([
    'Ihr Umsatz betrug vor dieser Bestellung 0,00 €.',
    expect.stringContaining('20.050,50 €'),
    '20.000,00 € zu 1 X-Point je 1 € (Level Bronze): 20.000.',
    '50,50 € zu 2 X-Points je 1 € (Level Silber): 101.',
    'Das ergibt zusammen 20.101 X-Points.',
  ]);
  expect(credited!.en[0]).toBe('Your turnover was €0.00 before this order.');
  await world.place('a2', 'ada', '10.00');
  const input = { customerId: 'ada', orderId: 'a2', points: 5 };
  await world.command(customer('ada'), 'redeemXPoints', input, '');
  // What only moves has nothing to explain.
  expect((await read())[0]).toMatchObject({ kind: 'REDEEMED', explanation: [], en: [] });
  await world.earn('a3', 'ada', '1.00');
  expect(plain((await read())[0]!.explanation).join(' ')).toContain('9 X-Points je 1 €');
});
