#pragma once
/// How far the database is behind the journals, and what recovery found, read at each scrape.

#include "gatehouse/ledger/settler.hpp"
#include "gatehouse/telemetry/exposition.hpp"

namespace gatehouse::gateway {

/// gatehouse_ledger_pending_bytes, gatehouse_ledger_open_reservations and counters of what was
/// applied, tried again, ignored, recovered and archived since the start. Thread-safe.
void collect_ledger_metrics(const ledger::SettlerStatus& status, telemetry::Exposition& out);

}  // namespace gatehouse::gateway
