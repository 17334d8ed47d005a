-- One kind of request by one of several callers in turn, and a summary as JSON.
--
-- wrk ... -s requests.lua URL -- METHOD TOKENS_FILE

local tokens = {}
local turn = 0

function init(args)
  wrk.method = args[1]
  for token in io.lines(args[2]) do
    tokens[#tokens + 1] = { authorization = "Bearer " .. token }
  end
end

function request()
  turn = turn % #tokens + 1
  return wrk.format(nil, nil, tokens[turn])
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "p50": %d, "p90": %d, "p99": %d, "most": %d, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
