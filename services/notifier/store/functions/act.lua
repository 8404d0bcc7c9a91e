-- act: what a person decides, bound to the revision they saw; the answer is kept so that repeating changes nothing.
local function answer(key, digest, result, detail)
  redis.call('HSET', key, 'digest', digest, 'result', result, 'detail', detail)
  redis.call('EXPIRE', key, DAY_S)
  return { result, detail }
end

-- Whether somebody who was told since the newest page has not acknowledged yet, but for `actor`.
local function others_must_answer(p, a, actor)
  local plan = plan_of(a)
  if a.unpaged == 1 or not plan or a.level == 0 or not asks_everybody(plan, a.level) then
    return false
  end
  local fields = redis.call('HGETALL', alert_key(p, a.aid, a.ep))
  for position = 1, #fields, 2 do
    local person = string.match(fields[position], '^to:(.*)/')
    local rev, step = string.match(fields[position + 1], '^(%d+):(%d+)$')
    if person and rev and person ~= actor and not has(a.acks, person) then
      rev, step = tonumber(rev), tonumber(step)
      if rev > a.first_rev or (rev == a.first_rev and step >= a.first_step) then
        return true
      end
    end
  end
  return false
end

-- Whoever holds an alert renews by acknowledging again; whom it is offered to accepts so, or declines the offer.
local function meaning(p, a, c)
  if c.event == 'declined' and a.st == 'acknowledged' and a.offered == c.actor then
    return 'offer-declined'
  end
  if c.event == 'acknowledged' and a.st == 'acknowledged' then
    if a.offered == c.actor then
      return 'accepted'
    elseif a.acked_by == c.actor then
      return 'renewed'
    end
  end
  if c.event == 'acknowledged' and (a.st == 'open' or a.st == 'notified') and others_must_answer(p, a, c.actor) then
    return 'acknowledged-in-part'
  end
  return c.event
end

local function refusal(a, event, c)
  if event == 'overridden' and a.tier == 1 and (c.second == '' or c.second == c.actor) then
    return 'second-person'
  end
  if event == 'handed-over' and c.to == a.acked_by then
    return 'same-person'
  end
  return nil
end

local function take_over(p, a, c, now)
  a.acked_by, a.acked_rev, a.acked_at, a.acks, a.offered = c.actor, a.rev, now, '', ''
  redis.call('HSET', alert_key(p, a.aid, a.ep), 'ack_note', c.note)
end

local function override(a, c, now)
  a.acked_by, a.acked_rev, a.acks, a.offered = '', a.rev, '', ''
  a.ovr_by, a.ovr_second, a.ovr_reason, a.ovr_scope = c.actor, c.second, c.reason, c.scope
  a.ovr_at, a.ovr_until, a.ovr_count = now, now + tonumber(c.lasts), 0
end

-- The alert after a person's decision, and its timer: due at once where nobody holds it any more.
local function decide(p, a, event, c, now, from)
  local due = nil
  if event == 'acknowledged' or event == 'accepted' or event == 'renewed' then
    take_over(p, a, c, now)
    end_override(a)
  elseif event == 'overridden' then
    override(a, c, now)
  elseif event == 'acknowledged-in-part' then
    a.acks = with(a.acks, c.actor)
    return
  elseif event == 'handed-over' then
    a.offered = c.to
    order_to(p, a, 'offer', c.to)
    return
  elseif event == 'offer-declined' then
    a.offered = ''
    order_to(p, a, 'handed-back', a.acked_by)
    return
  else
    a.acked_by, a.acks, a.offered = '', without(a.acks, c.actor), ''
    end_override(a)
    -- What was held is told anew: it expires by when somebody hears of that.
    if from == 'acknowledged' or from == 'overridden' then
      a.told_at = 0
    end
    due = now
  end
  if is_watched(a) and (due or a.plan ~= '') then
    arm(p, a, due or due_at(a, now))
  end
end

local ACT = { 'command', 'aid', 'event', 'ep', 'rev', 'actor', 'note', 'second', 'reason', 'scope', 'lasts', 'to', 'tid' }

