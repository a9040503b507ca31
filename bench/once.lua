-- Each body of a file once, in order, then again from the first; results as one line of JSON.
--   HUB_TOKEN=… wrk --threads=1 … -s once.lua URL -- BODIES
local requests, sent = {}, 0

function init(args)
  local headers = { ["Content-Type"] = "application/json", ["Accept"] = "application/json" }
  headers["Authorization"] = "Bearer " .. os.getenv("HUB_TOKEN")
  for line in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("POST", nil, headers, line)
  end
end

function request()
  sent = sent % #requests + 1
  return requests[sent]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"bytes":%d,"p50_ms":%.3f,"p99_ms":%.3f,"failed":%d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
