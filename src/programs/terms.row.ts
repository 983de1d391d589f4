import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import { instant, int4, json, startingWith, text } from '../database/columns';
import type { Instant } from '../kernel/time';

/** One published version of a program's terms; never edited (R1.4). */
@Entity('terms')
@Check('terms_version_positive', 'version > 0')
export class TermsRow {
  @PrimaryColumn(text)
  program!: string;

  @PrimaryColumn(int4)
  version!: number;

  @Column(instant)
  effectiveAt!: Instant;

  @Column(json)
  document!: object;

  @Column(startingWith(instant, () => 'now()'))
  publishedAt!: Instant;

  @Column(startingWith(text, 'system'))
  publishedBy!: string;
}
