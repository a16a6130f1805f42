#include "gatehouse/gateway/deployment_metrics.hpp"

#include <utility>

namespace gatehouse::gateway {
namespace {

constexpr std::int64_t kHealthy = 0;
constexpr std::int64_t kOutage = 2;

void sample(telemetry::Exposition& out, const models::Deployment& deployment, std::int64_t value) {
  out.sample({{"model", deployment.upstream_model},
              {"requested_model", deployment.group},
              {"api_provider", deployment.provider},
              {"model_id", deployment.id.view()}},
             value);
}

/// What providers say of their own limits; nothing of those that have not said.
template <class Remaining>
void write_remaining(const Snapshot& snapshot, std::string_view name, Remaining remaining,
                     telemetry::Exposition& out) {
  bool begun = false;
  for (const models::Deployment& deployment : snapshot.table->deployments()) {
    const std::optional<std::uint64_t> left = remaining(*deployment.health);
    if (!left) continue;
    if (!std::exchange(begun, true)) {
      out.begin(name, "Left of the provider's own limit, as it said last",
                telemetry::MetricType::gauge);
    }
    out.sample({{"model_group", deployment.group},
                {"api_provider", deployment.provider},
                {"api_base", deployment.api_base},
                {"litellm_model_name", deployment.upstream_model},
                {"model_id", deployment.id.view()}},
               static_cast<std::int64_t>(*left));
  }
}

}  // namespace

void collect_deployment_metrics(const Snapshot& snapshot, core::MonotonicTime now,
                                telemetry::Exposition& out) {
  using telemetry::MetricType;
  out.begin("litellm_deployment_state", "0 healthy, 2 cooling down", MetricType::gauge);
  for (const models::Deployment& deployment : snapshot.table->deployments()) {
    sample(out, deployment, deployment.health->cooling(now) ? kOutage : kHealthy);
  }
  out.begin("gatehouse_deployment_in_flight_requests", "Calls under way by deployment",
            MetricType::gauge);
  for (const models::Deployment& deployment : snapshot.table->deployments()) {
    sample(out, deployment, deployment.health->in_flight());
  }
  write_remaining(
      snapshot, "litellm_remaining_requests_metric",
      [](const models::DeploymentHealth& health) { return health.remaining_requests(); }, out);
  write_remaining(
      snapshot, "litellm_remaining_tokens_metric",
      [](const models::DeploymentHealth& health) { return health.remaining_tokens(); }, out);
}

}  // namespace gatehouse::gateway
