#include "generation.hpp"

#include <vector>

#include "gatehouse/models/model_table.hpp"
#include "gatehouse/models/presets.hpp"
#include "gatehouse/providers/provider.hpp"

namespace gatehouse::app {
namespace {

/// OLLAMA_HOST and its like hold an address in place of a key.
std::string base_url_from(std::string_view address) {
  std::string url(address);
  if (url.find("://") == std::string::npos) url.insert(0, "http://");
  if (!url.ends_with("/v1")) url += url.ends_with('/') ? "v1" : "/v1";
  return url;
}

std::vector<models::AvailableProvider> available_providers(const config::Environment& environment) {
  std::vector<models::AvailableProvider> found;
  for (const providers::ProviderPreset& preset : providers::provider_presets()) {
    if (preset.key_variable.empty()) continue;
    const auto value = environment(preset.key_variable);
    if (!value || value->empty()) continue;
    models::AvailableProvider provider;
    provider.name = preset.name;
    provider.local = preset.local;
    provider.default_models = preset.default_models;
    if (preset.local && !preset.needs_key) {
      provider.api_base = base_url_from(*value);
    } else {
      provider.api_key = core::Secret(*value);
    }
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
                                               const config::Environment& environment) {
  std::vector<models::AvailableProvider> available = available_providers(environment);
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

std::shared_ptr<const gateway::Snapshot> make_generation(const AppConfig& config,
                                                         const core::Secret& master_key,
                                                         const GenerationSources& sources,
                                                         config::Problems& problems) {
  const std::vector<models::ModelListEntry> entries = entries_of(config, sources.environment);
  std::vector<std::string_view> names;
  for (const providers::ProviderPreset& preset : providers::provider_presets()) {
    names.push_back(preset.name);
  }
  const std::shared_ptr<const models::PriceBook> prices = price_book(config, sources, problems);
  if (!prices) return nullptr;
  const models::RouterSettings settings = config.models.settings();
  models::ModelTable::Built built = models::ModelTable::build(
      {.entries = entries, .settings = settings, .prices = prices, .providers = names},
      sources.health);
  models::report(built, problems);
  if (!built.table) return nullptr;
  auto snapshot = gateway::make_snapshot(
      built.table, tenancy::Authenticator(master_key, config.general.key_header_name));
  if (!snapshot) {
    problems.error("model_list", 0, snapshot.error().public_message);
    return nullptr;
  }
  return *snapshot;
}

}  // namespace gatehouse::app
