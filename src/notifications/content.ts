import type { Instant } from '../kernel/time';
import type { NotificationContent, NotificationData } from '../ledger/notification';
import { day, lastDay, number, percent, tierName } from '../texts/format';
import {
  type Content,
  counted,
  fact,
  facts,
  instant,
  lastDayOf,
  objecting,
  paragraph,
  quoted,
  type Reader,
  say,
  worth,
  xPoints,
} from './blocks';
import { changeLines } from './terms-changes';

/** What a notification says, in the reader's language. `createdAt` tells what is over from what is ahead. */
export function contentOf(
  reader: Reader,
  notification: NotificationContent,
  createdAt: Instant,
): Content {
  switch (notification.kind) {
    case 'POINTS_CREDITED':
      return pointsCredited(reader, notification.data);
    case 'POINTS_EXPIRING':
      return pointsExpiring(reader, notification.data);
    case 'POINTS_EXPIRED':
      return pointsExpired(reader, notification.data);
    case 'DISCOUNT_ISSUED':
      return discountIssued(reader, notification.data);
    case 'REFERRAL_REWARDED':
      return referralRewarded(reader, notification.data);
    case 'TRANSFER_DECIDED':
      return transferDecided(reader, notification.data);
    case 'OBJECTION_DECIDED':
      return objectionDecided(reader, notification.data);
    case 'TERMS_CHANGED':
      return termsChanged(reader, notification.data);
    case 'MEMBERSHIP_ENDING':
      return membershipEnding(reader, notification.data, createdAt);
  }
}

function pointsCredited(reader: Reader, data: NotificationData<'POINTS_CREDITED'>): Content {
  const { points, orderId, campaign, available, value, expiresAt } = data;
  return {
    subject: say(reader, 'POINTS_CREDITED.subject', counted(reader, points)),
    blocks: [
      paragraph(reader, 'POINTS_CREDITED.intro', {
        source: occasion(data),
        orderId: orderId ?? '',
        campaign: campaign === null ? '' : reader.campaignName(campaign),
        points: xPoints(reader, points),
      }),
      ...(data.source === 'TRANSFER' ? [paragraph(reader, 'POINTS_CREDITED.transferred')] : []),
      // Owed points are paid first, and nothing else keeps a credit from being available (R4.3).
      ...(available < points ? [paragraph(reader, 'POINTS_CREDITED.settled')] : []),
      facts(
        fact(reader, 'label.credited', xPoints(reader, points)),
        fact(reader, 'label.value', worth(reader, value)),
        fact(reader, 'label.validThrough', lastDayOf(reader, expiresAt)),
        fact(reader, 'label.available', xPoints(reader, available)),
      ),
      paragraph(reader, 'POINTS_CREDITED.use'),
      paragraph(reader, 'objectToCredit', objecting(reader)),
    ],
  };
}

/** What to say points came from: only what is known of it. */
function occasion(data: NotificationData<'POINTS_CREDITED'>): string {
  const { source, orderId, campaign } = data;
  if (source === 'ORDER') return orderId === null ? 'UNKNOWN' : 'ORDER';
  if (source !== 'CAMPAIGN') return source;
  if (campaign === null) return 'UNKNOWN';
  return orderId === null ? 'CAMPAIGN' : 'CAMPAIGN_ORDER';
}

function pointsExpiring(reader: Reader, data: NotificationData<'POINTS_EXPIRING'>): Content {
  const { points, parts, value, available } = data;
  const [first] = parts;
  const rows = parts.map((part) => ({
    label: say(reader, 'POINTS_EXPIRING.part', {
      date: lastDayOf(reader, part.expiresAt),
      days: part.days,
    }),
    value: xPoints(reader, part.points),
  }));
  return {
    subject: say(reader, 'POINTS_EXPIRING.subject', {
      ...counted(reader, points),
      // "soon" where the parts differ
      days: first && parts.every(({ days }) => days === first.days) ? first.days : 0,
    }),
    blocks: [
      paragraph(reader, 'POINTS_EXPIRING.intro'),
      facts(
        ...rows,
        ...(parts.length > 1 ? [fact(reader, 'label.total', xPoints(reader, points))] : []),
        fact(reader, 'label.value', worth(reader, value)),
        fact(reader, 'label.available', xPoints(reader, available)),
      ),
      paragraph(reader, 'levelStays'),
    ],
  };
}

function pointsExpired(reader: Reader, data: NotificationData<'POINTS_EXPIRED'>): Content {
  const { points, value, expiredAt, available } = data;
  const date = lastDayOf(reader, expiredAt);
  return {
    subject: say(reader, 'POINTS_EXPIRED.subject', counted(reader, points)),
    blocks: [
      paragraph(reader, 'POINTS_EXPIRED.intro', { ...counted(reader, points), date }),
      facts(
        fact(reader, 'label.expired', xPoints(reader, points)),
        fact(reader, 'label.value', worth(reader, value)),
        fact(reader, 'label.expiredOn', date),
        fact(reader, 'label.available', xPoints(reader, available)),
      ),
      paragraph(reader, 'levelStays'),
    ],
  };
}

function discountIssued(reader: Reader, data: NotificationData<'DISCOUNT_ISSUED'>): Content {
  const off = percent(reader.locale, data.percent);
  return {
    subject: say(reader, 'DISCOUNT_ISSUED.subject', { percent: off }),
    blocks: [
      paragraph(reader, 'DISCOUNT_ISSUED.intro', { percent: off }),
      { type: 'code', label: say(reader, 'label.code'), text: data.code },
      facts(
        fact(reader, 'label.discount', off),
        fact(reader, 'label.validThrough', lastDayOf(reader, data.expiresAt)),
      ),
      paragraph(reader, 'DISCOUNT_ISSUED.terms'),
      paragraph(reader, 'objectToDiscount', objecting(reader)),
    ],
  };
}

