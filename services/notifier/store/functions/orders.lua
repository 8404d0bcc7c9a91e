-- What is written when an alert changes: the audit trail, and the orders that senders carry out. `targets`: whom a
-- page tells.
local function audit(p, a, event, from, at, who, note, because, targets)
  local seq = redis.call('HINCRBY', p .. 'i:' .. a.aid, 'seq', 1)
  local facts = redis.call('HMGET', alert_key(p, a.aid, a.ep), 'check', 'cause_entity')
  local id = redis.call('XADD', p .. 'evt', '*',
    'alert', a.aid, 'episode', whole(a.ep), 'revision', whole(a.rev), 'sequence', whole(seq),
    'event', event, 'from', from, 'state', a.st, 'at', whole(at), 'actor', who, 'note', note,
    'because', because, 'severity', a.sev, 'transition_id', a.tid, 'patient', a.patient,
    'check', facts[1] or '', 'ward', a.ward, 'cause_entity', facts[2] or '', 'tier', whole(a.tier),
    'level', whole(a.level), 'step', whole(a.step), 'targets', targets or '', 'holder', holder_of(a), 'offered', a.offered, 'reason', a.ovr_reason,
    'scope', a.ovr_scope, 'second', a.ovr_second, 'until', a.ovr_until > 0 and whole(a.ovr_until) or '')
  redis.call('RPUSH', p .. 'h:' .. a.aid, id)
end

-- What decides with what else a page of a low tier may go. `soon`: another channel has kept it waiting already.
local function low_facts(p, a, soon)
  if a.tier < 3 or a.patient == 'system' then
    return {}
  end
  local facts = redis.call('HMGET', alert_key(p, a.aid, a.ep), 'check', 'transition')
  return { 'patient', a.patient, 'ward', a.ward, 'check', facts[1] or '', 'now',
    whole(domain_now(p, a.dom, a.part)), 'standing', facts[2] == 'republished' and '1' or '', 'soon', soon and '1' or '' }
end

-- At most one order per alert, episode, revision, step and target: the id is what a channel may dedupe by.
-- `maybe`: it may have been told before the store was lost.
local function order(p, a, kind, step, target, soon, maybe)
  local did = table.concat({ a.aid, whole(a.ep), whole(a.rev), step, target }, ':')
  local key = p .. 'd:' .. did
  if redis.call('EXISTS', key) == 1 then
    return false
  end
  redis.call('HSET', key, 'st', 'queued', 'kind', kind, 'aid', a.aid, 'ep', whole(a.ep),
    'rev', whole(a.rev), 'step', step, 'to', target, 'n', '0', 'amb', maybe and '1' or '0', 'at', whole(wall_ms()))
  redis.call('EXPIRE', key, 30 * DAY_S)
  redis.call('XADD', p .. 'out', '*', 'did', did, 'to', target, 'tier', whole(a.tier),
    unpack(kind == 'page' and low_facts(p, a, soon) or {}))
  if kind == 'page' then
    redis.call('HSET', alert_key(p, a.aid, a.ep), 'to:' .. target, whole(a.rev) .. ':' .. step)
  end
  return true
end

local function order_pages(p, a, targets, already, maybe)
  for target in string.gmatch(targets, '[^,]+') do
    if not has(already, target) then
      order(p, a, 'page', whole(a.step), target, false, maybe)
      if maybe then
        a.told = with(a.told, target)
      end
    end
  end
end

-- Whether what was due at `due` may have been told by the store that was lost: nobody knows of the moment before it.
-- By told time it is not known how far that had come, so that the first telling alone counts as such.
local function may_be_told(p, a, due)
  local name = alert_key(p, a.aid, a.ep)
  local back = redis.call('HGET', name, 'back')
  if not back then
    return false
  end
  if a.dom == 'live' then
    return due <= tonumber(back)
  end
  redis.call('HDEL', name, 'back')
  return true
end

-- The alert was put back, or made again by a record that was read before.
local function put_back(p, a)
  redis.call('HSET', alert_key(p, a.aid, a.ep), 'back', whole(wall_ms()))
end

local function retract(p, a)
  for target in string.gmatch(a.told, '[^,]+') do
    if not has(a.retracted, target) then
      order(p, a, 'retraction', 'retraction', target)
    end
  end
end
