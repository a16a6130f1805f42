#include "gatehouse/ledger/daily_sums.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "gatehouse/core/limit_set.hpp"
#include "gatehouse/ledger/spend_records.hpp"
#include "packed_key.hpp"
#include "sums.hpp"

namespace gatehouse::ledger {
namespace {

using database::Connection;
using database::Value;
using Row = DailySums::Row;
using Rows = DailySums::Rows;

enum Dimension : std::uint8_t {
  date,
  tag,
  api_key,
  user_id,
  team_id,
  organization_id,
  end_user,
  model,
  model_group,
  provider,
  call_type,
  week,  // of the date, by its Monday
};
constexpr std::size_t kDimensions = week + 1;
constexpr std::array<std::string_view, kDimensions> kColumns{
    "date",     "tag",   "api_key",     "user_id",  "team_id",   "organization_id",
    "end_user", "model", "model_group", "provider", "call_type", "date"};
constexpr std::array<std::string_view, DailySums::kSums - 1> kCounts{
    "prompt_tokens",    "completion_tokens", "cache_read_tokens",   "cache_write_tokens",
    "reasoning_tokens", "api_requests",      "successful_requests", "failed_requests"};

using Names = std::array<std::string_view, kDimensions>;
using Dimensions = std::vector<Dimension>;  // in the order of the primary key

const Dimensions kFine{date,     api_key, user_id,     team_id,  organization_id,
                       end_user, model,   model_group, provider, call_type};
const Dimensions kFineOfTags{date,     tag,   api_key,     user_id,  team_id,  organization_id,
                             end_user, model, model_group, provider, call_type};

/// The statement that adds a row of figures to `table`, or makes it. `key` is its primary key,
/// `marks` has the values of those columns.
std::string upsert(std::string_view table, const std::string& key, const std::string& marks) {
  std::string counts;
  std::string count_marks;
  std::string added;
  for (const std::string_view count : kCounts) {
    counts.append(", ").append(count);
    count_marks += ", ?";
    added.append(", ").append(count).append(" = ").append(count);
    added.append(" + excluded.").append(count);
  }
  return "INSERT INTO " + std::string(table) + " (" + key + ", spend_nano" + counts + ") VALUES (" +
         marks + ", ?" + count_marks + ") ON CONFLICT (" + key +
         ") DO UPDATE SET spend_nano = CASE WHEN excluded.spend_nano > 0"
         " AND spend_nano > 9223372036854775807 - excluded.spend_nano THEN 9223372036854775807"
         " ELSE spend_nano + excluded.spend_nano END" +
         added;
}

struct Table {
  Dimensions dimensions;
  std::string sql;
};

Table table_of(std::string_view name, Dimensions dimensions) {
  std::string key;
  std::string marks;
  for (const Dimension dimension : dimensions) {
    const std::string_view comma = key.empty() ? "" : ", ";
    key += std::string(comma) + std::string(kColumns[dimension]);
    marks += std::string(comma) + "?";
  }
  return {std::move(dimensions), upsert(name, key, marks)};
}

/// What a scope's members spent: its lines of a table for all scopes.
Table table_of(std::string_view name, core::Scope scope, Dimensions dimensions) {
  return {std::move(dimensions),
          upsert(name, "scope, date, id", std::to_string(static_cast<int>(scope)) + ", ?, ?")};
}

void add_to(Rows& rows, const std::string& key, const Row& figures) {
  Row& sums = rows[key];
  for (std::size_t i = 0; i < figures.size(); ++i) sums[i] = saturating_add(sums[i], figures[i]);
}

core::Result<void> write_rows(Connection& connection, std::string_view sql, const Rows& rows) {
  // In the order of the table, as far as it does not cost much: neighbours share a page.
  std::vector<const Rows::value_type*> sorted;
  sorted.reserve(rows.size());
  for (const auto& row : rows) sorted.push_back(&row);
  std::ranges::sort(sorted, {}, [](const auto* row) { return std::string_view(row->first); });
  std::vector<Value> values;
  for (const Rows::value_type* row : sorted) {
    values.clear();
    for (std::string_view rest = row->first; !rest.empty();) values.emplace_back(unpack(rest));
    for (const std::int64_t figure : row->second) values.emplace_back(figure);
    auto done = connection.execute(sql, std::span<const Value>(values));
    if (!done) return core::pass(done);
  }
  return {};
}

/// `fine`, whose names are those of `has`, added up to what the coarse table tells apart.
Rows coarser(const Rows& fine, const Dimensions& has, const Dimensions& wanted) {
  Rows coarse;
  Names names{};
  std::string key;
  std::string day;
  std::string monday;
  for (const auto& [packed, figures] : fine) {
    std::string_view rest = packed;
    for (const Dimension dimension : has) names[dimension] = unpack(rest);
    // Most calls name no end user; nobody asks what those cost together.
    if (wanted.back() == end_user && names[end_user].empty()) continue;
    if (wanted.front() == week && names[date] != day) {
      day = names[date];
      monday = text_of(monday_of(day_named(day).value_or(Day())));
    }
    names[week] = monday;
    key.clear();
    for (const Dimension dimension : wanted) pack(key, names[dimension]);
    add_to(coarse, key, figures);
  }
  return coarse;
}

/// The fine rows and all that is made of them.
core::Result<void> write_family(Connection& connection, const Rows& rows,
                                std::span<const Table> tables) {
  const Table& fine = tables.front();
  if (auto done = write_rows(connection, fine.sql, rows); !done) return done;
  for (const Table& table : tables.subspan(1)) {
    const Rows coarse = coarser(rows, fine.dimensions, table.dimensions);
    if (auto done = write_rows(connection, table.sql, coarse); !done) return done;
  }
  return {};
}

}  // namespace

core::Result<void> DailySums::write(Connection& connection) const {
  static const Table kTables[] = {
      table_of("daily_usage", kFine),
      table_of("daily_key_usage", {date, api_key, user_id, team_id, organization_id, model,
                                   model_group, provider, call_type}),
      table_of("daily_model_usage", {date, model, model_group, provider, call_type}),
      table_of("daily_scope_total", core::Scope::key, {date, api_key}),
      table_of("daily_scope_total", core::Scope::user, {date, user_id}),
      table_of("daily_scope_total", core::Scope::team, {date, team_id}),
      table_of("daily_scope_total", core::Scope::end_user, {date, end_user}),
      table_of("weekly_scope_total", core::Scope::key, {week, api_key}),
      table_of("weekly_scope_total", core::Scope::end_user, {week, end_user}),
  };
  static const Table kTagTables[] = {
      table_of("daily_tag_usage", kFineOfTags),
      table_of("daily_tag_total", {date, tag}),
  };
  if (auto done = write_family(connection, days_, kTables); !done) return done;
  return write_family(connection, tag_days_, kTagTables);
}

void DailySums::add(const CallDimensions& call, const CallFigures& figures) {
  const Row row{figures.spend_nano,        figures.prompt_tokens,       figures.completion_tokens,
                figures.cache_read_tokens, figures.cache_write_tokens,  figures.reasoning_tokens,
                figures.api_requests,      figures.successful_requests, figures.failed_requests};
  const std::int64_t day =
      std::chrono::floor<std::chrono::days>(call.started_at).time_since_epoch().count();
  if (date_.empty() || day != day_) {
    day_ = day;
    date_ = date_of(call.started_at);
  }
  const auto pack_rest = [&] {
    for (const std::string_view text :
         {call.api_key, call.user_id, call.team_id, call.organization_id, call.end_user, call.model,
          call.model_group, call.provider, call.call_type}) {
      pack(key_, text);
    }
  };
  key_.clear();
  pack(key_, date_);
  pack_rest();
  add_to(days_, key_, row);
  for (std::size_t i = 0; i < call.tags.size(); ++i) {
    const auto before = call.tags.first(i);
    if (std::ranges::find(before, call.tags[i]) != before.end()) continue;
    key_.clear();
    pack(key_, date_);
    pack(key_, call.tags[i]);
    pack_rest();
    add_to(tag_days_, key_, row);
  }
}

void DailySums::clear() {
  days_.clear();
  tag_days_.clear();
}

std::string date_of(core::WallTime time) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  std::string text = std::to_string(static_cast<int>(day.year()));
  const auto two = [&](unsigned value) {
    text += '-';
    text += static_cast<char>('0' + value / 10);
    text += static_cast<char>('0' + value % 10);
  };
  two(static_cast<unsigned>(day.month()));
  two(static_cast<unsigned>(day.day()));
  return text;
}

}  // namespace gatehouse::ledger
