import { type Answer, anonymous, codes, customer, desk, service, World } from './world';

interface Profile {
  link: { code: string; url: string } | null;
  pointsEarned: number;
  referredBy: { id: string } | null;
  invitees: {
    nodes: { customer: { id: string }; state: string; bonus: number; decidedAt: string | null }[];
    pageInfo: { hasNextPage: boolean; endCursor: string };
  };
}
interface Own {
  rewardsMember: { referral: Profile | null; discountCodes: Code[] | null } | null;
}
interface Code {
  code: string;
  percent: number;
  state: string;
  issuedAt: string;
  expiresAt: string;
  order: { id: string } | null;
}

const CODES = 'discountCodes { code percent state issuedAt expiresAt order { id } }';
const PROFILE = `referral {
  link { code url } pointsEarned referredBy { id }
  invitees { nodes { customer { id } state bonus registeredAt decidedAt } pageInfo { hasNextPage endCursor } }
}`;
const APPLIED = `... on LimitExceeded { limit } ... on ApplyDiscountCodeSuccess {
  amount { amount currency } discountCode { state order { id } } order { id referral { state bonus discount { code percent amount { amount } } } }
}`;
const REVIEWED = `... on ReviewReferralSuccess {
  referral { state flags bonus referee { id } referrer { id } order { id } lastReview { at by note } }
}`;

let world: World;
beforeEach(async () => {
  world = await World.open('2025-01-10T10:00:00Z');
  await world.register('ada', null, 'EU', { emailHash: 'h-ada', phoneHash: 'p-ada' });
  await world.earn('a1', 'ada', '100.00');
});
afterEach(() => world.close());

async function own(id: string, actor = customer(id)): Promise<NonNullable<Own['rewardsMember']>> {
  const query = `{ rewardsMember(customerId: "${id}") { ${PROFILE} ${CODES} } }`;
  const { data, errors } = await world.ask<Own>(actor, query);
  expect(errors).toEqual([]);
  return data.rewardsMember!;
}

async function link(id = 'ada'): Promise<string> {
  return (await own(id)).referral!.link!.code;
}

async function invite(id: string, known: object = {}): Promise<string> {
  await world.register(id, null, 'EU', { referralCode: await link(), ...known });
  return (await own(id)).discountCodes![0]?.code ?? '';
}

function apply(input: object, actor = customer('bo')) {
  const wish = { customerId: 'bo', orderId: 'b1', ...input };
  return world.command<Record<string, unknown>>(actor, 'applyDiscountCode', wish, APPLIED);
}

