/// Spend of everybody: totals, and by key, model, team, tag, provider and end user.

#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "admin/body_reader.hpp"
#include "admin/json_writer.hpp"
#include "gatehouse/ledger/corrections.hpp"
#include "gatehouse/tenancy/access.hpp"
#include "gatehouse/tenancy/key_store.hpp"
#include "litellm/account_moves.hpp"
#include "litellm/spend_handlers.hpp"
#include "litellm/spend_scope.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::FieldErrors;
using admin::JsonWriter;
using admin::Outcome;
using admin::QueryReader;
using ledger::UsageBy;
using ledger::UsageGroup;

constexpr int kMonth = 30;  ///< days that routes without dates are about
constexpr std::uint64_t kTopEndUsers = 100;
constexpr std::uint64_t kMostNames = 10'000;

using Groups = std::vector<UsageGroup>;

Outcome<Groups> ask(ControlPlane& control, UsageBy by, const std::optional<ledger::DayRange>& days,
                    const ledger::UsageFilter& filter = {}, std::uint64_t limit = 100'000) {
  const auto queries = settled_queries(control);
  if (!queries) return std::unexpected(queries.error());
  auto groups = (*queries)->usage(by, days, filter, limit);
  if (!groups) return std::unexpected(refuse_question(groups.error()));
  return std::move(*groups);
}

/// [{"<name>":…,"<amount>":spend}]
Answer named_amounts(const Groups& groups, std::string_view name, std::string_view amount) {
  JsonWriter out;
  out.begin_array();
  for (const UsageGroup& group : groups) {
    out.begin_object().member(name, group.names[0]).member(amount, group.sums.spend).end_object();
  }
  out.end_array();
  return admin::ok(std::move(out).take());
}

template <class T>
std::vector<std::string> names_in(const Groups& groups, T index) {
  std::vector<std::string> names;
  for (const UsageGroup& group : groups) names.push_back(group.names[index]);
  std::ranges::sort(names);
  const auto doubled = std::ranges::unique(names);
  names.erase(doubled.begin(), doubled.end());
  return names;
}

std::string team_shown(const std::map<std::string, std::string>& aliases, const std::string& id) {
  if (id.empty()) return "Unassigned";
  const auto alias = aliases.find(id);
  return alias == aliases.end() ? id : alias->second;
}

/// {"daily_spend":[{"date","<team>":spend}],"teams":[…],"total_spend_per_team":[…]}
std::string teams_json(const Groups& groups, const std::map<std::string, std::string>& aliases) {
  std::map<std::string, std::map<std::string, core::Money>> days;
  std::map<std::string, ledger::UsageSums> totals;
  for (const UsageGroup& group : groups) {
    ledger::UsageSums spent{.spend = days[group.names[0]][team_shown(aliases, group.names[1])]};
    spent += group.sums;  // two teams may have one alias
    days[group.names[0]][team_shown(aliases, group.names[1])] = spent.spend;
    totals[group.names[1]] += group.sums;
  }
  std::vector<std::pair<std::string, core::Money>> order;
  order.reserve(totals.size());
  for (const auto& [team, sums] : totals) order.emplace_back(team, sums.spend);
  std::ranges::sort(order, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  JsonWriter out;
  out.begin_object().key("daily_spend").begin_array();
  for (const auto& [date, teams] : days) {
    out.begin_object().member("date", date);
    for (const auto& [team, spend] : teams) out.member(team, spend);
    out.end_object();
  }
  out.end_array().key("teams").begin_array();
  for (const auto& [team, spend] : order) out.text(team_shown(aliases, team));
  out.end_array().key("total_spend_per_team").begin_array();
  for (const auto& [team, spend] : order) {
    out.begin_object().key("team_id");
    team.empty() ? out.text("Unassigned") : out.text(team);
    out.member("team_alias", team_shown(aliases, team)).member("total_spend", spend).end_object();
  }
  out.end_array().end_object();
  return std::move(out).take();
}

Answer names_json(const core::Result<std::vector<std::string>>& names, std::string_view member) {
  if (!names) return refuse_question(names.error());
  JsonWriter out;
  out.begin_object().member(member, *names).end_object();
  return admin::ok(std::move(out).take());
}

/// Live accounts follow what the ledger was told.
Outcome<void> follow_correction(ControlPlane& control, std::string_view correction) {
  if (control.accounts == nullptr || control.queries == nullptr) return {};
  const auto moved = control.queries->changes_of(
      correction,
      [&control](const ledger::CounterChange& change) { move_account(control, change); });
  if (!moved) return std::unexpected(admin::refuse(moved.error()));
  return {};
}

struct KeySpend {
  ledger::KeyName name;
  core::Money spend;
};

/// Hashes of one key together, the dearest first.
std::vector<KeySpend> by_present_key(const Groups& groups,
                                     const std::map<std::string, ledger::KeyName>& names) {
  std::map<std::string, std::pair<ledger::KeyName, ledger::UsageSums>> sums;
  for (const UsageGroup& group : groups) {
    const auto name = names.find(group.names[0]);
    const bool known = name != names.end();
    auto& [who, sum] = sums[known ? name->second.present_key : group.names[0]];
    if (known) who = name->second;
    sum += group.sums;
  }
  std::vector<KeySpend> keys;
  keys.reserve(sums.size());
  for (auto& [hash, entry] : sums) {
    entry.first.api_key = hash;
    keys.push_back({std::move(entry.first), entry.second.spend});
  }
  std::ranges::sort(keys, [](const KeySpend& one, const KeySpend& other) {
    return one.spend != other.spend ? one.spend > other.spend
                                    : one.name.api_key < other.name.api_key;
  });
  return keys;
}

}  // namespace

