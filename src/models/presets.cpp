#include "gatehouse/models/presets.hpp"

#include <unordered_set>

#include "gatehouse/core/text.hpp"

namespace gatehouse::models {

namespace {

ModelListEntry entry_of(const AvailableProvider& provider, std::string_view model) {
  ModelListEntry entry;
  entry.path = "environment." + provider.name;
  entry.model = provider.name + "/" + std::string(model);
  entry.api_base = provider.api_base;
  entry.api_key = provider.api_key;
  entry.allow_private_network = provider.local;
  entry.allow_unpriced = provider.local;
  return entry;
}

}  // namespace

std::vector<ModelListEntry> preset_entries(std::span<const AvailableProvider> providers) {
  std::vector<ModelListEntry> entries;
  std::unordered_set<std::string> names;
  const auto offer = [&](ModelListEntry entry, std::string name) {
    if (!names.insert(name).second) return;
    entry.model_name = std::move(name);
    entries.push_back(std::move(entry));
  };
  for (const AvailableProvider& provider : providers) {
    for (std::string_view model : core::split(provider.default_models, ',')) {
      model = core::trim(model);
      if (model.empty()) continue;
      offer(entry_of(provider, model), std::string(model));
      offer(entry_of(provider, model), provider.name + "/" + std::string(model));
    }
    offer(entry_of(provider, "*"), provider.name + "/*");
  }
  return entries;
}

std::vector<ModelListEntry> expand_catch_all(std::vector<ModelListEntry> entries,
                                             std::span<const AvailableProvider> providers) {
  std::vector<ModelListEntry> expanded;
  for (ModelListEntry& entry : entries) {
    const bool any_provider = entry.model == "*" && entry.model_name == "*" &&
                              entry.custom_llm_provider.empty() && entry.api_base.empty() &&
                              entry.api_key.empty() && entry.extra_headers.empty();
    if (!any_provider) {
      expanded.push_back(std::move(entry));
      continue;
    }
    for (const AvailableProvider& provider : providers) {
      ModelListEntry each = entry;
      each.model_name = provider.name + "/*";
      each.model = provider.name + "/*";
      each.api_base = provider.api_base;
      each.api_key = provider.api_key;
      each.allow_private_network = entry.allow_private_network || provider.local;
      each.allow_unpriced = entry.allow_unpriced || provider.local;
      expanded.push_back(std::move(each));
    }
  }
  return expanded;
}

}  // namespace gatehouse::models
