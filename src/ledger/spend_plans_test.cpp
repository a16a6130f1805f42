/// How the engine answers: a question whose cost grows with the whole log is found here, and not
/// by the first customer with ten million calls (litellm-contract.md 3.16).

#include <algorithm>
#include <functional>
#include <utility>

#include "spend_test_support.hpp"

namespace gatehouse::ledger {
namespace {

/// Passes queries on and keeps the plan of each.
class ExplainingConnection final : public database::Connection {
 public:
  ExplainingConnection(database::Connection& connection, std::vector<std::string>& plans)
      : connection_(connection), plans_(plans) {}

  core::Result<std::int64_t> execute(std::string_view sql,
                                     std::span<const database::Value> values) override {
    return connection_.execute(sql, values);
  }
  core::Result<void> query(std::string_view sql, std::span<const database::Value> values,
                           const RowFunction& each) override {
    auto explained = connection_.query("EXPLAIN QUERY PLAN " + std::string(sql), values,
                                       [&](const database::Row& row) -> core::Result<void> {
                                         plans_.emplace_back(row.text(3));
                                         return {};
                                       });
    if (!explained) return explained;
    return connection_.query(sql, values, each);
  }

 private:
  database::Connection& connection_;
  std::vector<std::string>& plans_;
};

class ExplainingDatabase final : public database::Database {
 public:
  explicit ExplainingDatabase(database::Database& database) : database_(database) {}
  std::vector<std::string> plans;

  core::Result<void> backup(const std::string&,
                            const std::function<void(std::uint64_t, std::uint64_t)>&) override {
    return core::fail(core::Errc::internal, "not here");
  }
  std::uint64_t wal_bytes() const override { return 0; }

 private:
  using Step = std::function<core::Result<void>(database::Connection&)>;
  core::Result<void> run_write(const Step& step) override { return database_.write(step); }
  core::Result<void> run_read(const Step& step, const database::ReadOptions& options) override {
    return database_.read(
        [&](database::Connection& connection) {
          ExplainingConnection explaining(connection, plans);
          return step(explaining);
        },
        options);
  }

  database::Database& database_;
};

class SpendPlansTest : public SpendTest {
 protected:
  void SetUp() override {
    SpendTest::SetUp();
    add({.id = "a", .end_user = "eve", .session = "s1", .tags = {"x"}});
    explaining_.emplace(*database_);
    asked_.emplace(*explaining_);
  }
  /// The plans of one question.
  template <class Ask>
  std::vector<std::string> plans_of(const Ask& ask) {
    explaining_->plans.clear();
    auto answer = ask(*asked_);
    EXPECT_TRUE(answer) << (answer ? "" : answer.error().internal_detail);
    EXPECT_FALSE(explaining_->plans.empty());
    return explaining_->plans;
  }
  static void expect_no_scan(const std::vector<std::string>& plans, const std::string& what) {
    for (const std::string& plan : plans) {
      EXPECT_FALSE(plan.starts_with("SCAN call_record")) << what << ": " << plan;
      EXPECT_FALSE(plan.starts_with("SCAN daily_")) << what << ": " << plan;
      EXPECT_FALSE(plan.starts_with("SCAN weekly_")) << what << ": " << plan;
      EXPECT_FALSE(plan.starts_with("SCAN budget_counter")) << what << ": " << plan;
      EXPECT_FALSE(plan.starts_with("SCAN virtual_key")) << what << ": " << plan;
    }
  }
  static void expect_no_sort(const std::vector<std::string>& plans, const std::string& what) {
    for (const std::string& plan : plans) {
      EXPECT_FALSE(plan.starts_with("USE TEMP B-TREE FOR ORDER BY")) << what << ": " << plan;
    }
  }
  DayRange january() { return {day("2026-01-01"), day("2026-01-31")}; }