redis.register_function(FN .. 'act', function(keys, args)
  local p, c = prefix(keys), {}
  for position, name in ipairs(ACT) do
    c[name] = args[position]
  end
  local key = p .. 'cmd:' .. c.command
  local digest = redis.sha1hex(table.concat(args, '\31', 2))
  local kept = redis.call('HMGET', key, 'digest', 'result', 'detail')
  if kept[1] then
    if kept[1] ~= digest then
      return { 'key-reused', '' }
    end
    return { kept[2], kept[3] }
  end
  local known_ep = tonumber(redis.call('HGET', p .. 'i:' .. c.aid, 'ep') or '0')
  local a = known_ep > 0 and load(p, c.aid, known_ep) or nil
  if not a then
    return { 'unknown', '' }
  end
  if a.quiet == 'silence' then
    return answer(key, digest, 'refused', 'a-silence')
  end
  local now, may_not = domain_now(p, a.dom, a.part), unauthorised(p, a, c)
  if may_not then
    audit(p, a, c.event .. '-refused', a.st, now, c.actor, c.note, may_not)
    return answer(key, digest, 'refused', may_not)
  end
  if tonumber(c.ep) ~= known_ep or tonumber(c.rev) ~= a.rev or ((c.tid or '') ~= '' and c.tid ~= a.tid) then
    return answer(key, digest, 'stale', '')
  end
  local event = meaning(p, a, c)
  local to = move(a.st, event)
  if not to then
    return answer(key, digest, 'illegal', a.st)
  end
  local refused = refusal(a, event, c)
  if refused then
    audit(p, a, event .. '-refused', a.st, now, c.actor, c.note, refused)
    return answer(key, digest, 'refused', refused)
  end
  local from = a.st
  a.st = to
  decide(p, a, event, c, now, from)
  save(p, a)
  index(p, a)
  audit(p, a, event, from, now, c.actor, c.note, '')
  return answer(key, digest, 'done', to)
end)

-- What kept a promise does not stand any more: nobody watched, and that is told at once.
local function take_back(p, a, name, event)
  if a.ovr_reason ~= 'monitored' or redis.call('HGET', name, 'kept_by') ~= event then
    return 'nothing'
  end
  local now = domain_now(p, a.dom, a.part)
  a.ovr_reason, a.ovr_until = 'will-monitor', math.min(a.ovr_until, now)
  if is_watched(a) then
    arm(p, a, a.ovr_until)
  end
  save(p, a)
  audit(p, a, 'monitoring-taken-back', a.st, now, '', '', event)
  return 'taken back'
end

-- What somebody promised to watch was seen, measured after the promise: the override holds for as long again.
redis.register_function(FN .. 'monitored', function(keys, args)
  local p = prefix(keys)
  local a = load(p, args[1], tonumber(args[2]))
  if not a or a.st ~= 'overridden' then
    return 'nothing'
  end
  local name = alert_key(p, a.aid, a.ep)
  if args[5] == '1' then
    return take_back(p, a, name, args[3])
  end
  if a.ovr_reason == 'monitored' and redis.call('HGET', name, 'kept_by') == args[3] then
    return 'monitored'
  end
  -- The result that kept the promise was corrected: the promise stands or falls with what it says now.
  if a.ovr_reason == 'monitored' and args[6] ~= '' and redis.call('HGET', name, 'kept_by') == args[6] then
    if tonumber(args[4]) <= tonumber(redis.call('HGET', name, 'promised_at') or '0') then
      return take_back(p, a, name, args[6])
    end
    redis.call('HSET', name, 'kept_by', args[3])
    audit(p, a, 'monitoring-corrected', a.st, domain_now(p, a.dom, a.part), '', '', args[3])
    return 'monitored'
  end
  if a.ovr_reason ~= 'will-monitor' or tonumber(args[4]) <= a.ovr_at then
    return 'nothing'
  end
  local now = domain_now(p, a.dom, a.part)
  local from, lasts, promised_at = a.st, a.ovr_until - a.ovr_at, a.ovr_at
  a.st = MOVES[from]['monitored']
  a.ovr_reason, a.ovr_at, a.ovr_until = 'monitored', now, now + lasts
  if is_watched(a) then
    arm(p, a, a.ovr_until)
  end
  save(p, a)
  redis.call('HSET', name, 'kept_by', args[3], 'promised_at', whole(promised_at))
  audit(p, a, 'monitored', from, now, '', '', args[3])
  return 'monitored'
end)
