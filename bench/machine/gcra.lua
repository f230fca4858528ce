-- GCRA on one Redis key, as throttling libraries write it: KEYS[1]; ARGV: interval and tolerance in microseconds.
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local arrival = tonumber(redis.call('GET', KEYS[1]) or now)
if arrival < now then arrival = now end
local new_arrival = arrival + tonumber(ARGV[1])
if new_arrival - now > tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f', new_arrival), 'PX', math.ceil((new_arrival - now) / 1000) + 1000)
return 1
