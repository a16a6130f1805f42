#pragma once
/// The state of deployments, read where it is kept when metrics are scraped.

#include "gatehouse/core/clock.hpp"
#include "gatehouse/gateway/snapshot.hpp"
#include "gatehouse/telemetry/exposition.hpp"

namespace gatehouse::gateway {

/// litellm_deployment_state (0 healthy, 2 cooling down) and
/// gatehouse_deployment_in_flight_requests of every deployment of `snapshot`;
/// litellm_remaining_requests_metric and litellm_remaining_tokens_metric of those whose provider
/// told what is left of its own limits. Thread-safe.
void collect_deployment_metrics(const Snapshot& snapshot, core::MonotonicTime now,
                                telemetry::Exposition& out);

}  // namespace gatehouse::gateway
