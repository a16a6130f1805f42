#pragma once
/// The tables of sums by day. They are written here and nowhere else, all of them from the same
/// calls, so that none can be forgotten and each coarse one equals the fine one added up.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/database/connection.hpp"

namespace gatehouse::ledger {

/// YYYY-MM-DD, UTC.
std::string date_of(core::WallTime time);

/// What the sums tell calls apart by. Empty texts are unknown.
struct CallDimensions {
  core::WallTime started_at{};  ///< its day, UTC
  std::string_view api_key = {};
  std::string_view user_id = {};
  std::string_view team_id = {};
  std::string_view organization_id = {};
  std::string_view end_user = {};
  std::string_view model = {};
  std::string_view model_group = {};
  std::string_view provider = {};
  std::string_view call_type = {};
  std::span<const std::string_view> tags = {};  ///< one that is named twice counts once
};

/// What is added to the sums: of one call, or a change of them.
struct CallFigures {
  std::int64_t spend_nano = 0;
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  std::int64_t cache_read_tokens = 0;
  std::int64_t cache_write_tokens = 0;  ///< of both lifetimes
  std::int64_t reasoning_tokens = 0;
  std::int64_t api_requests = 0;
  std::int64_t successful_requests = 0;
  std::int64_t failed_requests = 0;
};

/// Adds calls up in memory; write() then touches each row once. One thread. The views are not kept
/// after add().
class DailySums {
 public:
  void add(const CallDimensions& call, const CallFigures& figures);
  /// Into every table, within the caller's transaction; the tables' sums stop at the greatest
  /// integer. Errors are the database's.
  core::Result<void> write(database::Connection& connection) const;
  bool empty() const noexcept { return days_.empty(); }
  void clear();

  static constexpr std::size_t kSums = 9;  ///< the members of CallFigures
  using Row = std::array<std::int64_t, kSums>;
  using Rows = std::unordered_map<std::string, Row>;  ///< by the dimensions, packed

 private:
  Rows days_;
  Rows tag_days_;
  std::string key_;
  std::int64_t day_ = -1;  ///< whose date_ was made last, from the epoch
  std::string date_;
};

}  // namespace gatehouse::ledger
