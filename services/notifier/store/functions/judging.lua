-- What a record means for an alert: an event, or the reason why it changes nothing.
local function closing(r)
  if r.transition == 'withdrawn' or r.transition == 'moved' then
    return r.transition
  end
  return 'resolved'
end

-- Whether the last page said as much, and whoever acknowledged or overrode it since had seen that page.
-- A page that waited until the finding had eased said less; one that still waits will say what holds.
local function told_before(r, a)
  return r.transition == 'worsened' and r.told_before > 0 and a.due_rev == r.told_before and a.paged <= a.due_rev
    and ((a.st ~= 'acknowledged' and a.st ~= 'overridden') or a.acked_rev == r.told_before)
end

-- Whether a new episode begins under an override that somebody made for this patient.
local function is_held_back(r, a, now)
  return a and r.open == '1' and a.ovr_scope == 'patient' and a.ovr_until > now and r.tier >= a.tier
    and (a.st == 'overridden' or a.st == 'resolved')
end

-- Whether nothing is new about a finding that holds but where its patient is.
local function is_elsewhere(r, a)
  return r.open == '1' and is_live(a.st) and r.ward ~= '' and r.ward ~= a.ward and r.at >= a.ward_at
end

-- After a rebuild: whether what is remembered was told later. It was told before the patient was moved, and would
-- call the people of the old ward, or by history, before the feed went live. Both may bear the same moment.
local function is_before(r, a)
  if r.at ~= a.ward_at then
    return r.at < a.ward_at
  end
  local moved = r.ward ~= '' and a.ward ~= '' and r.ward ~= a.ward
  return moved or (r.quiet == 'backfill' and a.pages == '1')
end

local function judge(r, known_ep, a, now)
  local open = r.open == '1'
  if known_ep > 0 and (r.ep < known_ep or (r.ep == known_ep and a and r.rev < a.rev)) then
    return nil, 'older'
  end
  if r.ep > known_ep or not a then
    if is_held_back(r, a, now) then
      return 'held-back'
    end
    return open and 'raised' or closing(r)
  end
  if r.rev == a.rev then
    if a.hollow == '1' and open == is_live(a.st) then
      if is_before(r, a) then
        return nil, 'older'
      end
      return 'filled'
    end
    -- What history told and still holds is told as it was when the feed goes live, by the same transition.
    local republished = r.transition == 'republished'
    local goes_live = republished and a.quiet == 'backfill' and r.quiet ~= 'backfill'
    if not goes_live and republished and is_elsewhere(r, a) then
      return 'transferred'
    end
    if not goes_live and (republished or r.tid == a.tid) then
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
    if told_before(r, a) and a.ovr_scope ~= 'dose' then
      return 'returned'
    end
  end
  return 'worsened'
end
