import { createSecretKey } from 'node:crypto';
import type { Envelope } from '../../src/events/envelope';
import { platformEventReader } from '../../src/events/platform-events';
import { normalizeEmail, signalHash } from '../../src/events/signals';
import type { ReceivedEvent } from '../../src/orders/platform-event';

const KEY = 'a-key-for-signals-of-32-characters';
const SIGNED = createSecretKey(KEY, 'utf8');
const read = platformEventReader(KEY);

function reading(type: string, data: unknown, id = 'e1') {
  return read({ source: 'shop', id, type, data } satisfies Envelope);
}

function received(type: string, data: unknown, id?: string): ReceivedEvent {
  const result = reading(type, data, id);
  if ('rejected' in result) throw new Error(result.rejected);
  return result.received;
}

function rejected(type: string, data: unknown): string {
  const result = reading(type, data);
  if ('received' in result) throw new Error('The event was accepted');
  return result.rejected;
}

const placed = { orderId: 'o1', customerId: 'ada', net: '100.00', currency: 'EUR' };
const registered = { customerId: 'ada', program: 'EU' };

describe('the data of platform events', () => {
  it('reads each type, with what was left out as null', () => {
    expect(received('customer.registered', registered).event).toEqual({
      type: 'customer.registered',
      customerId: 'ada',
      program: 'EU',
      organizationId: null,
      billingAccountId: null,
      email: null,
      locale: null,
      registeredAt: null,
      referralCode: null,
      emailHash: null,
      phoneHash: null,
      paymentHash: null,
    });
    expect(received('order.placed', { ...placed, tags: ['cnc', 'cnc', 'b'] }).event).toEqual({
      type: 'order.placed',
      ...placed,
      placedAt: null,
      tags: ['cnc', 'b'],
    });
    expect(received('order.amended', { orderId: 'o1', net: '0' }).event).toEqual({
      type: 'order.amended',
      orderId: 'o1',
      net: '0',
    });
    expect(received('order.paid', { orderId: 'o1' }).event).toEqual({
      type: 'order.paid',
      orderId: 'o1',
      xPoints: null,
    });
    expect(received('order.paid', { orderId: 'o1', xPoints: 0 }).event).toMatchObject({
      xPoints: 0,
    });
    expect(received('order.cancelled', { orderId: 'o1' }).event).toMatchObject({ net: null });
    expect(received('order.cancelled', { orderId: 'o1', net: '0.01' }).event).toMatchObject({
      net: '0.01',
    });
    expect(received('order.delivered', { orderId: 'o1' }).event.type).toBe('order.delivered');
    expect(received('customer.deleted', { customerId: 'ada' }).event.type).toBe('customer.deleted');
  });

  it('tells what a change clears from what it does not mention (R3.7)', () => {
    const { event } = received('customer.updated', {
      customerId: 'ada',
      organizationId: null,
      email: 'Ada@Example.com',
      phone: null,
    });
    expect(event).toEqual({
      type: 'customer.updated',
      customerId: 'ada',
      changes: {
        organizationId: null,
        email: 'Ada@Example.com',
        emailHash: signalHash(SIGNED, 'email', 'ada@example.com'),
        phoneHash: null,
      },
    });
  });

  it.each([
    ['order.shipped', placed, /type is "order.shipped"; expected one of .*order\.placed/],
    ['toString', placed, /type is "toString"/],
    ['order.placed', null, /^data is malformed; expected a JSON object/],
    ['order.placed', [placed], /^data is malformed/],
    [
      'order.placed',
      {},
      /data.orderId is missing; .*data.customerId is missing.*data.net is missing/,
    ],
    [
      'order.placed',
      { ...placed, orderId: '' },
      /data.orderId is ""; expected 1 to 255 characters/,
    ],
    ['order.placed', { ...placed, orderId: 'a\u0000b' }, /data.orderId/],
    ['order.placed', { ...placed, orderId: 'a\ud800' }, /data.orderId/],
    ['order.placed', { ...placed, orderId: ' o1' }, /data.orderId/],
    ['order.placed', { ...placed, orderId: 'x'.repeat(256) }, /data.orderId/],
    ['order.placed', { ...placed, orderId: { $ne: null } }, /data.orderId is of type object/],
    [
      'order.placed',
      { ...placed, net: 100 },
      /data.net is number 100; expected an exact decimal in text/,
    ],
    ['order.placed', { ...placed, net: '-1.00' }, /data.net/],
    ['order.placed', { ...placed, net: '1e3' }, /data.net/],
    ['order.placed', { ...placed, net: '1,000.00' }, /data.net/],
    ['order.placed', { ...placed, net: '٣' }, /data.net/],
    [
      'order.placed',
      { ...placed, net: '1.005' },
      /data.net is "1.005"; .* at most 2 places, as EUR/,
    ],
    ['order.placed', { ...placed, net: '1.5', currency: 'JPY' }, /at most 0 places, as JPY/],
    ['order.placed', { ...placed, net: '99999999999999999' }, /below 2\^53/],
    [
      'order.placed',
      { ...placed, currency: 'eur' },
      /data.currency is "eur"; expected an ISO 4217/,
    ],
    ['order.placed', { ...placed, placedAt: '2026-02-30T00:00:00Z' }, /data.placedAt/],
    ['order.placed', { ...placed, placedAt: '2026-02-01' }, /data.placedAt .* RFC 3339/],
    ['order.placed', { ...placed, placedAt: '9999-12-31T23:59:59-01:00' }, /data.placedAt/],
    ['order.placed', { ...placed, placedAt: 0 }, /data.placedAt is number 0/],
    ['order.placed', { ...placed, tags: Array(21).fill('a') }, /data.tags is a list; .*at most 20/],
    ['order.placed', { ...placed, tags: 'a' }, /data.tags/],
    ['order.paid', { orderId: 'o1', xPoints: 1.5 }, /data.xPoints is number 1.5/],
    ['order.paid', { orderId: 'o1', xPoints: -1 }, /data.xPoints/],
    ['order.paid', { orderId: 'o1', xPoints: '5' }, /data.xPoints/],
    ['order.paid', { orderId: 'o1', xPoints: 2 ** 53 }, /data.xPoints/],
    ['order.amended', { orderId: 'o1', net: '1.0000001' }, /data.net/],
    ['order.amended', { orderId: 'o1' }, /data.net is missing/],
    ['order.cancelled', { orderId: 'o1', net: '0.00' }, /data.net .*above 0/],
    [
      'customer.registered',
      { ...registered, email: 'nobody' },
      /data.email is text of 6 characters;/,
    ],
    ['customer.registered', { ...registered, locale: 'deutsch bitte' }, /data.locale/],
    ['customer.registered', { ...registered, phone: 'none' }, /data.phone/],
    ['customer.registered', { ...registered, registeredAt: 'now' }, /data.registeredAt is "now"/],
    ['customer.registered', { customerId: 'ada' }, /data.program is missing/],
  ])('refuses a malformed %s (case %#) and names the field', (type, data, message) => {
    expect(rejected(type, data)).toMatch(message);
    expect(rejected(type, data)).toMatch(/correct the event and send it again/);
  });

  it('repeats no personal text in a refusal (R5.5)', () => {
    const message = rejected('customer.registered', {
      ...registered,
      email: 'secret at example.com',
      phone: 'secret',
      paymentFingerprint: ' secret',
    });
    expect(message).toMatch(/data.email.*data.phone.*data.paymentFingerprint/);
    expect(message).not.toContain('secret');
  });

  it('takes data nested 31 levels deep, and refuses what is nested without end', () => {
    const nested = (levels: number) =>
      JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`) as unknown;
    expect(received('order.delivered', { orderId: 'o1', extra: nested(31) }).id).toBe('e1');
    expect(rejected('order.delivered', { orderId: 'o1', extra: nested(32) })).toMatch(
      /nested too deep/,
    );
    expect(rejected('order.delivered', { orderId: 'o1', extra: nested(100_000) })).toMatch(
      /nested/,
    );
  });
});

describe('the digest of an event', () => {
  it('is the same for the same content, in whatever order it is written (R3.7)', () => {
    const { digest } = received('order.placed', placed);
    const turned = Object.fromEntries(Object.entries(placed).reverse());
    expect(received('order.placed', turned).digest).toBe(digest);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('covers the fields that are not known here', () => {
    const one = received('order.delivered', { orderId: 'o1', carrier: 'A' });
    const other = received('order.delivered', { orderId: 'o1', carrier: 'B' });
    expect(one.digest).not.toBe(other.digest);
    expect(one.payload).toEqual(other.payload);
  });

  it('depends on the key, so that nobody can guess personal data by it', () => {
    const other = platformEventReader('another-key-for-signals-of-some-length')({
      source: 'shop',
      id: 'e1',
      type: 'order.placed',
      data: placed,
    });
    expect('received' in other && other.received.digest).not.toBe(
      received('order.placed', placed).digest,
    );
  });
});

describe('personal signals (R5.5)', () => {
  it.each([
    ['Ada@Example.com', 'ada@example.com'],
    ['ada+shop@example.com', 'ada@example.com'],
    ['ada+a+b@example.com', 'ada@example.com'],
    ['+ada@example.com', '+ada@example.com'],
    ['a.d.a@example.com', 'a.d.a@example.com'],
    ['A.d.a+x@gmail.com', 'ada@gmail.com'],
    ['ada@GoogleMail.com', 'ada@gmail.com'],
    ['"a@b"@example.com', '"a@b"@example.com'],
  ])('reads %s as %s', (email, normal) => {
    expect(normalizeEmail(email)).toBe(normal);
  });

  it('are kept as keyed hashes, in the payload only as those', () => {
    const { event, payload } = received('customer.registered', {
      ...registered,
      email: 'Ada.L+x@gmail.com',
      phone: '+49 (170) 123-45',
      paymentFingerprint: 'fp_123',
    });
    expect(event).toMatchObject({
      email: 'Ada.L+x@gmail.com',
      emailHash: signalHash(SIGNED, 'email', 'adal@gmail.com'),
      phoneHash: signalHash(SIGNED, 'phone', '4917012345'),
      paymentHash: signalHash(SIGNED, 'payment', 'fp_123'),
    });
    expect(JSON.stringify(event)).not.toMatch(/17012345|123-45|fp_123/);
    expect(JSON.stringify(payload)).not.toMatch(/gmail|123-45|fp_123/);
    expect(payload).toMatchObject({ customerId: 'ada', program: 'EU' });
  });

  it('of a change are kept as keyed hashes too', () => {
    const { payload } = received('customer.updated', {
      customerId: 'ada',
      email: 'ada@example.com',
      phone: '123',
    });
    expect(JSON.stringify(payload)).not.toMatch(/example|"123"/);
  });

  it('of two kinds differ where the text is the same', () => {
    expect(signalHash(SIGNED, 'phone', '1')).not.toBe(signalHash(SIGNED, 'payment', '1'));
  });
});
