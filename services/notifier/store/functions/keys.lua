-- Where things lie. All keys of one call share the shard tag of the first key given.
local DAY_S = 86400

local function prefix(keys)
  return string.match(keys[1], '^(dw:{[^}]*}:)')
end

local function whole(value)
  return string.format('%.0f', value)
end

local function wall_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- The clock that settling is measured by: the server's for live alerts, the told time for simulated ones.
local function domain_now(p, domain, partition)
  if domain == 'live' then
    return wall_ms()
  end
  return tonumber(redis.call('HGET', p .. 'clock', partition) or '0')
end

local function advance(p, domain, partition, at)
  if domain ~= 'live' and at and at > domain_now(p, domain, partition) then
    redis.call('HSET', p .. 'clock', partition, whole(at))
  end
end

local function alert_key(p, aid, ep)
  return p .. 'a:' .. aid .. ':' .. whole(ep)
end

local function member_of(a)
  return a.aid .. '|' .. whole(a.ep)
end

local function timer_key(p, a)
  return p .. 'due:' .. a.dom .. ':' .. a.part
end

-- Lists of targets are comma-separated.
local function has(list, item)
  return string.find(',' .. list .. ',', ',' .. item .. ',', 1, true) ~= nil
end

local function with(list, item)
  if has(list, item) then
    return list
  end
  return list == '' and item or (list .. ',' .. item)
end

local function without(list, item)
  local kept = ''
  for each in string.gmatch(list, '[^,]+') do
    kept = each == item and kept or with(kept, each)
  end
  return kept
end

local function lacks_any(list, items)
  for item in string.gmatch(items, '[^,]+') do
    if not has(list, item) then
      return true
    end
  end
  return false
end

-- Every store that was emptied and begun anew has another epoch; a caller of the old one must start again.
local function same_store(p, epoch)
  return epoch == '' or redis.call('GET', p .. 'epoch') == epoch
end

local function move(state, event)
  local to = MOVES[state] and MOVES[state][event]
  if to then
    return to
  end
  return nil, redis.error_reply('DWILLEGAL ' .. state .. ' ' .. event)
end

-- Of records that were sent together one was refused: those behind it in its shard wait until it is dealt with.
local TOO_EARLY = { err = 'DWEARLY the record before it was not applied' }
local OTHER_STORE = { err = 'DWEPOCH the store was emptied since' }
