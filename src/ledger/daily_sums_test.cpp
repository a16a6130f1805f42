#include "gatehouse/ledger/daily_sums.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "gatehouse/ledger/corrections.hpp"
#include "record.hpp"
#include "settler_test_support.hpp"

namespace gatehouse::ledger {
namespace {

using testing::Call;
using testing::kDay;
using testing::kNewYear;
using testing::LedgerFolder;

constexpr std::string_view kSums =
    "sum(spend_nano), sum(prompt_tokens), sum(completion_tokens), sum(cache_read_tokens),"
    " sum(cache_write_tokens), sum(reasoning_tokens), sum(api_requests), sum(successful_requests),"
    " sum(failed_requests)";

/// What a coarse table has to hold, as a question to a fine one.
struct Coarse {
  std::string name;
  std::string columns;
  std::string where;
  std::string fine;  ///< columns
  std::string from = "daily_usage";
  std::string also = "1";
};

std::vector<Coarse> coarse_tables() {
  const std::string models = "date, model, model_group, provider, call_type";
  const std::string keys =
      "date, api_key, user_id, team_id, organization_id, model, model_group,"
      " provider, call_type";
  const std::string monday = "date(date, 'weekday 0', '-6 days')";
  return {
      {"daily_key_usage", keys, "1", keys},
      {"daily_model_usage", models, "1", models},
      {"daily_tag_total", "date, tag", "1", "date, tag", "daily_tag_usage"},
      {"daily_scope_total", "date, id", "scope = 2", "date, team_id"},
      {"daily_scope_total", "date, id", "scope = 4", "date, user_id"},
      {"daily_scope_total", "date, id", "scope = 5", "date, api_key"},
      {"daily_scope_total", "date, id", "scope = 6", "date, end_user", "daily_usage",
       "end_user <> ''"},
      {"weekly_scope_total", "date, id", "scope = 5", monday + ", api_key"},
      {"weekly_scope_total", "date, id", "scope = 6", monday + ", end_user", "daily_usage",
       "end_user <> ''"},
  };
}

class DailySumsTest : public ::testing::Test {
 protected:
  std::string rows(const std::string& columns, const std::string& table, const std::string& where) {
    const bool computed = columns.find('(') != std::string::npos;  // date(…, …, …)
    const auto names = static_cast<int>(std::ranges::count(columns, ',')) + (computed ? -1 : 1);
    std::string groups;
    for (int i = 1; i <= names; ++i) groups += (i > 1 ? ", " : "") + std::to_string(i);
    return ledger_.ask("SELECT " + columns + ", " + std::string(kSums) + " FROM " + table +
                           " WHERE " + where + " GROUP BY " + groups + " ORDER BY " + groups,
                       names + 9);
  }
  void expect_all_equal(const std::string& when) {
    for (const Coarse& coarse : coarse_tables()) {
      const std::string found = rows(coarse.columns, coarse.name, coarse.where);
      EXPECT_EQ(found, rows(coarse.fine, coarse.from, coarse.also))
          << when << ": " << coarse.name << " where " << coarse.where;
      EXPECT_FALSE(found.empty()) << coarse.name;
    }
    EXPECT_EQ(ledger_.ask("SELECT sum(spend_nano), sum(api_requests) FROM daily_usage", 2),
              ledger_.ask("SELECT sum(cost_nano), count(*) FROM call_record", 2))
        << when;
  }

  LedgerFolder ledger_;
  std::mt19937 chance_{5};
  int number_ = 0;

  std::size_t below(std::size_t bound) { return chance_() % bound; }
  std::string one_of(const std::vector<std::string>& texts) { return texts[below(texts.size())]; }

