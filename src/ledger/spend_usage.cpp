/// Sums from the daily roll-ups.

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "gatehouse/ledger/spend_queries.hpp"
#include "spend_sums.hpp"

namespace gatehouse::ledger {
namespace {

using database::Connection;
using database::Fragment;
using database::Row;
using database::Select;

/// How one kind of sums is asked for. The engine groups in the order of the primary key, as far as
/// it is needed to know the names, which costs no sorting; what it gives twice is added up here.
struct Shape {
  Fragment columns;  ///< `names` of them, then the nine sums; those that nobody reads are 0
  Fragment group;
  int names;
  bool by_day;
};

#define GATEHOUSE_SPEND_SUMS "SUM(spend_nano), 0, 0, 0, 0, 0, SUM(api_requests), 0, 0"
#define GATEHOUSE_REPORT_SUMS \
  "SUM(spend_nano), SUM(prompt_tokens), SUM(completion_tokens), 0, 0, 0, SUM(api_requests), 0, 0"
#define GATEHOUSE_BY_TEAM "date, api_key, user_id, team_id"
#define GATEHOUSE_BY_MODEL "date, api_key, user_id, team_id, organization_id, model"

// clang-format off
Shape shape_of(UsageBy by) {
  switch (by) {
    case UsageBy::day: return {"date, " GATEHOUSE_USAGE_SUMS, "date", 1, true};
    case UsageBy::day_user:
      return {"date, user_id, " GATEHOUSE_SPEND_SUMS, "date, api_key, user_id", 2, true};
    case UsageBy::day_model: return {"date, model, " GATEHOUSE_SPEND_SUMS, "date, model", 2, true};
    case UsageBy::day_key: return {"date, api_key, " GATEHOUSE_SPEND_SUMS, "date, api_key", 2, true};
    case UsageBy::day_model_group:
      return {"date, model_group, " GATEHOUSE_USAGE_SUMS, "date, model, model_group", 2, true};
    case UsageBy::day_team:
      return {"date, team_id, " GATEHOUSE_SPEND_SUMS, GATEHOUSE_BY_TEAM, 2, true};
    case UsageBy::key: return {"api_key, " GATEHOUSE_SPEND_SUMS, "date, api_key", 1, false};
    case UsageBy::model: return {"model, " GATEHOUSE_SPEND_SUMS, "date, model", 1, false};
    case UsageBy::provider:
      return {"provider, " GATEHOUSE_SPEND_SUMS, "date, model, model_group, provider", 1, false};
    case UsageBy::tag: return {"tag, " GATEHOUSE_SPEND_SUMS, "date, tag", 1, false};
    case UsageBy::end_user:
      return {"end_user, " GATEHOUSE_SPEND_SUMS, GATEHOUSE_BY_TEAM ", organization_id, end_user", 1,
              false};
    case UsageBy::key_model:
      return {"api_key, model, " GATEHOUSE_REPORT_SUMS, GATEHOUSE_BY_MODEL, 2, false};
    case UsageBy::day_team_key_model:
      return {"date, team_id, api_key, model, " GATEHOUSE_REPORT_SUMS, GATEHOUSE_BY_MODEL, 4, true};
    case UsageBy::day_end_user_key_model:
      return {"date, end_user, api_key, model, " GATEHOUSE_REPORT_SUMS,
              GATEHOUSE_BY_TEAM ", organization_id, end_user, model", 4, true};
  }
  return {"date, " GATEHOUSE_USAGE_SUMS, "date", 1, true};
}
// clang-format on

/// Adds up rows of the same names. Sums by day come in order of the days, so that a day's are
/// sorted and forgotten when the next one begins.
class Groups {
 public:
  Groups(int names, bool by_day) : names_(names), by_day_(by_day) {}

  void add(const Row& row) {
    if (by_day_ && groups_.size() > day_ && groups_[day_].names[0] != row.text(0)) close_day();
    key_.clear();
    for (int i = by_day_ ? 1 : 0; i < names_; ++i) {
      key_ += row.text(i);
      key_ += '\0';
    }
    const auto [found, fresh] = index_.try_emplace(key_, groups_.size());
    if (fresh) {
      UsageGroup& group = groups_.emplace_back();
      for (int i = 0; i < names_; ++i) group.names[static_cast<std::size_t>(i)] = row.text(i);
    }
    groups_[found->second].sums += read_sums(row, names_);
  }

  std::vector<UsageGroup> take(std::uint64_t limit) && {
    close_day();
    if (groups_.size() > limit) groups_.resize(limit);
    return std::move(groups_);
  }

 private:
  /// Greatest spend first.
  void close_day() {
    std::sort(groups_.begin() + static_cast<std::ptrdiff_t>(day_), groups_.end(),
              [](const UsageGroup& a, const UsageGroup& b) {
                if (a.sums.spend != b.sums.spend) return a.sums.spend > b.sums.spend;
                return a.names < b.names;
              });
    day_ = groups_.size();
    index_.clear();
  }

  int names_;
  bool by_day_;
  std::string key_;
  std::unordered_map<std::string, std::size_t> index_;  ///< of the day
  std::vector<UsageGroup> groups_;
  std::size_t day_ = 0;  ///< where the groups of the day begin
};

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

Select question(UsageBy by, const std::optional<DayRange>& days, const UsageFilter& filter) {
  const Shape shape = shape_of(by);
  Select select(shape.columns, table_for(by, filter));
  if (days) within(select, *days);
  narrow(select, filter);
  leave_out_unnamed(select, by);
  select.group_by(shape.group);
  if (shape.by_day) select.order_by(shape.group);  // costs nothing: the groups come so
  return select;
}

}  // namespace

core::Result<std::vector<UsageGroup>> SpendQueries::usage(UsageBy by,
                                                          const std::optional<DayRange>& days,
                                                          const UsageFilter& filter,
                                                          std::uint64_t limit) const {
  return database_.read([&](Connection& connection) -> core::Result<std::vector<UsageGroup>> {
    const Shape shape = shape_of(by);
    Groups groups(shape.names, shape.by_day);
    auto done =
        question(by, days, filter).each(connection, [&](const Row& row) -> core::Result<void> {
          groups.add(row);
          return {};
        });
    if (!done) return core::pass(done);
    return std::move(groups).take(limit);
  });
}

core::Result<UsageSums> SpendQueries::total(const std::optional<DayRange>& days,
                                            const UsageFilter& filter) const {
  return database_.read([&](Connection& connection) -> core::Result<UsageSums> {
    Select select(GATEHOUSE_USAGE_SUMS, table_for(UsageBy::day, filter));
    if (days) within(select, *days);
    narrow(select, filter);
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
