-- due and fire: a timer is looked at here, whom to tell is decided outside (who is on duty now), and fire does it
-- if the alert is still as it was looked at. In between the timer stays: nothing is lost with whoever looked.
-- What deciding needs to know of an alert.
local function view(p, a, now)
  local check = redis.call('HGET', alert_key(p, a.aid, a.ep), 'check') or ''
  return { a.aid, whole(a.ep), whole(a.rev), a.st, whole(a.step), whole(a.level), whole(a.unpaged), a.plan,
    holder_of(a), a.told, whole(a.tier), a.ward, check, a.patient, whole(now), whole(a.told_at), a.acks }
end

local function look(p, member, now)
  local aid, ep = string.match(member, '^(.*)|(%d+)$')
  local a = load(p, aid, tonumber(ep))
  return a and is_watched(a) and view(p, a, now)
end

-- What is due, and the timers whose alerts cannot be read: those keep no other from being told.
redis.register_function(FN .. 'due', function(keys, args)
  local p, timers = prefix(keys), keys[1]
  local domain, partition, told_time, most = args[1], args[2], tonumber(args[3]), args[4]
  advance(p, domain, partition, told_time)
  local now, found, damaged = domain_now(p, domain, partition), {}, {}
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', timers, '-inf', whole(now), 'LIMIT', 0, most)) do
    local read, row = pcall(look, p, member, now)
    if not read then
      damaged[#damaged + 1] = member
    elseif row then
      found[#found + 1] = row
    else
      redis.call('ZREM', timers, member)
    end
  end
  return { found, damaged }
end)

-- Timers whose alerts cannot be read are looked at again later: many of them must not stand before the others.
redis.register_function(FN .. 'set_aside', function(keys, args)
  local p, timers = prefix(keys), keys[1]
  local later = domain_now(p, args[1], args[2]) + tonumber(args[3])
  for position = 4, #args do
    redis.call('ZADD', timers, 'XX', whole(later), args[position])
  end
  return 'aside'
end)

-- What a person held ends with its time.
local function end_hold(p, a, now)
  local from, holder, event = a.st, holder_of(a), 'lease-ended'
  if from == 'overridden' then
    event = a.ovr_reason == 'will-monitor' and 'not-monitored' or 'override-ended'
  end
  a.st = MOVES[from][event]
  audit(p, a, event, from, now, holder, '', '')
  a.acked_by, a.offered, a.told_at = '', '', 0
  end_override(a)
end

local FIRE = { 'aid', 'ep', 'rev', 'st', 'step', 'level', 'verb', 'plan', 'targets', 'to_level', 'till', 'held',
  'held_by' }

local function fire(p, args)
  local f = {}
  for position, name in ipairs(FIRE) do
    f[name] = args[position]
  end
  if redis.call('HGET', p .. 'i:' .. f.aid, 'ep') ~= f.ep then
    return 'changed'
  end
  -- A client whose answer was cut off asks again: the same looking and the same decision were carried out.
  local name, token = alert_key(p, f.aid, tonumber(f.ep)), redis.sha1hex(table.concat(args, '\31'))
  if redis.call('HGET', name, 'fired') == token then
    return 'done'
  end
  local a = load(p, f.aid, tonumber(f.ep))
  if not a or not is_watched(a) or a.st ~= f.st or whole(a.rev) ~= f.rev or whole(a.step) ~= f.step
    or whole(a.level) ~= f.level then
    return 'changed'
  end
  local now, at = domain_now(p, a.dom, a.part), armed_at(p, a)
  if not at or at > now then
    return 'changed'
  end
  if f.verb == 'wait' then
    arm(p, a, tonumber(f.till))
    redis.call('HSET', name, 'held', f.held, 'held_by', f.held_by)
    if f.held_by ~= '' then
      held_by(p, a, f.held_by)
    end
    return 'waits'
  end
  local from = a.st
  if f.verb == 'expire' then
    if a.tier < 3 or not MOVES[from]['expired'] then
      return 'changed'
    end
    a.st = MOVES[from]['expired']
    disarm(p, a)
    audit(p, a, 'expired', from, now, '', '', '')
  elseif f.verb == 'close' then
    a.st = MOVES[from]['resolved']
    disarm(p, a)
    redis.call('HSET', name, 'open', '0')
    local holder = holder_of(a)
    audit(p, a, 'resolved', from, now, '', '', holder ~= '' and ('answered by ' .. holder) or 'its time is over')
  else
    a.plan = f.plan
    if from == 'acknowledged' or from == 'overridden' then
      end_hold(p, a, now)
    end
    page(p, a, now, f.targets, tonumber(f.to_level), at)
  end
  save(p, a)
  redis.call('HSET', name, 'fired', token)
  index(p, a)
  return 'done'
end

-- Several decisions of one shard at once: the store syncs its log once for all. What one cannot be does not
-- keep the others from being carried out.
redis.register_function(FN .. 'fire_each', function(keys, args)
  local p, answers = prefix(keys), {}
  for start = 1, #args, #FIRE do
    local done, answer = pcall(fire, p, { unpack(args, start, start + #FIRE - 1) })
    answers[#answers + 1] = done and answer or 'failed'
  end
  return answers
end)

local function look_for_timer(p, member)
  local aid, ep = string.match(member, '^(.*)|(%d+)$')
  local a = load(p, aid, tonumber(ep))
  return a and is_watched(a) and a.hollow ~= '1' and (a.plan == '' or not armed_at(p, a))
    and view(p, a, domain_now(p, a.dom, a.part))
end

-- Alerts that page and have no timer: none, unless the store was of the first layout or something is wrong.
redis.register_function(FN .. 'unwatched', function(keys, args)
  local p, found, damaged = prefix(keys), {}, {}
  local members = redis.call('ZRANGE', p .. 'live', args[1], args[2])
  for _, member in ipairs(members) do
    local read, row = pcall(look_for_timer, p, member)
    if not read then
      damaged[#damaged + 1] = member
    elseif row then
      found[#found + 1] = row
    end
  end
  return { #members, found, damaged }
end)

redis.register_function(FN .. 'watch', function(keys, args)
  local p = prefix(keys)
  local a = load(p, args[1], tonumber(args[2]))
  if not a or not is_watched(a) or (a.plan ~= '' and armed_at(p, a)) then
    return 'changed'
  end
  local now = domain_now(p, a.dom, a.part)
  if a.plan == '' then
    a.plan = args[3]
  end
  if a.told_at == 0 and a.told_now ~= '' then
    a.told_at = now
  end
  if not armed_at(p, a) then
    arm(p, a, (a.st == 'open' and a.unpaged == 1) and now or due_at(a, now))
  end
  save(p, a)
  return 'watched'
end)
