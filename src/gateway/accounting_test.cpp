/// Budgets, rate limits, the journal and Idempotency-Key on the way of a call.

#include <gtest/gtest.h>

#include "pipeline_test_support.hpp"

namespace gatehouse::gateway {
namespace {

using providers::WireFormat;

constexpr std::string_view kHello =
    R"({"model":"m","messages":[{"role":"user","content":"Hello"}],"max_tokens":1000})";

class AccountingTest : public PipelineTest {
 protected:
  std::string key_with_budget(std::int64_t nano_usd) {
    tenancy::NewKey key;
    key.fields.limits.max_budget = core::Money::nano_usd(nano_usd);
    return make_key(std::move(key));
  }

  std::int64_t count(std::string_view sql) {
    EXPECT_TRUE(stores.settler->flush(core::Millis(10'000)));
    std::int64_t value = -1;
    const auto asked = stores.database->read([&](database::Connection& connection) {
      return connection.query(sql, {}, [&](const database::Row& row) -> core::Result<void> {
        value = row.integer(0);
        return {};
      });
    });
    EXPECT_TRUE(asked);
    return value;
  }
};

TEST_F(AccountingTest, PostsTheCallToEveryCounter) {
  build({entry("m")});
  tenancy::NewKey fresh;
  fresh.fields.user_id = std::string("u1");
  const std::string key = make_key(std::move(fresh));
  const RecordingSink sink = run(std::string(kHello), WireFormat::openai_chat, key);
  ASSERT_FALSE(sink.refusal) << sink.refusal->message;
  const std::int64_t cost = observer.settled.at(0).record.cost.nano_usd();
  EXPECT_GT(cost, 0);
  EXPECT_EQ(count("SELECT cost_nano FROM call_record"), cost);
  EXPECT_EQ(count("SELECT count(*) FROM budget_counter WHERE spent_nano = " + std::to_string(cost)),
            count("SELECT count(*) FROM budget_counter"));
  EXPECT_EQ(count("SELECT count(*) FROM budget_counter WHERE scope = 4 AND id = 'u1'"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM open_reservation"), 0);
  EXPECT_NE(sink.headers.find("x-litellm-key-spend: " + observer.settled[0].record.cost.to_usd()),
            std::string::npos)
      << sink.headers;
}

TEST_F(AccountingTest, RefusesWhatDoesNotFitAndRecordsIt) {
  build({entry("m")});
  const std::string key = key_with_budget(1'000);
  const RecordingSink sink = run(std::string(kHello), WireFormat::openai_chat, key);
  ASSERT_TRUE(sink.refusal);
  EXPECT_EQ(sink.refusal->status, 429);
  EXPECT_EQ(sink.refusal->type, "budget_exceeded");
  EXPECT_NE(sink.refusal->message.find("Budget has been exceeded!"), std::string::npos);
  EXPECT_NE(sink.headers.find("x-should-retry: false"), std::string::npos) << sink.headers;
  EXPECT_EQ(count("SELECT count(*) FROM call_record WHERE status = 'refused'"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM budget_counter"), 0);
  ASSERT_EQ(observer.denials.size(), 1U);
  EXPECT_EQ(observer.denials[0].max, core::Money::nano_usd(1'000));
  EXPECT_EQ(observer.denied_keys[0], crypto::sha256_hex(key));
}

TEST_F(AccountingTest, AnOlderContractHasOtherStatuses) {
  AccountingRules rules;
  rules.budget_status = 400;
  rules.model_denied_status = 401;
  build({entry("m"), entry("n")}, {}, rules);
  EXPECT_EQ(run(std::string(kHello), WireFormat::openai_chat, key_with_budget(1'000))
                .refusal.value()
                .status,
            400);
  tenancy::NewKey narrow;
  narrow.fields.models = std::vector<std::string>{"n"};
  const RecordingSink denied =
      run(std::string(kHello), WireFormat::openai_chat, make_key(std::move(narrow)));
  EXPECT_EQ(denied.refusal.value().status, 401);
  EXPECT_EQ(denied.refusal->type, "key_model_access_denied");
}

TEST_F(AccountingTest, NearTheCapTheOutputShrinksToWhatIsAffordable) {
  build({entry("m")});
  // The prompt's bound costs about 0.1 USD/1000, 1,000 tokens of output cost 2,000,000 nano-USD.
  const std::string key = key_with_budget(300'000);
  const RecordingSink sink = run(std::string(kHello), WireFormat::openai_chat, key);
  ASSERT_FALSE(sink.refusal) << sink.refusal->message;
  EXPECT_LE(observer.settled.at(0).record.reserved.nano_usd(), 300'000);
  EXPECT_GE(observer.settled[0].record.reserved.nano_usd(), 290'000);
}

TEST_F(AccountingTest, ABudgetIsNeverPassed) {
  build({entry("m")});
  const std::string key = key_with_budget(400'000);
  int answered = 0;
  for (int i = 0; i < 30; ++i) {
    answered += !run(std::string(kHello), WireFormat::openai_chat, key).refusal.has_value();
  }
  EXPECT_GT(answered, 1);
  EXPECT_LT(answered, 30);
  EXPECT_LE(count("SELECT spent_nano FROM budget_counter WHERE scope = 5"), 400'000);
  EXPECT_EQ(count("SELECT count(*) FROM call_record"), 30);
}

TEST_F(AccountingTest, CountsRequestsPerMinute) {
  build({entry("m")});
  tenancy::NewKey slow;
  slow.fields.limits.rpm_limit = std::uint64_t{2};
  const std::string key = make_key(std::move(slow));
  const RecordingSink first = run(std::string(kHello), WireFormat::openai_chat, key);
  EXPECT_FALSE(first.refusal);
  EXPECT_NE(first.headers.find("x-ratelimit-api_key-remaining-requests: 1"), std::string::npos)
      << first.headers;
  EXPECT_FALSE(run(std::string(kHello), WireFormat::openai_chat, key).refusal);
  const RecordingSink third = run(std::string(kHello), WireFormat::openai_chat, key);
  ASSERT_TRUE(third.refusal);
  EXPECT_EQ(third.refusal->status, 429);
  EXPECT_NE(third.headers.find("retry-after: "), std::string::npos) << third.headers;
}

TEST_F(AccountingTest, RevocationHoldsAtOnce) {
  build({entry("m")});
  const std::string key = key_with_budget(1'000'000'000);
  EXPECT_FALSE(run(std::string(kHello), WireFormat::openai_chat, key).refusal);
  const std::string hash = crypto::sha256_hex(key);
  ASSERT_TRUE(tenancy::KeyStore(*stores.context).set_blocked(tenancy::Actor(), hash, true));
  const RecordingSink sink = run(std::string(kHello), WireFormat::openai_chat, key);
  ASSERT_TRUE(sink.refusal);
  EXPECT_EQ(sink.refusal->status, 401);
  EXPECT_EQ(run(std::string(kHello), WireFormat::openai_chat, "sk-unknown-key").refusal->status,
            401);
}

TEST_F(AccountingTest, OneAnswerForEachIdempotencyKey) {
  build({entry("m")});
  const auto call = [this](std::string_view body, std::string_view idempotency_key) {
    return run(std::string(body), WireFormat::openai_chat, kKey, 0, idempotency_key);
  };
  const RecordingSink first = call(kHello, "a");
  const RecordingSink again = call(kHello, "a");
  EXPECT_EQ(again.replayed_status, 200);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(count("SELECT count(*) FROM call_record WHERE cost_nano > 0"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM call_record"), 2);
  const RecordingSink other = call(R"({"model":"m","messages":[]})", "a");
  ASSERT_TRUE(other.refusal);
  EXPECT_EQ(other.refusal->status, 422);
  EXPECT_EQ(call(kHello, std::string(300, 'k')).refusal->status, 400);
}

TEST_F(AccountingTest, ARefusedCallLeavesItsIdempotencyKeyFree) {
  build({entry("m")});
  const std::string key = key_with_budget(1'000);
  EXPECT_EQ(run(std::string(kHello), WireFormat::openai_chat, key, 0, "b").refusal->status, 429);
  tenancy::KeyPatch richer;
  richer.limits.max_budget = core::Money::nano_usd(1'000'000'000);
  ASSERT_TRUE(
      tenancy::KeyStore(*stores.context).update(tenancy::Actor(), crypto::sha256_hex(key), richer));
  const RecordingSink second = run(std::string(kHello), WireFormat::openai_chat, key, 0, "b");
  EXPECT_FALSE(second.refusal);
  EXPECT_EQ(second.replayed_status, 0);
}

TEST_F(AccountingTest, StreamsAreReplayedToo) {
  build({entry("m")});
  const std::string body =
      R"({"model":"m","stream":true,"messages":[{"role":"user","content":"Hello"}]})";
  const RecordingSink first = run(body, WireFormat::openai_chat, kKey, 0, "s");
  const RecordingSink again = run(body, WireFormat::openai_chat, kKey, 0, "s");
  EXPECT_EQ(again.body, first.body);
  EXPECT_NE(again.body.find("[DONE]"), std::string::npos);
}

TEST_F(AccountingTest, ReportsThresholdsOnce) {
  build({entry("m")});
  tenancy::NewKey watched;
  watched.fields.limits.soft_budget = core::Money::nano_usd(1);
  const std::string key = make_key(std::move(watched));
  run(std::string(kHello), WireFormat::openai_chat, key);
  run(std::string(kHello), WireFormat::openai_chat, key);
  ASSERT_EQ(observer.thresholds.size(), 1U);
  EXPECT_TRUE(observer.thresholds[0].soft);
  EXPECT_EQ(observer.thresholds[0].scope, core::Scope::key);
  EXPECT_EQ(observer.threshold_keys[0], crypto::sha256_hex(key));
}

}  // namespace
}  // namespace gatehouse::gateway
