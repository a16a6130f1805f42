#pragma once
/// What a scope has spent, as the database knows it.

#include <span>
#include <string>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/limit_set.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/database/database.hpp"

namespace gatehouse::ledger {

struct ScopeId {
  core::Scope scope = core::Scope::global;
  std::string id;
  bool operator==(const ScopeId&) const = default;
};

/// A row of budget_counter.
struct Counter {
  std::string duration;  ///< empty: lifetime
  core::WallTime period_start{};
  core::WallTime period_end = core::WallTime::max();  ///< exclusive; max: never
  core::Money spent;
  bool operator==(const Counter&) const = default;
};

/// What was settled and applied; entries that are still in the journals are missing. Thread-safe,
/// blocking.
class Balances {
 public:
  explicit Balances(database::Database& database) : database_(database) {}

  /// The counters of each scope, in the order of `scopes`, of one moment. None for a scope that was
  /// never charged.
  core::Result<std::vector<std::vector<Counter>>> read(std::span<const ScopeId> scopes) const;

 private:
  database::Database& database_;
};

}  // namespace gatehouse::ledger
