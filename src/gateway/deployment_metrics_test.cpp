#include "gatehouse/gateway/deployment_metrics.hpp"

#include "pipeline_test_support.hpp"

namespace gatehouse::gateway {
namespace {

TEST_F(PipelineTest, MetricsShowWhichDeploymentCools) {
  build({entry("well"), entry("ill", "stub/stub-chat")});
  const auto snapshot = pipeline->snapshot();
  const models::Deployment& ill = snapshot->table->deployments()[1];
  ill.health->failed({.kind = models::FailureKind::rate_limited}, loop->now(), ill.cooldown);
  telemetry::Exposition out;
  collect_deployment_metrics(*snapshot, loop->now(), out);
  const std::string text = out.take();
  EXPECT_NE(text.find(R"(litellm_deployment_state{model="stub",requested_model="well",)"),
            std::string::npos)
      << text;
  const auto line = text.find(R"(litellm_deployment_state{model="stub-chat")");
  ASSERT_NE(line, std::string::npos) << text;
  EXPECT_EQ(text.substr(text.find('\n', line) - 1, 1), "2");
}

}  // namespace
}  // namespace gatehouse::gateway
