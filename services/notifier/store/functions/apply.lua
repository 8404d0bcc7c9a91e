-- apply: one record of detected-issues changes one alert, once.
local APPLY = {
  'tp', 'offset', 'epoch', 'aid', 'ep', 'rev', 'tid', 'transition', 'open', 'tier', 'pages', 'quiet',
  'dom', 'part', 'at', 'page_from', 'plan', 'targets', 'because', 'cause', 'sev', 'patient', 'told_before',
  'held_by', 'ward', 'held',
}
local APPLY_COUNTS = { ep = true, rev = true, tier = true, at = true, page_from = true, told_before = true }

-- What a live alert of an older episode becomes when a record names a newer one.
local function supersede(p, old, r)
  local from = old.st
  old.st = MOVES[from]['resolved']
  disarm(p, old)
  save(p, old)
  redis.call('HSET', alert_key(p, old.aid, old.ep), 'open', '0')
  index(p, old)
  audit(p, old, 'resolved', from, r.at, '', '', 'episode ' .. whole(r.ep) .. ' began')
end

-- A patient who was moved: later steps are those of the new ward, and at least its last one is told. What still
-- waits at a sender would call those of the old one: of what nobody has heard the new ward is told from the first step.
local function follow(a, r)
  if a.plan ~= '' and r.plan ~= '' and r.ward ~= '' and r.ward ~= a.ward then
    a.plan = r.plan
    a.level = math.min(a.level, #plan_of(a).steps - 1)
    if a.unpaged == 0 then
      a.first_rev, a.first_step = a.paged, a.step + 1
      if a.st == 'open' and a.told_at == 0 then
        a.unpaged, a.level, a.told_now = 1, 0, ''
      end
    end
    a.told_at, a.acks = 0, ''
  end
  a.ward, a.ward_at = r.ward, r.at
end

-- What a page that was not told yet waits for besides settling.
local function held_for(p, a, r)
  if r.held_by ~= '' and a.pages == '1' and r.open == '1' then
    held_by(p, a, r.held_by)
    redis.call('HSET', alert_key(p, a.aid, a.ep), 'held_by', r.held_by)
  end
end

local function take_facts(p, a, r)
  follow(a, r)
  a.tid, a.tier, a.pages, a.quiet = r.tid, r.tier, r.pages, r.quiet
  a.dom, a.part, a.sev, a.patient, a.cause, a.hollow = r.dom, r.part, r.sev, r.patient, r.cause, '0'
  a.rev = r.rev
  if a.plan == '' and a.pages == '1' then
    a.plan = r.plan
  end
  local facts = { 'open', r.open, 'at', whole(r.at), 'because', r.because, 'page_from', whole(r.page_from) }
  for position = #APPLY + 1, #r.args do
    facts[#facts + 1] = r.args[position]
  end
  redis.call('HSET', alert_key(p, a.aid, a.ep), unpack(facts))
  held_for(p, a, r)
end

-- After a rebuild: the facts come back, the state is remembered, and only who was not told yet is told.
local function fill(p, a, r, now)
  local told = a.st == 'notified' or (a.st == 'open' and a.unpaged == 0)
  if told and a.pages == '1' and a.level <= 1 and lacks_any(a.told_now, r.targets) then
    order_pages(p, a, r.targets, a.told_now, may_be_told(p, a, 0))
    audit(p, a, 'paged', a.st, now, '', '', '', r.targets)
  end
  retime(p, a, now, r)
  if a.st == 'withdrawn' then
    retract(p, a)
  end
end

-- Whether the store that was lost may have applied this record.
local function is_read_again(p, r)
  return r.offset ~= '' and tonumber(r.offset) < tonumber(redis.call('HGET', p .. 'again', r.tp) or '0')
end

local function must_page_anew(p, a, r)
  if not is_read_again(p, r) then
    redis.call('HDEL', alert_key(p, a.aid, a.ep), 'back')
  end
  a.due_rev, a.unpaged, a.level, a.told_now, a.retracted, a.plan = a.rev, 1, 0, '', '', r.plan
  a.acked_by, a.acks, a.offered = '', '', ''
  end_override(a)
end

-- A new episode under the override of the one before: nobody is paged until the override ends.
local function hold_back(a, before)
  a.due_rev, a.unpaged = a.rev, 1
  for _, name in ipairs({ 'by', 'second', 'reason', 'scope', 'at', 'until', 'count' }) do
    a['ovr_' .. name] = before['ovr_' .. name]
  end
end

local function changed(p, a, r, event, now, before)
  local from, was_quiet = a.st, a.pages ~= '1'
  take_facts(p, a, r)
  a.st = MOVES[from][event]
  local speaks_up = was_quiet and a.pages == '1' and a.st == 'open'
  if event == 'held-back' then
    hold_back(a, before)
  elseif speaks_up or event == 'raised' or event == 'worsened' or event == 'reopened' then
    must_page_anew(p, a, r)
  end
  if a.st == 'overridden' then
    a.ovr_count = a.ovr_count + 1
  end
  audit(p, a, event, from, r.at, '', '', r.because)
  retime(p, a, now, r)
  if event == 'withdrawn' and from ~= 'withdrawn' then
    retract(p, a)
  end
end

local function transferred(p, a, r, now)
  local from, before = a.st, a.ward
  follow(a, r)
  a.st = MOVES[a.st]['transferred']
  if a.unpaged == 1 then
    redis.call('HSET', alert_key(p, a.aid, a.ep), 'held', r.held, 'held_by', '')
    held_for(p, a, r)
  end
  audit(p, a, 'transferred', from, r.at, '', '', before)
  retime(p, a, now, r)
end

local function applied(p, known_ep, old, r, event, now)
  local a = old
  if not a or r.ep > known_ep then
    if a and is_live(a.st) then
      supersede(p, a, r)
    end
    a = fresh(r.aid, r.ep)
    a.st, a.dom, a.part = 'unseen', r.dom, r.part
    redis.call('HSET', p .. 'i:' .. r.aid, 'ep', whole(r.ep))
  end
  if event ~= 'filled' and is_read_again(p, r) then
    put_back(p, a)
  end
  if a.dom ~= r.dom or a.part ~= r.part then
    disarm(p, a)
  end
  if event == 'filled' then
    take_facts(p, a, r)
    fill(p, a, r, now)
  elseif event == 'transferred' then
    transferred(p, a, r, now)
  else
    changed(p, a, r, event, now, old)
  end
  save(p, a)
  index(p, a)
  return event
end

local function take(keys, args, after)
  local p, r = prefix(keys), { args = args }
  for position, name in ipairs(APPLY) do
    r[name] = args[position]
    if APPLY_COUNTS[name] then
      r[name] = tonumber(args[position])
    end
  end
  if not same_store(p, r.epoch) then
    return OTHER_STORE
  end
  if r.offset ~= '' then
    local last = tonumber(redis.call('HGET', p .. 'off', r.tp) or '-1')
    if last >= tonumber(r.offset) then
      return 'replayed'
    end
    if after and last < after then
      return TOO_EARLY
    end
  end
  local known_ep = tonumber(redis.call('HGET', p .. 'i:' .. r.aid, 'ep') or '0')
  local a = known_ep > 0 and load(p, r.aid, known_ep) or nil
  local now = domain_now(p, r.dom, r.part)
  if r.dom ~= 'live' and r.at > now then
    now = r.at
  end
  local event, outcome = judge(r, known_ep, a, now)
  if event and event ~= 'filled' then
    local from = (a and r.ep == known_ep) and a.st or 'unseen'
    local to, refusal = move(from, event)
    if not to then
      return refusal
    end
  end
  advance(p, r.dom, r.part, r.at)
  if event then
    outcome = applied(p, known_ep, a, r, event, now)
  end
  if r.offset ~= '' then
    redis.call('HSET', p .. 'off', r.tp, r.offset)
  end
  return outcome
end

redis.register_function(FN .. 'apply', function(keys, args)
  return take(keys, args)
end)

-- One of several records that are sent together: its shard must have come to the one before it in the same log.
redis.register_function(FN .. 'apply_after', function(keys, args)
  return take(keys, { unpack(args, 2) }, tonumber(args[1]))
end)
