/// Lines of the daily roll-ups, and the names that occur in them.

#include <utility>

#include "gatehouse/ledger/spend_queries.hpp"
#include "spend_sums.hpp"

namespace gatehouse::ledger {
namespace {

using database::Connection;
using database::Row;
using database::Select;

#define GATEHOUSE_LINE(subject)                                                     \
  "date, " subject                                                                  \
  ", api_key, model, model_group, provider, call_type, spend_nano, prompt_tokens, " \
  "completion_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, "    \
  "api_requests, successful_requests, failed_requests"

/// The lines in which the subject is named, in the order of the table's primary key backwards, so
/// that nothing is sorted.
Select lines_of(Subject subject) {
  switch (subject) {
    case Subject::user:
      return Select(GATEHOUSE_LINE("user_id"), "daily_key_usage");
    case Subject::team:
      return Select(GATEHOUSE_LINE("team_id"), "daily_key_usage").where("team_id <> ''");
    case Subject::organization:
      return Select(GATEHOUSE_LINE("organization_id"), "daily_key_usage")
          .where("organization_id <> ''");
    case Subject::end_user:
      return Select(GATEHOUSE_LINE("end_user"), "daily_usage").where("end_user <> ''");
    case Subject::tag:
      return Select(GATEHOUSE_LINE("tag"), "daily_tag_usage");
  }
  return Select(GATEHOUSE_LINE("user_id"), "daily_key_usage");
}
#undef GATEHOUSE_LINE

void newest_first(Select& select, Subject subject) {
  select.order_by("date DESC");
  if (subject == Subject::tag) select.order_by("tag DESC");
  select.order_by("api_key DESC, user_id DESC, team_id DESC, organization_id DESC");
  if (subject == Subject::tag || subject == Subject::end_user) select.order_by("end_user DESC");
  select.order_by("model DESC, model_group DESC, provider DESC, call_type DESC");
}

ActivityLine read_line(const Row& row) {
  ActivityLine line;
  line.date = row.text(0);
  line.subject = row.text(1);
  line.api_key = row.text(2);
  line.model = row.text(3);
  line.model_group = row.text(4);
  line.provider = row.text(5);
  line.call_type = row.text(6);
  line.sums = read_sums(row, 7);
  return line;
}

core::Result<std::vector<ActivityLine>> read_lines(Connection& connection, const Select& select) {
  std::vector<ActivityLine> lines;
  auto done = select.each(connection, [&](const Row& row) -> core::Result<void> {
    lines.push_back(read_line(row));
    return {};
  });
  if (!done) return core::pass(done);
  return lines;
}

core::Result<std::vector<std::string>> names(database::Database& database, std::string_view sql,
                                             std::string_view after, std::uint64_t limit) {
  return database.read([&](Connection& connection) -> core::Result<std::vector<std::string>> {
    std::vector<std::string> found;
    const database::Value values[] = {after, static_cast<std::int64_t>(limit)};
    auto done = connection.query(sql, values, [&](const Row& row) -> core::Result<void> {
      found.emplace_back(row.text(0));
      return {};
    });
    if (!done) return core::pass(done);
    return found;
  });
}

}  // namespace

core::Result<ActivityPage> SpendQueries::activity(Subject subject, const DayRange& days,
                                                  const UsageFilter& filter, std::uint64_t offset,
                                                  std::uint64_t limit) const {
  return database_.read([&](Connection& connection) -> core::Result<ActivityPage> {
    Select select = lines_of(subject);
    within(select, days);
    narrow(select, filter);
    auto total = select.count(connection);
    if (!total) return core::pass(total);
    newest_first(select, subject);
    select.limit(static_cast<std::int64_t>(limit), static_cast<std::int64_t>(offset));
    auto lines = read_lines(connection, select);
    if (!lines) return core::pass(lines);
    return ActivityPage{std::move(*lines), static_cast<std::uint64_t>(*total)};
  });
}

core::Result<std::vector<ActivityLine>> SpendQueries::activity_of_day(
    Subject subject, Day day, const UsageFilter& filter) const {
  return database_.read([&](Connection& connection) -> core::Result<std::vector<ActivityLine>> {
    Select select = lines_of(subject);
    select.where("date = ?", text_of(day));
    narrow(select, filter);
    return read_lines(connection, select);
  });
}

core::Result<std::vector<Day>> SpendQueries::active_days(const DayRange& days) const {
  return database_.read([&](Connection& connection) -> core::Result<std::vector<Day>> {
    std::vector<Day> found;
    Select select("date", "daily_model_usage");
    within(select, days);
    select.group_by("date").order_by("date DESC");
    auto done = select.each(connection, [&](const Row& row) -> core::Result<void> {
      if (const auto day = day_named(row.text(0))) found.push_back(*day);
      return {};
    });
    if (!done) return core::pass(done);
    return found;
  });
}

// Both jump from name to name in an index, so that they cost as much as there are names.
core::Result<std::vector<std::string>> SpendQueries::tag_names(std::string_view after,
                                                               std::uint64_t limit) const {
  return names(database_,
               "WITH RECURSIVE found (name) AS ("
               "SELECT (SELECT MIN(tag) FROM daily_tag_total WHERE tag > ?) UNION ALL "
               "SELECT (SELECT MIN(tag) FROM daily_tag_total WHERE tag > name) FROM found "
               "WHERE name IS NOT NULL) "
               "SELECT name FROM found WHERE name IS NOT NULL LIMIT ?",
               after, limit);
}

core::Result<std::vector<std::string>> SpendQueries::end_users(std::string_view after,
                                                               std::uint64_t limit) const {
  return names(
      database_,
      "WITH RECURSIVE found (name) AS ("
      "SELECT (SELECT MIN(id) FROM daily_scope_total WHERE scope = 6 AND id > ?) UNION ALL "
      "SELECT (SELECT MIN(id) FROM daily_scope_total WHERE scope = 6 AND id > name) "
      "FROM found WHERE name IS NOT NULL) "
      "SELECT name FROM found WHERE name IS NOT NULL LIMIT ?",
      after, limit);
}

}  // namespace gatehouse::ledger
