-- What an order says, and whether what it orders is still to be told.
local DELIVERY = { 'st', 'kind', 'aid', 'ep', 'rev', 'step', 'to', 'n', 'amb', 'holder', 'until' }

local function delivery(p, did)
  local values = redis.call('HMGET', p .. 'd:' .. did, unpack(DELIVERY))
  if not values[1] then
    return nil
  end
  local d = { key = p .. 'd:' .. did }
  for position, name in ipairs(DELIVERY) do
    d[name] = values[position] or ''
  end
  d.ep, d.rev, d.n = tonumber(d.ep), tonumber(d.rev), tonumber(d.n)
  if d.to == '' then
    d.to = as_target(redis.call('HGET', d.key, 'ch'))
  end
  return d
end

local function finished(p, entry)
  if entry ~= '' then
    redis.call('XACK', p .. 'out', 'send', entry)
    redis.call('XDEL', p .. 'out', entry)
  end
end

local function is_over(state)
  return state == 'sent' or state == 'delivered' or state == 'read' or state == 'failed' or state == 'dropped'
end

local function has_arrived(state)
  return state == 'sent' or state == 'delivered' or state == 'read'
end

-- An offer, or what became of one, is for one person, as long as it is so.
local function is_personal(d)
  return d.kind == 'offer' or d.kind == 'handed-back'
end

local function is_for_them(p, d, a)
  local person = string.match(d.to, '^(.*)/') or d.to
  local whom = d.kind == 'offer' and a.offered or a.acked_by
  return a.st == 'acknowledged' and whom == person
    and redis.call('HGET', alert_key(p, d.aid, d.ep), 'personal') == d.step
end

-- The pages that stand are those since the newest worsening; an older one would tell stale facts.
local function is_current(d, a)
  return a.unpaged == 0
    and (d.rev > a.first_rev or (d.rev == a.first_rev and tonumber(d.step) >= a.first_step))
end

-- Of several pages to one target, rounds of the same step for example, only the newest is worth sending.
local function is_repeated_since(p, d)
  local newest = redis.call('HGET', alert_key(p, d.aid, d.ep), 'to:' .. d.to)
  return newest and newest ~= whole(d.rev) .. ':' .. d.step
end

local function reason_to_drop(p, d, a)
  if not a then
    return 'alert is gone'
  end
  if d.kind == 'retraction' then
    return a.st ~= 'withdrawn' and ('alert is ' .. a.st) or nil
  end
  if tonumber(redis.call('HGET', p .. 'i:' .. d.aid, 'ep') or '0') ~= d.ep then
    return 'a newer episode began'
  end
  if is_personal(d) then
    return not is_for_them(p, d, a) and 'the offer does not stand' or nil
  end
  if a.st ~= 'open' and a.st ~= 'notified' then
    return 'alert is ' .. a.st
  end
  if a.pages ~= '1' then
    return 'alert no longer pages: ' .. a.quiet
  end
  if has(a.acks, string.match(d.to, '^(.*)/') or d.to) then
    return 'they have acknowledged'
  end
  if not is_current(d, a) or is_repeated_since(p, d) then
    return 'a newer page stands'
  end
  return nil
end

-- A page that waited for others and does not stand any more is over before it counts as one that somebody gets.
-- What a sender had in hand is left to the next lease: they may have been told.
redis.register_function(FN .. 'drop_moot', function(keys, args)
  local p = prefix(keys)
  local d = delivery(p, args[1])
  if not d or is_over(d.st) then
    return 'over'
  end
  local reason = d.st == 'queued' and reason_to_drop(p, d, load(p, d.aid, d.ep))
  if not reason then
    return 'stands'
  end
  redis.call('HSET', d.key, 'st', 'dropped', 'err', reason)
  return 'over'
end)
