-- A silence that somebody makes while we run is kept like an alert about ourselves that is only listed: so it has
-- a history, and comes back into a store that was emptied.
local LONGEST_SILENCE_MS = 12 * 60 * 60 * 1000

local function may_not_silence(p, actor, ward)
  if redis.call('EXISTS', p .. 'powers') == 0 then
    return nil
  end
  local why = lacks_power(p, actor, 'silence', 'actor')
  if not why and ward and redis.call('HEXISTS', p .. 'powers', 'ward:' .. ward) == 0 then
    why = 'ward-unknown'
  end
  return why
end

local SILENCE = { 'command', 'aid', 'ward', 'check', 'reason', 'actor', 'lasts', 'text' }

redis.register_function(FN .. 'silence', function(keys, args)
  local p, c = prefix(keys), {}
  for position, name in ipairs(SILENCE) do
    c[name] = args[position]
  end
  local key, lasts = p .. 'cmd:' .. c.command, tonumber(c.lasts)
  local kept = redis.call('HMGET', key, 'result', 'detail')
  if kept[1] then
    return { kept[1], kept[2] }
  end
  local a, now = fresh(c.aid, 1), wall_ms()
  a.rev, a.tid, a.tier, a.pages, a.quiet = 1, c.command, 4, '0', 'silence'
  a.dom, a.part, a.patient, a.sev = 'live', '-', 'system', 'minor'
  local why = may_not_silence(p, c.actor, c.ward)
  if not why and (lasts <= 0 or lasts > LONGEST_SILENCE_MS) then
    why = 'too-long'
  end
  if why then
    a.st = 'resolved'
    audit(p, a, 'silence-refused', '', now, c.actor, c.reason, why)
    return answer(key, '', 'refused', why)
  end
  a.st, a.ward = 'open', c.ward
  redis.call('HSET', p .. 'i:' .. c.aid, 'ep', '1')
  save(p, a)
  redis.call('HSET', alert_key(p, a.aid, 1), 'open', '1', 'check', 'silence', 'text', c.text,
    'at', whole(now), 'raised_at', whole(now), 'because', c.reason, 'silenced', c.check, 'by', c.actor, 'why', c.reason,
    'ends', whole(now + lasts))
  index(p, a)
  audit(p, a, 'raised', '', now, c.actor, c.reason, c.text)
  return answer(key, '', 'done', whole(now + lasts))
end)

-- Before its time by somebody, or by its time: then there is no actor.
redis.register_function(FN .. 'end_silence', function(keys, args)
  local p, aid, actor, note = prefix(keys), args[1], args[2], args[3]
  local a = load(p, aid, 1)
  if not a or a.quiet ~= 'silence' then
    return { 'unknown', '' }
  end
  if a.st ~= 'open' then
    return { 'over', '' }
  end
  local now, why = wall_ms(), actor ~= '' and may_not_silence(p, actor, nil) or nil
  if why then
    audit(p, a, 'resolved-refused', a.st, now, actor, note, why)
    return { 'refused', why }
  end
  a.st = MOVES['open']['resolved']
  redis.call('HSET', alert_key(p, aid, 1), 'open', '0', 'at', whole(now))
  save(p, a)
  index(p, a)
  audit(p, a, 'resolved', 'open', now, actor, note, '')
  return { 'done', '' }
end)

-- What waits for the end of a silence that is over waits no longer than it has to settle.
local function let_go(p, aid, silence)
  local ep = tonumber(redis.call('HGET', p .. 'i:' .. aid, 'ep') or '0')
  local a = ep > 0 and load(p, aid, ep)
  local name = alert_key(p, aid, ep)
  if not a or not is_watched(a) or (a.st ~= 'open' and a.st ~= 'notified')
    or redis.call('HGET', name, 'held_by') ~= silence then
    return false
  end
  local at = math.max(domain_now(p, a.dom, a.part), tonumber(redis.call('HGET', name, 'settles') or '0'))
  redis.call('HSET', name, 'held_by', '', 'held', '')
  if (armed_at(p, a) or math.huge) <= at then
    return false
  end
  arm(p, a, at)
  return true
end

-- One that cannot be read keeps no other waiting: whoever looks over all alerts tells of it.
redis.register_function(FN .. 'release', function(keys, args)
  local p, silence, released = prefix(keys), args[1], 0
  for _, aid in ipairs(redis.call('SMEMBERS', p .. 'held:' .. silence)) do
    local read, gone = pcall(let_go, p, aid, silence)
    if read and gone then
      released = released + 1
    end
  end
  return released
end)
