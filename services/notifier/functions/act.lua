-- act: what a person decides, bound to the revision they saw; the answer is kept so that repeating changes nothing.
local function answer(p, key, digest, result, detail)
  redis.call('HSET', key, 'digest', digest, 'result', result, 'detail', detail)
  redis.call('EXPIRE', key, DAY_S)
  return { result, detail }
end

redis.register_function(FN .. 'act', function(keys, args)
  local p = prefix(keys)
  local command, aid, action, ep, rev = args[1], args[2], args[3], tonumber(args[4]), tonumber(args[5])
  local actor, note = args[6], args[7]
  local key = p .. 'cmd:' .. command
  local digest = redis.sha1hex(table.concat({ aid, action, args[4], args[5], actor, note }, '\31'))
  local kept = redis.call('HMGET', key, 'digest', 'result', 'detail')
  if kept[1] then
    if kept[1] ~= digest then
      return { 'key-reused', '' }
    end
    return { kept[2], kept[3] }
  end
  local known_ep = tonumber(redis.call('HGET', p .. 'i:' .. aid, 'ep') or '0')
  local a = known_ep > 0 and load(p, aid, known_ep) or nil
  if not a then
    return { 'unknown', '' }
  end
  if ep ~= known_ep or rev ~= a.rev then
    return answer(p, key, digest, 'stale', '')
  end
  local to = move(a.st, action)
  if not to then
    return answer(p, key, digest, 'illegal', a.st)
  end
  local from, now = a.st, domain_now(p, a.dom, a.part)
  a.st, a.acked_by, a.acked_rev = to, actor, a.rev
  disarm(p, a)
  save(p, a)
  redis.call('HSET', alert_key(p, aid, known_ep), 'acked_at', whole(now), 'ack_note', note)
  index(p, a)
  audit(p, a, action, from, now, actor, note, '')
  return answer(p, key, digest, 'done', to)
end)
