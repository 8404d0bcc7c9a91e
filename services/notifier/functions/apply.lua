-- apply: one record of detected-issues changes one alert, once.
local APPLY = {
  'tp', 'offset', 'epoch', 'aid', 'ep', 'rev', 'tid', 'transition', 'open', 'tier', 'pages', 'quiet',
  'dom', 'part', 'at', 'page_from', 'targets', 'because', 'cause', 'sev', 'patient', 'told_before',
}
local APPLY_COUNTS = { ep = true, rev = true, tier = true, at = true, page_from = true, told_before = true }

local function closing(r)
  if r.transition == 'withdrawn' or r.transition == 'moved' then
    return r.transition
  end
  return 'resolved'
end

-- Whether the last page said as much, and whoever acknowledged since had seen that page.
-- A page that waited until the finding had eased said less; one that still waits will say what holds.
local function told_before(r, a)
  return r.transition == 'worsened' and r.told_before > 0 and a.due_rev == r.told_before and a.paged <= a.due_rev
    and (a.st ~= 'acknowledged' or a.acked_rev == r.told_before)
end

-- What a record means for what is known: an event, or the reason why it changes nothing.
local function judge(r, known_ep, a)
  local open = r.open == '1'
  if known_ep > 0 and (r.ep < known_ep or (r.ep == known_ep and a and r.rev < a.rev)) then
    return nil, 'older'
  end
  if r.ep > known_ep or not a then
    return open and 'raised' or closing(r)
  end
  if r.rev == a.rev then
    if a.hollow == '1' and open == is_live(a.st) then
      return 'filled'
    end
    if r.tid == a.tid then
      return nil, 'repeated'
    end
    if r.transition == 'republished' and not (a.quiet == 'backfill' and r.quiet ~= 'backfill') then
      return nil, 'repeated'
    end
    if not open then
      return closing(r)
    end
    if not is_live(a.st) then
      return 'reopened'
    end
    return r.tier < a.tier and 'worsened' or 'replaced'
  end
  if not open then
    return closing(r)
  end
  -- A revision that was never seen may have been a worsening; only what follows without a gap may keep quiet.
  if r.rev == a.rev + 1 then
    if r.transition == 'eased' then
      return 'eased'
    end
    if told_before(r, a) then
      return 'returned'
    end
  end
  return 'worsened'
end

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

local function take_facts(p, a, r, args)
  a.tid, a.tier, a.pages, a.quiet = r.tid, r.tier, r.pages, r.quiet
  a.dom, a.part, a.sev, a.patient, a.cause, a.hollow = r.dom, r.part, r.sev, r.patient, r.cause, '0'
  a.rev = r.rev
  local facts = { 'open', r.open, 'at', whole(r.at), 'because', r.because, 'page_from', whole(r.page_from) }
  for position = #APPLY + 1, #args do
    facts[#facts + 1] = args[position]
  end
  redis.call('HSET', alert_key(p, a.aid, a.ep), unpack(facts))
end

-- After a rebuild: the facts come back, the state is remembered, and only who was not told yet is told.
local function fill(p, a, r, now)
  if a.st == 'notified' or (a.st == 'open' and a.told_now ~= '') then
    if a.pages == '1' and lacks_any(a.told_now, r.targets) then
      page(p, a, now, r.targets, a.told_now)
    end
  else
    settle(p, a, now, r.page_from, r.targets)
  end
end

local function must_page_anew(a, same_revision)
  a.acked_by = ''
  a.due_rev = a.rev
  a.step = same_revision and a.step + 1 or 0
  a.told_now = ''
  if same_revision then
    a.paged = a.rev - 1
  end
end

local function applied(p, known_ep, old, r, args, event)
  local a = old
  if not a or r.ep > known_ep then
    if a and is_live(a.st) then
      supersede(p, a, r)
    end
    a = { aid = r.aid, ep = r.ep, st = 'unseen', rev = 0, due_rev = 0, paged = 0, step = 0,
      told = '', told_now = '', acked_by = '', acked_rev = 0, dom = r.dom, part = r.part }
    redis.call('HSET', p .. 'i:' .. r.aid, 'ep', whole(r.ep))
  end
  local now = domain_now(p, r.dom, r.part)
  local from, same_revision = a.st, a.rev == r.rev
  local was_quiet = a.pages ~= '1'
  if a.dom ~= r.dom or a.part ~= r.part then
    disarm(p, a)
  end
  take_facts(p, a, r, args)
  if event == 'filled' then
    fill(p, a, r, now)
  else
    a.st = MOVES[from][event]
    local speaks_up = was_quiet and a.pages == '1' and a.st == 'open'
    if speaks_up or event == 'raised' or event == 'worsened' or event == 'reopened' then
      must_page_anew(a, same_revision)
    end
    audit(p, a, event, from, r.at, '', '', r.because)
    settle(p, a, now, r.page_from, r.targets)
    if event == 'withdrawn' and from ~= 'withdrawn' then
      retract(p, a)
    end
  end
  save(p, a)
  index(p, a)
  return event
end

redis.register_function(FN .. 'apply', function(keys, args)
  local p, r = prefix(keys), {}
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
    local last = redis.call('HGET', p .. 'off', r.tp)
    if last and tonumber(last) >= tonumber(r.offset) then
      return 'replayed'
    end
  end
  local known_ep = tonumber(redis.call('HGET', p .. 'i:' .. r.aid, 'ep') or '0')
  local a = known_ep > 0 and load(p, r.aid, known_ep) or nil
  local event, outcome = judge(r, known_ep, a)
  if event and event ~= 'filled' then
    local from = (a and r.ep == known_ep) and a.st or 'unseen'
    local to, refusal = move(from, event)
    if not to then
      return refusal
    end
  end
  advance(p, r.dom, r.part, r.at)
  if event then
    outcome = applied(p, known_ep, a, r, args, event)
  end
  if r.offset ~= '' then
    redis.call('HSET', p .. 'off', r.tp, r.offset)
  end
  return outcome
end)
