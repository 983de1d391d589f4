import { anonymous, codes, World } from './world';

let world: World;
beforeAll(async () => {
  world = await World.open('2025-01-15T10:00:00Z');
});
afterAll(() => world.close());

test("the shipped programs, in the reader's language, without a token (R1.1, R1.2, R9.4)", async () => {
  await world.at('2025-01-22T10:00:00Z');
  const query = `{ rewardsPrograms { code currency timeZone startsAt termsVersion pointValue { amount currency } contact rateBasis
    lotValidityMonths discountValidityMonths firstOrderDiscountPercent
    tiers { code name pointsPerUnit referralBonus from { amount } } } }`;
  const { data, errors, statements } = await world.ask<{ rewardsPrograms: object[] }>(
    anonymous,
    query,
    {},
    'de',
  );
  expect(errors).toEqual([]);
  expect(statements).toHaveLength(1);
  expect(data.rewardsPrograms).toEqual([
    {
      code: 'EU',
      currency: 'EUR',
      timeZone: 'Europe/Berlin',
      startsAt: '2024-07-31T22:00:00.000Z',
      termsVersion: 1,
      pointValue: { amount: '0.01', currency: 'EUR' },
      contact: 'rewards@xometry.eu',
      rateBasis: 'BRACKETS',
      lotValidityMonths: 12,
      discountValidityMonths: 12,
      firstOrderDiscountPercent: 10,
      tiers: [
        {
          code: 'BRONZE',
          name: 'Bronze',
          pointsPerUnit: 1,
          referralBonus: 5000,
          from: { amount: '0.00' },
        },
        {
          code: 'SILVER',
          name: 'Silber',
          pointsPerUnit: 2,
          referralBonus: 7000,
          from: { amount: '20000.00' },
        },
        {
          code: 'GOLD',
          name: 'Gold',
          pointsPerUnit: 3,
          referralBonus: 10000,
          from: { amount: '70000.00' },
        },
      ],
    },
    expect.objectContaining({ code: 'TR', currency: 'TRY', contact: 'rewards@xometry.com.tr' }),
  ]);
});

test('a code that names no program', async () => {
  const query = '{ a: rewardsProgram(code: "EU") { code } b: rewardsProgram(code: "XX") { code } }';
  expect((await world.ask(anonymous, query)).data).toEqual({ a: { code: 'EU' }, b: null });
  const bad = await world.ask(
    anonymous,
    'query Q($code: ProgramCode!) { rewardsProgram(code: $code) { code } }',
    {
      code: 'no such code',
    },
  );
  expect(Object.values(codes(bad.errors))).toEqual(['BAD_USER_INPUT']);
});
