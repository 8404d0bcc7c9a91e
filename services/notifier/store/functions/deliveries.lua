-- lease and receipt: one sender holds a delivery at a time, and what became of it is kept.
-- `within`: the delivery that told this one together with others, if it did not go alone.
local function told(p, d, a, certain, within)
  a.told = with(a.told, d.to)
  local person, tid = string.match(d.to, '^(.*)/'), redis.call('HGET', d.key, 'tid')
  if person and tid then
    redis.call('HSET', alert_key(p, a.aid, a.ep), 'seen:' .. person, tid)
  end
  local from, current = a.st, d.kind == 'page' and is_current(d, a)
  if current then
    a.told_now = with(a.told_now, d.to)
  end
  if certain then
    if current then
      a.st = MOVES[from]['told']
      if a.told_at == 0 then
        heard(p, a, domain_now(p, a.dom, a.part))
      end
    end
    audit(p, a, is_personal(d) and (d.kind .. '-told') or 'told', from, domain_now(p, a.dom, a.part), 'target:' .. d.to, '', within or '')
  end
  save(p, a)
  -- The page crossed with the withdrawal: who got it hears that too.
  if a.st == 'withdrawn' then
    order(p, a, 'retraction', 'retraction', d.to)
  end
end

redis.register_function(FN .. 'lease', function(keys, args)
  local p = prefix(keys)
  local did, holder, lease_ms, entry = args[1], args[2], tonumber(args[3]), args[4]
  local d = delivery(p, did)
  if not d then
    finished(p, entry)
    return { 'done', 'gone' }
  end
  if is_over(d.st) then
    finished(p, entry)
    return { 'done', d.st }
  end
  local now = wall_ms()
  if d.st == 'leased' and d.holder ~= holder and tonumber(d['until']) > now then
    return { 'busy', whole(tonumber(d['until']) - now) }
  end
  local a = load(p, d.aid, d.ep)
  -- A lease that ended without a receipt: they may have been told, whatever becomes of it from here on.
  if a and d.st == 'leased' and tonumber(d['until']) <= now and d.kind ~= 'retraction' then
    told(p, d, a, false)
  end
  local reason = reason_to_drop(p, d, a)
  if reason then
    redis.call('HSET', d.key, 'st', 'dropped', 'err', reason)
    finished(p, entry)
    return { 'drop', reason }
  end
  -- A lease that ended without a receipt may have told somebody: whatever is sent now may be a repetition.
  local ambiguous = (d.st == 'leased' or d.st == 'unknown') and '1' or d.amb
  redis.call('HSET', d.key, 'st', 'leased', 'holder', holder, 'until', whole(now + lease_ms),
    'n', whole(d.n + 1), 'amb', ambiguous, 'tid', a.tid)
  return { 'go', d.kind, d.aid, whole(d.ep), whole(d.n + 1), ambiguous, redis.call('HGETALL', alert_key(p, d.aid, d.ep)) }
end)

-- Whether the newest telling reached nobody: each of its orders failed, or its channel does not do in time.
local function reached_nobody(p, d, a)
  if a.unpaged == 1 or d.rev ~= a.paged or tonumber(d.step) ~= a.step then
    return false
  end
  local page, fields = whole(d.rev) .. ':' .. d.step, redis.call('HGETALL', alert_key(p, a.aid, a.ep))
  for position = 1, #fields, 2 do
    local target = string.match(fields[position], '^to:(.+)$')
    if target and fields[position + 1] == page then
      local did = table.concat({ a.aid, whole(a.ep), page, target }, ':')
      local st, out = unpack(redis.call('HMGET', p .. 'd:' .. did, 'st', 'out'))
      if st ~= 'failed' and (not out or has_arrived(st)) then
        return false
      end
    end
  end
  return true
end

-- Who was not reached cannot answer: the next step does not wait for its time. The fallback keeps its own.
local function hurry(p, d, a)
  local plan = (a.st == 'open' or a.st == 'notified') and plan_of(a)
  if not plan or a.level > #plan.steps + plan.rounds or not reached_nobody(p, d, a) then
    return
  end
  local now, at = domain_now(p, a.dom, a.part), armed_at(p, a)
  if at and at > now then
    arm(p, a, now)
  end
end

