#pragma once
/// Changes of what was spent that no call made: resets, refunds, imports, and the true cost of a
/// call whose outcome was unknown.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/database/database.hpp"
#include "gatehouse/ledger/balances.hpp"

namespace gatehouse::ledger {

enum class CorrectionKind : std::uint8_t {
  reset_spend,  ///< every counter of the scopes is set to `amount`
  refund,       ///< `amount` is taken off the lifetime and off each period that holds `at`
  import,       ///< `amount` is added to the lifetime: spend of another system
};

/// An order to correct. `id` makes it happen once (faults.md G10).
struct Correction {
  std::string id;  ///< never empty
  CorrectionKind kind = CorrectionKind::reset_spend;
  std::vector<ScopeId> scopes;
  core::Money amount;  ///< never negative
  std::string actor;
  std::string reason;
  core::WallTime at{};
};

/// How one counter moved; the caller moves the live accounts by the same.
struct CounterChange {
  ScopeId scope;
  std::string duration;
  core::WallTime period_start{};
  core::Money delta;
  bool operator==(const CounterChange&) const = default;
};

struct CorrectionOutcome {
  bool repeated = false;  ///< it had been done before; `changes` are those of then
  std::vector<CounterChange> changes;
};

/// A call that was charged at its reservation because nobody knows its cost.
struct UnknownCall {
  std::string call_id;
  core::Money reserved;
  core::WallTime since{};
  std::string api_key;
  std::string model_group;
};

/// Thread-safe, blocking. Corrects what is applied: call Settler::flush() before, so that calls
/// that ended earlier are corrected, too.
class Corrections {
 public:
  explicit Corrections(database::Database& database) : database_(database) {}

  /// Errc::invalid_argument; Errc::conflict when `id` was used for another correction.
  core::Result<CorrectionOutcome> apply(const Correction& correction);
  /// Every counter of every scope to zero. The changes are in adjustment_line, not in the outcome.
  core::Result<CorrectionOutcome> reset_all(std::string_view id, std::string_view actor,
                                            core::WallTime at);

  /// Oldest first.
  core::Result<std::vector<UnknownCall>> unknown_calls(std::size_t limit) const;
  /// The true cost became known: the record, its counters and its daily sums move from the reserved
  /// amount to `actual`. Errc::not_found; Errc::conflict when it was resolved to another amount.
  core::Result<CorrectionOutcome> resolve(std::string_view call_id, core::Money actual,
                                          std::string_view actor, core::WallTime at);

 private:
  database::Database& database_;
};

}  // namespace gatehouse::ledger