describe('Customer.referral', () => {
  test('the link, whom the member referred and what it earned, and who referred them (R5.1, R5.3)', async () => {
    await invite('bo');
    await world.at('2025-01-11T10:00:00Z');
    await invite('cy');
    await world.earn('b1', 'bo', '50.00');
    const ada = (await own('ada')).referral!;
    expect(ada.link!.url).toBe(`${world.app.config.referralUrl}${ada.link!.code}`);
    expect(ada).toMatchObject({ pointsEarned: 5000, referredBy: null });
    expect(ada.invitees.nodes).toEqual([
      {
        customer: { id: 'cy' },
        state: 'WAITING',
        bonus: 0,
        registeredAt: '2025-01-11T10:00:00.000Z',
        decidedAt: null,
      },
      {
        customer: { id: 'bo' },
        state: 'REWARDED',
        bonus: 5000,
        registeredAt: '2025-01-10T10:00:00.000Z',
        decidedAt: '2025-01-11T10:00:00.000Z',
      },
    ]);
    expect((await own('bo')).referral!.referredBy).toEqual({ id: 'ada' });
    await world.tell({ type: 'order.cancelled', orderId: 'b1', net: null });
    const after = (await own('ada')).referral!;
    expect([after.pointsEarned, after.invitees.nodes[1]!.state]).toEqual([0, 'WAITING']);
  });

  test('who did not complete an order has no link, and refers nobody (R5.1)', async () => {
    await world.register('new');
    const { referral } = await own('new');
    expect(referral).toMatchObject({ link: null, pointsEarned: 0, invitees: { nodes: [] } });
  });

  test('a walk in pages finds everybody once', async () => {
    for (const id of ['i1', 'i2', 'i3', 'i4', 'i5']) await invite(id);
    const found: string[] = [];
    for (let after: string | null = null; ; ) {
      const query = `query W($after: String) { rewardsMember(customerId: "ada") { referral {
        invitees(first: 2, after: $after) { nodes { customer { id } } pageInfo { hasNextPage endCursor } } } } }`;
      const answer: Answer<Own> = await world.ask<Own>(customer('ada'), query, { after });
      const { nodes, pageInfo } = answer.data.rewardsMember!.referral!.invitees;
      found.push(...nodes.map((node) => node.customer.id));
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
    }
    expect([...found].sort()).toEqual(['i1', 'i2', 'i3', 'i4', 'i5']);
  });

  test('a member sees it of themself only; of whom it names no more than the id', async () => {
    await invite('bo');
    const asked = `{ rewardsMember(customerId: "ada") { ${PROFILE} ${CODES} } }`;
    for (const [actor, code] of [
      [customer('bo'), 'FORBIDDEN'],
      [anonymous, 'UNAUTHENTICATED'],
    ] as const) {
      const { data, errors } = await world.ask(actor, asked);
      expect([data, codes(errors)]).toEqual([{ rewardsMember: null }, { rewardsMember: code }]);
    }
    for (const actor of [desk, service]) {
      expect((await own('ada', actor)).referral!.invitees.nodes).toHaveLength(1);
    }
    const query = `{ rewardsMember(customerId: "ada") { referral { invitees { nodes { customer {
      id xPoints { available } membership { state } lots { nodes { id } } discountCodes { code } referral { pointsEarned } } } } } } }`;
    const { data, errors } = await world.ask(customer('ada'), query);
    expect(errors).toEqual([]);
    const nobody = {
      id: 'bo',
      xPoints: null,
      membership: null,
      lots: null,
      discountCodes: null,
      referral: null,
    };
    expect(data).toEqual({
      rewardsMember: { referral: { invitees: { nodes: [{ customer: nobody }] } } },
    });
  });

  test('the statements do not grow with the ids', async () => {
    for (const id of ['bo', 'cy', 'di']) await invite(id);
    const fields = `referral { link { code } pointsEarned referredBy { id } invitees { nodes { customer { id } } } } ${CODES}`;
    const one = await world.entities(desk, 'Customer', fields, ['bo']);
    const many = await world.entities(desk, 'Customer', fields, ['ada', 'bo', 'cy', 'di']);
    expect([...one.errors, ...many.errors]).toEqual([]);
    expect(one.statements.length).toBeLessThanOrEqual(5);
    expect(many.statements.length).toBe(one.statements.length);
  });
});

describe('referralInvitation', () => {
  const ask = (code: string, actor = anonymous) =>
    world.ask<{ referralInvitation: object }>(
      actor,
      `query I($code: String!) { referralInvitation(code: $code, locale: "de") {
        isValid discountPercent discountValidityMonths program { code } } }`,
      { code },
    );
  const INVALID = {
    isValid: false,
    discountPercent: null,
    discountValidityMonths: null,
    program: null,
  };

  test('a link that works shows what the invited person gets, without a token (R5.2)', async () => {
    const { data, errors } = await ask(await link());
    expect(errors).toEqual([]);
    expect(data.referralInvitation).toEqual({
      isValid: true,
      discountPercent: 10,
      discountValidityMonths: 12,
      program: { code: 'EU' },
    });
  });

  test.each(['NOBODYHAS1', '', 'x'.repeat(5000), 'a\u0000b', "' or 1=1 --", '\ud800'])(
    'nobody has the code %#',
    async (code) => {
      const { data, errors } = await ask(code);
      expect([data.referralInvitation, errors]).toEqual([INVALID, []]);
    },
  );

  test('the link of who may not refer looks like no link at all (R5.1, R2.9)', async () => {
    const code = await link();
    const suspended = { customerId: 'ada', reason: 'Looked at' };
    await world.command(desk, 'suspendMember', suspended, '');
    expect((await ask(code)).data.referralInvitation).toEqual(INVALID);
    await world.command(desk, 'reinstateMember', { customerId: 'ada' }, '');
    expect((await ask(code)).data.referralInvitation).toMatchObject({ isValid: true });
    await world.command(desk, 'terminateMember', { customerId: 'ada', reason: 'Notice' }, '');
    await world.at('2025-02-27T00:00:00Z');
    expect((await ask(code)).data.referralInvitation).toMatchObject({ isValid: true });
    await world.at('2025-02-28T23:00:00Z');
    expect((await ask(code)).data.referralInvitation).toEqual(INVALID);
  });
});

