-- One redemption in one round trip: what the door does for each of a batch, as a function of the database's own.
-- No NOTIFY: it would make the commits of all clients wait for each other.
create function bench_redeem(
  p_shard smallint, p_account text, p_order_shard smallint, p_order text, p_points bigint, p_key text
) returns jsonb language plpgsql as $$
declare
  a accounts;
  o orders;
  l record;
  at timestamptz;
  at_ms bigint;
  number bigint;
  answered jsonb;
  paid bigint;
  owing bigint := p_points;
  taken bigint;
  step smallint := 0;
  has_emptied boolean := false;
begin
  select * into strict a from accounts where shard = p_shard and id = p_account for update;
  at := greatest(date_trunc('milliseconds', clock_timestamp()), a.last_entry_at);
  select answer into answered from answers
    where shard = p_shard and account_id = p_account and operation = 'redeemXPoints' and key = p_key;
  if found then return answered; end if;
  select * into strict o from orders where shard = p_order_shard and id = p_order;
  select coalesce(sum(held + captured), 0) into paid from redemptions
    where shard = p_shard and account_id = p_account and order_id = p_order;
  if a.enrolled_at is null or a.enrolled_at > at or a.suspended_at is not null or a.next_due_at <= at
    or o.customer_id is distinct from p_account or o.paid_at is not null or o.cancelled_at is not null
    or o.currency <> 'EUR' or p_points > o.net_minor - o.cancelled_minor - paid or p_points > a.available
  then
    raise exception '% may not redeem % points', p_account, p_points;
  end if;
  number := a.sequence + 1;
  at_ms := extract(epoch from at) * 1000;
  insert into entries (shard, account_id, sequence, kind, available_change, held_change, owed_change,
      turnover_change, available_after, held_after, owed_after, turnover_after, occurred_at, recorded_at,
      order_id, redemption, terms_version, cause, actor)
    values (p_shard, p_account, number, 'REDEEMED', -p_points, 0, 0,
      0, a.available - p_points, a.held, a.owed, a.turnover_minor, at, at,
      p_order, number, a.terms_version, 'redeemXPoints ' || p_key, 'customer:' || p_account);
  for l in select lots.number, remaining, held from lots
    where shard = p_shard and account_id = p_account and is_open and remaining > 0
    order by credited_at, lots.number
  loop
    taken := least(l.remaining, owing);
    owing := owing - taken;
    has_emptied := has_emptied or taken = l.remaining;
    update lots set remaining = remaining - taken, redeemed = redeemed + taken,
        is_open = remaining - taken > 0 or held > 0
      where shard = p_shard and account_id = p_account and lots.number = l.number;
    insert into allocations (shard, account_id, sequence, ordinal, lot, redemption, from_state, to_state, points)
      values (p_shard, p_account, number, step, l.number, number, 'REMAINING', 'REDEEMED', taken);
    step := step + 1;
    exit when owing = 0;
  end loop;
  insert into redemptions (shard, account_id, number, order_id, state, points, held, captured, released,
      restored, terms_version, placed_at, decided_at, entries)
    values (p_shard, p_account, number, p_order, 'CAPTURED', p_points, 0, p_points, 0, 0, a.terms_version, at, at, array[number]);
  answered := jsonb_build_object('customerId', p_account, 'sequence', number,
    'available', a.available - p_points, 'held', a.held, 'owed', a.owed,
    'redemption', jsonb_build_object('number', number, 'orderId', p_order, 'state', 'CAPTURED',
      'points', p_points, 'held', 0, 'captured', p_points, 'released', 0, 'restored', 0,
      'termsVersion', a.terms_version, 'placedAt', at_ms, 'heldUntil', null, 'decidedAt', at_ms, 'entries', jsonb_build_array(number)));
  insert into answers (shard, account_id, operation, key, fingerprint, answer, answered_at)
    values (p_shard, p_account, 'redeemXPoints', p_key,
      encode(sha256(convert_to(format('{"holdMs":null,"orderId":"%s","points":%s}', p_order, p_points), 'utf8')), 'hex'),
      answered, at);
  insert into outbox (shard, account_id, number, type, sequence, occurred_at, data)
    values (p_shard, p_account, a.last_message + 1, 'redemption.captured', number, at,
      jsonb_build_object('orderId', p_order, 'points', p_points, 'held', 0, 'captured', p_points, 'heldUntil', null,
        'redemptionId', translate(encode(convert_to(format('["%s",%s]', p_account, number), 'utf8'), 'base64'), E'+/=\n', '-_')));
  update accounts set available = available - p_points, lifetime_redeemed = lifetime_redeemed + p_points,
      sequence = number, last_message = last_message + 1, last_entry_at = at,
      next_due_at = case when has_emptied then (
        select min(expires_at) from lots where shard = p_shard and account_id = p_account and remaining > 0
      ) else next_due_at end
    where shard = p_shard and id = p_account;
  return answered;
end $$;
