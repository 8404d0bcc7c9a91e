-- snapshot and reinstate: the whole of an alert as alert-state keeps it, and back into a store that lost it.
local function timer_of(p, a)
  return redis.call('ZSCORE', timer_key(p, a), member_of(a))
end

redis.register_function(FN .. 'snapshot', function(keys, args)
  local p, aid = prefix(keys), args[1]
  local known = redis.call('HMGET', p .. 'i:' .. aid, 'ep', 'seq')
  local a = known[1] and load(p, aid, tonumber(known[1]))
  if not a then
    return {}
  end
  return { known[1], known[2] or '0', timer_of(p, a) or '', redis.call('HGETALL', alert_key(p, aid, a.ep)) }
end)

-- What was begun for this alert in the store before its snapshot came back.
local function forget(p, aid, ep)
  local a = load(p, aid, ep)
  if not a then
    return
  end
  local member = member_of(a)
  redis.call('ZREM', timer_key(p, a), member)
  redis.call('ZREM', p .. 'live', member)
  redis.call('ZREM', p .. 'done', member)
  redis.call('DEL', alert_key(p, aid, ep))
end

-- Its record is still to be read again: until then the alert is hollow, and that record says who was not told yet.
redis.register_function(FN .. 'reinstate', function(keys, args)
  local p, aid, ep, seq, timer = prefix(keys), args[1], tonumber(args[2]), tonumber(args[3]), args[4]
  local known = redis.call('HMGET', p .. 'i:' .. aid, 'ep', 'seq')
  if known[1] and tonumber(known[2] or '0') >= seq then
    return 'kept'
  end
  if known[1] then
    forget(p, aid, tonumber(known[1]))
  end
  redis.call('HSET', p .. 'i:' .. aid, 'ep', whole(ep), 'seq', whole(seq))
  redis.call('HSET', alert_key(p, aid, ep), unpack(args, 5))
  redis.call('HSET', alert_key(p, aid, ep), 'hollow', '1')
  local a = load(p, aid, ep)
  put_back(p, a)
  index(p, a)
  if timer ~= '' then
    redis.call('ZADD', timer_key(p, a), timer, member_of(a))
  end
  return 'reinstated'
end)
