import { describedEnum } from '../federation/enums';
import { CAMPAIGN_KINDS, type CampaignKind } from './campaign';

export const CampaignKindEnum = describedEnum<CampaignKind>(
  'RewardsCampaignKind',
  'What a campaign does to an order that matches (R1.5).',
  CAMPAIGN_KINDS,
);
