-- Sends prepared requests, one after the other: wrk -s replay.lua URL -- FILE cycle|once.
-- FILE holds whole HTTP requests with a zero byte between them.
local requests, count, index, once = {}, 0, 0, false
local exhausted = "GET /requests-exhausted HTTP/1.1\r\nHost: localhost\r\n\r\n"

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local text = file:read("*a")
  file:close()
  for request in text:gmatch("[^%z]+") do
    count = count + 1
    requests[count] = request
  end
  once = args[2] == "once"
end

function request()
  index = index + 1
  if index > count then
    if once then return exhausted end
    index = 1
  end
  return requests[index]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"failed":%d,"broken":%d,"p50":%d,"p99":%d,"max":%d}\n',
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
