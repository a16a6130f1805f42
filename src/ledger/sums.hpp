#pragma once
/// What the settlements of a batch add to counters and daily sums, added up before it is written.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gatehouse/core/error.hpp"
#include "gatehouse/database/connection.hpp"
#include "gatehouse/ledger/entry.hpp"

namespace gatehouse::ledger {

/// a + b, or the nearest that there is. For money: a budget that is exceeded beyond counting stays
/// exceeded.
std::int64_t saturating_add(std::int64_t a, std::int64_t b) noexcept;

/// A token count as the tables hold it: at most core::kMaxPlausibleTokens.
std::int64_t stored_tokens(std::uint64_t count) noexcept;

/// YYYY-MM-DD, UTC.
std::string date_of(core::WallTime time);

/// One thread.
class Sums {
 public:
  /// A settlement that is in call_record since this transaction.
  void add(const SettlementEntry& entry);
  /// The cost of a call that was counted already changes by `delta`.
  void correct(const SettlementEntry& entry, core::Money delta);
  core::Result<void> write(database::Connection& connection) const;

 private:
  static constexpr std::size_t kSums = 9;  // spend … failed_requests, as in daily_usage
  using Figures = std::array<std::int64_t, kSums>;
  struct Counter {
    std::int64_t start = 0;
    std::int64_t end = 0;
    bool endless = false;
    std::int64_t spent = 0;
  };

  void charge(std::span<const core::ChargedPeriod> periods, std::int64_t cost);
  void add_day(const SettlementEntry& entry, const Figures& figures);
  core::Result<void> write_counters(database::Connection& connection) const;
  static core::Result<void> write_days(database::Connection& connection, std::string_view sql,
                                       const std::unordered_map<std::string, Figures>& days);

  std::unordered_map<std::string, Counter> counters_;  // by scope, id and duration, packed
  std::unordered_map<std::string, Figures> days_;      // by the dimensions, packed
  std::unordered_map<std::string, Figures> tag_days_;
};

}  // namespace gatehouse::ledger
