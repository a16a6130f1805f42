/// SQL that users of a LiteLLM database have in their scripts, over our tables.

#include "spend_test_support.hpp"

namespace gatehouse::ledger {
namespace {

using Rows = std::vector<std::string>;

class LiteLlmViewsTest : public SpendTest {
 protected:
  void SetUp() override {
    SpendTest::SetUp();
    add_all({
        {.id = "a",
         .date = "2026-01-05",
         .second = 36'000,
         .tags = {"prod"},
         .cost_nano = 1'500'000},
        {.id = "b", .date = "2026-01-06", .end_user = "eve", .cost_nano = 250'000},
        {.id = "c", .date = "2026-01-06", .status = "failed", .http_status = 500, .error = "boom"},
    });
    sql("INSERT INTO organization VALUES ('acme', 'Acme', '[]', NULL, NULL, NULL, NULL, '[]', "
        "NULL, "
        "NULL, NULL, '{}', '{}', '{}', NULL, 0, '{}', '{}', 0, 0, '', '')");
    sql("INSERT INTO team (team_id, team_alias, organization_id, models, model_aliases, "
        "max_budget_nano, blocked, metadata, extra, tags, created_at_ns, updated_at_ns, "
        "created_by, "
        "updated_by) VALUES ('red', 'Red Team', 'acme', '[]', '{}', 5000000000, 0, '{}', '{}', "
        "'[]', 1767225600000000000, 1767225600000000000, 'root', 'root')");
    sql("INSERT INTO user_account (user_id, user_email, user_role, models, metadata, extra, "
        "created_at_ns, updated_at_ns, created_by, updated_by) VALUES ('alice', 'a@example.org', "
        "'internal_user', '[]', '{}', '{}', 0, 0, '', '')");
    sql("INSERT INTO team_member (team_id, user_id, user_email, role, joined_at_ns) VALUES ('red', "
        "'alice', 'a@example.org', 'admin', 0)");
    add_key("k1", "main", "NULL");
    counter(5, "k1", "", 1'750'000);
    counter(2, "red", "", 1'750'000);
    counter(4, "alice", "", 1'750'000);
    counter(6, "eve", "", 250'000);
    counter(7, "prod", "", 1'500'000);
  }
  void add_key(const std::string& token, const std::string& alias, const std::string& duration) {
    sql("INSERT INTO virtual_key (token, account, key_name, key_alias, key_type, models, aliases, "
        "user_id, team_id, max_budget_nano, budget_duration, blocked, tags, allowed_routes, "
        "metadata, extra, service_account, rotation_count, auto_rotate, created_at_ns, "
        "updated_at_ns, created_by, updated_by) VALUES ('" +
        token + "', '" + token + "', 'sk-...abcd', '" + alias +
        "', 'default', '[\"gpt-4o\"]', '{}', 'alice', 'red', "
        "2000000000, " +
        duration +
        ", 0, '[]', '[]', '{}', '{}', 0, 0, 0, 1767225600000000000, "
        "1767225600000000000, 'root', 'root')");
  }
  void counter(int scope, const std::string& id, const std::string& duration, std::int64_t nano,
               const std::string& start = "0", const std::string& end = "NULL") {
    sql("INSERT INTO budget_counter VALUES (" + std::to_string(scope) + ", '" + id + "', '" +
        duration + "', " + start + ", " + end + ", " + std::to_string(nano) + ")");
  }
};

TEST_F(LiteLlmViewsTest, TheSpendLog) {
  EXPECT_EQ(column(R"(SELECT request_id || ' ' || spend || ' ' || status || ' ' || "startTime"
                      FROM "LiteLLM_SpendLogs" ORDER BY "startTime" DESC, request_id)"),
            (Rows{"resp-b 0.00025 success 2026-01-06 00:00:00.000",
                  "resp-c 1.0e-06 failure 2026-01-06 00:00:00.000",
                  "resp-a 0.0015 success 2026-01-05 10:00:00.000"}));
  EXPECT_EQ(column(R"(SELECT printf('%.6f', SUM(spend)) FROM "LiteLLM_SpendLogs"
                      WHERE "startTime" >= '2026-01-05' AND "startTime" < '2026-01-06'
                        AND "user" = 'alice')"),
            (Rows{"0.001500"}));
  EXPECT_EQ(column(R"(SELECT model || ':' || SUM(total_tokens) FROM "LiteLLM_SpendLogs"
                      GROUP BY model)"),
            (Rows{"gpt-4o:45"}));
  EXPECT_EQ(column(R"(SELECT DATE("startTime") || ':' || COUNT(*) FROM "LiteLLM_SpendLogs"
                      GROUP BY DATE("startTime") ORDER BY 1)"),
            (Rows{"2026-01-05:1", "2026-01-06:2"}));
  EXPECT_EQ(
      column(R"(SELECT t.value FROM "LiteLLM_SpendLogs" AS l, json_each(l.request_tags) AS t)"),
      (Rows{"prod"}));
  EXPECT_EQ(column(R"(SELECT json_extract(metadata, '$.user_api_key') FROM "LiteLLM_SpendLogs"
                      WHERE request_id = 'resp-a')"),
            (Rows{"k1"}));
}

TEST_F(LiteLlmViewsTest, KeysWithTheirSpend) {
  EXPECT_EQ(
      column(R"(SELECT token || ' ' || key_alias || ' ' || spend || ' ' || max_budget || ' ' ||
                             created_at
                      FROM "LiteLLM_VerificationToken" WHERE spend < max_budget)"),
      (Rows{"k1 main 0.00175 2.0 2026-01-01 00:00:00"}));
  EXPECT_EQ(column(R"(SELECT v.key_alias || ' ' || t.team_alias
                      FROM "LiteLLM_VerificationToken" AS v
                      JOIN "LiteLLM_TeamTable" AS t ON t.team_id = v.team_id)"),
            (Rows{"main Red Team"}));
  EXPECT_EQ(column(R"(SELECT v.key_alias || ' ' || COUNT(*)
                      FROM "LiteLLM_SpendLogs" AS s
                      JOIN "LiteLLM_VerificationToken" AS v ON v.token = s.api_key
                      GROUP BY v.key_alias)"),
            (Rows{"main 3"}));
}

/// A budget's spend is that of the period that runs, and nothing once it is over.
TEST_F(LiteLlmViewsTest, SpendIsThatOfTheRunningPeriod) {
  add_key("k2", "daily", "'1d'");
  counter(5, "k2", "", 900'000'000);
  counter(5, "k2", "1d", 7'000'000, "1000", "9000000000000000000");
  add_key("k3", "over", "'1d'");
  counter(5, "k3", "1d", 7'000'000, "1000", "2000");
  EXPECT_EQ(column(R"(SELECT key_alias || ' ' || spend FROM "LiteLLM_VerificationToken"
                      ORDER BY spend DESC)"),
            (Rows{"daily 0.007", "main 0.00175", "over 0.0"}));
}

TEST_F(LiteLlmViewsTest, TeamsUsersAndMembers) {
  EXPECT_EQ(column(R"(SELECT team_alias || ' ' || spend || ' ' || max_budget || ' ' ||
                             json_extract(members_with_roles, '$[0].role') || ' ' || members
                      FROM "LiteLLM_TeamTable")"),
            (Rows{R"(Red Team 0.00175 5.0 admin ["alice"])"}));
  EXPECT_EQ(column(R"(SELECT user_email || ' ' || spend || ' ' || teams FROM "LiteLLM_UserTable")"),
            (Rows{R"(a@example.org 0.00175 ["red"])"}));
  EXPECT_EQ(column(R"(SELECT user_id || ' ' || team_id || ' ' || spend
                      FROM "LiteLLM_TeamMembership")"),
            (Rows{"alice red 0.0"}));
  EXPECT_EQ(column(R"(SELECT organization_alias FROM "LiteLLM_OrganizationTable"
                      ORDER BY organization_id)"),
            (Rows{"Acme", "default"}));
}

/// LiteLLM makes a row for each end user and tag at its first call.
TEST_F(LiteLlmViewsTest, EndUsersAndTagsNeedNoRowOfAnAdministrator) {
  EXPECT_EQ(
      column(R"(SELECT user_id || ' ' || spend || ' ' || blocked FROM "LiteLLM_EndUserTable")"),
      (Rows{"eve 0.00025 0"}));
  EXPECT_EQ(column(R"(SELECT tag_name || ' ' || spend FROM "LiteLLM_TagTable")"),
            (Rows{"prod 0.0015"}));
}

TEST_F(LiteLlmViewsTest, DailySums) {
  EXPECT_EQ(column(R"(SELECT date || ' ' || api_requests || ' ' || printf('%.6f', spend)
                      FROM "LiteLLM_DailyUserSpend" WHERE user_id = 'alice' ORDER BY date)"),
            (Rows{"2026-01-05 1 0.001500", "2026-01-06 2 0.000251"}));
  EXPECT_EQ(column(R"(SELECT SUM(successful_requests) || ' ' || SUM(failed_requests)
                      FROM "LiteLLM_DailyTeamSpend" WHERE team_id = 'red')"),
            (Rows{"2 1"}));
  EXPECT_EQ(column(R"(SELECT tag || ' ' || spend FROM "LiteLLM_DailyTagSpend")"),
            (Rows{"prod 0.0015"}));
  EXPECT_EQ(column(R"(SELECT end_user_id || ' ' || spend FROM "LiteLLM_DailyEndUserSpend")"),
            (Rows{"eve 0.00025"}));
  EXPECT_EQ(column(R"(SELECT COUNT(DISTINCT id) FROM "LiteLLM_DailyUserSpend")"), (Rows{"2"}));
}

/// Nobody finds out about a view with a mistake in it later than here.
TEST_F(LiteLlmViewsTest, EveryViewCanBeRead) {
  const Rows views = column("SELECT name FROM sqlite_master WHERE type = 'view'");
  EXPECT_GE(views.size(), 16U);
  for (const std::string& view : views) (void)column("SELECT * FROM \"" + view + "\"");
}

TEST_F(LiteLlmViewsTest, ViewsCannotBeWritten) {
  auto done = database_->write([](database::Connection& connection) {
    return connection.execute(R"(UPDATE "LiteLLM_SpendLogs" SET spend = 0)");
  });
  EXPECT_FALSE(done);
}

}  // namespace
}  // namespace gatehouse::ledger