  std::optional<ExplainingDatabase> explaining_;
  std::optional<SpendQueries> asked_;
};

struct LogCase {
  std::string name;
  CallFilter filter;
  std::string index;  ///< that finds the page
};

TEST_F(SpendPlansTest, PagesOfTheLogWalkAnIndexInOrder) {
  const core::WallTime from = at("2026-01-01");
  const core::WallTime until = at("2026-02-01");
  const std::vector<LogCase> cases{
      {"all", {.from = from, .until = until}, "call_record_started"},
      {"key", {.from = from, .until = until, .api_key = "k1"}, "call_record_key"},
      {"user", {.from = from, .until = until, .user_id = "alice"}, "call_record_user"},
      {"team", {.from = from, .until = until, .team_id = "red"}, "call_record_team"},
      {"end user", {.from = from, .until = until, .end_user = "eve"}, "call_record_end_user"},
      {"session", {.from = from, .until = until, .session_id = "s1"}, "call_record_session"},
      {"group", {.from = from, .until = until, .model_group = "fast"}, "call_record_model"},
      {"model", {.from = from, .until = until, .model = "gpt-4o"}, "call_record_model"},
      {"failures", {.from = from, .until = until, .successful = false}, "call_record_failed"},
      {"message", {.from = from, .until = until, .error_contains = "x"}, "call_record_failed"},
      {"deployment", {.from = from, .until = until, .deployment = "d1"}, "call_record_started"},
  };
  for (const LogCase& one : cases) {
    const auto page = plans_of([&](SpendQueries& queries) { return queries.page(one.filter, {}); });
    expect_no_scan(page, one.name);
    expect_no_sort(page, one.name);
    EXPECT_TRUE(std::ranges::any_of(page, [&](const std::string& plan) {
      return plan.find("INDEX " + one.index + " ") != std::string::npos;
    })) << one.name;
    const auto part = plans_of([&](SpendQueries& queries) {
      return queries.newest(one.filter, SpendQueries::Cursor{until, 5}, 10);
    });
    expect_no_scan(part, one.name);
    expect_no_sort(part, one.name);
  }
}

TEST_F(SpendPlansTest, ATextIsLookedForInTheIndexOfFailuresAlone) {
  const auto plans = plans_of([&](SpendQueries& queries) {
    return queries.page(
        {.from = at("2026-01-01"), .until = at("2026-02-01"), .error_contains = "x"}, {});
  });
  EXPECT_NE(plans.front().find("COVERING INDEX call_record_failed"), std::string::npos)
      << plans.front();
}

TEST_F(SpendPlansTest, OneRequestIsALookUp) {
  const auto plans =
      plans_of([&](SpendQueries& queries) { return queries.page({.request_id = "resp-a"}, {}); });
  expect_no_scan(plans, "request");
  const std::vector<std::string> sessions{"s1"};
  expect_no_scan(plans_of([&](SpendQueries& queries) { return queries.session_sizes(sessions); }),
                 "sessions");
}

TEST_F(SpendPlansTest, SumsReadTheDaysTheyAreAbout) {
  for (const UsageBy by :
       {UsageBy::day, UsageBy::day_user, UsageBy::day_model, UsageBy::day_key,
        UsageBy::day_model_group, UsageBy::day_team, UsageBy::key, UsageBy::model,
        UsageBy::provider, UsageBy::tag, UsageBy::end_user, UsageBy::key_model,
        UsageBy::day_team_key_model, UsageBy::day_end_user_key_model}) {
    const std::string what = "by " + std::to_string(static_cast<int>(by));
    const auto plans =
        plans_of([&](SpendQueries& queries) { return queries.usage(by, january(), {}); });
    expect_no_scan(plans, what);
    for (const std::string& plan : plans) {
      EXPECT_EQ(plan.find("TEMP B-TREE"), std::string::npos) << what << ": " << plan;
    }
  }
}

TEST_F(SpendPlansTest, SumsOfSomebodyReadTheirRowsAlone) {
  const std::vector<std::pair<UsageFilter, std::string>> cases{
      {{.api_keys = {"k1"}}, "scope=? AND id=?"},
      {{.user_ids = {"alice"}}, "scope=? AND id=?"},
      {{.team_ids = {"red"}}, "scope=? AND id=?"},
      {{.organization_ids = {"default"}}, "organization_id=?"},
      {{.end_users = {"eve"}}, "scope=? AND id=?"},
      {{.user_ids = {"alice"}, .end_users = {"eve"}}, "end_user=?"},
      {{.tags = {"x"}}, "tag=?"},
  };
  for (const auto& [filter, term] : cases) {
    const auto plans = plans_of(
        [&](SpendQueries& queries) { return queries.usage(UsageBy::day, january(), filter); });
    ASSERT_FALSE(plans.empty());
    EXPECT_NE(plans.front().find(term), std::string::npos) << plans.front();
  }
}

TEST_F(SpendPlansTest, PagesOfActivityAreNotSorted) {
  for (const Subject subject :
       {Subject::user, Subject::team, Subject::organization, Subject::end_user, Subject::tag}) {
    const std::string what = "subject " + std::to_string(static_cast<int>(subject));
    const auto plans = plans_of(
        [&](SpendQueries& queries) { return queries.activity(subject, january(), {}, 0, 10); });
    expect_no_scan(plans, what);
    expect_no_sort(plans, what);
    expect_no_scan(plans_of([&](SpendQueries& queries) {
                     return queries.activity_of_day(subject, day("2026-01-05"), {});
                   }),
                   what);
  }
  expect_no_scan(plans_of([&](SpendQueries& queries) { return queries.active_days(january()); }),
                 "days");
}

TEST_F(SpendPlansTest, NamesAreJumpedTo) {
  expect_no_scan(plans_of([](SpendQueries& queries) { return queries.tag_names("", 10); }), "tags");
  expect_no_scan(plans_of([](SpendQueries& queries) { return queries.end_users("", 10); }),
                 "end users");
  const std::vector<std::string> keys{"k1"};
  expect_no_scan(plans_of([&](SpendQueries& queries) { return queries.key_names(keys); }), "keys");
}

}  // namespace
}  // namespace gatehouse::ledger
