#include "spend_test_support.hpp"

namespace gatehouse::ledger {
namespace {

std::vector<std::string> ids(const std::vector<LoggedCall>& calls) {
  std::vector<std::string> found;
  for (const LoggedCall& call : calls) found.push_back(call.call_id);
  return found;
}

using Ids = std::vector<std::string>;

class SpendCallsTest : public SpendTest {
 protected:
  void SetUp() override {
    SpendTest::SetUp();
    add_all({
        {.id = "a", .date = "2026-01-05", .second = 10, .cost_nano = 3},
        {.id = "b", .date = "2026-01-05", .second = 20, .key = "k2", .user = "bob", .cost_nano = 9},
        {.id = "c", .date = "2026-01-06", .second = 0, .end_user = "eve", .session = "s1"},
        {.id = "d",
         .date = "2026-01-07",
         .second = 5,
         .model = "claude",
         .group = "smart",
         .session = "s1",
         .status = "failed",
         .http_status = 502,
         .error = "100% broken"},
        {.id = "e", .date = "2026-01-07", .second = 5, .team = "blue"},
    });
  }
  CallPage page(const CallFilter& filter, const CallPageRequest& request = {}) {
    auto found = queries_->page(filter, request);
    EXPECT_TRUE(found) << (found ? "" : found.error().internal_detail);
    return found ? std::move(*found) : CallPage{};
  }
};

TEST_F(SpendCallsTest, NewestComeFirstAndEqualTimesInOrderOfSettlement) {
  const CallPage found = page({});
  EXPECT_EQ(ids(found.calls), (Ids{"e", "d", "c", "b", "a"}));
  EXPECT_EQ(found.total, 5U);
}

TEST_F(SpendCallsTest, PagesPartitionTheLog) {
  EXPECT_EQ(ids(page({}, {.offset = 0, .limit = 2}).calls), (Ids{"e", "d"}));
  EXPECT_EQ(ids(page({}, {.offset = 2, .limit = 2}).calls), (Ids{"c", "b"}));
  const CallPage last = page({}, {.offset = 4, .limit = 2});
  EXPECT_EQ(ids(last.calls), (Ids{"a"}));
  EXPECT_EQ(last.total, 5U);
  EXPECT_TRUE(page({}, {.offset = 6, .limit = 2}).calls.empty());
}

TEST_F(SpendCallsTest, CallsOfNobodyAreFoundToo) {
  add({.id = "f", .date = "2026-01-08", .user = "", .team = ""});
  EXPECT_EQ(ids(page({.user_id = ""}).calls), (Ids{"f"}));
  EXPECT_EQ(ids(page({.team_id = ""}).calls), (Ids{"f"}));
  EXPECT_EQ(ids(page({.user_id = "bob"}).calls), (Ids{"b"}));
  EXPECT_EQ(ids(page({.team_id = "blue"}).calls), (Ids{"e"}));
}

TEST_F(SpendCallsTest, ReadsEveryColumn) {
  const CallPage found = page({.request_id = "resp-d"});
  ASSERT_EQ(found.calls.size(), 1U);
  const LoggedCall& call = found.calls.front();
  EXPECT_EQ(call.call_id, "d");
  EXPECT_EQ(call.call_type, "acompletion");
  EXPECT_EQ(call.status, "failed");
  EXPECT_EQ(call.http_status, 502);
  EXPECT_EQ(call.model, "claude");
  EXPECT_EQ(call.model_group, "smart");
  EXPECT_EQ(call.provider, "openai");
  EXPECT_EQ(call.session_id, "s1");
  EXPECT_EQ(call.requester_ip, "127.0.0.1");
  EXPECT_EQ(call.price_version, "v1");
  EXPECT_EQ(call.error_message, "100% broken");
  EXPECT_EQ(call.cost.nano_usd(), 1'000);
  EXPECT_EQ(call.prompt_tokens, 10);
  EXPECT_EQ(call.completion_tokens, 5);
  EXPECT_EQ(call.started_at, at("2026-01-07", 5));
  EXPECT_EQ(call.ended_at, at("2026-01-07", 5) + core::Millis(1'500));
  EXPECT_FALSE(call.first_token_at);
}

struct FilterCase {
  std::string name;
  CallFilter filter;
  Ids expected;
};

TEST_F(SpendCallsTest, EachFilterNarrows) {
  const std::vector<FilterCase> cases{
      {"key", {.api_key = "k2"}, {"b"}},
      {"user", {.user_id = "bob"}, {"b"}},
      {"team", {.team_id = "blue"}, {"e"}},
      {"organization", {.organization_id = "other"}, {}},
      {"end user", {.end_user = "eve"}, {"c"}},
      {"session", {.session_id = "s1"}, {"d", "c"}},
      {"model", {.model = "claude"}, {"d"}},
      {"group", {.model_group = "smart"}, {"d"}},
      {"deployment", {.deployment = "d2"}, {}},
      {"alias", {.key_alias = "nobody's"}, {}},
      {"at least", {.min_cost = core::Money::nano_usd(9)}, {"e", "d", "c", "b"}},
      {"at most", {.max_cost = core::Money::nano_usd(9)}, {"b", "a"}},
      {"good", {.successful = true}, {"e", "c", "b", "a"}},
      {"bad", {.successful = false}, {"d"}},
      {"status", {.http_status = 502}, {"d"}},
      {"message, taken literally", {.error_contains = "0% b"}, {"d"}},
      {"message without a wildcard", {.error_contains = "100_ broken"}, {}},
      {"from, inclusive", {.from = at("2026-01-07", 5)}, {"e", "d"}},
      {"until, exclusive", {.until = at("2026-01-06")}, {"b", "a"}},
      {"two", {.user_id = "alice", .successful = false}, {"d"}},
  };
  for (const FilterCase& one : cases) {
    const CallPage found = page(one.filter);
    EXPECT_EQ(ids(found.calls), one.expected) << one.name;
    EXPECT_EQ(found.total, one.expected.size()) << one.name;
    EXPECT_EQ(page(one.filter, {.limit = 1}).total, one.expected.size()) << one.name;
  }
}

TEST_F(SpendCallsTest, AnAliasStandsForItsKey) {
  sql("INSERT INTO virtual_key (token, account, key_name, key_alias, key_type, models, aliases, "
      "blocked, tags, allowed_routes, metadata, extra, service_account, rotation_count, "
      "auto_rotate, created_at_ns, updated_at_ns, created_by, updated_by) VALUES ('k2', 'k2', "
      "'sk-...abcd', 'second', 'default', '[]', '{}', 0, '[]', '[]', '{}', '{}', 0, 0, 0, 0, 0, "
      "'', '')");
  EXPECT_EQ(ids(page({.key_alias = "second"}).calls), (Ids{"b"}));
}

TEST_F(SpendCallsTest, SortsByWhatIsAsked) {
  EXPECT_EQ(ids(page({.until = at("2026-01-06")}, {.order = CallOrder::cost}).calls),
            (Ids{"b", "a"}));
  EXPECT_EQ(ids(page({}, {.order = CallOrder::cost, .descending = false, .limit = 2}).calls),
            (Ids{"a", "b"}));
  EXPECT_EQ(ids(page({}, {.order = CallOrder::started_at, .descending = false, .limit = 1}).calls),
            (Ids{"a"}));
  EXPECT_EQ(ids(page({}, {.order = CallOrder::model, .descending = false, .limit = 1}).calls),
            (Ids{"d"}));
}

TEST_F(SpendCallsTest, ReadingInPartsGivesEachCallOnce) {
  Ids all;
  std::optional<SpendQueries::Cursor> before;
  for (;;) {
    auto part = queries_->newest({}, before, 2);
    ASSERT_TRUE(part);
    if (part->empty()) break;
    for (const LoggedCall& call : *part) all.push_back(call.call_id);
    before = {.started_at = part->back().started_at, .seq = part->back().seq};
  }
  EXPECT_EQ(all, (Ids{"e", "d", "c", "b", "a"}));
}

TEST_F(SpendCallsTest, SessionsAreCounted) {
  const std::vector<std::string> sessions{"s1", "s2"};
  auto sizes = queries_->session_sizes(sessions);
  ASSERT_TRUE(sizes);
  EXPECT_EQ(*sizes, (std::map<std::string, std::uint64_t>{{"s1", 2}}));
}

/// The total of whole days comes from the roll-ups, that of the days at the ends from the log.
TEST_F(SpendCallsTest, TotalsAreThoseOfTheLogForAnyRange) {
  for (const int first : {0, 10, 11, 86'400, 86'401}) {
    for (const int length : {1, 11, 86'400, 86'410, 172'800, 172'806, 400'000}) {
      const core::WallTime from = at("2026-01-05", first);
      const CallFilter filter{.from = from, .until = from + core::Seconds(length)};
      // A page that is not full knows the total by itself.
      const CallPage all = page(filter, {.limit = 100});
      EXPECT_EQ(all.total, all.calls.size()) << first << "+" << length;
      EXPECT_EQ(page(filter, {.limit = 1}).total, all.total) << first << "+" << length;
      EXPECT_EQ(page(filter, {.offset = 50}).total, all.total) << first << "+" << length;
    }
  }
}

/// What the archive has taken is no longer counted.
TEST_F(SpendCallsTest, TotalsLeaveOutWhatTheArchiveHas) {
  sql("DELETE FROM call_record WHERE call_id IN ('a', 'b', 'c')");
  EXPECT_EQ(page({}, {.limit = 1}).total, 2U);
}

}  // namespace
}  // namespace gatehouse::ledger