function referralRewarded(reader: Reader, data: NotificationData<'REFERRAL_REWARDED'>): Content {
  const points = xPoints(reader, data.points);
  const tier = tierName(reader.locale, reader.terms, data.tier);
  return {
    subject: say(reader, 'REFERRAL_REWARDED.subject', { points }),
    blocks: [
      paragraph(reader, 'REFERRAL_REWARDED.intro', { points, tier }),
      facts(
        fact(reader, 'label.credited', points),
        fact(reader, 'label.value', worth(reader, data.value)),
        fact(reader, 'label.level', tier),
        fact(reader, 'label.validThrough', lastDayOf(reader, data.expiresAt)),
      ),
      paragraph(reader, 'POINTS_CREDITED.use'),
      paragraph(reader, 'objectToCredit', objecting(reader)),
    ],
  };
}

function transferDecided(reader: Reader, data: NotificationData<'TRANSFER_DECIDED'>): Content {
  const { transferId, decision, direction, note } = data;
  const points = data.points === null ? say(reader, 'allXPoints') : xPoints(reader, data.points);
  return {
    subject: say(reader, 'TRANSFER_DECIDED.subject', { decision }),
    blocks: [
      paragraph(reader, 'TRANSFER_DECIDED.intro', { outcome: `${decision}_${direction}`, points }),
      ...quoted(reader, note),
      ...(decision === 'APPROVED' ? [paragraph(reader, 'TRANSFER_DECIDED.kept')] : []),
      facts(fact(reader, 'label.transfer', transferId)),
    ],
  };
}

function objectionDecided(reader: Reader, data: NotificationData<'OBJECTION_DECIDED'>): Content {
  const { decision, points, note } = data;
  const objection = number(reader.locale, data.objection);
  const booked =
    points === null || points === 0 ? 'CORRECTED' : points > 0 ? 'CREDITED' : 'DEDUCTED';
  return {
    subject: say(reader, 'OBJECTION_DECIDED.subject', { objection }),
    blocks: [
      paragraph(reader, 'OBJECTION_DECIDED.intro', {
        outcome: decision === 'CORRECTED' ? booked : 'REJECTED',
        objection,
        ...counted(reader, Math.abs(points ?? 0)),
      }),
      ...quoted(reader, note),
    ],
  };
}

function termsChanged(reader: Reader, data: NotificationData<'TERMS_CHANGED'>): Content {
  const { locale, terms } = reader;
  const { contact } = terms;
  const months = data.objectionMonths;
  const version = number(locale, data.version);
  const date = day(locale, instant(data.effectiveAt), terms.zone);
  const changes = changeLines(reader, data.changes);
  return {
    subject: say(reader, 'TERMS_CHANGED.subject', { months }),
    blocks: [
      paragraph(reader, 'TERMS_CHANGED.intro', { version, date }),
      ...(changes.length > 0
        ? [paragraph(reader, 'TERMS_CHANGED.changes'), { type: 'items' as const, items: changes }]
        : []),
      paragraph(reader, 'TERMS_CHANGED.object', { months, contact }),
      paragraph(reader, 'TERMS_CHANGED.silence', { date }),
      paragraph(reader, 'TERMS_CHANGED.consequence'),
      facts(fact(reader, 'label.version', version), fact(reader, 'label.effective', date)),
      paragraph(reader, 'TERMS_CHANGED.request', { contact }),
      paragraph(reader, 'TERMS_CHANGED.binding'),
    ],
  };
}

function membershipEnding(
  reader: Reader,
  data: NotificationData<'MEMBERSHIP_ENDING'>,
  createdAt: Instant,
): Content {
  const { cause, points, value } = data;
  const { locale, terms } = reader;
  const endsAt = instant(data.endsAt);
  const redeemUntil = data.redeemUntil === null ? null : instant(data.redeemUntil);
  const hasEnded = endsAt <= createdAt;
  const hasWindow = redeemUntil !== null && redeemUntil > endsAt && redeemUntil > createdAt;
  // At once, or at the end of a day.
  const isImmediate = cause === 'LEFT' || cause === 'GOOD_CAUSE';
  const date = isImmediate ? day(locale, endsAt, terms.zone) : lastDay(locale, endsAt, terms.zone);
  const lastUse = lastDay(locale, hasWindow ? redeemUntil : endsAt, terms.zone);
  const isForfeited = hasEnded && !hasWindow;
  const loss = { ...counted(reader, points), value: worth(reader, value) };
  return {
    subject: say(reader, 'MEMBERSHIP_ENDING.subject', {
      state: hasEnded ? 'ENDED' : 'AHEAD',
      date,
    }),
    blocks: [
      paragraph(reader, 'MEMBERSHIP_ENDING.intro', {
        event:
          hasEnded && (cause === 'OBJECTED' || cause === 'DISCONTINUED') ? `${cause}_ENDED` : cause,
        date,
      }),
      ...(hasEnded ? [] : [paragraph(reader, 'MEMBERSHIP_ENDING.meanwhile')]),
      ...(hasWindow ? [paragraph(reader, 'MEMBERSHIP_ENDING.window', { date: lastUse })] : []),
      isForfeited
        ? paragraph(reader, 'MEMBERSHIP_ENDING.forfeited', loss)
        : paragraph(reader, 'MEMBERSHIP_ENDING.forfeitable', { ...loss, date: lastUse }),
      facts(
        fact(reader, 'label.lastDay', date),
        ...(hasWindow ? [fact(reader, 'label.redeemThrough', lastUse)] : []),
        ...(isForfeited ? [fact(reader, 'label.forfeited', xPoints(reader, points))] : []),
      ),
    ],
  };
}
