#include "sums.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <vector>

namespace gatehouse::ledger {
namespace {

using database::Value;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

// A period that is over is left as it is: its call is in the daily sums, and nobody asks any more.
constexpr std::string_view kAddToCounter =
    "INSERT INTO budget_counter (scope, id, duration, period_start_ns, period_end_ns, spent_nano)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (scope, id, duration) DO UPDATE SET"
    " spent_nano = CASE WHEN excluded.period_start_ns > period_start_ns THEN excluded.spent_nano"
    "  WHEN excluded.period_start_ns < period_start_ns THEN spent_nano"
    "  WHEN excluded.spent_nano > 0 AND spent_nano > 9223372036854775807 - excluded.spent_nano"
    "  THEN 9223372036854775807"
    "  ELSE spent_nano + excluded.spent_nano END,"
    " period_end_ns = CASE WHEN excluded.period_start_ns >= period_start_ns"
    "  THEN excluded.period_end_ns ELSE period_end_ns END,"
    " period_start_ns = max(period_start_ns, excluded.period_start_ns)";

/// Adds a row of figures to daily_usage, or to daily_tag_usage, whose second column is the tag.
std::string add_to_day(const std::string& table, const std::string& tag) {
  const std::string dimensions = "date," + tag +
                                 " api_key, user_id, team_id, organization_id, end_user, model,"
                                 " model_group, provider, call_type";
  std::string sql = "INSERT INTO " + table + " (" + dimensions + ", spend_nano, ";
  const std::string_view counts[] = {
      "prompt_tokens",    "completion_tokens", "cache_read_tokens",   "cache_write_tokens",
      "reasoning_tokens", "api_requests",      "successful_requests", "failed_requests"};
  std::string added;
  for (const std::string_view count : counts) {
    const std::string name(count);
    if (!added.empty()) sql += ", ";
    sql += name;
    for (const std::string_view part : {std::string_view(", "), count, std::string_view(" = "),
                                        count, std::string_view(" + excluded."), count}) {
      added += part;
    }
  }
  sql += ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";
  sql += tag.empty() ? ")" : ", ?)";
  return sql + " ON CONFLICT (" + dimensions +
         ") DO UPDATE SET spend_nano = CASE WHEN excluded.spend_nano > 0"
         " AND spend_nano > 9223372036854775807 - excluded.spend_nano THEN 9223372036854775807"
         " ELSE spend_nano + excluded.spend_nano END" +
         added;
}

/// Texts one behind the other, each with its length, so that no byte in one is mistaken.
void pack(std::string& key, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  key.append(reinterpret_cast<const char*>(&size), sizeof(size));
  key += text;
}
std::string_view unpack(std::string_view& key) {
  std::uint32_t size = 0;
  key.copy(reinterpret_cast<char*>(&size), sizeof(size));
  const std::string_view text = key.substr(sizeof(size), size);
  key.remove_prefix(sizeof(size) + size);
  return text;
}

}  // namespace

std::int64_t saturating_add(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a > 0 ? kMost : std::numeric_limits<std::int64_t>::min();
}

std::int64_t stored_tokens(std::uint64_t count) noexcept {
  return static_cast<std::int64_t>(std::min(count, core::kMaxPlausibleTokens));
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

void Sums::add(const SettlementEntry& entry) {
  const core::TokenUsage& usage = entry.usage;
  const bool answered = entry.status == CallStatus::answered;
  add_day(entry, {entry.cost.nano_usd(), stored_tokens(usage.prompt),
                  stored_tokens(usage.completion), stored_tokens(usage.cache_read),
                  stored_tokens(usage.cache_write) + stored_tokens(usage.cache_write_1h),
                  stored_tokens(usage.reasoning), 1, answered ? 1 : 0, answered ? 0 : 1});
  charge(entry.periods, entry.cost.nano_usd());
}

void Sums::correct(const SettlementEntry& entry, core::Money delta) {
  add_day(entry, {delta.nano_usd()});
  charge(entry.periods, delta.nano_usd());
}

void Sums::charge(std::span<const core::ChargedPeriod> periods, std::int64_t cost) {
  std::string key;
  for (const core::ChargedPeriod& period : periods) {
    key.assign(1, static_cast<char>(period.scope));
    pack(key, period.id);
    key += period.duration;
    const std::int64_t start = period.period_start.time_since_epoch().count();
    const auto [at, added] = counters_.try_emplace(key);
    Counter& counter = at->second;
    if (!added && start < counter.start) continue;
    if (added || start > counter.start) counter.spent = 0;
    counter.start = start;
    counter.end = period.period_end.time_since_epoch().count();
    counter.endless = period.period_end == core::WallTime::max();
    counter.spent = saturating_add(counter.spent, cost);
  }
}

void Sums::add_day(const SettlementEntry& entry, const Figures& figures) {
  const CallFacts& facts = entry.facts;
  const std::string date = date_of(facts.started_at);
  std::string key;
  const auto pack_dimensions = [&] {
    for (const std::string_view text :
         {facts.api_key, facts.user_id, facts.team_id, facts.organization_id, facts.end_user,
          entry.model, facts.model_group, entry.provider, facts.call_type}) {
      pack(key, text);
    }
  };
  const auto add_to = [&](std::unordered_map<std::string, Figures>& days) {
    Figures& sums = days[key];
    for (std::size_t i = 0; i < kSums; ++i) sums[i] = saturating_add(sums[i], figures[i]);
  };
  pack(key, date);
  pack_dimensions();
  add_to(days_);
  for (std::size_t i = 0; i < facts.tags.size(); ++i) {
    const auto before = facts.tags.first(i);
    if (std::find(before.begin(), before.end(), facts.tags[i]) != before.end()) continue;
    key.clear();
    pack(key, date);
    pack(key, facts.tags[i]);
    pack_dimensions();
    add_to(tag_days_);
  }
}

core::Result<void> Sums::write(database::Connection& connection) const {
  if (auto done = write_counters(connection); !done) return done;
  static const std::string kDay = add_to_day("daily_usage", "");
  static const std::string kTagDay = add_to_day("daily_tag_usage", " tag,");
  if (auto done = write_days(connection, kDay, days_); !done) return done;
  return write_days(connection, kTagDay, tag_days_);
}

core::Result<void> Sums::write_counters(database::Connection& connection) const {
  for (const auto& [packed, counter] : counters_) {
    std::string_view rest = std::string_view(packed).substr(1);
    const std::string_view id = unpack(rest);
    const Value end = counter.endless ? Value() : Value(counter.end);
    auto done = connection.execute(
        kAddToCounter, {std::int64_t{packed[0]}, id, rest, counter.start, end, counter.spent});
    if (!done) return core::pass(done);
  }
  return {};
}

core::Result<void> Sums::write_days(database::Connection& connection, std::string_view sql,
                                    const std::unordered_map<std::string, Figures>& days) {
  std::vector<Value> values;
  for (const auto& [packed, figures] : days) {
    values.clear();
    for (std::string_view rest = packed; !rest.empty();) values.emplace_back(unpack(rest));
    for (const std::int64_t figure : figures) values.emplace_back(figure);
    auto done = connection.execute(sql, std::span<const Value>(values));
    if (!done) return core::pass(done);
  }
  return {};
}

}  // namespace gatehouse::ledger