Answer global_spend(const AdminRequest&, ControlPlane& control) {
  const auto queries = settled_queries(control);
  if (!queries) return queries.error();
  const auto total = (*queries)->total({});
  if (!total) return refuse_question(total.error());
  JsonWriter out;
  std::optional<core::Money> budget;
  if (control.global_budget) budget = control.global_budget();
  out.begin_object().member("spend", total->spend).member("max_budget", budget).end_object();
  return admin::ok(std::move(out).take());
}

Answer global_spend_logs(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  const QueryReader query(request.query, errors);
  const auto days = days_or(query, last_days(request.now, kMonth));
  if (!days) return days.error();
  ledger::UsageFilter filter;
  if (const auto key = key_hash(query, "api_key")) filter.api_keys = all_hashes(control, *key);
  const auto groups = ask(control, UsageBy::day, *days, filter);
  if (!groups) return groups.error();
  return named_amounts(*groups, "date", "spend");
}

Answer global_spend_keys(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  QueryReader query(request.query, errors);
  const std::uint64_t limit = query.count("limit", 10, {1, 10'000});
  if (!errors.empty()) return errors.answer();
  const auto days = days_or(query, last_days(request.now, kMonth));
  if (!days) return days.error();
  const auto groups = ask(control, UsageBy::key, *days);
  if (!groups) return groups.error();
  const auto names = control.queries->key_names(names_in(*groups, 0U));
  if (!names) return refuse_question(names.error());
  JsonWriter out;
  out.begin_array();
  const std::vector<KeySpend> keys = by_present_key(*groups, *names);
  for (const KeySpend& key : std::span(keys).first(std::min<std::size_t>(limit, keys.size()))) {
    out.begin_object().member("api_key", key.name.api_key).member("key_alias", key.name.alias);
    key.name.key_name.empty() ? out.member_null("key_name")
                              : out.member("key_name", key.name.key_name);
    out.member("total_spend", key.spend).end_object();
  }
  out.end_array();
  return admin::ok(std::move(out).take());
}

Answer global_spend_models(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  QueryReader query(request.query, errors);
  const std::uint64_t limit = query.count("limit", 10, {1, 10'000});
  if (!errors.empty()) return errors.answer();
  const auto days = days_or(query, last_days(request.now, kMonth));
  if (!days) return days.error();
  const auto groups = ask(control, UsageBy::model, *days, {}, limit);
  if (!groups) return groups.error();
  return named_amounts(*groups, "model", "total_spend");
}

Answer global_spend_teams(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  const QueryReader query(request.query, errors);
  const auto days = days_or(query, last_days(request.now, kMonth));
  if (!days) return days.error();
  const auto groups = ask(control, UsageBy::day_team, *days);
  if (!groups) return groups.error();
  const auto aliases = control.queries->team_names(names_in(*groups, 1U));
  if (!aliases) return refuse_question(aliases.error());
  return admin::ok(teams_json(*groups, *aliases));
}

Answer global_spend_tags(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  const QueryReader query(request.query, errors);
  const auto days = required_days(query);
  if (!days) return days.error();
  ledger::UsageFilter filter;
  for (std::string& tag : comma_list(query.text("tags"))) {
    if (tag != "all-tags") filter.tags.push_back(std::move(tag));
  }
  const auto groups = ask(control, UsageBy::tag, *days, filter);
  if (!groups) return groups.error();
  JsonWriter out;
  out.begin_object().key("spend_per_tag").begin_array();
  for (const UsageGroup& group : *groups) {
    out.begin_object()
        .member("name", group.names[0])
        .member("spend", group.sums.spend)
        .member("log_count", group.sums.requests)
        .end_object();
  }
  out.end_array().end_object();
  return admin::ok(std::move(out).take());
}

Answer global_spend_provider(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  const QueryReader query(request.query, errors);
  const auto days = required_days(query);
  if (!days) return days.error();
  const auto groups = ask(control, UsageBy::provider, *days);
  if (!groups) return groups.error();
  return named_amounts(*groups, "provider", "spend");
}

Answer global_spend_end_users(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  admin::BodyReader body(request.body, errors);
  std::optional<std::string> key;
  std::optional<core::WallTime> from;
  std::optional<core::WallTime> until;
  body.read("api_key", key);
  body.read("startTime", from);
  body.read("endTime", until);
  if (!errors.empty()) return errors.answer();
  ledger::DayRange days = last_days(request.now, kMonth);
  if (from) days.first = ledger::day_of(*from);
  if (until) days.last = ledger::day_of(*until);
  ledger::UsageFilter filter;
  if (key) filter.api_keys = all_hashes(control, tenancy::token_of(*key));
  const auto groups = ask(control, UsageBy::end_user, days, filter, kTopEndUsers);
  if (!groups) return groups.error();
  JsonWriter out;
  out.begin_array();
  for (const UsageGroup& group : *groups) {
    out.begin_object()
        .member("end_user", group.names[0])
        .member("total_count", group.sums.requests)
        .member("total_spend", group.sums.spend)
        .end_object();
  }
  out.end_array();
  return admin::ok(std::move(out).take());
}

Answer all_tag_names(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  const QueryReader query(request.query, errors);
  const auto queries = settled_queries(control);
  if (!queries) return queries.error();
  return names_json((*queries)->tag_names(query.text("after").value_or(""), kMostNames),
                    "tag_names");
}

Answer all_end_users(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  const QueryReader query(request.query, errors);
  const auto queries = settled_queries(control);
  if (!queries) return queries.error();
  return names_json((*queries)->end_users(query.text("after").value_or(""), kMostNames),
                    "end_users");
}

Answer reset_global_spend(const AdminRequest& request, ControlPlane& control) {
  if (!request.caller.master()) {
    return admin::refuse(401, "Only the master key can be used to reset all spend",
                         admin::type::kAuth);
  }
  if (control.corrections == nullptr) return admin::no_database();
  const auto queries = settled_queries(control);
  if (!queries) return queries.error();
  const auto gate = no_loading(control);
  const auto outcome = control.corrections->reset_all(
      request.id, tenancy::actor_of(request.caller).user_id, request.now);
  if (!outcome) return admin::refuse(outcome.error());
  const auto moved = follow_correction(control, request.id);
  if (!moved) return moved.error();
  return admin::ok(
      R"({"message":"Spend for all API Keys and Teams reset successfully","status":"success"})");
}

}  // namespace gatehouse::api::litellm
