#include "gatehouse/gateway/budget_metrics.hpp"

#include "pipeline_test_support.hpp"

namespace gatehouse::gateway {
namespace {

constexpr std::string_view kHello =
    R"({"model":"m","messages":[{"role":"user","content":"Hello"}],"max_tokens":100})";

class BudgetMetricsTest : public PipelineTest {
 protected:
  std::string scrape() {
    const auto snapshot = pipeline->snapshot();
    telemetry::Exposition out;
    collect_budget_metrics({*snapshot, *stores.directory, stores.accounts, clock}, out);
    return out.take();
  }
  /// The value of the only sample of `name`; empty when there is none.
  static std::string value(const std::string& text, const std::string& name) {
    const auto line = text.find("\n" + name + "{");
    if (line == std::string::npos) return {};
    const auto end = text.find('\n', line + 1);
    const auto space = text.rfind(' ', end);
    return text.substr(space + 1, end - space - 1);
  }
};

TEST_F(BudgetMetricsTest, TellWhatKeysHaveLeft) {
  build({entry("m")});
  tenancy::NewKey fresh;
  fresh.fields.key_alias = std::string("ci");
  fresh.fields.limits.max_budget = core::Money::nano_usd(5'000'000'000);
  fresh.fields.limits.budget_duration = std::string("1d");
  fresh.fields.limits.model_rpm_limit = std::map<std::string, std::uint64_t>{{"m", 60}};
  const std::string key = make_key(std::move(fresh));
  EXPECT_EQ(scrape(), "") << "nobody has called yet";

  ASSERT_FALSE(run(std::string(kHello), providers::WireFormat::openai_chat, key).refusal);
  const std::string text = scrape();
  const core::Money cost = observer.settled.at(0).record.cost;
  EXPECT_EQ(value(text, "litellm_remaining_api_key_budget_metric"),
            core::Money::nano_usd(5'000'000'000 - cost.nano_usd()).to_usd())
      << text;
  EXPECT_EQ(value(text, "litellm_api_key_max_budget_metric"), "5");
  const double hours = std::stod(value(text, "litellm_api_key_budget_remaining_hours_metric"));
  EXPECT_GT(hours, 0);
  EXPECT_LE(hours, 24);
  EXPECT_EQ(value(text, "litellm_remaining_api_key_requests_for_model"), "59");
  EXPECT_NE(text.find(R"(api_key_alias="ci")"), std::string::npos);
  EXPECT_EQ(text.find("team_budget"), std::string::npos);
}

TEST_F(BudgetMetricsTest, LeaveOutWhoHasNoBudget) {
  build({entry("m")});
  const std::string key = make_key({});
  ASSERT_FALSE(run(std::string(kHello), providers::WireFormat::openai_chat, key).refusal);
  EXPECT_EQ(scrape(), "");
}

}  // namespace
}  // namespace gatehouse::gateway
