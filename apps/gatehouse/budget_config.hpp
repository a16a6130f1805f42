#pragma once
/// Budgets of providers, models and deployments, as the file gives them.

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/config/problems.hpp"
#include "gatehouse/core/limit_set.hpp"
#include "gatehouse/models/config.hpp"

namespace gatehouse::app {

using NamedLimits = std::map<std::string, core::LimitSet, std::less<>>;

/// `router_settings.provider_budget_config` as bounds by provider. A period that is none is an
/// error, a provider that no model uses a warning.
NamedLimits provider_limits(const models::RouterSection& router, const models::ModelTable& table,
                            config::Problems& problems);

/// `router_settings.model_budget_config` as bounds by model group, in the same way.
NamedLimits model_limits(const models::RouterSection& router, const models::ModelTable& table,
                         config::Problems& problems);

/// An error for each deployment whose budget_duration is none.
void check_budget_durations(std::span<const models::ModelListEntry> entries,
                            config::Problems& problems);

}  // namespace gatehouse::app
