import { allocationsAt } from './allocations-at';
import { type Invariant, inState, ofAccounts, ofOrders, SAFE } from './invariant';
import { PEOPLE_INVARIANTS } from './invariants-of-people';
import { DESK_INVARIANTS } from './invariants-of-the-desk';
import { LOT_STATES } from './lot';

export type { Invariant, Track, Within } from './invariant';

/**
 * Every invariant that rows can show. The README of this folder says what keeps each. L1 and L8 are shown by triggers and keys
 * that stand (`structure.ts`); L9 is about the order of locks, of which nothing is left to see.
 */
export const INVARIANTS: readonly Invariant[] = [
  {
    number: 'L2',
    statement:
      'Entries of an account are numbered 1, 2, 3 … without gaps, up to its sequence; the first of them are in the archive, as many as it says.',
    breaches: [
      ofAccounts(
        (within) => `select a.shard, a.id as account_id from accounts a
      left join lateral (select count(*) as n, max(sequence) as last, min(sequence) as first from entries e
        where e.shard = a.shard and e.account_id = a.id) e on true
      left join lateral (select count(*) as n, coalesce(max(sequence), 0) as last from entries_archive e
        where e.shard = a.shard and e.account_id = a.id) o on true
      where ${within('a.shard', 'a.id')} and ((o.n, o.last) is distinct from (a.archived_sequence, a.archived_sequence)
        or o.n + e.n <> a.sequence or coalesce(e.last, o.last) <> a.sequence or e.first <= a.archived_sequence)`,
      ),
    ],
  },
  {
    number: 'L3',
    statement: 'Each point of a lot is in exactly one state, as the allocations say.',
    breaches: [
      ofAccounts(
        (within) => `select l.shard, l.account_id from lots l
      left join lateral (select ${LOT_STATES.map((state) => `${inState(state)} as ${state.toLowerCase()}`).join(', ')}
        from all_allocations al where al.shard = l.shard and al.account_id = l.account_id and al.lot = l.number) al on true
      where ${within('l.shard', 'l.account_id')} and (
        (l.remaining, l.held, l.redeemed, l.transferred, l.expired, l.forfeited, l.reversed, l.voided)
          is distinct from (${LOT_STATES.map((state) => `al.${state.toLowerCase()}`).join(', ')})
        or l.granted <> l.remaining + l.held + l.redeemed + l.transferred + l.expired + l.forfeited + l.reversed + l.voided
        or (l.voided_at is not null and l.remaining > 0)
        or l.is_open <> (l.remaining > 0 or l.held > 0))`,
      ),
    ],
  },
  {
    number: 'L4',
    statement: 'An account has available and held what its lots have; nothing is negative.',
    breaches: [
      ofAccounts(
        (within) => `select a.shard, a.id as account_id from accounts a
      left join lateral (select coalesce(sum(remaining), 0) as remaining, coalesce(sum(held), 0) as held from lots l
        where l.shard = a.shard and l.account_id = a.id) l on true
      where ${within('a.shard', 'a.id')}
        and (a.available <> l.remaining or a.held <> l.held or a.available < 0 or a.held < 0 or a.owed < 0)`,
      ),
    ],
  },
  {
    number: 'L5',
    statement: 'Nobody owes and can spend at once.',
    breaches: [
      ofAccounts(
        (within) => `select shard, id as account_id from accounts
      where ${within('shard', 'id')} and owed > 0 and available > 0
      union all select shard, account_id from all_entries
      where ${within('shard', 'account_id')} and owed_after > 0 and available_after > 0`,
      ),
    ],
  },
  {
    number: 'L6',
    statement:
      'A redemption holds and has captured what its allocations say; a hold is decided once, and not archived before.',
    breaches: [
      ofAccounts(
        (within) => `select r.shard, r.account_id from redemptions r
      left join lateral (select ${inState('HELD')} as held, ${inState('REDEEMED')} as captured
        from unnest(r.entries) as e (sequence) cross join lateral (
          ${allocationsAt({ shard: 'r.shard', account: 'r.account_id', sequence: 'e.sequence' }, 'redemption = r.number')}) al) al on true
      where ${within('r.shard', 'r.account_id')} and (r.held <> al.held or r.captured <> al.captured
        or r.points <> r.held + r.captured + r.released + r.restored or (r.state = 'HELD') <> (r.held > 0))
      union all select r.shard, r.account_id from redemptions r join accounts a on a.shard = r.shard and a.id = r.account_id
      where ${within('r.shard', 'r.account_id')} and r.state = 'HELD' and r.number <= a.archived_sequence`,
      ),
    ],
  },
  {
    number: 'L7',
    statement:
      'Each entry continues the one before it, and changes what its allocations say; none of these, and no redemption, is without its entry.',
    breaches: [
      ofAccounts(
        (within) => `select e.shard, e.account_id from all_entries e
      left join all_entries b on b.shard = e.shard and b.account_id = e.account_id and b.sequence = e.sequence - 1
      left join lateral (select ${inState('REMAINING')} as available, ${inState('HELD')} as held from (
        ${allocationsAt({ shard: 'e.shard', account: 'e.account_id', sequence: 'e.sequence' })}) al) al on true
      where ${within('e.shard', 'e.account_id')} and (e.available_after <> coalesce(b.available_after, 0) + e.available_change
        or e.held_after <> coalesce(b.held_after, 0) + e.held_change
        or e.owed_after <> coalesce(b.owed_after, 0) + e.owed_change
        or e.turnover_after <> coalesce(b.turnover_after, 0) + e.turnover_change
        or e.available_change <> al.available or e.held_change <> al.held
        or e.recorded_at < b.recorded_at)
      union all select r.shard, r.account_id from redemptions r
      where ${within('r.shard', 'r.account_id')} and not exists (select from all_entries e
        where e.shard = r.shard and e.account_id = r.account_id and e.sequence = r.number)
      union all select al.shard, al.account_id from allocations_archive al
      where ${within('al.shard', 'al.account_id')} and not exists (select from entries_archive e
        where e.shard = al.shard and e.account_id = al.account_id and e.sequence = al.sequence)`,
      ),
    ],
  },
  {
    number: 'L10',
    statement:
      "A row of accounts says what the account's last entry left, and when something falls due next.",
    breaches: [
      ofAccounts(
        (within) => `select a.shard, a.id as account_id from accounts a
      left join all_entries e on e.shard = a.shard and e.account_id = a.id and e.sequence = a.sequence
      left join lateral (select min(at) as at from (
        select expires_at as at from lots l where l.shard = a.shard and l.account_id = a.id and l.remaining > 0
        union all
        select held_until from redemptions r where r.shard = a.shard and r.account_id = a.id and r.state = 'HELD'
        union all
        select case a.stage when 'ENDING' then a.ends_at when 'REDEEM_ONLY' then a.redeem_until end
        union all
        select to_timestamp((ahead ->> 'bindsAt')::bigint / 1000.0) from jsonb_array_elements(a.terms_ahead) ahead
        where a.stage <> 'ENDED') d) due on true
      where ${within('a.shard', 'a.id')} and ((a.available, a.held, a.owed, a.turnover_minor) is distinct from
        (coalesce(e.available_after, 0), coalesce(e.held_after, 0), coalesce(e.owed_after, 0), coalesce(e.turnover_after, 0))
        or a.next_due_at is distinct from due.at)`,
      ),
    ],
  },
  {
    number: 'L11',
    statement:
      'What was taken back for an order is at most what was credited, and all of it once it is cancelled in full.',
    breaches: [
      ofOrders(
        (within) => `select customer_shard as shard, customer_id as account_id from orders
      left join lateral (select coalesce(sum((c ->> 'credited')::bigint), 0) as credited, coalesce(sum((c ->> 'reversed')::bigint), 0) as reversed,
          coalesce(bool_or((c ->> 'reversed')::bigint > (c ->> 'credited')::bigint), false) as beyond
        from jsonb_array_elements(campaigns) c) c on campaigns <> '[]'
      where ${within('shard', 'id')} and (reversed_points > credited_points or c.beyond
        or (cancelled_at is not null and (credited_points <> reversed_points or c.credited <> c.reversed))
        or (cancelled_at is not null and coalesce(base_minor, 0) <> 0))`,
      ),
    ],
  },
  {
    number: 'L12',
    statement: 'Points on an order pay no more than it costs, and none on one cancelled in full.',
    breaches: [
      ofOrders(
        (within) => `select r.shard, r.account_id from orders o
      join accounts a on a.shard = o.customer_shard and a.id = o.customer_id
      join point_values v on v.program = a.program and v.version = a.terms_version
      join lateral (select sum(held + captured) as points, min(shard) as shard, min(account_id) as account_id from redemptions r
        where r.shard = a.shard and r.account_id = a.id and r.order_id = o.id) r on r.points > 0
      where ${within('o.shard', 'o.id')} and (o.cancelled_at is not null or r.points * v.value > o.net_minor - o.cancelled_minor
        - div((o.net_minor - o.cancelled_minor) * coalesce(o.discount_percent, 0) + 50, 100))`,
      ),
    ],
  },
  {
    number: 'L13',
    statement: 'No amount leaves ±(2^53−1).',
    breaches: [
      ofAccounts(
        (within) => `select shard, id as account_id from accounts where ${within('shard', 'id')}
        and greatest(available::numeric + held, owed, turnover_minor, abs(lifetime_earned::numeric), abs(lifetime_redeemed::numeric), lifetime_expired) > ${SAFE}
      union all select shard, account_id from lots where ${within('shard', 'account_id')} and granted > ${SAFE}
      union all select shard, account_id from all_entries where ${within('shard', 'account_id')}
        and greatest(available_after::numeric + held_after, owed_after, turnover_after, abs(turnover_change::numeric)) > ${SAFE}`,
      ),
    ],
  },
  {
    number: 'L14',
    statement:
      'Turnover is what the credited orders stand for; lifetime figures are what the lots say.',
    breaches: [
      ofAccounts(
        (within) => `select a.shard, a.id as account_id from accounts a
      left join lateral (select coalesce(sum(base_minor), 0) as base from orders o
        where o.customer_shard = a.shard and o.customer_id = a.id and o.base_minor > 0) o on true
      left join lateral (select coalesce(sum(redeemed), 0) as redeemed, coalesce(sum(expired), 0) as expired,
          coalesce(sum(reversed), 0) + coalesce(sum(voided) filter (where source <> 'TRANSFER'), 0) as reversed, coalesce(sum(granted) filter (where source <> 'TRANSFER'), 0) as granted
        from lots l where l.shard = a.shard and l.account_id = a.id) l on true
      where ${within('a.shard', 'a.id')} and (a.turnover_minor <> o.base or a.lifetime_redeemed <> l.redeemed
        or a.lifetime_expired <> l.expired or a.lifetime_earned <> l.granted - l.reversed - a.owed)`,
      ),
    ],
  },
  ...PEOPLE_INVARIANTS,
  ...DESK_INVARIANTS,
];
