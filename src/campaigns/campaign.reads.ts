import type { DataSource } from 'typeorm';
import type { Instant } from '../kernel/time';
import type { ProgramCode } from '../programs/terms';

/** A campaign's place among all. */
export interface CampaignKey {
  readonly program: ProgramCode;
  readonly code: string;
}

/** Who started a campaign and why, and who ended it before its time. */
export interface CampaignRecordRead extends CampaignKey {
  readonly reason: string;
  readonly startedBy: string;
  readonly startedAt: Instant;
  readonly endedBy: string | null;
  readonly endedAt: Instant | null;
}

/** The records of campaigns, in one statement. */
export function readCampaignRecords(
  database: DataSource,
  keys: readonly CampaignKey[],
): Promise<CampaignRecordRead[]> {
  return database.query<CampaignRecordRead[]>(
    `select program, code, reason, started_by as "startedBy", started_at as "startedAt",
       ended_by as "endedBy", ended_at as "endedAt"
     from campaigns join unnest($1::text[], $2::text[]) as k (program, code) using (program, code)`,
    [keys.map(({ program }) => program), keys.map(({ code }) => code)],
  );
}
