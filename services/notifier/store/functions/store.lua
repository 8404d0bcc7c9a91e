-- The store itself: its epoch, what was read so far, rebuilding, clearing away.
redis.register_function(FN .. 'begin', function(keys, args)
  local key = prefix(keys) .. 'epoch'
  redis.call('SET', key, args[1], 'NX')
  return redis.call('GET', key)
end)

-- A record that changes no alert: a tombstone, a reject (its reason is elsewhere), a heartbeat.
redis.register_function(FN .. 'pass_over', function(keys, args)
  local p = prefix(keys)
  local tp, offset, epoch = args[1], args[2], args[3]
  if not same_store(p, epoch) then
    return OTHER_STORE
  end
  local last = redis.call('HGET', p .. 'off', tp)
  if last and tonumber(last) >= tonumber(offset) then
    return 'replayed'
  end
  redis.call('HSET', p .. 'off', tp, offset)
  local partition, domain, watermark = args[4], args[5], args[6]
  if partition then
    redis.call('HSET', p .. 'beat', partition, whole(wall_ms()))
    if watermark ~= '' then
      advance(p, domain, partition, tonumber(watermark))
    end
  end
  return 'passed'
end)

-- The store was lost: of this log what lies before `args[2]` may have been applied, and told.
redis.register_function(FN .. 'read_again', function(keys, args)
  redis.call('HSET', prefix(keys) .. 'again', args[1], args[2])
  return 'noted'
end)

-- What alert-history remembers of an alert whose facts are still to be read again.
redis.register_function(FN .. 'restore', function(keys, args)
  local p = prefix(keys)
  local aid, seq = args[1], tonumber(args[2])
  if redis.call('EXISTS', p .. 'i:' .. aid) == 1 then
    return 'kept'
  end
  local a = fresh(aid, tonumber(args[3]))
  local name, asked = alert_key(p, aid, a.ep), {}
  for position = 4, #args, 2 do
    local field, value = args[position], args[position + 1]
    if string.sub(field, 1, 3) == 'to:' then
      asked[#asked + 1], asked[#asked + 2] = field, value
    else
      a[field] = COUNTS[field] and tonumber(value) or value
    end
  end
  a.pages, a.dom, a.part, a.hollow = '0', 'live', '-', '1'
  redis.call('HSET', p .. 'i:' .. aid, 'ep', whole(a.ep), 'seq', whole(seq))
  save(p, a)
  redis.call('HSET', name, 'open', is_live(a.st) and '1' or '0', 'ack_note', a.ack_note or '',
    'kept_by', a.kept_by or '', 'promised_at', a.promised_at or '0', unpack(asked))
  put_back(p, a)
  index(p, a)
  return 'restored'
end)

-- Of the newest episode a stub stays, so that it cannot return.
local function clear_away(p, member)
  local aid, ep = string.match(member, '^(.*)|(%d+)$')
  local a = load(p, aid, tonumber(ep))
  redis.call('DEL', alert_key(p, aid, tonumber(ep)))
  if a and redis.call('HGET', p .. 'i:' .. aid, 'ep') == ep then
    a.hollow, a.was = '1', nil
    save(p, a)
    redis.call('DEL', p .. 'h:' .. aid)
  end
  redis.call('ZREM', p .. 'done', member)
end

-- Closed alerts go once their whole history was relayed. One that cannot be read stays, and keeps no other here.
redis.register_function(FN .. 'gc', function(keys, args)
  local p = prefix(keys)
  local relayed = redis.call('GET', p .. 'rel')
  if not relayed then
    return 0
  end
  local edge = math.min(tonumber(args[1]), tonumber(string.match(relayed, '^(%d+)')))
  local members = redis.call('ZRANGEBYSCORE', p .. 'done', '-inf', '(' .. whole(edge), 'LIMIT', 0, args[2])
  local cleared = 0
  for _, member in ipairs(members) do
    if pcall(clear_away, p, member) then
      cleared = cleared + 1
    end
  end
  redis.call('XTRIM', p .. 'evt', 'MINID', whole(edge) .. '-0')
  return cleared
end)
