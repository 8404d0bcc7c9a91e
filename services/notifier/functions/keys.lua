-- Where things lie. All keys of one call share the shard tag of the first key given.
local CORE = {
  'st', 'rev', 'tid', 'tier', 'pages', 'quiet', 'due_rev', 'paged', 'step', 'told', 'told_now',
  'dom', 'part', 'hollow', 'sev', 'patient', 'cause', 'acked_by', 'acked_rev',
}
local COUNTS = { rev = true, tier = true, due_rev = true, paged = true, step = true, acked_rev = true }
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

-- The first layout of this store knew channels only: whoever watched one was the desk.
local function as_target(name)
  return string.find(name, '/', 1, true) and name or ('desk/' .. name)
end

local function as_targets(list)
  return (string.gsub(list, '[^,]+', as_target))
end

local function load(p, aid, ep)
  local values = redis.call('HMGET', alert_key(p, aid, ep), unpack(CORE))
  if not values[1] then
    return nil
  end
  local a = { aid = aid, ep = ep }
  for index, name in ipairs(CORE) do
    a[name] = values[index] or ''
    if COUNTS[name] then
      a[name] = tonumber(values[index] or '0')
    end
  end
  a.told, a.told_now = as_targets(a.told), as_targets(a.told_now)
  return a
end

local function save(p, a)
  local pairs_ = {}
  for _, name in ipairs(CORE) do
    pairs_[#pairs_ + 1] = name
    pairs_[#pairs_ + 1] = COUNTS[name] and whole(a[name]) or a[name]
  end
  redis.call('HSET', alert_key(p, a.aid, a.ep), unpack(pairs_))
end

local function is_live(state)
  return state == 'open' or state == 'notified' or state == 'acknowledged'
end

-- Which list shows the alert; the score of a closed one is when it closed, for clearing away.
local function index(p, a)
  local member = member_of(a)
  if is_live(a.st) then
    redis.call('ZREM', p .. 'done', member)
    redis.call('ZADD', p .. 'live', a.tier, member)
  else
    redis.call('ZREM', p .. 'live', member)
    redis.call('ZADD', p .. 'done', 'NX', whole(wall_ms()), member)
  end
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

local OTHER_STORE = { err = 'DWEPOCH the store was emptied since' }
