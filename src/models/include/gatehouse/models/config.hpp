#pragma once
/// Reads the models' part of the configuration file (litellm-contract.md 1.12).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/models/model_table.hpp"
#include "gatehouse/models/settings.hpp"

namespace gatehouse::config {
class Problems;
class Section;
}  // namespace gatehouse::config

namespace gatehouse::models {

/// Routing settings as far as a section gives them.
struct RouterOptions {
  std::optional<Strategy> strategy;
  std::optional<std::vector<GroupAlias>> aliases;
  std::optional<std::vector<FallbackRule>> fallbacks;
  std::optional<std::vector<FallbackRule>> context_window_fallbacks;
  std::optional<std::vector<FallbackRule>> content_policy_fallbacks;
  std::vector<std::string> default_fallbacks;
  std::optional<std::uint32_t> max_fallbacks;
  std::optional<std::uint32_t> num_retries;
  CountByKind retry_policy = {};
  std::optional<std::uint32_t> allowed_fails;
  CountByKind allowed_fails_policy = {};
  std::optional<core::Nanos> cooldown_time;
  std::optional<bool> disable_cooldowns;
  std::optional<core::Nanos> timeout;
  std::optional<core::Nanos> stream_timeout;
  std::optional<core::Nanos> retry_after;
  std::optional<bool> drop_params;
};
/// An entry of `provider_budget_config` or `model_budget_config`.
struct PeriodBudget {
  std::optional<core::Money> max;
  std::string duration;  ///< empty: for ever
};

/// `router_settings`.
struct RouterSection : RouterOptions {
  std::map<std::string, PeriodBudget> provider_budgets;
  std::map<std::string, PeriodBudget> model_budgets;  ///< by model group
  bool tag_filtering = false;
  bool tags_match_any = true;
};
/// What `litellm_settings` says about routing.
struct LitellmSection : RouterOptions {};

/// Our own section `models`.
struct CatalogSection {
  std::string price_map;  ///< file with newer prices; empty: those in the binary
};

/// The sections of the file that say which models there are.
struct ModelsConfig {
  std::vector<ModelListEntry> model_list;
  RouterSection router_settings;
  LitellmSection litellm_settings;
  CatalogSection models;

  /// All routing settings: router_settings, else litellm_settings, else LiteLLM's defaults.
  RouterSettings settings() const;
};

/// Describes the keys model_list, router_settings, litellm_settings and models of the file's root.
void describe(config::Section& root, ModelsConfig& config);
/// The same without litellm_settings, for a reader that has more to find in it.
void describe_tables(config::Section& root, ModelsConfig& config);
void describe(config::Section& section, ModelListEntry& entry);
void describe(config::Section& section, PeriodBudget& budget);
void describe(config::Section& section, RouterSection& router);
void describe(config::Section& section, LitellmSection& settings);
void describe(config::Section& section, CatalogSection& catalog);

/// Adds what building the table found.
void report(const ModelTable::Built& built, config::Problems& problems);

}  // namespace gatehouse::models
