#include "budget_config.hpp"

#include <algorithm>

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

}  // namespace

std::map<std::string, core::LimitSet, std::less<>> provider_limits(
    const models::RouterSection& router, const models::ModelTable& table,
    config::Problems& problems) {
  std::map<std::string, core::LimitSet, std::less<>> limits;
  for (const auto& [provider, budget] : router.provider_budgets) {
    const std::string path =
        "router_settings.provider_budget_config." + core::printable(provider, 80);
    if (!check_duration(budget.duration, path + ".time_period", problems) || !budget.max) continue;
    if (std::ranges::find(table.deployments(), provider, &models::Deployment::provider) ==
        table.deployments().end()) {
      problems.warning(path, 0, "is for a provider that no model uses");
    }
    limits[provider].budgets.push_back({.max = *budget.max, .duration = budget.duration});
  }
  return limits;
}

void check_budget_durations(std::span<const models::ModelListEntry> entries,
                            config::Problems& problems) {
  for (const models::ModelListEntry& entry : entries) {
    check_duration(entry.budget_duration, entry.path + ".litellm_params.budget_duration", problems);
  }
}

}  // namespace gatehouse::app
