#pragma once
/// What the settlements of a batch add to counters and daily sums, added up before it is written.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gatehouse/core/error.hpp"
#include "gatehouse/database/connection.hpp"
#include "gatehouse/ledger/daily_sums.hpp"
#include "gatehouse/ledger/entry.hpp"

namespace gatehouse::ledger {

/// a + b, or the nearest that there is. For money: a budget that is exceeded beyond counting stays
/// exceeded.
std::int64_t saturating_add(std::int64_t a, std::int64_t b) noexcept;

/// A token count as the tables hold it: at most core::kMaxPlausibleTokens.
std::int64_t stored_tokens(std::uint64_t count) noexcept;

/// One thread.
class Sums {
 public:
  /// A settlement that is in call_record since this transaction.
  void add(const SettlementEntry& entry);
  /// The cost of a call that was counted already changes by `delta`.
  void correct(const SettlementEntry& entry, core::Money delta);
  core::Result<void> write(database::Connection& connection) const;

 private:
  struct Counter {
    std::int64_t start = 0;
    std::int64_t end = 0;
    bool endless = false;
    std::int64_t spent = 0;
  };

  void charge(std::span<const core::ChargedPeriod> periods, std::int64_t cost);
  core::Result<void> write_counters(database::Connection& connection) const;

  std::unordered_map<std::string, Counter> counters_;  // by scope, id and duration, packed
  DailySums days_;
  std::string key_;
};

}  // namespace gatehouse::ledger
