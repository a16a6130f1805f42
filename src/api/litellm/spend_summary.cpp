#include "litellm/spend_summary.hpp"

#include <map>
#include <string>
#include <utility>

#include "admin/json_writer.hpp"
#include "litellm/spend_scope.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::JsonWriter;
using ledger::UsageBy;

struct DaySummary {
  core::Money spend;
  std::map<std::string, core::Money> users;
  std::map<std::string, core::Money> models;
  std::map<std::string, core::Money> keys;
};
using Summary = std::map<std::string, DaySummary>;

admin::Outcome<void> collect(Summary& summary, const ledger::SpendQueries& queries, UsageBy by,
                             const ledger::DayRange& days, const ledger::UsageFilter& filter) {
  const auto groups = queries.usage(by, days, filter);
  if (!groups) return std::unexpected(refuse_question(groups.error()));
  for (const ledger::UsageGroup& group : *groups) {
    DaySummary& day = summary[group.names[0]];
    if (by == UsageBy::day) {
      day.spend = group.sums.spend;
      continue;
    }
    auto& part = by == UsageBy::day_user    ? day.users
                 : by == UsageBy::day_model ? day.models
                                            : day.keys;
    part[group.names[1]] = group.sums.spend;
  }
  return {};
}

void write_day(JsonWriter& out, const std::string& date, const DaySummary& day) {
  out.begin_object()
      .member("startTime", date)
      .member("spend", day.spend)
      .member("users", day.users)
      .member("models", day.models);
  for (const auto& [key, spend] : day.keys) out.member(key, spend);
  out.end_object();
}

ledger::UsageFilter usage_filter(const ledger::CallFilter& filter) {
  ledger::UsageFilter usage;
  if (filter.api_key) {
    usage.api_keys = filter.other_hashes;
    usage.api_keys.push_back(*filter.api_key);
  }
  if (filter.user_id) usage.user_ids = {*filter.user_id};
  return usage;
}

}  // namespace

admin::Answer spend_summary(const ledger::SpendQueries& queries, const ledger::CallFilter& filter) {
  const ledger::DayRange days{
      ledger::day_of(filter.from.value_or(core::WallTime())),
      ledger::day_of(filter.until.value_or(core::WallTime()) - core::Nanos(1))};
  Summary summary;
  for (const UsageBy by : {UsageBy::day, UsageBy::day_user, UsageBy::day_model, UsageBy::day_key}) {
    const auto done = collect(summary, queries, by, days, usage_filter(filter));
    if (!done) return done.error();
  }
  JsonWriter out;
  out.begin_array();
  for (const auto& [date, day] : summary) write_day(out, date, day);
  if (!summary.empty()) {
    const auto last = ledger::day_named(summary.rbegin()->first);
    ledger::Day next = last.value_or(days.last) + std::chrono::days(1);
    for (; next <= days.last; next += std::chrono::days(1)) {
      write_day(out, ledger::text_of(next), {});
    }
  }
  out.end_array();
  return admin::ok(std::move(out).take());
}

}  // namespace gatehouse::api::litellm
