import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { instant, int4, json, orNull, startingWith, text } from '../database/columns';
import type { Instant } from '../kernel/time';

/** One step of something done, or tried, with rights: asked before it is done, answered afterwards; or denied. */
@Entity('audit_log')
@Check(
  'audit_log_step_known',
  `step in ('ASKED', 'ANSWERED', 'DENIED') and (step = 'ASKED') = (outcome is null)`,
)
@Check('audit_log_times_positive', `times > 0 and (step = 'DENIED' or times = 1)`)
@Index('audit_log_at', ['at', 'id'], { where: `step <> 'ANSWERED'` })
@Index('audit_log_actor', ['actor', 'at', 'id'], { where: `step <> 'ANSWERED'` })
@Index('audit_log_customers', ['customerIds'], { type: 'gin' })
export class AuditRow {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @PrimaryColumn(text)
  step!: 'ASKED' | 'ANSWERED' | 'DENIED';

  @Column(startingWith(instant, () => 'clock_timestamp()'))
  at!: Instant;

  @Column(text)
  actor!: string;

  @Column(text)
  operation!: string;

  /** What the input named, by the name of the field. */
  @Column(json)
  ids!: object;

  @Column({ ...text, array: true })
  customerIds!: readonly string[];

  /** DONE, the code of a refusal or of a failure; null in what was only asked. */
  @Column(orNull(text))
  outcome!: string | null;

  /** How often the same was denied, in one row so that nobody can fill the table. */
  @Column(startingWith(int4, 1))
  times!: number;

  @Column(text)
  requestId!: string;
}