redis.register_function(FN .. 'receipt', function(keys, args)
  local p = prefix(keys)
  local did, state, err, entry, within = args[1], args[2], args[3], args[4], args[5]
  local d = delivery(p, did)
  if not d then
    finished(p, entry)
    return 'gone'
  end
  if is_over(d.st) and not (d.st == 'sent' and state == 'delivered') then
    finished(p, entry)
    return 'repeated'
  end
  redis.call('HSET', d.key, 'st', state, 'err', err, 'until', '0')
  if is_over(state) then
    finished(p, entry)
  end
  local a = load(p, d.aid, d.ep)
  if a and d.kind ~= 'retraction' and d.st ~= 'sent' then
    if state == 'sent' or state == 'delivered' then
      told(p, d, a, true, within)
    elseif state == 'unknown' then
      told(p, d, a, false)
    end
  end
  if a and state == 'failed' then
    audit(p, a, 'delivery-failed', a.st, domain_now(p, a.dom, a.part), 'target:' .. d.to, '', err)
    if d.kind == 'page' then
      hurry(p, d, a)
    end
  end
  if a and d.kind == 'retraction' and is_over(state) and state ~= 'failed' and d.st ~= 'sent' then
    a.retracted = with(a.retracted, d.to)
    save(p, a)
    audit(p, a, 'retraction-told', a.st, domain_now(p, a.dom, a.part), 'target:' .. d.to, '', a.cause)
  end
  return state
end)

-- Somebody looked at an alert: that is kept, and what they were told of it counts as read.
redis.register_function(FN .. 'look', function(keys, args)
  local p, aid, ep, person, token = prefix(keys), args[1], tonumber(args[2]), args[3], args[4]
  local a = load(p, aid, ep)
  if not a then
    return 'unknown'
  end
  local name = alert_key(p, aid, ep)
  if redis.call('HGET', name, 'looked') == token then
    return 'kept'
  end
  local fields = redis.call('HGETALL', name)
  for position = 1, #fields, 2 do
    local target = string.match(fields[position], '^to:(.+)$')
    if target and string.match(target, '^(.*)/') == person then
      local key = p .. 'd:' .. table.concat({ aid, whole(ep), fields[position + 1], target }, ':')
      local st = redis.call('HGET', key, 'st')
      if st == 'sent' or st == 'delivered' then
        redis.call('HSET', key, 'st', 'read')
      end
    end
  end
  redis.call('HSET', name, 'looked', token, 'seen:' .. person, a.tid)
  audit(p, a, 'read', a.st, domain_now(p, a.dom, a.part), person, '', '')
  return 'kept'
end)

-- Whether a target was already told, or is about to be, as much as a page says.
local function is_paged_since(p, d, target)
  local newest = redis.call('HGET', alert_key(p, d.aid, d.ep), 'to:' .. target)
  local rev, step = string.match(newest or '', '^(%d+):(%d+)$')
  if not rev then
    return false
  end
  rev, step = tonumber(rev), tonumber(step)
  return rev > d.rev or (rev == d.rev and step >= tonumber(d.step))
end

-- The same telling by the person's next channel, while the one that does not do goes on being tried; the next
-- step where there is none and nobody else of this one is reached.
redis.register_function(FN .. 'fall_back', function(keys, args)
  local p = prefix(keys)
  local did, target, because = args[1], args[2], args[3]
  local d = delivery(p, did)
  local a = d and load(p, d.aid, d.ep)
  if not a then
    return 'gone'
  end
  local reason = reason_to_drop(p, d, a)
  if reason then
    return reason
  end
  redis.call('HSET', d.key, 'out', '1')
  if target == '' or (d.kind == 'page' and is_paged_since(p, d, target)) then
    if d.kind == 'page' then
      hurry(p, d, a)
    end
    return 'nothing to order'
  end
  -- It tells what the first one tells, though the alert may have eased since.
  local rev = a.rev
  a.rev = d.rev
  local ordered = order(p, a, d.kind, d.step, target, true)
  a.rev = rev
  if not ordered then
    return 'nothing to order'
  end
  audit(p, a, 'fell-back', a.st, domain_now(p, a.dom, a.part), 'target:' .. d.to, target, because)
  return 'ordered'
end)
