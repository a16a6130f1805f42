/// Checks of models: what the admin API needs for them.

#include "gatehouse/tenancy/stored_models.hpp"
#include "server.hpp"
#include "stored_model_entries.hpp"

namespace gatehouse::app {
namespace {

/// Shown for a model that only is tried.
constexpr const char* kTriedModel = "test-connection";

/// Without the warnings, unless there is nothing else.
std::string reasons_of(const config::Problems& problems, bool warnings_too) {
  std::string reasons;
  for (const config::Problem& problem : problems.all()) {
    if (problem.severity != config::Severity::error && !warnings_too) continue;
    reasons += (reasons.empty() ? "" : "; ") + problem.message;
  }
  return reasons;
}

}  // namespace

void Server::follow_checks(const GeneralSettings& settings) {
  check_settings_.details.store(settings.health_check_details, std::memory_order_relaxed);
  const core::Nanos interval =
      settings.background_health_checks ? settings.health_check_interval : core::Seconds(0);
  check_settings_.interval_ns.store(interval.count(), std::memory_order_relaxed);
}

void Server::offer_checks() {
  follow_checks(config_.general);
  control_->checks = &check_history_;
  control_->check_rules = [this] {
    return api::CheckRules{
        .details = check_settings_.details.load(std::memory_order_relaxed),
        .in_background = check_settings_.interval_ns.load(std::memory_order_relaxed) != 0};
  };
  control_->try_model = [this](std::string_view litellm_params, std::string_view model_info) {
    return try_model(litellm_params, model_info);
  };
  metrics_.add_collector([this](telemetry::Exposition& out) {
    const auto snapshot = current_.load();
    if (snapshot) check_history_.collect(*snapshot, out);
  });
}

core::Result<std::shared_ptr<const gateway::Snapshot>> Server::try_model(
    std::string_view litellm_params, std::string_view model_info) {
  tenancy::StoredModel model;
  model.model_id = kTriedModel;
  model.model_name = kTriedModel;
  model.litellm_params = litellm_params;
  model.model_info = model_info;
  config::Problems problems;
  auto entries = entries_of({model}, {*stores_->sealing_keys, sources_.environment}, problems);
  std::shared_ptr<const gateway::Snapshot> snapshot;
  if (!entries.empty()) {
    // Not the registry of the models in use: nothing of this one is kept.
    models::HealthRegistry health;
    const GenerationSources sources{sources_.environment, sources_.prices, health,
                                    sources_.directory};
    const std::scoped_lock lock(reloading_);
    snapshot = generation_of(config_, key_.secret, sources, problems, entries);
  }
  if (snapshot && !snapshot->table->deployments().empty()) return snapshot;
  return core::fail(core::Errc::invalid_argument,
                    "the model cannot be called: " + reasons_of(problems, entries.empty()));
}

}  // namespace gatehouse::app
