#include "importer.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>

#include "gatehouse/limits/period.hpp"
#include "pg_text.hpp"

namespace gatehouse::app::import {
namespace {

const std::string kHash(64, 'a');
const std::string kOther(64, 'b');

class TextDump final : public Dump {
 public:
  std::map<std::string, std::string, std::less<>> tables;
  core::Result<std::unique_ptr<RowSource>> open(std::string_view table) override {
    const auto found = tables.find(table);
    if (found == tables.end()) return std::unique_ptr<RowSource>();
    return read_text(found->second);
  }
};

class ImporterTest : public testing::Test {
 protected:
  ImporterTest() {
    std::string folder = (std::filesystem::temp_directory_path() / "gatehouse-XXXXXX").string();
    folder_ = ::mkdtemp(folder.data());
    auto opened = database::open_sqlite({.file = folder_ + "/gatehouse.db", .readers = 1});
    EXPECT_TRUE(opened) << opened.error().public_message << opened.error().internal_detail;
    database_ = std::move(*opened);
    dump_.tables = {
        {"LiteLLM_BudgetTable",
         "budget_id,max_budget,soft_budget,tpm_limit,budget_duration,budget_reset_at,created_at\n"
         "b1,2.5,,1000,7d,2026-01-08 00:00:00,2026-01-01 00:00:00\n"},
        {"LiteLLM_OrganizationTable",
         "organization_id,organization_alias,budget_id,metadata,models,spend\n"
         "org,Org,b1,{},{},0.5\n"},
        {"LiteLLM_UserTable",
         "user_id,user_email,user_role,teams,models,spend,max_budget,password\n"
         "ada,ada@x.org,proxy_admin,{},{},0.25,10,hash\n"
         "bob,ADA@x.org,,{},\"{gpt-4o,\"\"a b\"\"}\",0,,\n"
         "litellm-proxy-budget,,,{},{},9,,\n"},
        {"LiteLLM_TeamTable",
         "team_id,team_alias,organization_id,members_with_roles,metadata,models,spend,blocked\n"
         "t1,Team,org,\"[{\"\"role\"\":\"\"admin\"\",\"\"user_id\"\":\"\"ada\"\"}]\","
         "\"{\"\"tags\"\":[\"\"x\"\"],\"\"k\"\":1}\",{},1.5,f\n"
         "t2,,nowhere,[],{},{},0,f\n"},
        {"LiteLLM_VerificationToken",
         "token,key_name,key_alias,spend,expires,models,user_id,team_id,metadata,max_budget,"
         "budget_duration,budget_reset_at,model_max_budget,blocked,allowed_routes,budget_id\n" +
             kHash +
             ",sk-...abcd,main,0.75,2030-01-01 00:00:00,{gpt-4o},ada,t1,"
             "\"{\"\"model_rpm_limit\"\":{\"\"gpt-4o\"\":5},\"\"note\"\":\"\"x\"\"}\",3,1d,"
             "2026-01-06 00:00:00,"
             "\"{\"\"gpt-4o\"\":{\"\"budget_limit\"\":\"\"no\"\",\"\"max_budget\"\":1.5,"
             "\"\"time_period\"\":\"\"1d\"\"}}\",t,{llm_api_routes},\n" +
             kOther + ",sk-...efgh,main,0.1,,{},,,{},,,,{},,{},\n" + std::string(64, 'c') +
             ",sk-...zzzz,,0,,{},,gone,{},,,,{},,{},\n"
             "plain-text,,,0,,{},,,{},,,,{},,{},\n"},
        {"LiteLLM_EndUserTable", "user_id,alias,spend,blocked,budget_id\ncust,,0.125,t,b1\n"},
        {"LiteLLM_SpendLogs",
         "request_id,call_type,api_key,spend,prompt_tokens,completion_tokens,startTime,endTime,"
         "model,model_group,user,team_id,end_user,request_tags,status,metadata\n"
         "r1,acompletion," +
             kOther +
             ",0.04,10,5,2026-01-04 10:00:00,2026-01-04 10:00:01,m,g,,,,\"[\"\"blue\"\"]\",success,"
             "{}\n"},
    };
  }
  ~ImporterTest() override {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }
  ImporterTest(const ImporterTest&) = delete;
  ImporterTest& operator=(const ImporterTest&) = delete;

