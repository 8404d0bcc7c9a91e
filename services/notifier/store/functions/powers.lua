-- Who may do what, as the site's policy says it; a site without a policy has no such list, and anybody may answer.
-- Of each person: what they may do, a bar, the channels by which they are told; each with commas between.
local function powers_of(p, person)
  return string.match(redis.call('HGET', p .. 'powers', person) or '', '^([^|]*)|(.*)$')
end

local function lacks_power(p, person, power, who)
  local powers = powers_of(p, person)
  if not powers then
    return who .. '-unknown'
  end
  return not has(powers, power) and (who .. '-role') or nil
end

-- Why somebody may not do this to this alert, or nil. Technical alerts have their own people.
local function unauthorised(p, a, c)
  if redis.call('EXISTS', p .. 'powers') == 0 then
    return nil
  end
  local answer = a.patient == 'system' and 'technical' or 'acknowledge'
  local wanted = answer
  if c.event == 'overridden' and answer == 'acknowledge' then
    wanted = 'override-' .. whole(a.tier)
  end
  return lacks_power(p, c.actor, wanted, 'actor')
    or (c.second ~= '' and lacks_power(p, c.second, 'second', 'second'))
    or (c.to ~= '' and lacks_power(p, c.to, answer, 'receiver'))
    or nil
end

-- Tells one person something about an alert that somebody holds: that it is offered to them, or handed back.
local function order_to(p, a, kind, person)
  local _, channels = powers_of(p, person)
  local step = kind .. '-' .. (redis.call('HGET', p .. 'i:' .. a.aid, 'seq') or '0')
  for channel in string.gmatch(channels or '', '[^,]+') do
    order(p, a, kind, step, person .. '/' .. channel)
    redis.call('HSET', alert_key(p, a.aid, a.ep), 'personal', step)
  end
end

-- The list of the policy in force, whole; an empty one where there is no policy any more.
redis.register_function(FN .. 'empower', function(keys, args)
  local name = prefix(keys) .. 'powers'
  redis.call('DEL', name)
  for position = 1, #args, 2 do
    redis.call('HSET', name, args[position], args[position + 1])
  end
  return 'in force'
end)
