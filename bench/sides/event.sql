-- One event of an order in one round trip: what the service does for each of a batch, as a function of the database's own.
-- No NOTIFY, no terms but those of the program EU as shipped, no campaigns, no referrals.
create function bench_event(p_n integer, p_step integer) returns integer language plpgsql as $$
declare
  b bench_orders;
  a accounts;
  o orders;
  kind text := (array['order.placed', 'order.paid', 'order.delivered'])[p_step];
  told jsonb;
  at timestamptz;
  rate integer;
  tier text;
  next_from bigint;
  credited bigint;
  expires timestamptz;
  notice jsonb;
  number bigint;
begin
  select * into strict b from bench_orders where n = p_n;
  told := case p_step
    when 1 then jsonb_build_object('type', kind, 'orderId', b.id, 'customerId', b.customer_id,
      'net', (b.net_minor / 100)::text || '.' || lpad((b.net_minor % 100)::text, 2, '0'),
      'currency', 'EUR', 'placedAt', null, 'tags', '[]'::jsonb)
    when 2 then jsonb_build_object('type', kind, 'orderId', b.id, 'xPoints', null)
    else jsonb_build_object('type', kind, 'orderId', b.id) end;
  if p_step = 1 then insert into orders (shard, id) values (b.shard, b.id) on conflict do nothing; end if;
  select * into strict o from orders where shard = b.shard and id = b.id for update;
  select * into strict a from accounts where shard = b.customer_shard and id = b.customer_id for update;
  at := greatest(date_trunc('milliseconds', clock_timestamp()), a.last_entry_at);
  perform from inbox where shard = b.event_shards[p_step] and source = 'shop' and event_id = b.event_ids[p_step];
  if found then return p_n; end if;
  perform from redemptions where shard = a.shard and account_id = a.id and order_id = b.id;
  if found or a.stage <> 'ACTIVE' or a.next_due_at <= at or o.cancelled_at is not null
    or exists (select from referrals where shard = a.shard and account_id = a.id)
  then
    raise exception 'order % is no plain one', b.id;
  end if;
  insert into inbox (shard, source, event_id, digest, type, received_at, answer, payload)
    values (b.event_shards[p_step], 'shop', b.event_ids[p_step], encode(sha256(convert_to(told::text, 'utf8')), 'hex'),
      kind, at, '{"outcome": "APPLIED"}', told);
  if p_step = 1 then
    update orders set customer_shard = a.shard, customer_id = a.id, net_minor = b.net_minor, currency = 'EUR',
        placed_at = at, placed_number = a.orders_placed + 1
      where shard = b.shard and id = b.id;
    update accounts set orders_placed = orders_placed + 1 where shard = a.shard and id = a.id;
    return p_n;
  elsif p_step = 2 then
    update orders set paid_at = at, captured_points = 0 where shard = b.shard and id = b.id;
    return p_n;
  end if;
  select t.tier, t.rate, t.next_from into tier, rate, next_from
    from (values ('BRONZE', 1, 0, 2000000), ('SILVER', 2, 2000000, 7000000), ('GOLD', 3, 7000000, null))
      as t (tier, rate, starts, next_from)
    where a.turnover_minor >= t.starts and (t.next_from is null or a.turnover_minor < t.next_from);
  if o.paid_at is null or o.delivered_at is not null or a.turnover_minor + b.net_minor > next_from then
    raise exception 'order % is no plain one', b.id;
  end if;
  credited := b.net_minor * rate / 100;
  expires := ((at at time zone 'Europe/Berlin')::date + interval '12 months 1 day') at time zone 'Europe/Berlin';
  number := a.sequence + 1;
  insert into lots (shard, account_id, number, source, source_ref, granted, remaining, held, redeemed, expired, reversed,
      forfeited, credited_at, expires_at, terms_version, is_open)
    values (a.shard, a.id, a.last_lot + 1, 'ORDER', b.id, credited, credited, 0, 0, 0, 0, 0, at, expires, a.terms_version, true);
  insert into entries (shard, account_id, sequence, kind, available_change, held_change, owed_change, turnover_change,
      available_after, held_after, owed_after, turnover_after, occurred_at, recorded_at, order_id, terms_version, cause, actor, arithmetic)
    values (a.shard, a.id, number, 'CREDITED', credited, 0, 0, b.net_minor,
      a.available + credited, a.held, a.owed, a.turnover_minor + b.net_minor, at, at, b.id, a.terms_version,
      'event shop ' || b.event_ids[p_step], 'platform',
      jsonb_build_object('type', 'ORDER', 'turnoverBefore', a.turnover_minor::text, 'base', b.net_minor::text,
        'brackets', jsonb_build_array(jsonb_build_object('tier', tier, 'pointsPerUnit', rate, 'base', b.net_minor::text)),
        'exact', (b.net_minor * rate / 100)::text || '.' || lpad((b.net_minor * rate % 100)::text, 2, '0'), 'points', credited));
  insert into allocations (shard, account_id, sequence, ordinal, lot, from_state, to_state, points)
    values (a.shard, a.id, number, 0, a.last_lot + 1, 'ISSUED', 'REMAINING', credited);
  notice := jsonb_build_object('points', credited, 'source', 'ORDER', 'orderId', b.id, 'campaign', null,
    'expiresAt', to_char(expires at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'available', a.available + credited,
    'value', jsonb_build_object('amount', (credited / 100)::text || '.' || lpad((credited % 100)::text, 2, '0'), 'currency', 'EUR'));
  insert into notifications (shard, account_id, number, kind, sequence, created_at, data)
    values (a.shard, a.id, a.last_notification + 1, 'POINTS_CREDITED', number, at, notice);
  insert into outbox (shard, account_id, number, type, sequence, occurred_at, data)
    values (a.shard, a.id, a.last_message + 1, 'points.credited', number, at,
        jsonb_build_object('source', 'ORDER', 'reference', b.id, 'orderId', b.id, 'points', credited, 'expiresAt', notice->'expiresAt')),
      (a.shard, a.id, a.last_message + 2, 'member.notified', number, at,
        jsonb_build_object('notification', a.last_notification + 1, 'kind', 'POINTS_CREDITED', 'data', notice));
  update orders set delivered_at = at, judged_at = at, completed = true, start_turnover_minor = a.turnover_minor,
      base_minor = b.net_minor, credited_points = credited, terms_version = a.terms_version, lot = a.last_lot + 1
    where shard = b.shard and id = b.id;
  update accounts set available = available + credited, turnover_minor = turnover_minor + b.net_minor,
      lifetime_earned = lifetime_earned + credited, completed_orders = completed_orders + 1, sequence = number,
      last_lot = last_lot + 1, last_message = last_message + 2, last_notification = last_notification + 1,
      last_entry_at = at, next_due_at = least(next_due_at, expires)
    where shard = a.shard and id = a.id;
  return p_n;
end $$;

-- The orders of a run, one after the other.
create function bench_place() returns integer language sql as $$ select bench_event(nextval('bench_orders_next')::integer, 1) $$;
