-- The fields of an alert that the functions work with, and how those of an older layout are read.
local CORE = {
  'st', 'rev', 'tid', 'tier', 'pages', 'quiet', 'due_rev', 'unpaged', 'paged', 'step', 'first_rev', 'first_step',
  'level', 'told_at', 'ward', 'ward_at', 'plan', 'told', 'told_now', 'retracted', 'dom', 'part', 'hollow', 'sev', 'patient', 'cause',
  'acked_by', 'acked_rev', 'acked_at', 'acks', 'offered',
  'ovr_by', 'ovr_second', 'ovr_reason', 'ovr_scope', 'ovr_at', 'ovr_until', 'ovr_count',
}
local COUNTS = {
  rev = true, tier = true, due_rev = true, unpaged = true, paged = true, step = true, first_rev = true,
  first_step = true, level = true, told_at = true, ward_at = true, acked_rev = true, acked_at = true, ovr_at = true,
  ovr_until = true, ovr_count = true,
}

-- The first layout knew channels only: whoever watched one was the desk.
local function as_target(name)
  return string.find(name, '/', 1, true) and name or ('desk/' .. name)
end

local function as_targets(list)
  return (string.gsub(list, '[^,]+', as_target))
end

-- The first layout had one step, and marked what was still to be paged by an older number of its page.
local function from_first_layout(a)
  a.told, a.told_now = as_targets(a.told), as_targets(a.told_now)
  a.unpaged = (a.st == 'open' and a.paged < a.due_rev) and 1 or 0
  if a.unpaged == 1 and a.step > 0 then
    a.paged, a.step = a.rev, a.step - 1
  end
  a.first_rev, a.first_step = a.paged, a.step
  a.level = (a.paged > 0 and a.unpaged == 0) and 1 or 0
end

-- The second layout kept at first when a page was ordered, and not when somebody had heard of it.
local function ordered_at(p, a)
  return tonumber(redis.call('HGET', alert_key(p, a.aid, a.ep), 'paged_at') or '0') or 0
end

local function fresh(aid, ep)
  local a = { aid = aid, ep = ep }
  for _, name in ipairs(CORE) do
    a[name] = COUNTS[name] and 0 or ''
  end
  return a
end

-- `was`: what the store holds of it; false is a field that it lacks.
local function load(p, aid, ep)
  local values = redis.call('HMGET', alert_key(p, aid, ep), unpack(CORE))
  if not values[1] then
    return nil
  end
  local a, was = { aid = aid, ep = ep }, {}
  for index, name in ipairs(CORE) do
    local value = values[index]
    if COUNTS[name] then
      a[name] = tonumber(value or '0')
    else
      a[name] = value or ''
    end
    was[name] = value and a[name]
  end
  a.was = was
  if was.unpaged == false then
    from_first_layout(a)
  end
  -- A release before did not keep who had heard of a withdrawal: it told them at once.
  if was.retracted == false and a.st == 'withdrawn' then
    a.retracted = a.told
  end
  if was.told_at == false and a.told_now ~= '' then
    a.told_at = ordered_at(p, a)
  end
  return a
end

-- Only what changed: most changes are of some fields, and the store's log keeps each that is written.
local function save(p, a)
  local was, changed = a.was or {}, {}
  for _, name in ipairs(CORE) do
    local value = a[name]
    if value ~= was[name] then
      was[name] = value
      changed[#changed + 1] = name
      changed[#changed + 1] = COUNTS[name] and whole(value) or value
    end
  end
  a.was = was
  if #changed > 0 then
    redis.call('HSET', alert_key(p, a.aid, a.ep), unpack(changed))
  end
end

local function is_live(state)
  return state == 'open' or state == 'notified' or state == 'acknowledged' or state == 'overridden'
    or state == 'expired'
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

local function end_override(a)
  a.ovr_by, a.ovr_second, a.ovr_reason, a.ovr_scope = '', '', '', ''
  a.ovr_at, a.ovr_until, a.ovr_count = 0, 0, 0
end

local function holder_of(a)
  return a.acked_by ~= '' and a.acked_by or a.ovr_by
end
