import { createSecretKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { currencyDigits, parseDecimal } from '../kernel/money';
import type { PlatformEvent, ReceivedEvent } from '../orders/platform-event';
import type { Envelope } from './envelope';
import * as field from './fields';
import { contentDigest, normalizeEmail, normalizePhone, signalHash } from './signals';

/** How deep the data of an event may be nested. */
const DEPTH_MAX = 32;

const WHAT_TO_DO = 'Nothing was changed: correct the event and send it again under the same id.';

/** An event that was understood, or why it was not. */
export type Reading = { readonly received: ReceivedEvent } | { readonly rejected: string };

type Reader = (envelope: Envelope) => Reading;

/**
 * A reader of platform events. It checks the data of each type and replaces personal signals by
 * hashes keyed with `signalKey` (R5.5); fields it does not know are ignored, but count for the digest,
 * so a repeated event has to repeat them too (R3.7).
 */
export function platformEventReader(signalKey: string): Reader {
  const key = createSecretKey(signalKey, 'utf8');
  const schemas = dataSchemas(key);
  const types = Object.keys(schemas).join(', ');
  return ({ source, id, type, data }) => {
    if (!Object.hasOwn(schemas, type)) {
      return reject(`type is ${field.shown(type)}; expected one of ${types}.`);
    }
    if (isDeeperThan(DEPTH_MAX, data)) {
      return reject(`data is nested too deep; expected at most ${DEPTH_MAX} levels.`);
    }
    const known = type as PlatformEvent['type'];
    const reading = schemas[known].safeParse(data);
    if (!reading.success) return reject(describe(reading.error));
    const event = reading.data;
    const digest = contentDigest(key, { source, type, data });
    return { received: { source, id, type: known, digest, payload: kept(event), event } };
  };
}

/** What the data of each type looks like before it is read, as JSON Schema (draft 7): the contract with the platform. */
export function platformDataSchemas(): Record<PlatformEvent['type'], object> {
  const schemas = Object.entries(dataSchemas(createSecretKey('unused', 'utf8'))).map(
    ([type, schema]) => {
      const { $schema: _, ...written } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
      return [type, written];
    },
  );
  return Object.fromEntries(schemas) as Record<PlatformEvent['type'], object>;
}

function reject(problem: string): Reading {
  return { rejected: `${problem} ${WHAT_TO_DO}` };
}

function describe(error: z.ZodError): string {
  const problems = error.issues.map(({ path, message }) => {
    const name = ['data', ...path.map(String)].join('.');
    return path.length > 0 ? `${name} ${message}` : `${name} is malformed; expected a JSON object`;
  });
  return `${problems.join('; ')}.`;
}

/** What the inbox keeps of an event: what was understood of it, without an address in clear. */
function kept(event: PlatformEvent): object {
  if (event.type === 'customer.registered') {
    const { email: _, ...rest } = event;
    return rest;
  }
  if (event.type === 'customer.updated') {
    const { email: _, ...changes } = event.changes;
    return { ...event, changes };
  }
  return event;
}

/** One schema per event type: the platform's data in, our event out. */
function dataSchemas(key: KeyObject) {
  const schemas = { ...customerSchemas(key), ...ORDER_SCHEMAS };
  return schemas satisfies Record<PlatformEvent['type'], z.ZodType<PlatformEvent>>;
}

/** What a registration and a change of a customer have in common. Null: has none, or has none any more. */
const CUSTOMER_FIELDS = {
  organizationId: field.id.nullish(),
  billingAccountId: field.id.nullish(),
  email: field.email.nullish(),
  locale: field.locale.nullish(),
  phone: field.phone.nullish(),
  paymentFingerprint: field.paymentFingerprint.nullish(),
};

function customerSchemas(key: KeyObject) {
  const hashes = (data: Personal) => personalHashes(key, data);
  const registered = z
    .object({
      customerId: field.id,
      program: field.id,
      registeredAt: field.instant.nullish(),
      referralCode: field.id.nullish(),
      ...CUSTOMER_FIELDS,
    })
    .transform((data) => ({
      type: 'customer.registered' as const,
      customerId: data.customerId,
      program: data.program,
      organizationId: data.organizationId ?? null,
      billingAccountId: data.billingAccountId ?? null,
      email: data.email ?? null,
      locale: data.locale ?? null,
      registeredAt: data.registeredAt ?? null,
      referralCode: data.referralCode ?? null,
      ...{ emailHash: null, phoneHash: null, paymentHash: null, ...hashes(data) },
    }));
  const updated = z
    .object({ customerId: field.id, ...CUSTOMER_FIELDS })
    .transform(({ customerId, phone, paymentFingerprint, ...named }) => ({
      type: 'customer.updated' as const,
      customerId,
      changes: { ...named, ...hashes({ email: named.email, phone, paymentFingerprint }) },
    }));
  const deleted = z
    .object({ customerId: field.id })
    .transform(({ customerId }) => ({ type: 'customer.deleted' as const, customerId }));
  return {
    'customer.registered': registered,
    'customer.updated': updated,
    'customer.deleted': deleted,
  };
}

interface Personal {
  readonly email?: string | null | undefined;
  readonly phone?: string | null | undefined;
  readonly paymentFingerprint?: string | null | undefined;
}

interface PersonalHashes {
  emailHash?: string | null;
  phoneHash?: string | null;
  paymentHash?: string | null;
}

/** The hashes of the signals that were named: null clears, a signal that was not named is left out. */
function personalHashes(key: KeyObject, { email, phone, paymentFingerprint }: Personal) {
  const hashes: PersonalHashes = {};
  if (email !== undefined) {
    hashes.emailHash = email && signalHash(key, 'email', normalizeEmail(email));
  }
  if (phone !== undefined) {
    hashes.phoneHash = phone && signalHash(key, 'phone', normalizePhone(phone));
  }
  if (paymentFingerprint !== undefined) {
    hashes.paymentHash = paymentFingerprint && signalHash(key, 'payment', paymentFingerprint);
  }
  return hashes;
}

const placed = z
  .object({
    orderId: field.id,
    customerId: field.id,
    net: field.amount,
    currency: field.currency,
    placedAt: field.instant.nullish(),
    tags: field.tags.nullish(),
  })
  .transform((data, context) => {
    if (parseDecimal(data.net, data.currency) === null) {
      const places = currencyDigits(data.currency);
      context.addIssue({
        code: 'custom',
        path: ['net'],
        message: `is ${field.shown(data.net)}; expected an amount with at most ${places} places, as ${data.currency} has them, below 2^53 minor units`,
      });
      return z.NEVER;
    }
    return {
      ...data,
      type: 'order.placed' as const,
      placedAt: data.placedAt ?? null,
      tags: data.tags ?? [],
    };
  });

const ORDER_SCHEMAS = {
  'order.placed': placed,
  'order.amended': z
    .object({ orderId: field.id, net: field.amount })
    .transform((data) => ({ ...data, type: 'order.amended' as const })),
  'order.paid': z
    .object({ orderId: field.id, xPoints: field.wholePoints.nullish() })
    .transform(({ orderId, xPoints }) => ({
      type: 'order.paid' as const,
      orderId,
      xPoints: xPoints ?? null,
    })),
  'order.delivered': z
    .object({ orderId: field.id })
    .transform((data) => ({ ...data, type: 'order.delivered' as const })),
  'order.cancelled': z
    .object({ orderId: field.id, net: field.positiveAmount.nullish() })
    .transform(({ orderId, net }) => ({
      type: 'order.cancelled' as const,
      orderId,
      net: net ?? null,
    })),
};

function isDeeperThan(levels: number, value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}
