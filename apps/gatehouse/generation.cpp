#include "generation.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "budget_config.hpp"
#include "gatehouse/models/model_table.hpp"
#include "gatehouse/models/presets.hpp"
#include "gatehouse/providers/provider.hpp"

namespace gatehouse::app {
namespace {

std::string value_of(const config::Environment& environment, std::string_view variable) {
  if (variable.empty()) return {};
  return environment(variable).value_or(std::string());
}

/// OLLAMA_HOST may lack the scheme.
std::string url_from(std::string address) {
  if (!address.empty() && address.find("://") == std::string::npos) address.insert(0, "http://");
  return address;
}

std::vector<models::AvailableProvider> available_providers(const config::Environment& environment) {
  std::vector<models::AvailableProvider> found;
  for (const providers::ProviderPreset& preset : providers::provider_presets()) {
    std::string key = value_of(environment, preset.key_variable);
    std::string base = url_from(value_of(environment, preset.base_variable));
    // A vendor is there when its key is, a server of one's own when its address or its key is.
    if (key.empty() && (preset.needs_key || base.empty())) continue;
    if (base.empty() && preset.base_url.empty()) continue;
    models::AvailableProvider provider;
    provider.name = preset.name;
    provider.local = preset.local;
    provider.default_models = preset.default_models;
    provider.api_base = std::move(base);
    provider.api_key = core::Secret(std::move(key));
    found.push_back(std::move(provider));
  }
  return found;
}

models::AvailableProvider stub_provider() {
  models::AvailableProvider stub;
  stub.name = "stub";
  stub.local = true;
  stub.default_models = "stub,stub-chat,stub-embedding";
  return stub;
}

std::vector<models::ModelListEntry> entries_of(const AppConfig& config,
                                               std::vector<models::AvailableProvider> available) {
  if (!config.models.model_list.empty()) {
    return models::expand_catch_all(config.models.model_list, available);
  }
  if (available.empty()) available.push_back(stub_provider());
  return models::preset_entries(available);
}

/// The operator's price map, or the one in the binary.
std::shared_ptr<const models::PriceBook> price_book(const AppConfig& config,
                                                    const GenerationSources& sources,
                                                    config::Problems& problems) {
  const std::string& file = config.models.models.price_map;
  if (file.empty()) return sources.prices;
  auto loaded = models::PriceBook::load(file);
  if (loaded) return *loaded;
  problems.error("models.price_map", 0, loaded.error().public_message);
  return nullptr;
}

}  // namespace

std::shared_ptr<const gateway::Snapshot> make_generation(
    const AppConfig& config, const core::Secret& master_key, const GenerationSources& sources,
    config::Problems& problems, std::vector<models::ModelListEntry> stored) {
  const std::vector<models::AvailableProvider> available = available_providers(sources.environment);
  std::vector<models::ModelListEntry> entries = entries_of(config, available);
  std::ranges::move(stored, std::back_inserter(entries));
  return generation_of(config, master_key, sources, problems, entries);
}

std::shared_ptr<const gateway::Snapshot> generation_of(
    const AppConfig& config, const core::Secret& master_key, const GenerationSources& sources,
    config::Problems& problems, const std::vector<models::ModelListEntry>& entries) {
  check_budget_durations(entries, problems);
  const std::vector<models::AvailableProvider> available = available_providers(sources.environment);
  std::vector<std::string_view> names;
  for (const providers::ProviderPreset& preset : providers::provider_presets()) {
    names.push_back(preset.name);
  }
  const std::shared_ptr<const models::PriceBook> prices = price_book(config, sources, problems);
  if (!prices) return nullptr;
  const models::RouterSettings settings = config.models.settings();
  models::ModelTable::Built built = models::ModelTable::build({.entries = entries,
                                                               .settings = settings,
                                                               .prices = prices,
                                                               .providers = names,
                                                               .available = available},
                                                              sources.health);
  models::report(built, problems);
  if (!built.table) return nullptr;
  gateway::AccountingRules rules = accounting_rules(config.control, master_key);
  rules.providers = provider_limits(config.models.router_settings, *built.table, problems);
  rules.models = model_limits(config.models.router_settings, *built.table, problems);
  if (problems.failed()) return nullptr;
  auto snapshot = gateway::make_snapshot(
      built.table,
      tenancy::Authenticator(master_key, config.general.key_header_name, sources.directory),
      std::move(rules));
  if (!snapshot) {
    problems.error("model_list", 0, snapshot.error().public_message);
    return nullptr;
  }
  return *snapshot;
}

}  // namespace gatehouse::app
