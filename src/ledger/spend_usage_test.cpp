#include "spend_test_support.hpp"

namespace gatehouse::ledger {
namespace {

struct Line {
  std::vector<std::string> names;
  std::int64_t nano = 0;
  std::int64_t requests = 0;
  bool operator==(const Line&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Line& line) {
  for (const std::string& name : line.names) out << name << ' ';
  return out << line.nano << ' ' << line.requests;
}

class SpendUsageTest : public SpendTest {
 protected:
  void SetUp() override {
    SpendTest::SetUp();
    add_all({
        {.id = "a", .date = "2026-01-05", .tags = {"x", "y"}, .cost_nano = 1},
        {.id = "b", .date = "2026-01-05", .end_user = "eve", .tags = {"x"}, .cost_nano = 20},
        {.id = "c", .date = "2026-01-05", .end_user = "ned", .cost_nano = 300},
        {.id = "d",
         .date = "2026-01-06",
         .key = "k2",
         .user = "bob",
         .team = "",
         .model = "claude",
         .group = "smart",
         .provider = "anthropic",
         .cost_nano = 4'000},
        {.id = "e", .date = "2026-01-07", .cost_nano = 50'000},
        {.id = "f",
         .date = "2026-01-07",
         .model = "",
         .group = "",
         .provider = "",
         .cost_nano = 0,
         .prompt = 0,
         .completion = 0,
         .status = "refused",
         .http_status = 429},
    });
  }
  std::vector<Line> usage(UsageBy by, const std::optional<DayRange>& days = {},
                          const UsageFilter& filter = {}, std::uint64_t limit = 100) {
    auto groups = queries_->usage(by, days, filter, limit);
    EXPECT_TRUE(groups) << (groups ? "" : groups.error().internal_detail);
    std::vector<Line> lines;
    if (!groups) return lines;
    for (const UsageGroup& group : *groups) {
      Line& line = lines.emplace_back();
      for (const std::string& name : group.names) line.names.push_back(name);
      while (!line.names.empty() && line.names.back().empty()) line.names.pop_back();
      line.nano = group.sums.spend.nano_usd();
      line.requests = group.sums.requests;
    }
    return lines;
  }
  DayRange days(std::string_view first, std::string_view last) { return {day(first), day(last)}; }
};

using Lines = std::vector<Line>;

TEST_F(SpendUsageTest, SumsByDayAreExactAndOldestFirst) {
  EXPECT_EQ(
      usage(UsageBy::day),
      (Lines{{{"2026-01-05"}, 321, 3}, {{"2026-01-06"}, 4'000, 1}, {{"2026-01-07"}, 50'000, 2}}));
  auto total = queries_->total({});
  ASSERT_TRUE(total);
  EXPECT_EQ(total->spend.nano_usd(), 54'321);
  EXPECT_EQ(total->requests, 6);
  EXPECT_EQ(total->successful, 5);
  EXPECT_EQ(total->failed, 1);
  EXPECT_EQ(total->prompt_tokens, 50);
  EXPECT_EQ(total->completion_tokens, 25);
  EXPECT_EQ(total->total_tokens(), 75);
}

TEST_F(SpendUsageTest, BothDaysOfARangeAreIn) {
  EXPECT_EQ(usage(UsageBy::day, days("2026-01-05", "2026-01-06")),
            (Lines{{{"2026-01-05"}, 321, 3}, {{"2026-01-06"}, 4'000, 1}}));
  EXPECT_EQ(usage(UsageBy::day, days("2026-01-08", "2026-01-09")), Lines{});
}

TEST_F(SpendUsageTest, OtherSumsStartWithTheGreatest) {
  EXPECT_EQ(usage(UsageBy::key), (Lines{{{"k1"}, 50'321, 5}, {{"k2"}, 4'000, 1}}));
  EXPECT_EQ(usage(UsageBy::key, {}, {}, 1), (Lines{{{"k1"}, 50'321, 5}}));
}

TEST_F(SpendUsageTest, CallsWithoutAModelAreNoModelsAndNoProviders) {
  EXPECT_EQ(usage(UsageBy::model), (Lines{{{"gpt-4o"}, 50'321, 4}, {{"claude"}, 4'000, 1}}));
  EXPECT_EQ(usage(UsageBy::provider), (Lines{{{"openai"}, 50'321, 4}, {{"anthropic"}, 4'000, 1}}));
}

TEST_F(SpendUsageTest, TagsCountACallOncePerTag) {
  EXPECT_EQ(usage(UsageBy::tag), (Lines{{{"x"}, 21, 2}, {{"y"}, 1, 1}}));
  EXPECT_EQ(usage(UsageBy::tag, {}, {.tags = {"y"}}), (Lines{{{"y"}, 1, 1}}));
  EXPECT_EQ(usage(UsageBy::tag, {}, {.user_ids = {"bob"}}), Lines{});
}

TEST_F(SpendUsageTest, EndUsers) {
  EXPECT_EQ(usage(UsageBy::end_user), (Lines{{{"ned"}, 300, 1}, {{"eve"}, 20, 1}}));
  EXPECT_EQ(usage(UsageBy::day_end_user_key_model, days("2026-01-05", "2026-01-05")),
            (Lines{{{"2026-01-05", "ned", "k1", "gpt-4o"}, 300, 1},
                   {{"2026-01-05", "eve", "k1", "gpt-4o"}, 20, 1}}));
  EXPECT_EQ(usage(UsageBy::day, {}, {.end_users = {"eve"}}), (Lines{{{"2026-01-05"}, 20, 1}}));
}

TEST_F(SpendUsageTest, GroupsOfSeveral) {
  EXPECT_EQ(usage(UsageBy::day_user, days("2026-01-05", "2026-01-06")),
            (Lines{{{"2026-01-05", "alice"}, 321, 3}, {{"2026-01-06", "bob"}, 4'000, 1}}));
  EXPECT_EQ(usage(UsageBy::key_model, {}, {.models = {"claude", "gpt-4o"}}),
            (Lines{{{"k1", "gpt-4o"}, 50'321, 4}, {{"k2", "claude"}, 4'000, 1}}));
  EXPECT_EQ(usage(UsageBy::day_team_key_model, days("2026-01-06", "2026-01-06")),
            (Lines{{{"2026-01-06", "", "k2", "claude"}, 4'000, 1}}));
}

TEST_F(SpendUsageTest, DaysOfSomebody) {
  const DayRange all = days("2026-01-01", "2026-01-31");
  for (const UsageFilter& filter : {UsageFilter{.api_keys = {"k2"}}, {.user_ids = {"bob"}}}) {
    EXPECT_EQ(usage(UsageBy::day, all, filter), (Lines{{{"2026-01-06"}, 4'000, 1}}));
    auto total = queries_->total(all, filter);
    ASSERT_TRUE(total);
    EXPECT_EQ(total->prompt_tokens, 10);
  }
  EXPECT_EQ(usage(UsageBy::day, {}, {.team_ids = {"red", "blue"}}),
            (Lines{{{"2026-01-05"}, 321, 3}, {{"2026-01-07"}, 50'000, 2}}));
  // Nothing but the finest table knows this.
  EXPECT_EQ(usage(UsageBy::day, {}, {.user_ids = {"alice"}, .end_users = {"eve"}}),
            (Lines{{{"2026-01-05"}, 20, 1}}));
  EXPECT_EQ(usage(UsageBy::key, {}, {.user_ids = {"bob"}}), (Lines{{{"k2"}, 4'000, 1}}));
  EXPECT_EQ(usage(UsageBy::end_user, {}, {.end_users = {"ned"}}), (Lines{{{"ned"}, 300, 1}}));
}

/// 2026-01-05 is a Monday. Whole weeks come from sums of weeks; where a range begins and ends must
/// make no difference.
TEST_F(SpendUsageTest, WeeksAndDaysMakeAnyRange) {
  for (int day = 8; day <= 28; ++day) {
    const std::string date = "2026-01-" + std::string(day < 10 ? "0" : "") + std::to_string(day);
    add({.id = date, .date = date, .end_user = "eve", .cost_nano = 1'000'000});
  }
  const auto spent = [this](Day first, Day last) {
    std::int64_t sum = 0;
    for (const Line& line : usage(UsageBy::day, DayRange{first, last})) sum += line.nano;
    return sum;
  };
  for (Day first = day("2026-01-01"); first <= day("2026-01-30"); first += std::chrono::days(1)) {
    for (Day last = first; last <= day("2026-01-31"); last += std::chrono::days(1)) {
      std::int64_t by_key = 0;
      for (const Line& line : usage(UsageBy::key, DayRange{first, last})) by_key += line.nano;
      ASSERT_EQ(by_key, spent(first, last)) << text_of(first) << " to " << text_of(last);
    }
  }
  EXPECT_EQ(usage(UsageBy::end_user, days("2026-01-07", "2026-01-20")),
            (Lines{{{"eve"}, 13'000'000, 13}}));
}

TEST_F(SpendUsageTest, ACorrectionTellsWhatItMoved) {
  sql("INSERT INTO adjustment VALUES ('r1', 'reset_all', 0, 'root', '', 0)");
  sql("INSERT INTO adjustment_line VALUES ('r1', 5, 'k1', '1d', 1000, -7)");
  std::vector<CounterChange> changes;
  ASSERT_TRUE(
      queries_->changes_of("r1", [&](const CounterChange& one) { changes.push_back(one); }));
  EXPECT_EQ(changes,
            (std::vector<CounterChange>{{.scope = {core::Scope::key, "k1"},
                                         .duration = "1d",
                                         .period_start = core::WallTime(core::Nanos(1'000)),
                                         .delta = core::Money::nano_usd(-7)}}));
  changes.clear();
  ASSERT_TRUE(
      queries_->changes_of("r2", [&](const CounterChange& one) { changes.push_back(one); }));
  EXPECT_TRUE(changes.empty());
}

TEST_F(SpendUsageTest, ActivityIsPagedNewestFirst) {
  const DayRange all = days("2026-01-01", "2026-01-31");
  auto first = queries_->activity(Subject::user, all, {}, 0, 3);
  ASSERT_TRUE(first) << first.error().internal_detail;
  EXPECT_EQ(first->total, 4U);  // alice's calls of the 5th are one line, her refused one another
  ASSERT_EQ(first->lines.size(), 3U);
  EXPECT_EQ(first->lines[0].date, "2026-01-07");
  EXPECT_EQ(first->lines[0].model, "gpt-4o");
  EXPECT_EQ(first->lines[2].subject, "bob");
  auto rest = queries_->activity(Subject::user, all, {}, 3, 3);
  ASSERT_TRUE(rest);
  ASSERT_EQ(rest->lines.size(), 1U);
  EXPECT_EQ(rest->lines[0].date, "2026-01-05");
  EXPECT_EQ(rest->lines[0].sums.spend.nano_usd(), 321);
  EXPECT_EQ(rest->lines[0].call_type, "acompletion");
}

TEST_F(SpendUsageTest, ActivityIsAboutThoseThatAreNamed) {
  const DayRange all = days("2026-01-01", "2026-01-31");
  auto teams = queries_->activity(Subject::team, all, {}, 0, 10);
  ASSERT_TRUE(teams);
  for (const ActivityLine& line : teams->lines) EXPECT_EQ(line.subject, "red");
  auto customers = queries_->activity(Subject::end_user, all, {.end_users = {"eve"}}, 0, 10);
  ASSERT_TRUE(customers);
  ASSERT_EQ(customers->lines.size(), 1U);
  EXPECT_EQ(customers->lines[0].sums.spend.nano_usd(), 20);
  auto tags = queries_->activity(Subject::tag, all, {.tags = {"x", "y"}}, 0, 10);
  ASSERT_TRUE(tags);
  EXPECT_EQ(tags->lines.size(), 3U);
}

TEST_F(SpendUsageTest, DaysAndTheirLines) {
  auto active = queries_->active_days(days("2026-01-01", "2026-01-06"));
  ASSERT_TRUE(active);
  EXPECT_EQ(*active, (std::vector<Day>{day("2026-01-06"), day("2026-01-05")}));
  auto lines = queries_->activity_of_day(Subject::user, day("2026-01-06"), {});
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->size(), 1U);
  EXPECT_EQ(lines->front().subject, "bob");
}

TEST_F(SpendUsageTest, NamesAreSortedAndPaged) {
  auto tags = queries_->tag_names("", 10);
  ASSERT_TRUE(tags);
  EXPECT_EQ(*tags, (std::vector<std::string>{"x", "y"}));
  auto customers = queries_->end_users("", 1);
  ASSERT_TRUE(customers);
  EXPECT_EQ(*customers, (std::vector<std::string>{"eve"}));
  customers = queries_->end_users("eve", 10);
  ASSERT_TRUE(customers);
  EXPECT_EQ(*customers, (std::vector<std::string>{"ned"}));
}

TEST(SpendDays, AreWrittenAndReadAsDates) {
  EXPECT_EQ(text_of(*day_named("2026-02-28")), "2026-02-28");
  EXPECT_EQ(day_of(start_of(*day_named("2026-02-28")) + core::Seconds(86'399)),
            *day_named("2026-02-28"));
  for (const std::string_view wrong :
       {"", "2026-02-29", "2026-13-01", "2026-1-01", "20260101", "2026-01-01 ", "1969-12-31",
        "9999-01-01", "-026-01-01", "2026/01/01"}) {
    EXPECT_FALSE(day_named(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace gatehouse::ledger