describe('discount codes (R5.2)', () => {
  test('issued, applied, given back with the order, expired', async () => {
    const code = await invite('bo');
    expect((await own('bo')).discountCodes).toEqual([
      {
        code,
        percent: 10,
        state: 'AVAILABLE',
        issuedAt: '2025-01-10T10:00:00.000Z',
        expiresAt: '2026-01-10T23:00:00.000Z',
        order: null,
      },
    ]);
    await world.place('b1', 'bo', '1000.05');
    const { data, errors } = await apply({ code: code.toLowerCase() });
    expect(errors).toEqual([]);
    expect(data.answer).toEqual({
      __typename: 'ApplyDiscountCodeSuccess',
      amount: { amount: '100.01', currency: 'EUR' },
      discountCode: { state: 'USED', order: { id: 'b1' } },
      order: {
        id: 'b1',
        referral: {
          state: null,
          bonus: null,
          discount: { code, percent: 10, amount: { amount: '100.01' } },
        },
      },
    });
    await world.tell({ type: 'order.cancelled', orderId: 'b1', net: null });
    expect((await own('bo')).discountCodes![0]).toMatchObject({ state: 'AVAILABLE', order: null });
    await world.at('2026-01-10T22:59:59.999Z');
    expect((await own('bo')).discountCodes![0]!.state).toBe('AVAILABLE');
    await world.at('2026-01-10T23:00:00Z');
    expect((await own('bo')).discountCodes![0]!.state).toBe('EXPIRED');
  });

  test('refusals, in their order (R7.4), with numbers, and every row as it was', async () => {
    const code = await invite('bo');
    await world.place('b1', 'bo', '10.00');
    await world.place('tl', 'bo', '10.00', 'TRY');
    await world.place('b2', 'bo', '10.00');
    await world.tell({ type: 'order.paid', orderId: 'b2', xPoints: null });
    const before = await world.digest();
    const refused = async (input: object, actor = desk) =>
      (await apply({ code, ...input }, actor)).data.answer;
    expect([
      await refused({ customerId: 'nobody' }),
      await refused({ orderId: 'a1' }),
      await refused({ orderId: 'none' }),
      await refused({ orderId: 'b2' }),
      await refused({ orderId: 'tl' }),
      await refused({ code: 'NOTMINE' }),
    ]).toEqual(
      [
        'NOT_A_MEMBER',
        'ORDER_NOT_FOUND',
        'ORDER_NOT_FOUND',
        'ORDER_NOT_OPEN',
        'CURRENCY_MISMATCH',
        'DISCOUNT_NOT_FOUND',
      ].map((refusal) => expect.objectContaining({ __typename: 'CommandRefused', code: refusal })),
    );
    expect(await world.digest()).toBe(before);
    await apply({ code });
    expect(await refused({})).toMatchObject({ code: 'DISCOUNT_ALREADY_USED' });
  });

  test('points that pay more than the order would then cost stand against it, with what they may pay', async () => {
    const code = await invite('bo');
    await world.register('mo', null, 'EU', { organizationId: 'o', billingAccountId: 'b' });
    await world.tell({
      type: 'customer.updated',
      customerId: 'bo',
      changes: { organizationId: 'o', billingAccountId: 'b' },
    });
    await world.earn('m1', 'mo', '100.00');
    const moved = { fromId: 'mo', toId: 'bo', points: 95, reason: 'OTHER' };
    await world.command(desk, 'transferXPoints', moved, '');
    await world.place('b1', 'bo', '1.00');
    const redeemed = { customerId: 'bo', orderId: 'b1', points: 95 };
    await world.command(customer('bo'), 'redeemXPoints', redeemed, '');
    expect((await apply({ code })).data.answer).toMatchObject({
      __typename: 'LimitExceeded',
      code: 'EXCEEDS_ORDER_VALUE',
      limit: 90,
    });
  });

  test('only the member themself and the desk; a repetition gets the first answer', async () => {
    const code = await invite('bo');
    await world.place('b1', 'bo', '10.00');
    for (const [actor, refusal] of [
      [customer('ada'), 'FORBIDDEN'],
      [service, 'FORBIDDEN'],
      [anonymous, 'UNAUTHENTICATED'],
    ] as const) {
      const { data, errors } = await apply({ code }, actor);
      expect([data, codes(errors)]).toEqual([null, { answer: refusal }]);
    }
    const first = await apply({ code, idempotencyKey: 'same' });
    const again = await apply({ code, idempotencyKey: 'same' });
    const other = await apply({ code: 'OTHER', idempotencyKey: 'same' });
    expect(again.data).toEqual(first.data);
    expect(other.data.answer).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    for (const input of [{ code: '' }, { code: 'x'.repeat(65) }, { code: 'a\nb' }]) {
      expect(codes((await apply(input)).errors)).toEqual({ answer: 'BAD_USER_INPUT' });
    }
  });
});

