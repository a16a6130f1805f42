#include "gatehouse/ledger/corrections.hpp"

#include <algorithm>
#include <optional>

#include "codec.hpp"
#include "sums.hpp"

namespace gatehouse::ledger {
namespace {

using database::Connection;
using database::Row;

std::string_view name_of(CorrectionKind kind) noexcept {
  switch (kind) {
    case CorrectionKind::reset_spend:
      return "reset_spend";
    case CorrectionKind::refund:
      return "refund";
    case CorrectionKind::import:
      return "import";
  }
  return "refund";
}

std::int64_t nanos(core::WallTime time) noexcept {
  return time.time_since_epoch().count();
}
core::WallTime wall(std::int64_t nanos) noexcept {
  return core::WallTime(core::Nanos(nanos));
}

/// A head of an adjustment; false when `id` was used before for the same.
core::Result<bool> begin(Connection& connection, std::string_view id, std::string_view kind,
                         const Correction& correction) {
  std::optional<bool> same;
  auto found = connection.query("SELECT kind, amount_nano FROM adjustment WHERE id = ?", {id},
                                [&](const Row& row) -> core::Result<void> {
                                  same = row.text(0) == kind &&
                                         row.integer(1) == correction.amount.nano_usd();
                                  return {};
                                });
  if (!found) return core::pass(found);
  if (same && !*same) {
    return core::fail(core::Errc::conflict, "this id was used for another correction");
  }
  if (same) return false;
  auto inserted = connection.execute(
      "INSERT INTO adjustment (id, kind, amount_nano, actor, reason, created_at_ns)"
      " VALUES (?, ?, ?, ?, ?, ?)",
      {id, kind, correction.amount.nano_usd(), correction.actor, correction.reason,
       nanos(correction.at)});
  if (!inserted) return core::pass(inserted);
  return true;
}

core::Result<void> read_lines(Connection& connection, std::string_view id,
                              std::vector<CounterChange>& changes) {
  return connection.query(
      "SELECT scope, id, duration, period_start_ns, delta_nano FROM adjustment_line"
      " WHERE adjustment_id = ? ORDER BY scope, id, duration",
      {id}, [&](const Row& row) -> core::Result<void> {
        changes.push_back({{static_cast<core::Scope>(row.integer(0)), std::string(row.text(1))},
                           std::string(row.text(2)),
                           wall(row.integer(3)),
                           core::Money::nano_usd(row.integer(4))});
        return {};
      });
}

std::int64_t corrected(CorrectionKind kind, std::int64_t spent, std::int64_t amount) noexcept {
  switch (kind) {
    case CorrectionKind::reset_spend:
      return amount;
    case CorrectionKind::refund:
      return std::max<std::int64_t>(spent - amount, 0);
    case CorrectionKind::import:
      return saturating_add(spent, amount);
  }
  return spent;
}

/// The counters of a scope that a correction is about, with what changes.
core::Result<void> find_changes(Connection& connection, const Correction& correction,
                                const ScopeId& scope, std::vector<CounterChange>& changes) {
  const std::int64_t at = nanos(correction.at);
  bool lifetime = false;
  auto read = connection.query(
      "SELECT duration, period_start_ns, period_end_ns, spent_nano FROM budget_counter"
      " WHERE scope = ? AND id = ? ORDER BY duration",
      {static_cast<std::int64_t>(scope.scope), scope.id},
      [&](const Row& row) -> core::Result<void> {
        const bool whole = row.text(0).empty();
        const bool now = row.integer(1) <= at && (row.is_null(2) || at < row.integer(2));
        lifetime = lifetime || whole;
        if (correction.kind == CorrectionKind::import && !whole) return {};
        if (correction.kind == CorrectionKind::refund && !now) return {};
        const std::int64_t spent = row.integer(3);
        const std::int64_t becomes =
            corrected(correction.kind, spent, correction.amount.nano_usd());
        changes.push_back({scope, std::string(row.text(0)), wall(row.integer(1)),
                           core::Money::nano_usd(becomes - spent)});
        return {};
      });
  if (!read) return read;
  if (!lifetime && correction.kind != CorrectionKind::refund) {
    changes.push_back({scope, "", {}, correction.amount});
  }
  return {};
}

core::Result<void> write_change(Connection& connection, std::string_view id,
                                const CounterChange& change) {
  const auto scope = static_cast<std::int64_t>(change.scope.scope);
  auto line = connection.execute(
      "INSERT INTO adjustment_line (adjustment_id, scope, id, duration, period_start_ns,"
      " delta_nano) VALUES (?, ?, ?, ?, ?, ?)",
      {id, scope, change.scope.id, change.duration, nanos(change.period_start),
       change.delta.nano_usd()});
  if (!line) return core::pass(line);
  auto counter = connection.execute(
      "INSERT INTO budget_counter (scope, id, duration, period_start_ns, period_end_ns,"
      " spent_nano) VALUES (?, ?, ?, ?, NULL, ?) ON CONFLICT (scope, id, duration)"
      " DO UPDATE SET spent_nano = spent_nano + excluded.spent_nano",
      {scope, change.scope.id, change.duration, nanos(change.period_start),
       change.delta.nano_usd()});
  if (!counter) return core::pass(counter);
  return {};
}

std::vector<ScopeId> distinct_scopes(const std::vector<ScopeId>& scopes) {
  std::vector<ScopeId> distinct;
  for (const ScopeId& each : scopes) {
    ScopeId cut{each.scope, std::string(bounded_id(each.scope, each.id))};
    if (std::find(distinct.begin(), distinct.end(), cut) == distinct.end()) {
      distinct.push_back(std::move(cut));
    }
  }
  return distinct;
}

}  // namespace

core::Result<CorrectionOutcome> Corrections::apply(const Correction& correction) {
  if (correction.id.empty() || correction.scopes.empty() || correction.amount < core::Money()) {
    return core::fail(core::Errc::invalid_argument,
                      "a correction needs an id, a scope and an amount that is not negative");
  }
  using Outcome = core::Result<CorrectionOutcome>;
  return database_.write([&](Connection& connection) -> Outcome {
    CorrectionOutcome outcome;
    auto begun = begin(connection, correction.id, name_of(correction.kind), correction);
    if (!begun) return core::pass(begun);
    if (!*begun) {
      outcome.repeated = true;
      if (auto read = read_lines(connection, correction.id, outcome.changes); !read) {
        return core::pass(read);
      }
      return outcome;
    }
    for (const ScopeId& scope : distinct_scopes(correction.scopes)) {
      auto found = find_changes(connection, correction, scope, outcome.changes);
      if (!found) return core::pass(found);
    }
    for (const CounterChange& change : outcome.changes) {
      if (auto done = write_change(connection, correction.id, change); !done) {
        return core::pass(done);
      }
    }
    return outcome;
  });
}

core::Result<CorrectionOutcome> Corrections::reset_all(std::string_view id, std::string_view actor,
                                                       core::WallTime at) {
  if (id.empty()) return core::fail(core::Errc::invalid_argument, "a reset needs an id");
  Correction head;
  head.actor = actor;
  head.at = at;
  using Outcome = core::Result<CorrectionOutcome>;
  return database_.write([&](Connection& connection) -> Outcome {
    auto begun = begin(connection, id, "reset_all", head);
    if (!begun) return core::pass(begun);
    CorrectionOutcome outcome;
    outcome.repeated = !*begun;
    if (outcome.repeated) return outcome;
    auto lines = connection.execute(
        "INSERT INTO adjustment_line (adjustment_id, scope, id, duration, period_start_ns,"
        " delta_nano) SELECT ?, scope, id, duration, period_start_ns, -spent_nano"
        " FROM budget_counter WHERE spent_nano <> 0",
        {id});
    if (!lines) return core::pass(lines);
    auto reset =
        connection.execute("UPDATE budget_counter SET spent_nano = 0 WHERE spent_nano <> 0");
    if (!reset) return core::pass(reset);
    return outcome;
  });
}

}  // namespace gatehouse::ledger
