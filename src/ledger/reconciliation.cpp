#include <optional>

#include "codec.hpp"
#include "gatehouse/ledger/corrections.hpp"
#include "sums.hpp"

namespace gatehouse::ledger {
namespace {

using database::Connection;
using database::Row;

struct Waiting {
  bool resolved = false;
  core::Money reserved;
  core::Money actual;
  std::string entry;
};

core::Result<Waiting> find(Connection& connection, std::string_view call_id) {
  std::optional<Waiting> found;
  auto read = connection.query(
      "SELECT state, reserved_nano, actual_nano, entry FROM reconciliation WHERE call_id = ?",
      {call_id}, [&](const Row& row) -> core::Result<void> {
        found = Waiting{row.text(0) == "resolved", core::Money::nano_usd(row.integer(1)),
                        core::Money::nano_usd(row.integer(2)), std::string(row.text(3))};
        return {};
      });
  if (!read) return core::pass(read);
  if (!found) return core::fail(core::Errc::not_found, "no call of this id has an unknown outcome");
  return std::move(*found);
}

/// The counters that still show a period in which the call was charged.
core::Result<std::vector<CounterChange>> changed_counters(Connection& connection,
                                                          const SettlementEntry& entry,
                                                          core::Money delta) {
  std::vector<CounterChange> changes;
  for (const core::ChargedPeriod& period : entry.periods) {
    auto read = connection.query(
        "SELECT 1 FROM budget_counter WHERE scope = ? AND id = ? AND duration = ?"
        " AND period_start_ns = ?",
        {static_cast<std::int64_t>(period.scope), period.id, period.duration,
         std::int64_t{period.period_start.time_since_epoch().count()}},
        [&](const Row&) -> core::Result<void> {
          changes.push_back({{period.scope, std::string(period.id)},
                             std::string(period.duration),
                             period.period_start,
                             delta});
          return {};
        });
    if (!read) return core::pass(read);
  }
  return changes;
}

core::Result<void> mark(Connection& connection, std::string_view call_id, core::Money actual,
                        std::string_view actor, core::WallTime at) {
  auto record =
      connection.execute("UPDATE call_record SET cost_nano = ?, cost_known = 1 WHERE call_id = ?",
                         {actual.nano_usd(), call_id});
  if (!record) return core::pass(record);
  auto row = connection.execute(
      "UPDATE reconciliation SET state = 'resolved', actual_nano = ?, resolved_at_ns = ?,"
      " resolved_by = ? WHERE call_id = ?",
      {actual.nano_usd(), std::int64_t{at.time_since_epoch().count()}, actor, call_id});
  if (!row) return core::pass(row);
  return {};
}

}  // namespace

core::Result<std::vector<UnknownCall>> Corrections::unknown_calls(std::size_t limit) const {
  std::vector<UnknownCall> calls;
  auto read = database_.read([&](Connection& connection) {
    return connection.query(
        "SELECT w.call_id, w.reserved_nano, w.created_at_ns, r.api_key, r.model_group"
        " FROM reconciliation w LEFT JOIN call_record r ON r.call_id = w.call_id"
        " WHERE w.state = 'open' ORDER BY w.created_at_ns LIMIT ?",
        {static_cast<std::int64_t>(limit)}, [&](const Row& row) -> core::Result<void> {
          calls.push_back({std::string(row.text(0)), core::Money::nano_usd(row.integer(1)),
                           core::WallTime(core::Nanos(row.integer(2))), std::string(row.text(3)),
                           std::string(row.text(4))});
          return {};
        });
  });
  if (!read) return core::pass(read);
  return calls;
}

core::Result<CorrectionOutcome> Corrections::resolve(std::string_view call_id, core::Money actual,
                                                     std::string_view actor, core::WallTime at) {
  if (actual < core::Money()) {
    return core::fail(core::Errc::invalid_argument, "a cost is not negative");
  }
  using Outcome = core::Result<CorrectionOutcome>;
  return database_.write([&](Connection& connection) -> Outcome {
    auto waiting = find(connection, call_id);
    if (!waiting) return core::pass(waiting);
    Decoder decoder;
    const SettlementEntry* const entry = decoder.settlement(waiting->entry);
    if (entry == nullptr) {
      return core::fail(core::Errc::internal, "the call cannot be read", std::string(call_id));
    }
    if (waiting->resolved && waiting->actual != actual) {
      return core::fail(core::Errc::conflict, "the call was resolved to another amount");
    }
    const auto delta = core::Money::nano_usd(actual.nano_usd() - waiting->reserved.nano_usd());
    auto changes = changed_counters(connection, *entry, delta);
    if (!changes) return core::pass(changes);
    CorrectionOutcome outcome{waiting->resolved, std::move(*changes)};
    if (outcome.repeated) return outcome;
    Sums sums;
    sums.correct(*entry, delta);
    if (auto written = sums.write(connection); !written) return core::pass(written);
    if (auto marked = mark(connection, call_id, actual, actor, at); !marked) {
      return core::pass(marked);
    }
    return outcome;
  });
}

}  // namespace gatehouse::ledger
