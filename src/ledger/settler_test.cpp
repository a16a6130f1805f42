#include "gatehouse/ledger/settler.hpp"

#include <gtest/gtest.h>

#include "settler_test_support.hpp"

namespace gatehouse::ledger {
namespace {

using testing::at_seconds;
using testing::Call;
using testing::kDay;
using testing::kNewYear;
using testing::LedgerFolder;

class SettlerTest : public ::testing::Test {
 protected:
  void answer(const Call& call) {
    ASSERT_TRUE(ledger_.journal().reserve(call.reservation()));
    ledger_.journal().dispatch(call.id);
    ASSERT_TRUE(ledger_.journal().settle(call.settlement()));
  }
  std::string counters() {
    return ledger_.ask(
        "SELECT scope, id, duration, period_start_ns / 1000000000, spent_nano FROM budget_counter"
        " ORDER BY scope, id, duration",
        5);
  }
  LedgerFolder ledger_;
};

TEST_F(SettlerTest, ACallBecomesARecordCountersAndDailySums) {
  ledger_.open();
  answer(Call("1"));
  answer(Call("2"));
  ledger_.flush();
  EXPECT_EQ(ledger_.ask("SELECT call_id, request_id, status, http_status, stream, api_key, team_id,"
                        " model, deployment, tags, windows, cost_nano, reserved_nano,"
                        " prompt_tokens, completion_tokens, cache_read_tokens,"
                        " first_token_at_ns - started_at_ns FROM call_record WHERE call_id = '1'",
                        17),
            "1|chatcmpl-123|answered|200|1|" + std::string(64, 'a') +
                "|team-1|gpt-4o-2024-11-20|d-1|[\"blue\",\"green\"]"
                "|[[5,\"1mo\",1767225600000000000]]|1250000|4000000|120|300|64|300000000");
  const std::string key(64, 'a');
  EXPECT_EQ(counters(),
            "0|||0|2500000\n2|team-1||0|2500000\n"
            "3|team-1\x1fuser-1||0|2500000\n4|user-1||0|2500000\n"
            "5|" +
                key + "||0|2500000\n5|" + key +
                "|1mo|1767225600|2500000\n"
                "7|blue||0|2500000\n8|gpt-4o||0|2500000");
  EXPECT_EQ(ledger_.ask("SELECT date, api_key, team_id, organization_id, end_user, model,"
                        " model_group, provider, call_type, spend_nano, prompt_tokens,"
                        " api_requests, successful_requests, failed_requests FROM daily_usage",
                        14),
            "2026-01-01|" + key +
                "|team-1|org-1|pupil-7|gpt-4o-2024-11-20|gpt-4o|openai"
                "|acompletion|2500000|240|2|2|0");
  EXPECT_EQ(
      ledger_.ask("SELECT tag, spend_nano, api_requests FROM daily_tag_usage ORDER BY tag", 3),
      "blue|2500000|2\ngreen|2500000|2");
  EXPECT_EQ(ledger_.ask("SELECT count(*) FROM open_reservation"), "0");
  EXPECT_EQ(ledger_.settler->status().applied, 6U);
  EXPECT_EQ(ledger_.settler->status().pending_bytes, 0U);
}

TEST_F(SettlerTest, ASecondSettlementOfACallIsIgnoredAndCounted) {
  ledger_.open();
  answer(Call("1"));
  ASSERT_TRUE(ledger_.journal().settle(Call("1").settlement()));
  ledger_.flush();
  ASSERT_TRUE(ledger_.journal().settle(Call("1").settlement()));
  ledger_.flush();
  EXPECT_EQ(ledger_.settler->status().duplicates, 2U);
  EXPECT_EQ(ledger_.ask("SELECT spent_nano FROM budget_counter WHERE scope = 0"), "1250000");
  EXPECT_EQ(ledger_.ask("SELECT sum(api_requests) FROM daily_usage"), "1");
}

TEST_F(SettlerTest, ARefusalIsARecordWithoutCharges) {
  ledger_.open();
  Call call("1");
  call.cost = call.reserved = 0;
  call.periods.clear();
  SettlementEntry refusal = call.settlement();
  refusal.status = CallStatus::refused;
  refusal.http_status = 429;
  refusal.response_id = {};
  ASSERT_TRUE(ledger_.journal().settle(refusal));
  ledger_.flush();
  EXPECT_EQ(ledger_.ask("SELECT request_id, status, http_status, cost_nano FROM call_record", 4),
            "1|refused|429|0");
  EXPECT_EQ(counters(), "");
  EXPECT_EQ(ledger_.ask("SELECT successful_requests, failed_requests FROM daily_usage", 2), "0|1");
}

TEST_F(SettlerTest, APeriodThatBeginsReplacesTheOldAndAnOldOneComesTooLate) {
  ledger_.open();
  const auto charge = [&](const char* id, std::int64_t day, std::int64_t cost) {
    Call call(id);
    call.cost = cost;
    call.periods = {{core::Scope::key, call.key, "1d", at_seconds(kNewYear + day * kDay),
                     at_seconds(kNewYear + (day + 1) * kDay)},
                    {core::Scope::key, call.key, "", {}}};
    answer(call);
  };
  const auto day = [&] {
    return ledger_.ask(
        "SELECT (period_start_ns / 1000000000 - 1767225600) / 86400, spent_nano,"
        " (period_end_ns - period_start_ns) / 1000000000"
        " FROM budget_counter WHERE duration = '1d'",
        3);
  };
  charge("1", 0, 5);
  charge("2", 0, 6);
  ledger_.flush();
  EXPECT_EQ(day(), "0|11|86400");
  charge("3", 1, 7);  // the next day has begun
  charge("4", 0, 8);  // admitted before midnight, ended after
  charge("5", 1, 9);
  ledger_.flush();
  EXPECT_EQ(day(), "1|16|86400");
  charge("6", 0, 10);
  ledger_.flush();
  EXPECT_EQ(day(), "1|16|86400");
  EXPECT_EQ(ledger_.ask("SELECT spent_nano FROM budget_counter WHERE duration = ''"), "45");
}

TEST_F(SettlerTest, AmountsBeyondCountingStayExceeded) {
  ledger_.open();
  for (const char* id : {"1", "2"}) {
    Call call(id);
    call.cost = core::Money::max().nano_usd() - 1;
    answer(call);
    ledger_.flush();
  }
  EXPECT_EQ(ledger_.ask("SELECT spent_nano FROM budget_counter WHERE scope = 0"),
            "9223372036854775807");
  EXPECT_EQ(ledger_.ask("SELECT spend_nano FROM daily_usage"), "9223372036854775807");
  EXPECT_EQ(ledger_.fatal, 0);
}

TEST_F(SettlerTest, OpenReservationsAreListedUntilTheyAreSettled) {
  ledger_.open();
  const Call call("1");
  ASSERT_TRUE(ledger_.journal().reserve(call.reservation()));
  ledger_.flush();
  EXPECT_EQ(ledger_.ask("SELECT call_id, dispatched, amount_nano FROM open_reservation", 3),
            "1|0|4000000");
  EXPECT_EQ(ledger_.settler->status().open_reservations, 1U);
  ledger_.journal().dispatch("1");
  ledger_.flush();
  EXPECT_EQ(ledger_.ask("SELECT dispatched FROM open_reservation"), "1");
  ASSERT_TRUE(ledger_.journal().settle(call.settlement()));
  ledger_.flush();
  EXPECT_EQ(ledger_.ask("SELECT count(*) FROM open_reservation"), "0");
  EXPECT_EQ(ledger_.settler->status().open_reservations, 0U);
}

TEST_F(SettlerTest, RecoverySettlesWhatAKillLeftOpen) {
  ledger_.open(2);
  ASSERT_TRUE(ledger_.journal(0).reserve(Call("not sent").reservation()));
  ASSERT_TRUE(ledger_.journal(1).reserve(Call("sent").reservation()));
  ledger_.journal(1).dispatch("sent");
  ledger_.flush();
  Call later("sent later");
  ASSERT_TRUE(ledger_.journal(1).reserve(later.reservation()));
  later.reserved = 5'000'000;  // raised for a dearer fallback
  ASSERT_TRUE(ledger_.journal(1).reserve(later.reservation()));
  ledger_.journal(1).dispatch("sent later");
  ledger_.kill();
  ledger_.open(1);
  EXPECT_EQ(ledger_.ask("SELECT call_id, status, http_status, cost_nano, reserved_nano, cost_known,"
                        " error_class FROM call_record ORDER BY call_id",
                        7),
            "not sent|interrupted|0|0|4000000|1|not_sent\n"
            "sent|unknown|0|4000000|4000000|0|unknown_outcome\n"
            "sent later|unknown|0|5000000|5000000|0|unknown_outcome");
  EXPECT_EQ(ledger_.ask("SELECT call_id, state, reserved_nano FROM reconciliation", 3),
            "sent|open|4000000\nsent later|open|5000000");
  EXPECT_EQ(ledger_.ask("SELECT spent_nano FROM budget_counter WHERE scope = 0"), "9000000");
  EXPECT_EQ(ledger_.ask("SELECT count(*) FROM open_reservation"), "0");
  EXPECT_EQ(ledger_.settler->status().unknown, 2U);
  EXPECT_EQ(ledger_.settler->status().voided, 1U);
}

TEST_F(SettlerTest, RecoveryNamesTheDeploymentAndProviderThatWereCharged) {
  ledger_.open();
  Call call("bounded");
  call.periods.push_back({core::Scope::provider, "openai", "", {}});
  call.periods.push_back({core::Scope::deployment, "d-1", "", {}});
  ASSERT_TRUE(ledger_.journal().reserve(call.reservation()));
  ledger_.journal().dispatch("bounded");
  ledger_.kill();
  ledger_.open();
  EXPECT_EQ(ledger_.ask("SELECT provider, deployment, cost_nano FROM call_record", 3),
            "openai|d-1|4000000");
  EXPECT_EQ(ledger_.ask("SELECT spent_nano FROM budget_counter WHERE scope IN (9, 10)"),
            "4000000\n4000000");
  EXPECT_EQ(ledger_.ask("SELECT provider, spend_nano FROM daily_usage", 2), "openai|4000000");
}

// faults.md A12. A crash at each statement of applying, and at each of the recovery after it.
TEST_F(SettlerTest, EachEntryCountsOnceWhereverApplyingStops) {
  ledger_.settler_options.max_batch = 4;
  int id = 0;
  bool finished = false;
  std::int64_t calls = 0;
  for (int stop = 0; !finished; ++stop) {
    ASSERT_LT(stop, 500);
    ledger_.open_journals();
    ASSERT_TRUE(ledger_.start_settler());
    ledger_.settler.reset();  // so that all of it is applied by the next start
    for (int i = 0; i < 3; ++i) {
      answer(Call("c" + std::to_string(++id)));
      ++calls;
    }
    ASSERT_TRUE(ledger_.journal().reserve(Call("v" + std::to_string(++id)).reservation()));
    ASSERT_TRUE(ledger_.journal().reserve(Call("u" + std::to_string(++id)).reservation()));
    ledger_.journal().dispatch("u" + std::to_string(id));
    calls += 2;
    ledger_.journals.reset();
    for (int again = 0; again < 3; ++again) {
      ledger_.open_journals();
      ledger_.stopping().stop_at(stop);
      auto started = ledger_.start_settler();
      finished = bool(started);
      ledger_.kill();
    }
    ledger_.open_journals();
    ASSERT_TRUE(ledger_.start_settler());
    ledger_.kill();
    ASSERT_EQ(ledger_.ask("SELECT count(*) FROM call_record"), std::to_string(calls)) << stop;
  }
  const std::string spent = ledger_.ask("SELECT sum(cost_nano) FROM call_record");
  EXPECT_EQ(ledger_.ask("SELECT spent_nano FROM budget_counter WHERE scope = 0"), spent);
  EXPECT_EQ(ledger_.ask("SELECT sum(spend_nano) FROM daily_usage"), spent);
  EXPECT_EQ(ledger_.ask("SELECT sum(api_requests) FROM daily_usage"), std::to_string(calls));
  EXPECT_EQ(ledger_.ask("SELECT count(*) FROM open_reservation"), "0");
  EXPECT_EQ(
      ledger_.ask("SELECT count(*), sum(reserved_nano) FROM reconciliation", 2),
      ledger_.ask("SELECT count(*), sum(cost_nano) FROM call_record WHERE status = 'unknown'", 2));
}

TEST_F(SettlerTest, ALockedOrFullDatabaseIsWaitedFor) {
  ledger_.open();
  ledger_.stopping().stop_at(2, core::Errc::unavailable);
  answer(Call("1"));
  EXPECT_FALSE(ledger_.settler->flush(core::Millis(100)));
  EXPECT_GT(ledger_.settler->status().retries, 0U);
  EXPECT_GT(ledger_.settler->status().pending_bytes, 0U);
  answer(Call("2"));
  ledger_.stopping().stop_at(-1);
  ledger_.flush();
  EXPECT_EQ(ledger_.ask("SELECT count(*), sum(cost_nano) FROM call_record", 2), "2|2500000");
  EXPECT_EQ(ledger_.fatal, 0);
}

/// faults.md, B4: nothing is lost by waiting for a disk that may answer the next time.
TEST_F(SettlerTest, APageThatCannotBeReadIsTriedAgain) {
  ledger_.open();
  ledger_.stopping().stop_at(2, core::Errc::io, /*retryable=*/true);
  answer(Call("1"));
  EXPECT_FALSE(ledger_.settler->flush(core::Millis(100)));
  EXPECT_GT(ledger_.settler->status().retries, 0U);
  ledger_.stopping().stop_at(-1);
  ledger_.flush();
  EXPECT_EQ(ledger_.ask("SELECT count(*), sum(cost_nano) FROM call_record", 2), "1|1250000");
  EXPECT_EQ(ledger_.fatal, 0);
}

TEST_F(SettlerTest, AnyOtherDatabaseErrorIsFatalOnce) {
  ledger_.open();
  ledger_.stopping().stop_at(2);
  answer(Call("1"));
  auto flushed = ledger_.settler->flush(core::Seconds(20));
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().code, core::Errc::io);
  ledger_.kill();
  EXPECT_EQ(ledger_.fatal, 1);
  ledger_.open();
  EXPECT_EQ(ledger_.ask("SELECT count(*) FROM call_record"), "1");
}

TEST_F(SettlerTest, AnOlderDatabaseIsRefused) {
  ledger_.segment_bytes = 128 * 1024;
  ledger_.open();
  ASSERT_TRUE(ledger_.database().write([](database::Connection& connection) {
    return connection.execute("CREATE TABLE before AS SELECT * FROM journal_position");
  }));
  for (int i = 0; i < 1'000; ++i) answer(Call(std::to_string(i)));
  ledger_.flush();
  ledger_.kill();
  ASSERT_TRUE(ledger_.database().write([](database::Connection& connection) {
    return connection.execute(
        "UPDATE journal_position SET position = (SELECT position FROM before)");
  }));
  ledger_.open_journals();
  auto started = ledger_.start_settler();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, core::Errc::conflict);
}

TEST_F(SettlerTest, AJournalThatWasRemovedBeginsAnew) {
  ledger_.open();
  for (int i = 0; i < 100; ++i) answer(Call(std::to_string(i)));
  ledger_.flush();
  ledger_.kill();
  std::filesystem::remove_all(ledger_.path("journal"));
  ledger_.open();
  answer(Call("after"));
  ledger_.flush();
  EXPECT_EQ(ledger_.ask("SELECT count(*) FROM call_record"), "101");
}

TEST_F(SettlerTest, TheEndAppliesWhatIsThere) {
  ledger_.settler_options.interval = core::Seconds(3600);
  ledger_.open();
  answer(Call("1"));
  // Synced, since only that is applied.
  std::atomic<bool> synced = false;
  ledger_.journal().when_durable(ledger_.journal().position(), [&] {
    synced = true;
    synced.notify_one();
  });
  synced.wait(false);
  ledger_.settler.reset();
  EXPECT_EQ(ledger_.ask("SELECT count(*) FROM call_record"), "1");
}

}  // namespace
}  // namespace gatehouse::ledger
