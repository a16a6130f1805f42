#pragma once
/// Questions about what was called and what it cost. Answers come from the call log and from the
/// daily roll-ups; nothing here reads the log where a roll-up knows the answer.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/error.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/database/database.hpp"
#include "gatehouse/ledger/corrections.hpp"
#include "gatehouse/ledger/spend_records.hpp"

namespace gatehouse::ledger {

/// Thread-safe, blocking. Sees what is applied: call Settler::flush() before, so that calls that
/// ended earlier are in the answer. No answer holds more rows than its limit.
/// Errc::deadline_exceeded when a question would read too much: ask for fewer days.
class SpendQueries {
 public:
  explicit SpendQueries(database::Database& database) : database_(database) {}

  /// One page of the log and how many calls match in all.
  core::Result<CallPage> page(const CallFilter& filter, const CallPageRequest& request) const;
  /// The newest matching calls that come before `before` (from the last row of the part before),
  /// for reading everything in parts.
  struct Cursor {
    core::WallTime started_at;
    std::int64_t seq = 0;
  };
  core::Result<std::vector<LoggedCall>> newest(const CallFilter& filter,
                                               const std::optional<Cursor>& before,
                                               std::uint64_t limit) const;
  /// How many calls each session has.
  core::Result<std::map<std::string, std::uint64_t>> session_sizes(
      std::span<const std::string> sessions) const;

  /// Sums by day in order of the days, other sums by spend, greatest first.
  core::Result<std::vector<UsageGroup>> usage(UsageBy by, const std::optional<DayRange>& days,
                                              const UsageFilter& filter,
                                              std::uint64_t limit = 100'000) const;
  core::Result<UsageSums> total(const std::optional<DayRange>& days,
                                const UsageFilter& filter = {}) const;

  /// One page of the roll-up's lines about users, teams, …
  core::Result<ActivityPage> activity(Subject subject, const DayRange& days,
                                      const UsageFilter& filter, std::uint64_t offset,
                                      std::uint64_t limit) const;
  /// All lines of one day.
  core::Result<std::vector<ActivityLine>> activity_of_day(Subject subject, Day day,
                                                          const UsageFilter& filter) const;
  /// The days on which there was a call, newest first.
  core::Result<std::vector<Day>> active_days(const DayRange& days) const;

  /// Names that calls carried, sorted, at most `limit` after `after`.
  core::Result<std::vector<std::string>> tag_names(std::string_view after,
                                                   std::uint64_t limit) const;
  core::Result<std::vector<std::string>> end_users(std::string_view after,
                                                   std::uint64_t limit) const;

  /// Names of keys by hash, and of teams by id; unknown ones are left out.
  core::Result<std::map<std::string, KeyName>> key_names(std::span<const std::string> keys) const;
  core::Result<std::map<std::string, std::string>> team_names(
      std::span<const std::string> teams) const;

  /// How the correction of that id moved each counter.
  core::Result<void> changes_of(std::string_view correction,
                                const std::function<void(const CounterChange&)>& each) const;

 private:
  database::Database& database_;
};

}  // namespace gatehouse::ledger
