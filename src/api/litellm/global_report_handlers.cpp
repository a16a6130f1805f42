/// /global/spend/report: who is to be charged for what.

#include <functional>
#include <map>
#include <utility>

#include "admin/json_writer.hpp"
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

/// Lines of one report; more are refused, not cut off.
constexpr std::uint64_t kMostLines = 100'000;

using Groups = std::vector<UsageGroup>;

Outcome<Groups> lines(const ledger::SpendQueries& queries, UsageBy by, const ledger::DayRange& days,
                      const ledger::UsageFilter& filter) {
  auto groups = queries.usage(by, days, filter, kMostLines + 1);
  if (!groups) return std::unexpected(refuse_question(groups.error()));
  if (groups->size() > kMostLines) {
    return std::unexpected(admin::refuse_detail_error(
        400, "The report has more than 100,000 lines: ask for fewer days"));
  }
  return std::move(*groups);
}

// --- by team or customer ----------------------------------------------------------------------

struct Part {
  ledger::UsageSums total;
  std::vector<const UsageGroup*> lines;
};

/// Day, then team or customer.
using Report = std::map<std::string, std::map<std::string, Part>>;

Report by_day(const Groups& groups) {
  Report report;
  for (const UsageGroup& group : groups) {
    Part& part = report[group.names[0]][group.names[1]];
    part.total += group.sums;
    part.lines.push_back(&group);
  }
  return report;
}

void write_lines(JsonWriter& out, const Part& part) {
  out.key("metadata").begin_array();
  for (const UsageGroup* line : part.lines) {
    out.begin_object()
        .member("model", line->names[3])
        .member("api_key", line->names[2])
        .member("spend", line->sums.spend)
        .member("total_tokens", line->sums.total_tokens())
        .end_object();
  }
  out.end_array();
}

struct Words {
  std::string_view list;  ///< "teams"
  std::string_view name;  ///< "team_name"
};

std::string report_json(const Report& report, const Words& words,
                        const std::function<std::string(const std::string&)>& shown) {
  JsonWriter out;
  out.begin_array();
  for (const auto& [date, parts] : report) {
    out.begin_object().member("group_by_day", date + "T00:00:00+00:00");
    out.key(words.list).begin_array();
    for (const auto& [id, part] : parts) {
      out.begin_object().member(words.name, shown(id)).member("total_spend", part.total.spend);
      write_lines(out, part);
      out.end_object();
    }
    out.end_array().end_object();
  }
  out.end_array();
  return std::move(out).take();
}

Answer team_report(const ledger::SpendQueries& queries, const ledger::DayRange& days,
                   const ledger::UsageFilter& filter) {
  const auto groups = lines(queries, UsageBy::day_team_key_model, days, filter);
  if (!groups) return groups.error();
  const Report report = by_day(*groups);
  std::vector<std::string> teams;
  for (const auto& [date, parts] : report) {
    for (const auto& [team, part] : parts) teams.push_back(team);
  }
  const auto aliases = queries.team_names(teams);
  if (!aliases) return refuse_question(aliases.error());
  return admin::ok(report_json(report, {"teams", "team_name"}, [&](const std::string& id) {
    const auto alias = aliases->find(id);
    if (alias != aliases->end()) return alias->second;
    return id.empty() ? std::string("Unassigned") : id;
  }));
}

Answer customer_report(const ledger::SpendQueries& queries, const ledger::DayRange& days,
                       const ledger::UsageFilter& filter) {
  const auto groups = lines(queries, UsageBy::day_end_user_key_model, days, filter);
  if (!groups) return groups.error();
  return admin::ok(report_json(by_day(*groups), {"customers", "customer"},
                               [](const std::string& id) { return id; }));
}

// --- by key -----------------------------------------------------------------------------------

void write_costs(JsonWriter& out, const ledger::UsageSums& sums) {
  out.member("total_cost", sums.spend)
      .member("total_input_tokens", sums.prompt_tokens)
      .member("total_output_tokens", sums.completion_tokens);
}

Answer key_report(const ledger::SpendQueries& queries, const ledger::DayRange& days,
                  const ledger::UsageFilter& filter) {
  const auto groups = lines(queries, UsageBy::key_model, days, filter);
  if (!groups) return groups.error();
  std::map<std::string, Part> keys;
  for (const UsageGroup& group : *groups) {
    Part& part = keys[group.names[0]];
    part.total += group.sums;
    part.lines.push_back(&group);
  }
  JsonWriter out;
  out.begin_array();
  for (const auto& [key, part] : keys) {
    out.begin_object().member("api_key", key);
    write_costs(out, part.total);
    out.key("model_details").begin_array();
    for (const UsageGroup* line : part.lines) {
      out.begin_object().member("model", line->names[1]);
      write_costs(out, line->sums);
      out.end_object();
    }
    out.end_array().end_object();
  }
  out.end_array();
  return admin::ok(std::move(out).take());
}

}  // namespace

Answer global_spend_report(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  QueryReader query(request.query, errors);
  const auto by = query.choice("group_by", {"team", "customer", "api_key"});
  if (!errors.empty()) return errors.answer();
  const auto days = required_days(query);
  if (!days) return days.error();
  ledger::UsageFilter filter;
  if (const auto key = key_hash(query, "api_key")) filter.api_keys = all_hashes(control, *key);
  if (const auto user = query.text("internal_user_id")) filter.user_ids = {*user};
  if (const auto team = query.text("team_id")) filter.team_ids = {*team};
  if (const auto customer = query.text("customer_id")) filter.end_users = {*customer};
  const auto queries = settled_queries(control);
  if (!queries) return queries.error();
  if (by == "api_key" || !filter.api_keys.empty() || !filter.user_ids.empty()) {
    return key_report(**queries, *days, filter);
  }
  if (by == "customer" || !filter.end_users.empty()) {
    return customer_report(**queries, *days, filter);
  }
  return team_report(**queries, *days, filter);
}

}  // namespace gatehouse::api::litellm
