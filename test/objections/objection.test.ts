import { adjustPoints, decideAdjustment } from '../../src/adjustments/adjust';
import type { Adjustment, Objection } from '../../src/ledger/desk';
import type { Notification } from '../../src/ledger/notification';
import { recordDelivery } from '../../src/notifications/record-delivery';
import { decideObjection } from '../../src/objections/decide-objection';
import { type ObjectionSubject, objectToCredit } from '../../src/objections/object';
import { Tale } from '../ledger/tale';

const CREDIT: ObjectionSubject = {
  ...{ about: 'CREDIT', sequence: 1, orderId: null, discountCode: null },
};
let keys = 0;

function caller(actor: string) {
  keys += 1;
  return { idempotencyKey: `k${keys}`, actor };
}

/** Ada was credited 100 points by her first entry, and told of it on 5 February. */
function tale(told: string | null = '2025-02-05T15:00:00Z', fields: { program?: string } = {}) {
  const story = new Tale();
  story.at('2025-01-30T10:00:00Z').register('ada', fields);
  const currency = fields.program === 'TR' ? 'TRY' : 'EUR';
  story.place('a1', 'ada', '100.00', currency);
  story.pay('a1');
  story.deliver('a1');
  if (told !== null) deliver(story.at(told), 1);
  return story;
}

function deliver(story: Tale, number: number): void {
  story.run(recordDelivery({ customerId: 'ada', number, channel: 'EMAIL' }));
}

/** The objection, or why it was refused. */
function answerOf(answer: object): Objection | string {
  if ('refused' in answer) return String(answer.refused);
  return (answer as { objection: Objection }).objection;
}

function object(
  story: Tale,
  subject: ObjectionSubject = CREDIT,
  known: { isKnown?: boolean; notification?: number | null; customerId?: string } = {},
) {
  const wish = { customerId: 'ada', isKnown: true, notification: 1, statement: 'Too few.' };
  const command = objectToCredit({ ...wish, ...subject, ...known, ...caller('customer:ada') });
  return answerOf(story.run(command));
}

function decide(story: Tale, number: number, points: number | null, actor = 'desk:dan') {
  const decision = { customerId: 'ada', number, points, note: 'Looked at.', approvalAbove: 10_000 };
  return answerOf(story.run(decideObjection({ ...decision, ...caller(actor) })));
}

function approve(story: Tale, number: number, yes: boolean, actor: string): string {
  const decision = { customerId: 'ada', number, approve: yes, note: null };
  const answer = story.run(decideAdjustment({ ...decision, ...caller(actor) }));
  if ('refused' in answer) return String(answer.refused);
  return (answer as { adjustment: Adjustment }).adjustment.state;
}

function lastTold(story: Tale): Notification | undefined {
  return [...story.world.notifications.get('ada')!.values()].at(-1);
}

describe('an objection comes in time (R8.2)', () => {
  it.each([
    ['a month on, to the end of the day in Berlin', 'EU', '02-05T15:00:00Z', '03-05T23:00:00Z'],
    ['told in the last hour of a day there', 'EU', '02-05T22:59:59.999Z', '03-05T23:00:00Z'],
    ['told in the first of the next', 'EU', '02-05T23:00:00Z', '03-06T23:00:00Z'],
    ['to the end of a shorter month', 'EU', '01-31T09:00:00Z', '02-28T23:00:00Z'],
    ['across the change to summer time', 'EU', '03-05T15:00:00Z', '04-05T22:00:00Z'],
    ['in Istanbul', 'TR', '02-05T15:00:00Z', '03-05T21:00:00Z'],
  ])('%s', (_, program, told, over) => {
    const end = Date.parse(`2025-${over}`);
    const last = tale(`2025-${told}`, { program }).at(new Date(end - 1).toISOString());
    expect(object(last)).toMatchObject({ number: 1, state: 'OPEN', statement: 'Too few.' });
    const late = tale(`2025-${told}`, { program }).at(new Date(end).toISOString());
    expect(object(late)).toBe('OBJECTION_TOO_LATE');
    expect(late.world.objections.size).toBe(0);
  });

  it('whenever it is, where the member was never told, or the telling was not delivered', () => {
    const untold = tale(null).at('2031-01-01T00:00:00Z');
    expect(object(untold, CREDIT, { notification: null })).toMatchObject({ state: 'OPEN' });
    const undelivered = tale(null).at('2031-01-01T00:00:00Z');
    expect(object(undelivered)).toMatchObject({ state: 'OPEN' });
  });

  it('counted from the first delivery', () => {
    const story = tale();
    deliver(story.at('2025-03-01T10:00:00Z'), 1);
    expect(object(story.at('2025-03-05T23:00:00Z'))).toBe('OBJECTION_TOO_LATE');
  });

  it('about what is missing as well: an order, a discount', () => {
    const story = tale();
    const missing = { ...CREDIT, sequence: null, orderId: 'a1' };
    expect(object(story, { ...missing, about: 'MISSING_CREDIT' })).toMatchObject({ number: 1 });
    const discount = { ...missing, about: 'MISSING_DISCOUNT' as const };
    expect(object(story, discount, { notification: null })).toMatchObject({ number: 2 });
    story.at('2025-03-05T23:00:00Z');
    expect(object(story, { ...missing, orderId: 'a2', about: 'MISSING_CREDIT' })).toBe(
      'OBJECTION_TOO_LATE',
    );
  });
});