  void settle_some() {
    for (std::size_t left = below(40); left > 0; --left) {
      Call call(std::to_string(++number_));
      call.key = one_of({"a", "b", "c"});
      call.user = one_of({"", "ann", "bob"});
      call.team = one_of({"", "red"});
      call.tags = below(2) == 0 ? std::vector<std::string_view>{}
                                : std::vector<std::string_view>{"x", "y", "x"};
      call.cost = static_cast<std::int64_t>(below(1'000'000));
      call.started = testing::at_seconds(kNewYear + static_cast<std::int64_t>(below(20)) * kDay);
      call.charge_usual_scopes();
      SettlementEntry entry = call.settlement();
      const std::string end_user = one_of({"", "eve", "ned"});
      const std::string model = one_of({"gpt-4o", "claude", ""});
      entry.facts.end_user = end_user;
      entry.model = model;
      if (below(5) == 0) entry.status = CallStatus::failed;
      const int times = below(10) == 0 ? 2 : 1;  // counts once
      for (int i = 0; i < times; ++i) ASSERT_TRUE(ledger_.journal().settle(entry));
    }
    ledger_.flush();
  }
  /// Calls whose end nobody knows, and the news of what they cost.
  void lose_and_correct_some() {
    for (std::size_t left = 1 + below(3); left > 0; --left) {
      Call call(std::to_string(++number_));
      call.key = one_of({"a", "b", "c"});
      ASSERT_TRUE(ledger_.journal().reserve(call.reservation()));
      ledger_.journal().dispatch(call.id);
    }
    ledger_.flush();
    ledger_.kill();
    ledger_.open();
    Corrections corrections(ledger_.database());
    const auto waiting = corrections.unknown_calls(100);
    ASSERT_TRUE(waiting);
    for (const UnknownCall& call : *waiting) {
      if (below(3) == 0) continue;
      const auto cost = core::Money::nano_usd(static_cast<std::int64_t>(below(5'000'000)));
      ASSERT_TRUE(corrections.resolve(call.call_id, cost, "admin", testing::at_seconds(kNewYear)));
    }
    ASSERT_TRUE(corrections.apply({.id = "refund-" + std::to_string(++number_),
                                   .kind = CorrectionKind::refund,
                                   .scopes = {{core::Scope::key, "a"}},
                                   .amount = core::Money::nano_usd(100),
                                   .actor = "admin",
                                   .reason = "",
                                   .at = testing::at_seconds(kNewYear)}));
  }
  /// As an import does: a record, and its figures.
  void import_some() {
    auto done = ledger_.database().write([&](database::Connection& connection) {
      DailySums sums;
      RecordWriter records;
      for (std::size_t left = below(20); left > 0; --left) {
        Call call("litellm:" + std::to_string(++number_));
        call.started = testing::at_seconds(kNewYear + static_cast<std::int64_t>(below(9)) * kDay);
        const SettlementEntry entry = call.settlement();
        const std::string_view tags[] = {"x"};
        if (!records.insert(connection, entry)) return core::Result<void>();
        sums.add({.started_at = call.started, .api_key = call.key, .tags = tags},
                 {.spend_nano = call.cost, .prompt_tokens = 3, .api_requests = 1});
      }
      return sums.write(connection);
    });
    ASSERT_TRUE(done) << done.error().internal_detail;
  }
};

TEST_F(DailySumsTest, CoarseTablesEqualTheFineOnesWhateverHappened) {
  ledger_.settler_options.max_batch = 7;
  ledger_.open();
  for (int round = 0; round < 25; ++round) {
    ASSERT_NO_FATAL_FAILURE(settle_some());
    if (below(3) == 0) import_some();
    if (below(4) == 0) lose_and_correct_some();
    ASSERT_FALSE(HasFatalFailure());
  }
  expect_all_equal("after all");
  EXPECT_NE(ledger_.ask("SELECT count(*) FROM reconciliation WHERE state = 'resolved'"), "0");
}

/// A batch that the database refuses half-way leaves nothing, and comes back whole.
TEST_F(DailySumsTest, ABatchThatFailsAtAnyStatementIsCountedOnce) {
  for (int statement = 0;; ++statement) {
    ledger_.open();
    ledger_.stopping().stop_at(statement);
    Call call(std::to_string(++number_));
    ASSERT_TRUE(ledger_.journal().settle(call.settlement()));
    (void)ledger_.settler->flush(core::Millis(2'000));
    const bool stopped = ledger_.stopping().stopped();
    ledger_.kill();
    ledger_.open();
    ledger_.flush();
    expect_all_equal("stopped at " + std::to_string(statement));
    ledger_.kill();
    if (!stopped) break;
    ASSERT_LT(statement, 100);
  }
  EXPECT_EQ(ledger_.ask("SELECT sum(api_requests) FROM daily_scope_total WHERE scope = 5"),
            std::to_string(number_));
}

TEST_F(DailySumsTest, EachRowIsTouchedOncePerBatch) {
  ledger_.open();
  auto done = ledger_.database().write([](database::Connection& connection) {
    auto counted = connection.execute("CREATE TEMP TABLE touched (name TEXT)");
    if (!counted) return counted;
    return connection.execute(
        "CREATE TEMP TRIGGER touch AFTER UPDATE ON daily_scope_total BEGIN"
        " INSERT INTO touched VALUES (NEW.id); END");
  });
  ASSERT_TRUE(done) << done.error().internal_detail;
  ASSERT_TRUE(ledger_.journal().settle(Call("1").settlement()));
  ledger_.flush();
  auto write = ledger_.database().write([](database::Connection& connection) {
    DailySums sums;
    const Call call;
    for (int i = 0; i < 500; ++i) {
      sums.add({.started_at = call.started, .api_key = call.key}, {.spend_nano = 1});
    }
    if (auto written = sums.write(connection); !written) {
      return core::Result<std::int64_t>(core::pass(written));
    }
    std::int64_t touched = 0;
    auto read = connection.query("SELECT count(*) FROM touched WHERE name <> ''", {},
                                 [&](const database::Row& row) -> core::Result<void> {
                                   touched = row.integer(0);
                                   return {};
                                 });
    if (!read) return core::Result<std::int64_t>(core::pass(read));
    return core::Result<std::int64_t>(touched);
  });
  ASSERT_TRUE(write) << write.error().internal_detail;
  EXPECT_EQ(*write, 1);
}

}  // namespace
}  // namespace gatehouse::ledger
