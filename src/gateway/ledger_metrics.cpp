#include "gatehouse/gateway/ledger_metrics.hpp"

namespace gatehouse::gateway {

void collect_ledger_metrics(const ledger::SettlerStatus& status, telemetry::Exposition& out) {
  using telemetry::MetricType;
  const auto one = [&out](std::string_view name, std::string_view help, MetricType type,
                          std::uint64_t value) {
    out.begin(name, help, type);
    out.sample({}, static_cast<std::int64_t>(value));
  };
  one("gatehouse_ledger_pending_bytes", "Journal entries that are not in the database yet",
      MetricType::gauge, status.pending_bytes);
  one("gatehouse_ledger_open_reservations", "Calls whose reservation is not settled",
      MetricType::gauge, status.open_reservations);
  one("gatehouse_ledger_applied_total", "Journal entries applied to the database",
      MetricType::counter, status.applied);
  one("gatehouse_ledger_retries_total", "Batches that the database could not take at once",
      MetricType::counter, status.retries);
  one("gatehouse_ledger_duplicates_total", "Settlements of calls that were settled already",
      MetricType::counter, status.duplicates);
  one("gatehouse_ledger_undecodable_total", "Entries that could not be read and were left out",
      MetricType::counter, status.undecodable);
  one("gatehouse_ledger_damaged_bytes_total", "Bytes of earlier journals that hold no entry",
      MetricType::counter, status.damaged_bytes);
  one("gatehouse_ledger_recovered_unknown_total",
      "Calls of an earlier run settled at their reserved amount", MetricType::counter,
      status.unknown);
  one("gatehouse_ledger_recovered_void_total", "Reservations of an earlier run that never left",
      MetricType::counter, status.voided);
  one("gatehouse_ledger_archived_total", "Call records moved to the archive", MetricType::counter,
      status.archived);
}

}  // namespace gatehouse::gateway
