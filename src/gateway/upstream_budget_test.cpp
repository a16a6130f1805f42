/// Bounds of deployments and providers: who is left out, and what is told when nobody is left.

#include <gtest/gtest.h>

#include "pipeline_test_support.hpp"

namespace gatehouse::gateway {
namespace {

constexpr std::string_view kHello =
    R"({"model":"m","messages":[{"role":"user","content":"Hello"}],"max_tokens":1000})";
constexpr std::string_view kUnbounded =
    R"({"model":"m","messages":[{"role":"user","content":"Hello"}]})";

class UpstreamBudgetTest : public PipelineTest {
 protected:
  static models::ModelListEntry bounded(std::string name, std::string id, std::int64_t nano_usd) {
    models::ModelListEntry one = entry(std::move(name));
    one.id = std::move(id);
    one.max_budget = core::Money::nano_usd(nano_usd);
    return one;
  }
  static models::ModelListEntry free(std::string name, std::string id) {
    models::ModelListEntry one = entry(std::move(name));
    one.id = std::move(id);
    return one;
  }
  static models::RouterSettings without_retries() {
    models::RouterSettings settings;
    settings.num_retries = 0;
    return settings;
  }
  core::Money reserved(core::Scope scope, std::string_view id) {
    const auto account = stores.accounts.find(scope, id);
    return account ? account->balance({}, clock.wall()).reserved : core::Money();
  }
};

TEST_F(UpstreamBudgetTest, AnExhaustedDeploymentIsLeftOutWithoutARetry) {
  build({bounded("m", "poor", 1), free("m", "rich")}, without_retries());
  for (int i = 0; i < 20; ++i) {
    ASSERT_FALSE(run(std::string(kHello)).refusal) << i;
    EXPECT_EQ(observer.settled.back().deployment, "rich");
    EXPECT_EQ(observer.settled.back().record.retries, 0u);
  }
  EXPECT_TRUE(observer.failures.empty()) << "it is not ill";
}

TEST_F(UpstreamBudgetTest, AFallbackServesWhenNoDeploymentIsLeft) {
  models::RouterSettings settings = without_retries();
  settings.fallbacks = {{"m", {"other"}}};
  build({bounded("m", "poor", 1), free("other", "rich")}, settings);
  ASSERT_FALSE(run(std::string(kHello)).refusal);
  EXPECT_EQ(observer.settled.back().deployment, "rich");
  EXPECT_EQ(observer.settled.back().record.fallbacks, 1u);
}

TEST_F(UpstreamBudgetTest, SaysSoWhenNobodyIsLeft) {
  build({bounded("m", "poor", 1)});
  const RecordingSink sink = run(std::string(kHello));
  ASSERT_TRUE(sink.refusal);
  EXPECT_EQ(sink.refusal->status, 429);
  EXPECT_NE(sink.refusal->message.find("No deployments available - crossed budget"),
            std::string::npos)
      << sink.refusal->message;
  EXPECT_EQ(observer.settled.back().record.outcome, Outcome::refused);
  EXPECT_EQ(reserved(core::Scope::deployment, "poor"), core::Money());
}

TEST_F(UpstreamBudgetTest, MoreDeploymentsThanCandidatesAreAllAsked) {
  std::vector<models::ModelListEntry> entries;
  for (int i = 0; i < 20; ++i) entries.push_back(bounded("m", "poor" + std::to_string(i), 1));
  entries.push_back(free("m", "rich"));
  entries.back().order = 7;
  build(std::move(entries), without_retries());
  ASSERT_FALSE(run(std::string(kHello)).refusal);
  EXPECT_EQ(observer.settled.back().deployment, "rich");
}

TEST_F(UpstreamBudgetTest, HoldsForAllDeploymentsOfAProvider) {
  AccountingRules rules;
  rules.providers["stub"].budgets.push_back({.max = core::Money::nano_usd(2'500'000)});
  build({free("m", "a"), free("m", "b")}, without_retries(), std::move(rules));
  int answered = 0;
  for (int i = 0; i < 200; ++i) answered += !run(std::string(kHello)).refusal.has_value();
  EXPECT_GT(answered, 1);
  EXPECT_LT(answered, 200);
  const auto account = stores.accounts.find(core::Scope::provider, "stub");
  ASSERT_TRUE(account);
  EXPECT_LE(account->balance({}, clock.wall()).spent, core::Money::nano_usd(2'500'000));
  EXPECT_EQ(account->balance({}, clock.wall()).reserved, core::Money());
}

TEST_F(UpstreamBudgetTest, HoldsForAllDeploymentsOfAModelAndAFallbackServes) {
  AccountingRules rules;
  rules.models["m"].budgets.push_back({.max = core::Money::nano_usd(2'500'000)});
  models::RouterSettings settings = without_retries();
  settings.fallbacks = {{"m", {"other"}}};
  build({free("m", "a"), free("m", "b"), free("other", "rich")}, settings, std::move(rules));
  int by_model = 0;
  for (int i = 0; i < 200; ++i) {
    ASSERT_FALSE(run(std::string(kHello)).refusal) << i;
    by_model += observer.settled.back().deployment != "rich" ? 1 : 0;
  }
  EXPECT_GT(by_model, 1);
  EXPECT_LT(by_model, 200);
  const auto account = stores.accounts.find(core::Scope::model, "m");
  ASSERT_TRUE(account);
  EXPECT_LE(account->balance({}, clock.wall()).spent, core::Money::nano_usd(2'500'000));
  EXPECT_EQ(account->balance({}, clock.wall()).reserved, core::Money());
  EXPECT_FALSE(stores.accounts.find(core::Scope::model, "other")) << "it has no bound";
}

TEST_F(UpstreamBudgetTest, AModelsExhaustedBudgetIsNamed) {
  AccountingRules rules;
  rules.models["m"].budgets.push_back({.max = core::Money::nano_usd(1)});
  build({free("m", "a"), free("m", "b")}, without_retries(), std::move(rules));
  const RecordingSink sink = run(std::string(kHello));
  ASSERT_TRUE(sink.refusal);
  EXPECT_EQ(sink.refusal->status, 429);
  EXPECT_EQ(sink.refusal->type, "budget_exceeded");
  EXPECT_NE(sink.refusal->message.find("Model=m "), std::string::npos) << sink.refusal->message;
}

TEST_F(UpstreamBudgetTest, LessOutputIsBetterThanNone) {
  // The longest output of the stub would cost far more than the budget.
  build({bounded("m", "poor", 200'000)}, without_retries());
  const RecordingSink sink = run(std::string(kUnbounded));
  ASSERT_FALSE(sink.refusal) << sink.refusal->message;
  EXPECT_LE(observer.settled.back().record.reserved, core::Money::nano_usd(200'000));
  EXPECT_GT(observer.settled.back().record.cost, core::Money());
}

TEST_F(UpstreamBudgetTest, AWholeAnswerElsewhereIsBetterThanLess) {
  models::RouterSettings settings = without_retries();
  settings.fallbacks = {{"m", {"other"}}};
  build({bounded("m", "poor", 200'000), free("other", "rich")}, settings);
  ASSERT_FALSE(run(std::string(kUnbounded)).refusal);
  EXPECT_EQ(observer.settled.back().deployment, "rich");
  EXPECT_GT(observer.settled.back().record.reserved, core::Money::nano_usd(200'000));
}

}  // namespace
}  // namespace gatehouse::gateway
