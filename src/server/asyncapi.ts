import { z } from 'zod';
import { platformDataSchemas } from '../events/platform-events';
import { ID_MAX } from '../kernel/ids';
import type { MessageType } from '../ledger/message';
import type { PlatformEvent } from '../orders/platform-event';
import { MESSAGE_SCHEMAS } from '../outbox/message-schemas';
import { SOURCE } from '../outbox/webhook';

/** What each event of the platform says. */
const TOLD_TO_US: Record<PlatformEvent['type'], string> = {
  'customer.registered': 'A customer registered; they are a member from then on.',
  'customer.updated': 'What is known of a customer changed; null clears, what is left out stays.',
  'customer.deleted': 'A customer was deleted; what is personal is erased.',
  'order.placed': 'An order was placed. Points can pay it from now on.',
  'order.amended': 'An order costs something else now: `net` is the new whole.',
  'order.paid': 'An order was paid in full; what is held for it is captured.',
  'order.delivered': 'An order was delivered; paid and delivered it earns points.',
  'order.cancelled': 'An order was cancelled, all of it, or `net` of it now.',
};

/** What each message to the platform tells. */
const TOLD_BY_US: Record<MessageType, string> = {
  'redemption.held': 'Points were set aside for an order.',
  'redemption.captured': 'Points paid an order.',
  'redemption.released': 'A hold, or the part that was not needed, was given back.',
  'redemption.lapsed': 'A hold that nobody decided gave itself back.',
  'redemption.restored': 'Points that had paid an order came back.',
  'points.credited': 'Points came into an account.',
  'points.reversed': 'Credited points were taken back.',
  'points.expired': 'Points reached the end of their validity.',
  'points.forfeited': 'Points are gone with the membership.',
  'points.transferred': 'Points moved to a colleague (below 0) or came from one.',
  'points.voided': 'Points were taken away for abuse.',
  'discount.issued': 'A referred customer has a discount code.',
  'discount.applied': 'A discount was taken off an order.',
  'discount.returned': 'A discount code can be used again; its order was cancelled.',
  'discount.voided': 'A discount code is no longer valid; an order that has it costs more.',
  'referral.changed': 'Where a referral stands.',
  'tier.changed': 'A member holds another tier.',
  'membership.changed': 'A membership stands somewhere else.',
  'order.discrepancy': 'An order was paid with other X-Points than were captured.',
  'terms.bound': 'New terms bind a member.',
  'claim.opened': 'Money is claimed for points or a discount that were voided.',
  'claim.settled': 'A claim was paid.',
  'claim.waived': 'A claim was given up.',
  'member.notified': 'What a member is told; without a mail server this is how.',
};

const text = { type: 'string', minLength: 1, maxLength: ID_MAX };

/** A CloudEvent 1.0 in structured JSON with this type and data. */
function cloudEvent(type: string, data: object, more: Readonly<Record<string, object>> = {}) {
  return {
    type: 'object',
    required: ['specversion', 'id', 'source', 'type', 'data', ...Object.keys(more)],
    properties: {
      specversion: { type: 'string', const: '1.0' },
      id: text,
      source: text,
      type: { type: 'string', const: type },
      datacontenttype: { type: 'string', const: 'application/json' },
      ...more,
      data,
    },
  };
}

function message(type: string, summary: string, payload: object, contentType: string) {
  return { name: type, title: type, summary, contentType, payload };
}

/** Consumers ignore fields that they do not know: there may be more of them one day. */
function withSequence(schema: z.ZodType): object {
  const { $schema: _, ...written } = z.toJSONSchema(schema, {
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
    },
  });
  return addSequence(written);
}

/** Every message carries the account's sequence it tells of, as in `xPointsHistory`. */
function addSequence(schema: z.core.JSONSchema.BaseSchema): z.core.JSONSchema.BaseSchema {
  if (schema.anyOf) {
    return { ...schema, anyOf: schema.anyOf.map((one) => addSequence(Object(one))) };
  }
  const sequence = { type: 'integer', minimum: 0 } as const;
  return {
    ...schema,
    properties: { ...schema.properties, sequence },
    required: [...(schema.required ?? []), 'sequence'],
  };
}

function incoming() {
  const schemas = Object.entries(platformDataSchemas()) as [PlatformEvent['type'], object][];
  return schemas.map(([type, data]) => {
    const payload = cloudEvent(type, data, {});
    return message(type, TOLD_TO_US[type], payload, 'application/cloudevents+json');
  });
}

function outgoing() {
  const schemas = Object.entries(MESSAGE_SCHEMAS) as [MessageType, z.ZodType][];
  return schemas.map(([type, schema]) => {
    const name = `${SOURCE}.${type}`;
    const time = { type: 'string', format: 'date-time' };
    const payload = cloudEvent(name, withSequence(schema), { subject: text, time });
    return message(name, TOLD_BY_US[type], payload, 'application/cloudevents+json; charset=utf-8');
  });
}

type ContractMessage = ReturnType<typeof message>;

function channel(address: string | null, description: string, messages: ContractMessage[]) {
  const named = messages.map(({ name }) => [name, { $ref: `#/components/messages/${name}` }]);
  return { address, description, messages: Object.fromEntries(named) };
}

/** The contract of events with the platform, as AsyncAPI 3.0: made of the schemas that read and that write them. */
export function eventContract() {
  const [toUs, byUs] = [incoming(), outgoing()];
  const http = { bindings: { http: { method: 'POST', bindingVersion: '0.3.0' } } };
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Rewards: events in, webhooks out',
      version: '1.0.0',
      description:
        'Written by `npm run asyncapi`. Both ways: CloudEvents 1.0 in JSON, signed as Standard Webhooks describe. They may come late, twice and out of order: each is known by its source and id.',
    },
    defaultContentType: 'application/cloudevents+json',
    channels: {
      events: channel('/events', 'Where the platform tells Rewards. One event, or a list.', toUs),
      webhooks: channel(null, 'Addresses of WEBHOOK_URL and WEBHOOKS.', byUs),
    },
    operations: {
      takeEvent: {
        action: 'receive',
        channel: { $ref: '#/channels/events' },
        summary: 'Each event is answered with an outcome.',
        ...http,
      },
      tellPlatform: {
        action: 'send',
        channel: { $ref: '#/channels/webhooks' },
        summary: 'At least once, in order for each account; 2xx within 10 seconds takes it.',
        ...http,
      },
    },
    components: {
      messages: Object.fromEntries([...toUs, ...byUs].map((one) => [one.name, one])),
    },
  };
}

if (require.main === module) {
  process.stdout.write(`${JSON.stringify(eventContract())}\n`);
}
