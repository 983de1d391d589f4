import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { instant, int2, json, orNull, position, text } from '../database/columns';
import type { Instant } from '../kernel/time';

/** A platform event as it was taken in, once per source and id. */
@Entity('inbox')
@Index('inbox_customer', ['customerId'], { where: 'customer_id is not null' })
export class InboxRow {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  source!: string;

  @PrimaryColumn(text)
  eventId!: string;

  @Column(text)
  digest!: string;

  @Column(text)
  type!: string;

  @Column(instant)
  receivedAt!: Instant;

  @Column(json)
  answer!: object;

  @Column(json)
  payload!: object;

  @Column(orNull(text))
  customerId!: string | null;

  @Column(position)
  position!: number;
}

/** An event that was understood and could not be applied: once per content, for the desk. */
@Entity('set_aside')
@Index('set_aside_customer', ['customerId'], { where: 'customer_id is not null' })
@Index('set_aside_received', ['receivedAt', 'shard', 'source', 'eventId', 'digest'])
export class SetAsideRow {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  source!: string;

  @PrimaryColumn(text)
  eventId!: string;

  @PrimaryColumn(text)
  digest!: string;

  @Column(text)
  type!: string;

  @Column(text)
  reason!: string;

  @Column(orNull(text))
  orderId!: string | null;

  @Column(orNull(text))
  customerId!: string | null;

  @Column(instant)
  receivedAt!: Instant;

  @Column(json)
  payload!: object;
}