describe('Order.referral', () => {
  const FIELDS = 'id referral { state bonus discount { code percent amount { amount } } }';

  test('the referral it completed and the discount on it, to who may read the order (R5.3)', async () => {
    const code = await invite('bo');
    await world.place('b1', 'bo', '100.00');
    await apply({ code });
    await world.tell({ type: 'order.paid', orderId: 'b1', xPoints: null });
    await world.tell({ type: 'order.delivered', orderId: 'b1' });
    await world.earn('b2', 'bo', '10.00');
    for (const actor of [customer('bo'), desk, service]) {
      const { entities } = await world.entities(actor, 'Order', FIELDS, ['b1', 'b2', 'a1']);
      expect(entities).toEqual([
        {
          id: 'b1',
          referral: {
            state: 'REWARDED',
            bonus: 5000,
            discount: { code, percent: 10, amount: { amount: '10.00' } },
          },
        },
        { id: 'b2', referral: null },
        { id: 'a1', referral: null },
      ]);
    }
    for (const actor of [customer('ada'), anonymous]) {
      const { entities, errors } = await world.entities(actor, 'Order', FIELDS, ['b1']);
      expect([entities, errors]).toEqual([[{ id: 'b1', referral: null }], []]);
    }
  });
});

describe('reviews (R5.5)', () => {
  const LIST = `referralReviews(state: $state) { nodes { state flags bonus referee { id xPoints { available } } referrer { id } lastReview { by note } } }`;
  const list = async (state: string | null = null, actor = desk) =>
    world.ask<{ referralReviews: { nodes: { referee: { id: string } }[] } }>(
      actor,
      `query L($state: ReferralState) { ${LIST} }`,
      { state },
    );
  const review = (input: object, actor = desk) =>
    world.command<Record<string, unknown>>(
      actor,
      'reviewReferral',
      { refereeId: 'bo', accept: false, note: 'The same desk', ...input },
      REVIEWED,
    );

  test('flagged and rejected ones are listed; what is decided can be decided the other way', async () => {
    await invite('me', { emailHash: 'h-ada' });
    await invite('bo', { phoneHash: 'p-ada' });
    await invite('cy');
    const { data, errors } = await list();
    expect(errors).toEqual([]);
    expect(data.referralReviews.nodes).toEqual(
      expect.arrayContaining([
        {
          state: 'REJECTED',
          flags: expect.arrayContaining(['SAME_EMAIL']),
          bonus: 0,
          referee: { id: 'me', xPoints: { available: 0 } },
          referrer: { id: 'ada' },
          lastReview: null,
        },
        expect.objectContaining({ state: 'WAITING', flags: ['SAME_PHONE'] }),
      ]),
    );
    expect(data.referralReviews.nodes).toHaveLength(2);
    expect((await list('REJECTED')).data.referralReviews.nodes).toHaveLength(1);

    await world.earn('b1', 'bo', '10.00');
    expect((await review({})).data.answer).toMatchObject({
      __typename: 'ReviewReferralSuccess',
      referral: {
        state: 'REJECTED',
        bonus: 0,
        referee: { id: 'bo' },
        referrer: { id: 'ada' },
        order: { id: 'b1' },
        lastReview: { by: 'desk:desk-1', note: 'The same desk' },
      },
    });
    expect((await own('ada')).referral!.pointsEarned).toBe(0);
    expect((await own('bo')).discountCodes![0]!.state).toBe('VOIDED');
    expect((await review({})).data.answer).toMatchObject({ code: 'REFERRAL_NOT_REVIEWABLE' });
    expect((await review({ accept: true })).data.answer).toMatchObject({
      referral: { state: 'REWARDED', bonus: 5000 },
    });
    expect((await own('ada')).referral!.pointsEarned).toBe(5000);
  });

  test('one that the desk alone rejected is listed too', async () => {
    await invite('bo');
    expect((await list()).data.referralReviews.nodes).toEqual([]);
    await review({});
    expect((await list()).data.referralReviews.nodes).toHaveLength(1);
  });

  test('for the desk only, with clear refusals and every row as it was', async () => {
    await invite('bo', { phoneHash: 'p-ada' });
    const before = await world.digest();
    for (const actor of [customer('ada'), customer('bo'), service, anonymous]) {
      const code = actor === anonymous ? 'UNAUTHENTICATED' : 'FORBIDDEN';
      expect(codes((await list(null, actor)).errors)).toEqual({ referralReviews: code });
      expect(codes((await review({}, actor)).errors)).toEqual({ answer: code });
    }
    for (const refereeId of ['ada', 'nobody']) {
      expect((await review({ refereeId })).data.answer).toMatchObject({
        __typename: 'CommandRefused',
        code: 'REFERRAL_NOT_FOUND',
      });
    }
    for (const input of [{ note: ' ' }, { note: 'x'.repeat(501) }, { refereeId: '' }]) {
      expect(codes((await review(input)).errors)).toEqual({ answer: 'BAD_USER_INPUT' });
    }
    expect(await world.digest()).toBe(before);
  });
});
