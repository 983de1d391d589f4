import { Column, Entity, PrimaryColumn } from 'typeorm';
import { instant, int2, json, orNull, position, text } from '../database/columns';
import type { Instant } from '../kernel/time';

/** What a command answered, for good: the same key gets the same answer. */
@Entity('answers')
export class AnswerRow {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  accountId!: string;

  @PrimaryColumn(text)
  operation!: string;

  @PrimaryColumn(text)
  key!: string;

  /** Of the caller's input: the same key with other input is refused. */
  @Column(text)
  fingerprint!: string;

  @Column(json)
  answer!: object;

  @Column(instant)
  answeredAt!: Instant;

  /** What was asked, so that the history can be told again under other terms; null where it was not kept or is erased. */
  @Column(orNull(json))
  input!: object | null;

  @Column(position)
  position!: number;
}
