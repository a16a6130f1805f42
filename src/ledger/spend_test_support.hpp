#pragma once
/// A database with calls that tests know.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gatehouse/database/database.hpp"
#include "gatehouse/ledger/daily_sums.hpp"
#include "gatehouse/ledger/spend_queries.hpp"

namespace gatehouse::ledger {

/// One call as the settler would have written it.
struct TestCall {
  std::string id;
  std::string date = "2026-01-05";
  int second = 0;  ///< of the day
  std::string key = "k1";
  std::string user = "alice";
  std::string team = "red";
  std::string organization = "default";
  std::string end_user = {};
  std::string model = "gpt-4o";
  std::string group = "fast";
  std::string provider = "openai";
  std::string session = {};
  std::vector<std::string> tags = {};
  std::int64_t cost_nano = 1'000;
  int prompt = 10;
  int completion = 5;
  std::string status = "answered";
  int http_status = 200;
  std::string error = {};
};

class SpendTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "spend-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    std::filesystem::copy_file(empty_database(), folder_ + "/gatehouse.db");
    auto opened = database::open_sqlite({.file = folder_ + "/gatehouse.db"});
    ASSERT_TRUE(opened) << opened.error().internal_detail;
    database_ = std::move(*opened);
    queries_.emplace(*database_);
  }
  void TearDown() override {
    queries_.reset();
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  /// Writes the record and the daily sums.
  void add(const TestCall& call) {
    auto done = database_->write([&](database::Connection& connection) -> core::Result<void> {
      if (auto written = add_record(connection, call); !written) return written;
      DailySums sums;
      const std::vector<std::string_view> tags(call.tags.begin(), call.tags.end());
      const bool good = call.status == "answered";
      sums.add({.started_at = at(call.date, call.second),
                .api_key = call.key,
                .user_id = call.user,
                .team_id = call.team,
                .organization_id = call.organization,
                .end_user = call.end_user,
                .model = call.model,
                .model_group = call.group,
                .provider = call.provider,
                .call_type = "acompletion",
                .tags = tags},
               {.spend_nano = call.cost_nano,
                .prompt_tokens = call.prompt,
                .completion_tokens = call.completion,
                .api_requests = 1,
                .successful_requests = good,
                .failed_requests = !good});
      return sums.write(connection);
    });
    ASSERT_TRUE(done) << done.error().internal_detail;
  }
  void add_all(const std::vector<TestCall>& calls) {
    for (const TestCall& call : calls) add(call);
  }
  void sql(std::string_view text) {
    auto done = database_->write([&](database::Connection& connection) -> core::Result<void> {
      return run(connection, text, {});
    });
    ASSERT_TRUE(done) << done.error().internal_detail;
  }
  /// The first column of every row.
  std::vector<std::string> column(std::string_view text) {
    std::vector<std::string> found;
    auto done = database_->read([&](database::Connection& connection) -> core::Result<void> {
      return connection.query(text, {}, [&](const database::Row& row) -> core::Result<void> {
        found.emplace_back(row.text(0));
        return {};
      });
    });
    EXPECT_TRUE(done) << (done ? "" : done.error().internal_detail);
    return found;
  }
  static Day day(std::string_view text) { return *day_named(text); }
  static core::WallTime at(std::string_view date, int second = 0) {
    return start_of(day(date)) + core::Seconds(second);
  }

  std::string folder_;
  std::unique_ptr<database::Database> database_;
  std::optional<SpendQueries> queries_;

 private:
  /// A file with the schema, made once: migrating takes longer than most tests.
  static std::string empty_database() {
    struct Made {
      Made() {
        std::string pattern = (std::filesystem::temp_directory_path() / "spend-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
        EXPECT_TRUE(database::open_sqlite({.file = folder + "/empty.db"}));
      }
      ~Made() { std::filesystem::remove_all(folder); }
      std::string folder;
    };
    static const Made made;
    return made.folder + "/empty.db";
  }

  static core::Result<void> run(database::Connection& connection, std::string_view text,
                                std::initializer_list<database::Value> values) {
    auto done = connection.execute(text, values);
    if (!done) return core::pass(done);
    return {};
  }

  static std::string json_list(const std::vector<std::string>& texts) {
    std::string list = "[";
    for (const std::string& text : texts) list += (list.size() > 1 ? ",\"" : "\"") + text + "\"";
    return list + "]";
  }

  static core::Result<void> add_record(database::Connection& connection, const TestCall& call) {
    const std::string tags = json_list(call.tags);
    const std::int64_t started = at(call.date, call.second).time_since_epoch().count();
    return run(connection,
               "INSERT INTO call_record (call_id, request_id, call_type, status, http_status, "
               "stream, api_key, key_alias, user_id, team_id, organization_id, end_user, "
               "requested_model, model_group, model, deployment, provider, api_base, session_id, "
               "requester_ip, tags, client_metadata, price_version, usage_source, reserved_nano, "
               "cost_nano, cost_known, cost_clamped, prompt_tokens, completion_tokens, "
               "cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, reasoning_tokens, "
               "audio_prompt_tokens, audio_completion_tokens, retries, fallbacks, error_class, "
               "error_message, windows, started_at_ns, ended_at_ns, first_token_at_ns) "
               "VALUES (?, ?, 'acompletion', ?, ?, 0, ?, '', ?, ?, ?, ?, ?, ?, ?, 'd1', ?, "
               "'https://api.example/v1', ?, '127.0.0.1', ?, '', 'v1', 'reported', 0, ?, 1, 0, ?, "
               "?, 0, 0, 0, 0, 0, 0, 0, 0, '', ?, '[]', ?, ?, NULL)",
               {call.id,          "resp-" + call.id, call.status,
                call.http_status, call.key,          call.user,
                call.team,        call.organization, call.end_user,
                call.group,       call.group,        call.model,
                call.provider,    call.session,      tags,
                call.cost_nano,   call.prompt,       call.completion,
                call.error,       started,           started + 1'500'000'000});
  }
};

}  // namespace gatehouse::ledger
