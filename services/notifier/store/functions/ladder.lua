-- How long tellings wait for each other: the same rules as policy/ladder.py, by which the next one is chosen.
local LEAST_REPEAT_S = 60

local function plan_of(a)
  return a.plan ~= '' and cjson.decode(a.plan) or nil
end

-- Whether each person of the step that was told last must acknowledge; never of the fallback.
local function asks_everybody(plan, level)
  if level > #plan.steps + plan.rounds then
    return false
  end
  return plan.steps[math.min(level, #plan.steps)].everybody == true
end

-- Milliseconds from the telling that made `level` to the one that follows.
local function wait_ms(plan, level)
  local steps, seconds = plan.steps, nil
  if level < #steps then
    seconds = steps[level + 1].after_s
  elseif level <= #steps + plan.rounds and steps[#steps].after_s > 0 then
    seconds = math.max(steps[#steps].after_s, LEAST_REPEAT_S)
  else
    seconds = math.max(plan.ack_s, LEAST_REPEAT_S)
  end
  return seconds * 1000
end

-- When an alert of a low tier that nobody answered is told no more; nil is never, as while nobody has heard of it.
local function expires_at(plan, a)
  local seconds = plan.expire_s or 0
  return (a.tier >= 3 and seconds > 0 and a.told_at > 0) and a.told_at + seconds * 1000 or nil
end
