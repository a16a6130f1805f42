#include "gatehouse/gateway/model_check.hpp"

#include <gtest/gtest.h>

#include "pipeline_test_support.hpp"

namespace gatehouse::gateway {
namespace {

class ModelCheckTest : public PipelineTest {
 protected:
  std::vector<CheckOutcome> check_all() {
    const auto snapshot = pipeline->snapshot();
    std::vector<const models::Deployment*> all;
    for (const models::Deployment& deployment : snapshot->table->deployments()) {
      all.push_back(&deployment);
    }
    std::vector<CheckOutcome> outcomes;
    core::Cancellation cancellation;
    net::Timer guard([&] { loop->stop(); });
    loop->arm(guard, loop->now() + core::Seconds(10));
    loop->post([&] { tasks.spawn(check_and_stop(this, snapshot, all, &cancellation, &outcomes)); });
    loop->run();
    return outcomes;
  }
  static core::Task<void> check_and_stop(ModelCheckTest* self,
                                         std::shared_ptr<const Snapshot> snapshot,
                                         std::vector<const models::Deployment*> all,
                                         core::Cancellation* cancellation,
                                         std::vector<CheckOutcome>* out) {
    auto outcomes = co_await check_models(*self->pipeline, snapshot, all, *cancellation);
    *out = std::move(outcomes);
    self->loop->stop();
  }
  static models::ModelListEntry with_info(models::ModelListEntry entry, std::string mode,
                                          std::string json = "{}") {
    entry.mode = std::move(mode);
    entry.model_info_json = std::move(json);
    return entry;
  }
  std::int64_t count(const std::string& sql) {
    EXPECT_TRUE(stores.settler->flush(core::Millis(5'000)));
    std::int64_t found = -1;
    EXPECT_TRUE(stores.database->read([&](database::Connection& db) {
      return db.query(sql, {}, [&](const database::Row& row) -> core::Result<void> {
        found = row.integer(0);
        return {};
      });
    }));
    return found;
  }
};

TEST_F(ModelCheckTest, EveryKindOfModelThatIsServed) {
  auto down = entry("down", "openai/gpt-4o");
  down.api_base = "http://127.0.0.1:1";
  down.api_key = core::Secret("sk-canary");
  build({with_info(entry("c"), "chat"), with_info(entry("t"), "completion"),
         with_info(entry("e", "stub/stub-embedding"), "embedding"),
         with_info(entry("i"), "image_generation"), entry("w/*", "stub/*"),
         with_info(entry("x/*", "stub/*"), "", R"({"health_check_model":"stub/stub"})"), down});
  const auto outcomes = check_all();
  ASSERT_EQ(outcomes.size(), 7U);
  for (const std::size_t well : {0U, 1U, 2U, 5U}) {
    EXPECT_TRUE(outcomes[well].healthy) << well << ": " << outcomes[well].error;
  }
  EXPECT_EQ(outcomes[5].model, "stub/stub");
  EXPECT_NE(outcomes[3].error.find("image_generation"), std::string::npos);
  EXPECT_NE(outcomes[4].error.find("health_check_model"), std::string::npos);
  EXPECT_FALSE(outcomes[6].healthy);
  EXPECT_EQ(outcomes[6].error.find("canary"), std::string::npos);
  EXPECT_FALSE(pipeline->snapshot()->table->deployments()[6].health->cooling(loop->now()))
      << "a check does not change routing";
  EXPECT_TRUE(observer.failures.empty());
}

TEST_F(ModelCheckTest, IsRecordedAsTheOperatorsOwnCall) {
  AccountingRules rules;
  rules.global.budgets.push_back({.max = core::Money::nano_usd(1)});
  build({entry("c"), entry("e", "stub/stub-embedding")}, {}, rules);
  const auto outcomes = check_all();
  ASSERT_EQ(outcomes.size(), 2U);
  ASSERT_TRUE(outcomes[0].healthy) << outcomes[0].error << ": no budget refuses a check";
  EXPECT_GT(outcomes[0].cost, core::Money());
  ASSERT_EQ(observer.settled.size(), 2U);
  EXPECT_LE(observer.settled[0].record.usage.completion, 16U);
  const std::int64_t cost = outcomes[0].cost.nano_usd() + outcomes[1].cost.nano_usd();
  EXPECT_EQ(count("SELECT sum(cost_nano) FROM call_record WHERE api_key = "
                  "'litellm-internal-health-check' AND user_id = '' AND organization_id = ''"),
            cost);
  EXPECT_EQ(count("SELECT count(*) FROM call_record"), 2);
  EXPECT_EQ(count("SELECT count(*) FROM budget_counter"), 2) << "of the checks, and of all calls";
  EXPECT_EQ(count("SELECT spent_nano FROM budget_counter WHERE scope = 0"), cost);
  EXPECT_EQ(count("SELECT count(*) FROM open_reservation"), 0);
}

TEST(CheckHistoryTest, KeepsTheLatestWithinItsBound) {
  CheckHistory history;
  CheckOutcome outcome;
  for (std::size_t i = 0; i < CheckHistory::kMost + 10; ++i) {
    outcome.model_id = i % 2 == 0 ? "even" : "odd";
    outcome.healthy = i % 2 == 0;
    history.add({outcome}, "somebody");
  }
  outcome.cut_off = true;
  outcome.model_id = "never";
  history.add({outcome}, "somebody");
  const auto all = history.all();
  ASSERT_EQ(all.size(), CheckHistory::kMost);
  EXPECT_EQ(all.front().number, CheckHistory::kMost + 10);
  const auto latest = history.latest();
  ASSERT_EQ(latest.size(), 2U);
  EXPECT_TRUE(latest.at("even").outcome.healthy);
  EXPECT_EQ(latest.at("odd").number, CheckHistory::kMost + 10);
}

}  // namespace
}  // namespace gatehouse::gateway
