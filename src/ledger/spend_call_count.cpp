#include "spend_call_count.hpp"

#include <algorithm>

#include "gatehouse/database/select.hpp"
#include "spend_call_row.hpp"

namespace gatehouse::ledger {
namespace {

using database::Connection;
using database::Row;
using database::Select;

bool rollups_know(const CallFilter& filter) {
  return !filter.request_id && !filter.end_user && !filter.session_id && !filter.deployment &&
         !filter.key_alias && !filter.min_cost && !filter.max_cost && !filter.http_status &&
         !filter.error_contains;
}

bool names_nobody(const CallFilter& filter) {
  return !filter.api_key && !filter.user_id && !filter.team_id && !filter.organization_id;
}

core::Result<std::optional<std::int64_t>> one_number(Connection& connection, const Select& select) {
  std::optional<std::int64_t> number;
  auto done = select.each(connection, [&](const Row& row) -> core::Result<void> {
    number = row.maybe_integer(0);
    return {};
  });
  if (!done) return core::pass(done);
  return number;
}

core::Result<std::uint64_t> count_log(Connection& connection, const CallFilter& filter) {
  Select select("1", "call_record");
  narrow(select, filter);
  auto rows = select.count(connection);
  if (!rows) return core::pass(rows);
  return static_cast<std::uint64_t>(*rows);
}

Select sums(const CallFilter& filter) {
  if (names_nobody(filter)) {
    return Select("SUM(api_requests), SUM(successful_requests), SUM(failed_requests)",
                  "daily_model_usage");
  }
  return Select("SUM(api_requests), SUM(successful_requests), SUM(failed_requests)",
                "daily_key_usage");
}

core::Result<std::uint64_t> count_days(Connection& connection, const CallFilter& filter,
                                       const DayRange& days) {
  Select select = sums(filter);
  select.where("date >= ?", text_of(days.first))
      .where("date <= ?", text_of(days.last))
      .where_if("user_id = ?", filter.user_id)
      .where_if("team_id = ?", filter.team_id)
      .where_if("organization_id = ?", filter.organization_id)
      .where_if("model = ?", filter.model)
      .where_if("model_group = ?", filter.model_group);
  narrow_key(select, filter);
  std::uint64_t counted = 0;
  auto done = select.each(connection, [&](const Row& row) -> core::Result<void> {
    const int column = !filter.successful ? 0 : *filter.successful ? 1 : 2;
    counted = static_cast<std::uint64_t>(row.integer(column));
    return {};
  });
  if (!done) return core::pass(done);
  return counted;
}

/// When the first and the last call of the log started; nothing when there is none.
core::Result<std::optional<std::pair<core::WallTime, core::WallTime>>> extent(
    Connection& connection) {
  auto first = one_number(connection, Select("MIN(started_at_ns)", "call_record"));
  if (!first) return core::pass(first);
  auto last = one_number(connection, Select("MAX(started_at_ns)", "call_record"));
  if (!last) return core::pass(last);
  const std::optional<std::int64_t> oldest = *first;
  const std::optional<std::int64_t> newest = *last;
  if (!oldest || !newest) return std::nullopt;
  return std::pair(core::WallTime(core::Nanos(*oldest)), core::WallTime(core::Nanos(*newest)));
}

}  // namespace

core::Result<std::uint64_t> count_calls(Connection& connection, const CallFilter& filter) {
  if (!rollups_know(filter)) return count_log(connection, filter);
  auto found = extent(connection);
  if (!found) return core::pass(found);
  const auto stored = *found;
  if (!stored) return std::uint64_t{0};

  CallFilter head = filter;
  head.from = std::max(filter.from.value_or(core::WallTime{}), stored->first);
  head.until =
      std::min(filter.until.value_or(core::WallTime::max()), stored->second + core::Nanos(1));
  // The day of the oldest record may have lost some to the archive.
  const Day first = day_of(*head.from) + std::chrono::days(1);
  const Day end = day_of(*head.until);
  if (first >= end) return count_log(connection, head);

  CallFilter tail = head;
  head.until = start_of(first);
  tail.from = start_of(end);
  std::uint64_t counted = 0;
  for (const CallFilter* edge : {&head, &tail}) {
    auto some = count_log(connection, *edge);
    if (!some) return core::pass(some);
    counted += *some;
  }
  auto middle = count_days(connection, filter, {first, end - std::chrono::days(1)});
  if (!middle) return core::pass(middle);
  return counted + *middle;
}

}  // namespace gatehouse::ledger
