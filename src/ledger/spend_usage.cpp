/// Sums from the daily roll-ups.

#include <chrono>
#include <optional>
#include <utility>

#include "gatehouse/core/limit_set.hpp"
#include "gatehouse/ledger/spend_queries.hpp"
#include "spend_groups.hpp"
#include "spend_sums.hpp"

namespace gatehouse::ledger {
namespace {

using database::Connection;
using database::Fragment;
using database::Row;
using database::Select;

/// How one kind of sums is asked for. Where the engine groups, it does so in the order of the
/// primary key, as far as it is needed to know the names, which costs no sorting; what it gives
/// twice is added up here. Where nearly every row is a group of its own it does not group at all.
struct Shape {
  Fragment columns;  ///< `names` of them, then the sums
  Fragment group;    ///< or, where nothing is grouped, the order of the rows
  int names;
  bool by_day;
  SumColumns sums;
  bool grouped = true;
};

#define GATEHOUSE_SPEND_SUMS "SUM(spend_nano), SUM(api_requests)"
#define GATEHOUSE_SPEND "spend_nano, api_requests"
#define GATEHOUSE_REPORT "spend_nano, prompt_tokens, completion_tokens, api_requests"
#define GATEHOUSE_BY_TEAM "date, api_key, user_id, team_id"

constexpr SumColumns kAll = SumColumns::all;
constexpr SumColumns kSpend = SumColumns::spend;
constexpr SumColumns kReport = SumColumns::report;

// clang-format off
Shape shape_of(UsageBy by) {
  switch (by) {
    case UsageBy::day: return {"date, " GATEHOUSE_USAGE_SUMS, "date", 1, true, kAll};
    case UsageBy::day_user:
      return {"date, user_id, " GATEHOUSE_SPEND_SUMS, "date, api_key, user_id", 2, true, kSpend};
    case UsageBy::day_model:
      return {"date, model, " GATEHOUSE_SPEND_SUMS, "date, model", 2, true, kSpend};
    case UsageBy::day_key:
      return {"date, api_key, " GATEHOUSE_SPEND_SUMS, "date, api_key", 2, true, kSpend};
    case UsageBy::day_model_group:
      return {"date, model_group, " GATEHOUSE_USAGE_SUMS, "date, model, model_group", 2, true, kAll};
    case UsageBy::day_team:
      return {"date, team_id, " GATEHOUSE_SPEND_SUMS, GATEHOUSE_BY_TEAM, 2, true, kSpend};
    case UsageBy::key:
      return {"api_key, " GATEHOUSE_SPEND_SUMS, "date, api_key", 1, false, kSpend};
    case UsageBy::model: return {"model, " GATEHOUSE_SPEND_SUMS, "date, model", 1, false, kSpend};
    case UsageBy::provider:
      return {"provider, " GATEHOUSE_SPEND_SUMS, "date, model, model_group, provider", 1, false,
              kSpend};
    case UsageBy::tag: return {"tag, " GATEHOUSE_SPEND_SUMS, "date, tag", 1, false, kSpend};
    case UsageBy::end_user:
      return {"end_user, " GATEHOUSE_SPEND, "date", 1, false, kSpend, false};
    case UsageBy::key_model:
      return {"api_key, model, " GATEHOUSE_REPORT, "date", 2, false, kReport, false};
    case UsageBy::day_team_key_model:
      return {"date, team_id, api_key, model, " GATEHOUSE_REPORT, "date", 4, true, kReport, false};
    case UsageBy::day_end_user_key_model:
      return {"date, end_user, api_key, model, " GATEHOUSE_REPORT, "date", 4, true, kReport, false};
  }
  return {"date, " GATEHOUSE_USAGE_SUMS, "date", 1, true, kAll};
}
// clang-format on

/// How the totals of a scope are asked for: each row is a name's.
Shape shape_of_totals(UsageBy by) {
  if (by == UsageBy::day) return shape_of(by);
  const bool by_day = by != UsageBy::key && by != UsageBy::end_user;
  if (by_day) return {"date, id, " GATEHOUSE_SPEND, "date", 2, true, kSpend, false};
  return {"id, " GATEHOUSE_SPEND, "date", 1, false, kSpend, false};
}

bool names_nobody(const UsageFilter& filter) {
  return filter.api_keys.empty() && filter.user_ids.empty() && filter.team_ids.empty() &&
         filter.organization_ids.empty();
}

bool asks_for_models_alone(UsageBy by) {
  return by == UsageBy::day || by == UsageBy::day_model || by == UsageBy::day_model_group ||
         by == UsageBy::model || by == UsageBy::provider;
}

/// The smallest table that knows the answer.
Fragment table_for(UsageBy by, const UsageFilter& filter) {
  const bool nobody = names_nobody(filter) && filter.end_users.empty();
  if (by == UsageBy::tag && nobody && filter.models.empty()) return "daily_tag_total";
  if (by == UsageBy::tag || !filter.tags.empty()) return "daily_tag_usage";
  if (by == UsageBy::end_user || by == UsageBy::day_end_user_key_model ||
      !filter.end_users.empty()) {
    return "daily_usage";
  }
  return nobody && asks_for_models_alone(by) ? Fragment("daily_model_usage")
                                             : Fragment("daily_key_usage");
}

/// The scope whose daily totals answer the question: it asks for that scope's names or for the days
/// of some of its members, and for nothing that the totals do not know.
std::optional<core::Scope> totals_for(UsageBy by, const UsageFilter& filter) {
  if (!filter.tags.empty() || !filter.models.empty() || !filter.organization_ids.empty()) return {};
  const std::pair<core::Scope, bool> named[] = {{core::Scope::key, !filter.api_keys.empty()},
                                                {core::Scope::user, !filter.user_ids.empty()},
                                                {core::Scope::team, !filter.team_ids.empty()},
                                                {core::Scope::end_user, !filter.end_users.empty()}};
  std::optional<core::Scope> asked;
  if (by == UsageBy::key || by == UsageBy::day_key) asked = core::Scope::key;
  if (by == UsageBy::day_user) asked = core::Scope::user;
  if (by == UsageBy::day_team) asked = core::Scope::team;
  if (by == UsageBy::end_user) asked = core::Scope::end_user;
  if (!asked && by != UsageBy::day) return {};
  for (const auto& [scope, is_named] : named) {
    if (!is_named) continue;
    if (asked && *asked != scope) return {};
    asked = scope;
  }
  return asked;
}

/// Those of `filter` that belong to the scope.
const std::vector<std::string>& ids_of(core::Scope scope, const UsageFilter& filter) {
  switch (scope) {
    case core::Scope::key:
      return filter.api_keys;
    case core::Scope::user:
      return filter.user_ids;
    case core::Scope::team:
      return filter.team_ids;
    default:
      return filter.end_users;
  }
}

void narrow_totals(Select& select, core::Scope scope, const UsageFilter& filter) {
  select.where("scope = ?", static_cast<std::int64_t>(scope));
  const auto& ids = ids_of(scope, filter);
  if (!ids.empty()) select.where_in("id", ids);
}

/// Those that name nobody are no customer, tag or model.
void leave_out_unnamed(Select& select, UsageBy by) {
  switch (by) {
    case UsageBy::end_user:
    case UsageBy::day_end_user_key_model:
      select.where("end_user <> ''");
      break;
    case UsageBy::model:
      select.where("model <> ''");
      break;
    case UsageBy::provider:
      select.where("provider <> ''");
      break;
    default:
      break;
  }
}

void arrange(Select& select, const Shape& shape) {
  if (shape.grouped) select.group_by(shape.group);
  if (shape.by_day) select.order_by(shape.group);  // costs nothing: the rows come so
}

struct Question {
  Shape shape;
  std::vector<Select> parts;
};

/// Whole weeks have sums of their own where nobody asks for the days.
Question question_of_totals(UsageBy by, core::Scope scope, const std::optional<DayRange>& days,
                            const UsageFilter& filter) {
  Question question{shape_of_totals(by), {}};
  const auto add = [&](Fragment table, const std::optional<DayRange>& part) {
    Select& select = question.parts.emplace_back(question.shape.columns, table);
    if (part) within(select, *part);
    narrow_totals(select, scope, filter);
    arrange(select, question.shape);
  };
  if (!ids_of(scope, filter).empty()) {
    // The engine does not know that a member has fewer rows than the days have members.
    add("daily_scope_total INDEXED BY daily_scope_total_id", days);
    return question;
  }
  if (question.shape.by_day) {
    add("daily_scope_total", days);
    return question;
  }
  if (!days) {
    add("weekly_scope_total", days);
    return question;
  }
  const std::chrono::days week(7);
  const Day first = monday_of(days->first + std::chrono::days(6));
  const Day end = monday_of(days->last + std::chrono::days(1));
  if (first >= end) {
    add("daily_scope_total", days);
    return question;
  }
  if (days->first < first)
    add("daily_scope_total", DayRange{days->first, first - std::chrono::days(1)});
  add("weekly_scope_total", DayRange{first, end - week});
  if (end <= days->last) add("daily_scope_total", DayRange{end, days->last});
  return question;
}

Question question_of(UsageBy by, const std::optional<DayRange>& days, const UsageFilter& filter) {
  if (const auto scope = totals_for(by, filter)) {
    return question_of_totals(by, *scope, days, filter);
  }
  Question question{shape_of(by), {}};
  Select& select = question.parts.emplace_back(question.shape.columns, table_for(by, filter));
  if (days) within(select, *days);
  narrow(select, filter);
  leave_out_unnamed(select, by);
  arrange(select, question.shape);
  return question;
}

}  // namespace

core::Result<std::vector<UsageGroup>> SpendQueries::usage(UsageBy by,
                                                          const std::optional<DayRange>& days,
                                                          const UsageFilter& filter,
                                                          std::uint64_t limit) const {
  return database_.read([&](Connection& connection) -> core::Result<std::vector<UsageGroup>> {
    const Question question = question_of(by, days, filter);
    Groups groups(question.shape.names, question.shape.by_day, question.shape.sums);
    for (const Select& part : question.parts) {
      auto done = part.each(connection, [&](const Row& row) -> core::Result<void> {
        groups.add(row);
        return {};
      });
      if (!done) return core::pass(done);
    }
    return std::move(groups).take(limit);
  });
}

core::Result<UsageSums> SpendQueries::total(const std::optional<DayRange>& days,
                                            const UsageFilter& filter) const {
  return database_.read([&](Connection& connection) -> core::Result<UsageSums> {
    const auto scope = totals_for(UsageBy::day, filter);
    Select select(GATEHOUSE_USAGE_SUMS,
                  scope ? Fragment("daily_scope_total INDEXED BY daily_scope_total_id")
                        : table_for(UsageBy::day, filter));
    if (days) within(select, *days);
    scope ? narrow_totals(select, *scope, filter) : narrow(select, filter);
    UsageSums sums;
    auto done = select.each(connection, [&](const Row& row) -> core::Result<void> {
      sums = read_sums(row, 0);
      return {};
    });
    if (!done) return core::pass(done);
    return sums;
  });
}

}  // namespace gatehouse::ledger
