#pragma once
/// Models that are there without any configuration, because their provider is.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/secret.hpp"
#include "gatehouse/models/settings.hpp"

namespace gatehouse::models {

/// A provider found in the environment (product.md, decision 6).
struct AvailableProvider {
  std::string name;      ///< "openai"
  std::string api_base;  ///< empty: the provider's default
  core::Secret api_key;
  bool local =
      false;  ///< the operator's own machine: unpriced models and private addresses are fine
  std::string default_models;  ///< comma list of names offered without the provider's prefix
};

/// Entries for the providers: the wildcard "name/*" each, and their default models under their bare
/// names and under "name/model". A bare name that two providers offer belongs to the first one.
std::vector<ModelListEntry> preset_entries(std::span<const AvailableProvider> providers);

/// Replaces each entry with model "*" and no provider of its own (LiteLLM: "any model of any
/// provider") by one wildcard entry "provider/*" per available provider; a model_name other than
/// "*" is kept as it is for the caller to complain about, and so is an entry with an address, key
/// or headers of its own, which must not go to several vendors.
std::vector<ModelListEntry> expand_catch_all(std::vector<ModelListEntry> entries,
                                             std::span<const AvailableProvider> providers);

}  // namespace gatehouse::models
