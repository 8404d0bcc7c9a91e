-- due: what has held to its time is paged. The state is looked at again; a timer alone pages nobody.
redis.register_function(FN .. 'due', function(keys, args)
  local p, timers = prefix(keys), keys[1]
  local domain, partition, told_time, most, targets = args[1], args[2], tonumber(args[3]), args[4], args[5]
  advance(p, domain, partition, told_time)
  local now = domain_now(p, domain, partition)
  local taken = redis.call('ZRANGEBYSCORE', timers, '-inf', whole(now), 'LIMIT', 0, most)
  for _, member in ipairs(taken) do
    redis.call('ZREM', timers, member)
    local aid, ep = string.match(member, '^(.*)|(%d+)$')
    local a = load(p, aid, tonumber(ep))
    if a and a.st == 'open' and a.pages == '1' and a.paged < a.due_rev then
      page(p, a, now, targets, '')
      save(p, a)
    end
  end
  return #taken
end)
