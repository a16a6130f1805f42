#include "gatehouse/gateway/deployment_metrics.hpp"

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
}

}  // namespace gatehouse::gateway
