#pragma once
/// What the operating system knows of this process.

#include "gatehouse/core/clock.hpp"
#include "gatehouse/telemetry/exposition.hpp"

namespace gatehouse::telemetry {

/// process_cpu_seconds_total, process_resident_memory_bytes, process_open_fds, process_max_fds,
/// process_threads and process_start_time_seconds. Reads /proc; what is missing there is left out.
void collect_process_metrics(Exposition& out, core::WallTime started);

}  // namespace gatehouse::telemetry
