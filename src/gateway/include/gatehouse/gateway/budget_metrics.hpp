#pragma once
/// Budgets and what is left of them, read where they are kept when metrics are scraped.

#include <cstddef>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/gateway/snapshot.hpp"
#include "gatehouse/limits/account.hpp"
#include "gatehouse/telemetry/exposition.hpp"
#include "gatehouse/tenancy/directory.hpp"

namespace gatehouse::gateway {

/// Most keys that the metrics of budgets speak of, and so most teams, users and organizations:
/// those that called lately, in no order. A scrape has to stay small, however many keys there are.
inline constexpr std::size_t kMostBudgetMetrics = 1'000;

/// Where budgets and their counters live. The references outlive the call.
struct BudgetSources {
  const Snapshot& snapshot;
  const tenancy::Directory& directory;
  const limits::AccountBook& accounts;
  const core::Clock& clock;
};

/// litellm_remaining_<of>_budget_metric, litellm_<of>_max_budget_metric (USD) and
/// litellm_<of>_budget_remaining_hours_metric (where a budget has a period) of keys, teams, users
/// and organizations; litellm_provider_remaining_budget_metric and
/// gatehouse_deployment_remaining_budget_usd;
/// litellm_remaining_api_key_{requests,tokens}_for_model. Only of those whose counters are in
/// memory, because they called lately; of several budgets the first. What calls under way hold back
/// is not taken off. Thread-safe; blocks for no I/O.
void collect_budget_metrics(const BudgetSources& from, telemetry::Exposition& out);

}  // namespace gatehouse::gateway