describe('an objection is refused (R8.2)', () => {
  it('to strangers, and about what is not there, by what it is about', () => {
    const story = tale();
    expect(object(story, CREDIT, { customerId: 'zoe' })).toBe('NOT_A_MEMBER');
    const unknown = (about: ObjectionSubject['about']) =>
      object(story, { ...CREDIT, about }, { isKnown: false });
    expect(unknown('CREDIT')).toBe('CREDIT_NOT_FOUND');
    expect(unknown('MISSING_CREDIT')).toBe('ORDER_NOT_FOUND');
    expect(unknown('DISCOUNT')).toBe('DISCOUNT_NOT_FOUND');
    expect(unknown('MISSING_DISCOUNT')).toBe('ORDER_NOT_FOUND');
  });

  it('while one about the same is open; once that is decided it may be raised again', () => {
    const story = tale();
    object(story);
    expect(object(story)).toBe('OBJECTION_OPEN');
    expect(object(story, { ...CREDIT, sequence: 2 })).toMatchObject({ number: 2 });
    decide(story, 1, null);
    expect(object(story)).toMatchObject({ number: 3, state: 'OPEN' });
  });
});

describe('the desk (R8.2)', () => {
  it('rejects: nothing moves, and the member is told why', () => {
    const story = tale();
    object(story);
    expect(decide(story, 1, null)).toMatchObject({
      ...{ state: 'REJECTED', adjustment: null },
      decision: { by: 'desk:dan', note: 'Looked at.' },
    });
    expect(lastTold(story)).toMatchObject({
      kind: 'OBJECTION_DECIDED',
      data: { objection: 1, decision: 'REJECTED', points: null, note: 'Looked at.' },
    });
    expect(story.account('ada')).toMatchObject({ available: 100 });
    expect(decide(story, 1, 5)).toBe('OBJECTION_NOT_OPEN');
  });

  it('corrects by an adjustment that names the objection, and the member is told', () => {
    const story = tale();
    object(story);
    expect(decide(story, 1, 40)).toMatchObject({ state: 'CORRECTED', adjustment: 2 });
    expect(story.account('ada')).toMatchObject({ available: 140 });
    expect([...story.world.adjustments.values()]).toMatchObject([
      { number: 2, objection: 1, points: 40, state: 'BOOKED', reason: 'Looked at.' },
    ]);
    expect(story.entries('ada').at(-1)?.arithmetic).toMatchObject({ adjustment: 2, objection: 1 });
    expect(lastTold(story)).toMatchObject({
      data: { objection: 1, decision: 'CORRECTED', points: 40, note: 'Looked at.' },
    });
    expect(decide(story, 1, null)).toBe('OBJECTION_NOT_OPEN');
  });

  it('may take points too: what is missing is owed (R4.3)', () => {
    const story = tale();
    object(story);
    expect(decide(story, 1, -130)).toMatchObject({ state: 'CORRECTED' });
    expect(story.account('ada')).toMatchObject({ available: 0, owed: 30 });
    expect(lastTold(story)).toMatchObject({ data: { points: -130 } });
  });

  it('needs a second person for a correction above the limit; the objection stays open until then', () => {
    const story = tale();
    object(story);
    expect(decide(story, 1, 10_001)).toMatchObject({ state: 'OPEN', decision: null });
    expect(story.account('ada')).toMatchObject({ available: 100 });
    expect(decide(story, 1, null)).toBe('OBJECTION_NOT_OPEN');
    expect(object(story)).toBe('OBJECTION_OPEN');
    expect(approve(story, 2, true, 'desk:dan')).toBe('SAME_PERSON');
    expect(approve(story, 2, true, 'desk:kim')).toBe('BOOKED');
    expect([...story.world.objections.values()]).toMatchObject([
      { state: 'CORRECTED', adjustment: 2, decision: { by: 'desk:kim', note: 'Looked at.' } },
    ]);
    expect(story.account('ada')).toMatchObject({ available: 10_101 });
    expect(lastTold(story)).toMatchObject({ data: { decision: 'CORRECTED', points: 10_001 } });
  });

  it('decides anew where the second person declines', () => {
    const story = tale();
    object(story);
    decide(story, 1, 10_001);
    expect(approve(story, 2, false, 'desk:kim')).toBe('DECLINED');
    expect(decide(story, 1, 50)).toMatchObject({ state: 'CORRECTED', adjustment: 3 });
    expect(story.account('ada')).toMatchObject({ available: 150 });
  });

  it('is refused unknown objections, no points, and corrections of an ended membership', () => {
    const story = tale();
    expect(decide(story, 1, 0)).toBe('INVALID_POINTS');
    expect(decide(story, 1, 1_000_000_001)).toBe('INVALID_POINTS');
    expect(decide(story, 1, null)).toBe('OBJECTION_NOT_FOUND');
    const wish = { customerId: 'ada', points: 5, reason: 'Goodwill.', approvalAbove: 10_000 };
    story.run(adjustPoints({ ...wish, ...caller('desk:dan') }));
    expect(decide(story, 1, null)).toBe('OBJECTION_NOT_FOUND');
    object(story);
    story.leave('ada', 105);
    expect(decide(story, 2, 5)).toBe('MEMBERSHIP_NOT_ACTIVE');
    expect(decide(story, 2, null)).toMatchObject({ state: 'REJECTED' });
  });
});
