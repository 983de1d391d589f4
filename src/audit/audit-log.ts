import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { mayTryAgain } from '../database/transaction';
import { RequestError } from '../kernel/errors';
import { MINUTE_MS } from '../kernel/time';
import type { Metrics } from '../operations/metrics';
import { type AuditStep, insertAuditStep } from './audit.store';
import { customersOf } from './named-ids';

/** How often writing a row is tried. */
const TRIES = 3;
/** Ids that one row names at most. */
const NAMED_MAX = 20;
/** Kinds of denial counted apart; beyond it all are one. */
const KINDS_MAX = 10_000;

/** What somebody asked for. */
export interface Attempt {
  readonly actor: string;
  readonly operation: string;
  readonly ids: Readonly<Record<string, string>>;
  readonly requestId: string;
}

/** One thing that somebody keeps being denied, within a minute. */
interface Denials {
  readonly attempt: Attempt;
  readonly code: string;
  readonly customerIds: Set<string>;
  times: number;
}

/**
 * Who did what with the rights of the desk or of a service, and who was denied what. Nothing of it is ever changed or deleted.
 *
 * An action is written down before it is done and again, with what came of it, before it is answered. Where the first cannot be written
 * nothing is done; where the second cannot, the caller is told to repeat it (the same key gives the same answer). So there is no action
 * without a row; a row without an outcome is one whose process ended in between: the ledger's own rows, which carry the actor, tell.
 *
 * Denials are already safe, and anybody can cause them: the first of a kind (actor, operation, code) is written at once, those that follow
 * within a minute are one row with their number. They are written beside the answer, and what cannot be written is counted.
 */
export class AuditLog {
  private readonly denials = new Map<string, Denials>();
  private readonly writing = new Set<Promise<void>>();
  private readonly minutes: NodeJS.Timeout;

  constructor(
    private readonly parts: {
      readonly database: DataSource;
      readonly log: Logger;
      readonly metrics: Metrics;
    },
    minuteMs = MINUTE_MS,
  ) {
    this.minutes = setInterval(() => this.closeMinute(), minuteMs).unref();
  }

  /** Writes down what is about to be done; the id under which its outcome belongs. UNAVAILABLE: it must not be done. */
  async asked(attempt: Attempt): Promise<string> {
    const id = randomUUID();
    const customerIds = customersOf(attempt.ids);
    const row = { ...attempt, id, step: 'ASKED', customerIds, outcome: null, times: 1 } as const;
    await this.insist(row, 'Nothing was done: it could not be recorded. Try again.');
    return id;
  }

  /** Writes down what came of it: DONE, or a code. UNAVAILABLE: it must not be answered otherwise. */
  async answered(
    id: string,
    attempt: Attempt,
    outcome: string,
    found: readonly string[] = [],
  ): Promise<void> {
    const customerIds = [...new Set([...customersOf(attempt.ids), ...found])].slice(0, NAMED_MAX);
    const row = { ...attempt, id, step: 'ANSWERED', customerIds, outcome, times: 1 } as const;
    await this.insist(
      row,
      'What came of it could not be recorded. Repeat it with the same idempotency key.',
    );
  }

  /** Somebody was turned away. Never fails, and waits for nothing. */
  denied(attempt: Attempt, code: string): void {
    const kind = JSON.stringify([attempt.actor, attempt.operation, code]);
    const isRoom = this.denials.has(kind) || this.denials.size < KINDS_MAX;
    const key = isRoom ? kind : 'others';
    const known = this.denials.get(key);
    if (known) {
      known.times += 1;
      for (const id of customersOf(attempt.ids)) {
        if (known.customerIds.size < NAMED_MAX) known.customerIds.add(id);
      }
      return;
    }
    const counted = isRoom ? attempt : { ...attempt, actor: 'others', ids: {} };
    this.denials.set(key, { attempt: counted, code, customerIds: new Set(), times: 0 });
    this.writeDenial(counted, code, customersOf(counted.ids), 1);
  }

  /** Writes what is still counted, and waits for what is being written. */
  async stop(): Promise<void> {
    clearInterval(this.minutes);
    this.closeMinute();
    await Promise.all(this.writing);
  }

  private closeMinute(): void {
    for (const [key, denials] of this.denials) {
      const { attempt, code, customerIds, times } = denials;
      if (times === 0) this.denials.delete(key);
      else this.writeDenial(attempt, code, [...customerIds], times);
      denials.times = 0;
      denials.customerIds.clear();
    }
  }

  private writeDenial(
    attempt: Attempt,
    outcome: string,
    customerIds: readonly string[],
    times: number,
  ): void {
    const row = {
      ...attempt,
      id: randomUUID(),
      step: 'DENIED',
      customerIds,
      outcome,
      times,
    } as const;
    const writing = this.write(row)
      .catch((error) => this.failed(error, row))
      .finally(() => this.writing.delete(writing));
    this.writing.add(writing);
  }

  private async insist(row: AuditStep, message: string): Promise<void> {
    try {
      await this.write(row);
    } catch (error) {
      this.failed(error, row);
      throw new RequestError('UNAVAILABLE', message);
    }
  }

  private async write(row: AuditStep): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await insertAuditStep(this.parts.database, row);
        this.parts.metrics.audited.inc({ step: row.step });
        return;
      } catch (error) {
        if (tries === TRIES || !mayTryAgain(error)) throw error;
      }
    }
  }

  private failed(error: unknown, { step, actor, operation, requestId, outcome }: AuditStep): void {
    this.parts.metrics.auditFailures.inc();
    this.parts.log.error(
      { err: error, step, actor, operation, requestId, outcome },
      'The audit log could not be written',
    );
  }
}
