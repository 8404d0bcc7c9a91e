-- The one timer of an alert, and what it is for: its state says. A timer alone pages nobody (see due.lua).
local function disarm(p, a)
  redis.call('ZREM', timer_key(p, a), member_of(a))
end

local function armed_at(p, a)
  local score = redis.call('ZSCORE', timer_key(p, a), member_of(a))
  return score and tonumber(score) or nil
end

local function arm(p, a, at)
  redis.call('ZADD', timer_key(p, a), whole(at), member_of(a))
end

-- A silence that lets an alert wait counts it, and knows it again when it ends.
local function held_by(p, a, silence)
  redis.call('SADD', p .. 'held:' .. silence, a.aid)
  redis.call('EXPIRE', p .. 'held:' .. silence, 31 * DAY_S)
end

-- Whether somebody is still to be told of it, or holds it for a time.
local function is_watched(a)
  return a.pages == '1' and is_live(a.st) and a.st ~= 'expired'
end

-- When the timer of an alert that was paged, or is held, is due.
local function due_at(a, now)
  if a.st == 'overridden' then
    return a.ovr_until
  end
  local plan = plan_of(a)
  if a.st == 'acknowledged' then
    return a.acked_at + plan.ack_s * 1000
  end
  local at, gone = now + wait_ms(plan, a.level), expires_at(plan, a)
  return gone and math.min(at, gone) or at
end

-- Somebody has heard of it: from now on its time runs, and may end before the next step is told.
local function heard(p, a, now)
  a.told_at = now
  local plan, armed = plan_of(a), armed_at(p, a)
  local gone = plan and expires_at(plan, a)
  if gone and armed and armed > gone and (a.st == 'open' or a.st == 'notified') then
    arm(p, a, gone)
  end
end

-- Tells `targets`, as telling number `level` of the plan, which was due at `due`; what was never paged is paged, the
-- rest escalates.
local function page(p, a, now, targets, level, due)
  local from, anew = a.st, a.unpaged == 1
  a.step = a.paged == a.rev and a.step + 1 or 0
  a.paged, a.level = a.rev, level
  if anew then
    a.unpaged, a.first_rev, a.first_step, a.told_at, a.told_now = 0, a.rev, a.step, 0, ''
  end
  -- Whoever is told anew has not acknowledged this telling.
  for target in string.gmatch(targets, '[^,]+') do
    a.acks = without(a.acks, string.match(target, '^(.*)/') or target)
  end
  order_pages(p, a, targets, '', may_be_told(p, a, due))
  -- It waits for no silence any more: the end of that one must not hurry the next step.
  redis.call('HSET', alert_key(p, a.aid, a.ep), 'held', '', 'held_by', '')
  local event = anew and 'paged' or 'escalated'
  a.st = MOVES[from][event]
  audit(p, a, event, from, now, '', '', '', targets)
  arm(p, a, due_at(a, now))
end

-- After a record: what must be paged is paged once it has held to its time, and worsening never postpones
-- what was armed; any other timer that is due some day stays as it is.
local function retime(p, a, now, r)
  if not is_watched(a) then
    disarm(p, a)
    return
  end
  local armed = armed_at(p, a)
  if a.st == 'open' and a.unpaged == 1 then
    local at = armed and math.min(r.page_from, armed) or r.page_from
    if at <= now and r.targets ~= '' and a.plan == r.plan then
      page(p, a, now, r.targets, 1, at)
    else
      arm(p, a, at)
    end
  elseif not armed then
    arm(p, a, due_at(a, now))
  end
end
