#include "budget_config.hpp"

#include <algorithm>
#include <string>

#include "gatehouse/core/text.hpp"
#include "gatehouse/limits/period.hpp"

namespace gatehouse::app {
namespace {

bool check_duration(const std::string& duration, const std::string& path,
                    config::Problems& problems) {
  if (duration.empty()) return true;
  const auto checked = limits::check_budget_duration(duration);
  if (!checked) problems.error(path, 0, checked.error().public_message);
  return checked.has_value();
}

struct BudgetKey {
  std::string_view key;
  std::string_view unused;  ///< what is said of an entry that nothing goes by
};

template <class Used>
NamedLimits limits_of(const std::map<std::string, models::PeriodBudget>& entries,
                      const BudgetKey& names, Used used, config::Problems& problems) {
  NamedLimits limits;
  for (const auto& [name, budget] : entries) {
    const std::string path =
        "router_settings." + std::string(names.key) + "." + core::printable(name, 80);
    if (!check_duration(budget.duration, path + ".time_period", problems) || !budget.max) continue;
    if (!used(name)) problems.warning(path, 0, std::string(names.unused));
    limits[name].budgets.push_back({.max = *budget.max, .duration = budget.duration});
  }
  return limits;
}

}  // namespace

NamedLimits provider_limits(const models::RouterSection& router, const models::ModelTable& table,
                            config::Problems& problems) {
  const auto used = [&table](std::string_view provider) {
    return std::ranges::find(table.deployments(), provider, &models::Deployment::provider) !=
           table.deployments().end();
  };
  return limits_of(router.provider_budgets,
                   {"provider_budget_config", "is for a provider that no model uses"}, used,
                   problems);
}

NamedLimits model_limits(const models::RouterSection& router, const models::ModelTable& table,
                         config::Problems& problems) {
  const auto used = [&table](std::string_view group) {
    return std::ranges::find(table.deployments(), group, &models::Deployment::group) !=
           table.deployments().end();
  };
  return limits_of(router.model_budgets,
                   {"model_budget_config", "is for a model_name that there is none of"}, used,
                   problems);
}

void check_budget_durations(std::span<const models::ModelListEntry> entries,
                            config::Problems& problems) {
  for (const models::ModelListEntry& entry : entries) {
    check_duration(entry.budget_duration, entry.path + ".litellm_params.budget_duration", problems);
  }
}

}  // namespace gatehouse::app
