-- claim and settle: what was paged while this store was away is not ordered again, and counts as told.
redis.register_function(FN .. 'claim', function(keys, args)
  local p = prefix(keys)
  local did, aid, ep, rev, step, to, holder, held_ms = unpack(args)
  local key = p .. 'd:' .. did
  local state = redis.call('HGET', key, 'st')
  if state and is_over(state) then
    return state
  end
  redis.call('HSET', key, 'st', 'leased', 'kind', 'page', 'aid', aid, 'ep', ep, 'rev', rev, 'step', step, 'to', to,
    'holder', holder, 'until', whole(wall_ms() + tonumber(held_ms)))
  redis.call('HSETNX', key, 'n', '1')
  redis.call('HSETNX', key, 'amb', '0')
  redis.call('EXPIRE', key, 30 * DAY_S)
  return 'claimed'
end)

-- Of a page that may or may not have arrived, a sender is told to repeat it.
redis.register_function(FN .. 'settle', function(keys, args)
  local p = prefix(keys)
  local did, to, outcome = args[1], args[6], args[7]
  local d = delivery(p, did)
  local a = d and load(p, d.aid, d.ep)
  if not d or is_over(d.st) then
    return 'settled'
  end
  -- First what may be refused, of an alert that is damaged: then this is asked again.
  if a then
    told(p, d, a, outcome == 'sent')
  end
  redis.call('HSET', d.key, 'st', outcome, 'until', '0')
  if a and outcome == 'unknown' then
    redis.call('XADD', p .. 'out', '*', 'did', did, 'to', to, 'tier', whole(a.tier))
  end
  return outcome
end)
