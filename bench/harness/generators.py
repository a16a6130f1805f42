"""Runs the two load generators: wrk for closed loops, load_generator for all else."""

import json
import subprocess

_WRK_SCRIPT = """
local file = io.open(%(body)s, "rb")
wrk.method = "POST"
wrk.path = %(path)s
wrk.body = file:read("*a")
file:close()
%(headers)s
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%%d,"microseconds":%%d,"p50":%%.1f,"p90":%%.1f,"p99":%%.1f,"p99.9":%%.1f,' ..
    '"connect":%%d,"read":%%d,"write":%%d,"status":%%d,"timeout":%%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(90),
    latency:percentile(99), latency:percentile(99.9), errors.connect, errors.read, errors.write,
    errors.status, errors.timeout))
end
"""

LATENCIES = ("p50", "p90", "p99", "p99.9")


def closed_loop(context, subject, shape, connections, seconds, more=""):
    """wrk. Its latencies are corrected for coordinated omission, as wrk always does. `more` is Lua
    that comes after the request is described."""
    headers = "".join(f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}\n"
                      for name, value in subject.headers().items())
    script = context.folder / f"wrk_{subject.port}_{shape.name}.lua"
    script.write_text(_WRK_SCRIPT % {
        "body": json.dumps(str(shape.write(context.folder))), "path": json.dumps(subject.path),
        "headers": headers + more})
    output = _run(context, ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s",
                            "-s", str(script), f"http://127.0.0.1:{subject.port}"], seconds + 60)
    raw = json.loads(output.strip().rsplit("\n", 1)[-1])
    return {
        "requests": raw["requests"],
        "failures": {kind: raw[kind]
                     for kind in ("connect", "read", "write", "status", "timeout") if raw[kind]},
        "rate": raw["requests"] * 1e6 / raw["microseconds"],
        "latency_us": {name: raw[name] for name in LATENCIES},
    }


def generate(context, subject, shape, connections, seconds, cores=None, **options):
    """load_generator; options are its command line without the dashes in front."""
    command = [str(context.load_generator), "--port", str(subject.port), "--path", subject.path,
               "--body", str(shape.write(context.folder)), "--connections", str(connections),
               "--duration-ms", str(int(seconds * 1000))]
    for name, value in subject.headers().items():
        command += ["--header", f"{name}: {value}"]
    if shape.end:
        command += ["--expect-end", shape.end]
    if shape.frames:
        command += ["--expect-frames", str(shape.frames)]
    for name, value in options.items():
        command += ["--" + name.replace("_", "-"), str(value)]
    raw = json.loads(_run(context, command, seconds + 120, cores))
    failures = {kind: count for kind, count in raw["failures"].items() if count and kind != "total"}
    if failures:
        failures["first"] = raw["first_failure"][:300]
    result = {"requests": raw["requests"], "failures": failures, "rate": raw["rate"],
              "frames": raw["frames"], "most_open": raw["most_open"]}
    for name in ("latency_us", "first_byte_us"):
        if raw[name]:
            result[name] = {key: raw[name][key] for key in LATENCIES}
    return result


def _run(context, command, limit, cores=None):
    pinned = ["taskset", "-c", ",".join(map(str, cores or context.layout.load)), *command]
    done = subprocess.run(pinned, capture_output=True, text=True, timeout=limit, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
