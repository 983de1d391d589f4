import DataLoader from 'dataloader';
import type { App } from '../app';
import { type CampaignKey, type CampaignRecordRead, readCampaignRecords } from './campaign.reads';

/** Records of campaigns for one request. Authorises nothing: its callers do. */
export function campaignRecords({
  database,
}: Pick<App, 'database'>): DataLoader<CampaignKey, CampaignRecordRead, string> {
  return new DataLoader(
    async (keys) => {
      const records = await readCampaignRecords(database, keys);
      const found = new Map(records.map((record) => [nameOf(record), record]));
      return keys.map((key) => found.get(nameOf(key)) ?? new Error('campaigns stay for good'));
    },
    { cacheKeyFn: nameOf },
  );
}

function nameOf({ program, code }: CampaignKey): string {
  return `${program} ${code}`;
}