  ImportReport run() {
    Importer importer(*database_, dump_, *parse_timestamp("2026-01-05 12:00:00"),
                      limits::TimeZone::utc(), {});
    auto report = importer.run();
    EXPECT_TRUE(report) << report.error().public_message << report.error().internal_detail;
    return report ? *report : ImportReport();
  }

  /// First row, columns joined by "|".
  std::string row(const std::string& sql, int columns) {
    std::string out;
    auto read = database_->read([&](database::Connection& connection) {
      return connection.query(sql, {}, [&](const database::Row& found) -> core::Result<void> {
        if (!out.empty()) return {};
        for (int i = 0; i < columns; ++i) {
          out += i ? "|" : "";
          out += found.is_null(i) ? "NULL" : std::string(found.text(i));
        }
        return {};
      });
    });
    EXPECT_TRUE(read) << read.error().internal_detail;
    return out;
  }
  std::string spent(int scope, const std::string& id, const std::string& duration = "") {
    return row("SELECT CAST(spent_nano AS TEXT) FROM budget_counter WHERE scope = " +
                   std::to_string(scope) + " AND id = '" + id + "' AND duration = '" + duration +
                   "'",
               1);
  }

  std::string folder_;
  std::unique_ptr<database::Database> database_;
  TextDump dump_;
};

TEST_F(ImporterTest, CarriesIdentitiesOver) {
  const ImportReport report = run();
  EXPECT_EQ(row("SELECT CAST(max_budget_nano AS TEXT), CAST(tpm_limit AS TEXT), budget_duration, "
                "CAST(budget_anchor_ns AS TEXT) FROM budget",
                4),
            "2500000000|1000|7d|1767225600000000000");
  EXPECT_EQ(row("SELECT organization_alias, budget_id FROM organization WHERE organization_id = "
                "'org'",
                2),
            "Org|b1");
  EXPECT_EQ(row("SELECT user_role, user_email FROM user_account WHERE user_id = 'ada'", 2),
            "proxy_admin|ada@x.org");
  EXPECT_EQ(row("SELECT user_role, user_email, models FROM user_account WHERE user_id = 'bob'", 3),
            R"(internal_user|NULL|["gpt-4o","a b"])");
  EXPECT_EQ(row("SELECT tags, metadata, organization_id FROM team", 3), R"(["x"]|{"k":1}|org)");
  EXPECT_EQ(row("SELECT user_id, role FROM team_member WHERE team_id = 't1'", 2), "ada|admin");
  EXPECT_EQ(
      row("SELECT key_alias, key_type, account, model_rpm_limit, model_max_budget, metadata, "
          "CAST(blocked AS TEXT), CAST(expires_ns AS TEXT) FROM virtual_key WHERE token = '" +
              kHash + "'",
          8),
      "main|llm_api|" + kHash +
          R"(|{"gpt-4o":5}|{"gpt-4o":{"max_nano":1500000000,"duration":"1d"}}|{"note":"x"}|1|)"
          "1893456000000000000");
  EXPECT_EQ(row("SELECT CAST(blocked AS TEXT), budget_id FROM end_user", 2), "1|b1");
  EXPECT_EQ(report.tables[7].added, 2U);
}

TEST_F(ImporterTest, NobodyEndsUpWithFewerBounds) {
  const ImportReport report = run();
  // A team of an organization and a key of a team that are not there; a token that is no hash.
  EXPECT_EQ(report.tables[4].refused, 1U);
  EXPECT_EQ(report.tables[7].refused, 2U);
  EXPECT_EQ(row("SELECT key_alias FROM virtual_key WHERE token = '" + kOther + "'", 1), "NULL");
  std::string notes;
  for (const std::string& note : report.notes) notes += note + "\n";
  for (const char* part :
       {"nowhere is not there", "gone is not there", "no SHA-256", "another key has the alias main",
        "its password is not carried over", "another user has its e-mail"}) {
    EXPECT_NE(notes.find(part), std::string::npos) << part << " in\n" << notes;
  }
}

TEST_F(ImporterTest, PostsWhatWasSpent) {
  run();
  EXPECT_EQ(spent(5, kHash), "750000000");
  EXPECT_EQ(spent(5, kHash, "1d"), "750000000");
  EXPECT_EQ(spent(5, kOther), "100000000");  // 0.04 of it by a call in the log
  EXPECT_EQ(spent(2, "t1"), "1500000000");
  EXPECT_EQ(spent(4, "ada"), "250000000");
  EXPECT_EQ(spent(1, "org"), "500000000");
  EXPECT_EQ(spent(6, "cust"), "125000000");
  EXPECT_EQ(spent(0, ""), "9000000000");
  EXPECT_EQ(row("SELECT CAST(spend_nano AS TEXT), date, api_key FROM daily_usage", 3),
            "40000000|2026-01-04|" + kOther);
  EXPECT_EQ(row("SELECT tag FROM daily_tag_usage", 1), "blue");
  EXPECT_EQ(
      row("SELECT CAST(sum(delta_nano) AS TEXT) FROM adjustment_line WHERE id = '" + kOther + "'",
          1),
      "60000000");
}

TEST_F(ImporterTest, SpendOfAPeriodThatEndedIsForgotten) {
  auto& keys = dump_.tables["LiteLLM_VerificationToken"];
  keys.replace(keys.find("2026-01-06 00:00:00"), 19, "2026-01-05 00:00:00");
  run();
  EXPECT_EQ(spent(5, kHash), "");
}

TEST_F(ImporterTest, ASecondRunChangesNothing) {
  run();
  const auto state = [this] {
    return row(
        "SELECT (SELECT group_concat(spent_nano) FROM budget_counter), (SELECT count(*) FROM "
        "call_record) || '', (SELECT group_concat(api_requests) FROM daily_usage), (SELECT "
        "count(*) FROM audit_log) || '', (SELECT count(*) FROM adjustment) || ''",
        5);
  };
  const std::string before = state();
  const ImportReport again = run();
  EXPECT_EQ(state(), before);
  for (const TableSummary& table : again.tables) EXPECT_EQ(table.added, 0U) << table.table;
  EXPECT_EQ(again.balances, 0U);
}

TEST_F(ImporterTest, ARunThatBrokeOffIsGoneOnWith) {
  // The calls were carried over, their rest was not.
  TextDump whole = dump_;
  dump_.tables.erase("LiteLLM_VerificationToken");
  run();
  dump_ = whole;
  run();
  EXPECT_EQ(spent(5, kOther), "100000000");
}

TEST_F(ImporterTest, WhatWasDeletedStaysDeleted) {
  run();
  auto removed = database_->write([&](database::Connection& connection) -> core::Result<void> {
    for (const std::string& sql :
         {"INSERT INTO deleted_virtual_key SELECT *, 0, '' FROM virtual_key WHERE token = '" +
              kHash + "'",
          "DELETE FROM virtual_key WHERE token = '" + kHash + "'"}) {
      if (auto done = connection.execute(sql); !done) return core::pass(done);
    }
    return {};
  });
  ASSERT_TRUE(removed) << removed.error().internal_detail;
  run();
  EXPECT_EQ(row("SELECT token FROM virtual_key WHERE token = '" + kHash + "'", 1), "");
}

TEST_F(ImporterTest, ABrokenFileNamesItsLine) {
  dump_.tables["LiteLLM_EndUserTable"] = "user_id,spend\nx,1,2\n";
  Importer importer(*database_, dump_, core::WallTime(), limits::TimeZone::utc(), {});
  const auto report = importer.run();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().public_message,
            "LiteLLM_EndUserTable: line 2: 3 fields, the first line has 2");
}

}  // namespace
}  // namespace gatehouse::app::import
