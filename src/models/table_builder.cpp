#include "table_builder.hpp"

#include <algorithm>
#include <limits>

#include "digest.hpp"
#include "gatehouse/core/text.hpp"
#include "gatehouse/models/retry.hpp"
#include "model_table_state.hpp"

namespace gatehouse::models {

namespace {

constexpr std::uint32_t kMostFallbacks = 15;
constexpr core::Nanos kLongestCooldown = std::chrono::hours(24);

/// Cost of a middling call, to compare deployments by.
std::int64_t cost_rank(const Deployment& deployment) {
  constexpr core::TokenUsage kCall{.prompt = 10'000, .completion = 10'000};
  if (!deployment.prices) return std::numeric_limits<std::int64_t>::max();
  const auto cost = cost_of(*deployment.prices, kCall);
  return cost ? cost->nano_usd() : std::numeric_limits<std::int64_t>::max();
}

std::string shown(std::string_view name) {
  return "'" + core::printable(name, 80) + "'";
}

}  // namespace

TableBuilder::TableBuilder(const TableInput& input, HealthRegistry& health)
    : input_(input), health_(health), table_(new ModelTable), state_(*table_->state_) {}

ModelTable::Built TableBuilder::build() {
  state_.settings = input_.settings;
  state_.prices = input_.prices;
  add_deployments();
  add_groups();
  add_aliases();
  check_settings();
  add_visible();
  add_price_version();
  if (!issues_.errors.empty()) {
    return {nullptr, std::move(issues_.errors), std::move(issues_.warnings)};
  }
  health_.collect();
  for (Deployment& deployment : state_.deployments) {
    deployment.health = health_.deployment(deployment.id.view());
  }
  for (ModelGroup& group : state_.groups) group.retry_budget = health_.group(group.name);
  return {std::move(table_), {}, std::move(issues_.warnings)};
}

void TableBuilder::add_deployments() {
  DeploymentBuilder builder(input_, issues_);
  state_.deployments.reserve(input_.entries.size());
  for (const ModelListEntry& entry : input_.entries) {
    const auto index = static_cast<std::uint32_t>(state_.deployments.size());
    Deployment& deployment = state_.deployments.emplace_back(builder.build(entry));
    deployment.index = index;
    deployment.cost_rank = cost_rank(deployment);
    state_.deployment_by_id.emplace(deployment.id.text(), index);
  }
}

void TableBuilder::add_groups() {
  for (const Deployment& deployment : state_.deployments) {
    const auto next = static_cast<std::uint32_t>(state_.groups.size());
    const auto [at, added] = state_.exact.emplace(deployment.group, next);
    if (added) state_.groups.push_back({.name = deployment.group});
    state_.groups[at->second].deployments.push_back(&deployment);
  }
  for (std::uint32_t index = 0; index < state_.groups.size(); ++index) {
    ModelGroup& group = state_.groups[index];
    std::ranges::sort(group.deployments, {}, [](const Deployment* deployment) {
      return std::pair(deployment->order, deployment->index);
    });
    weigh(group);
    const auto star = group.name.find('*');
    if (star == std::string::npos) continue;
    state_.exact.erase(group.name);
    state_.wildcards.push_back({group.name.substr(0, star), group.name.substr(star + 1), index});
  }
  std::ranges::sort(state_.wildcards, [](const WildcardRoute& a, const WildcardRoute& b) {
    return a.literal_size() != b.literal_size() ? a.literal_size() > b.literal_size()
                                                : a.group < b.group;
  });
}

/// LiteLLM's rule, per order tier: by `weight` when any deployment has one, else by rpm, else by
/// tpm, else evenly; a deployment without the figure that the others have gets nothing.
void TableBuilder::weigh(ModelGroup& group) {
  using Figure = std::optional<double> (*)(const ModelListEntry&);
  static constexpr Figure kFigures[] = {
      [](const ModelListEntry& entry) { return entry.weight; },
      [](const ModelListEntry& entry) { return std::optional<double>(entry.rpm); },
      [](const ModelListEntry& entry) { return std::optional<double>(entry.tpm); },
  };
  const auto entry_of = [&](const Deployment* deployment) -> const ModelListEntry& {
    return input_.entries[deployment->index];
  };
  for (const Deployment* const& deployment : group.deployments) {
    for (const Figure figure : kFigures) {
      const bool used = std::ranges::any_of(group.deployments, [&](const Deployment* other) {
        return other->order == deployment->order && figure(entry_of(other)).has_value();
      });
      if (!used) continue;
      state_.deployments[deployment->index].weight = figure(entry_of(deployment)).value_or(0);
      break;
    }
  }
}

bool TableBuilder::known(std::string_view name) const {
  return state_.aliases.contains(name) || state_.find(name).group != nullptr;
}

void TableBuilder::add_aliases() {
  for (const GroupAlias& alias : state_.settings.aliases) {
    const std::string path =
        "router_settings.model_group_alias." + core::printable(alias.alias, 80);
    if (alias.alias.empty() || alias.alias.find('*') != std::string::npos) {
      issues_.error(path, "an alias must be a name without '*'");
      continue;
    }
    if (state_.find(alias.model).group == nullptr) {
      issues_.error(path, "stands for " + shown(alias.model) + ", which is not in model_list");
      continue;
    }
    if (state_.exact.contains(alias.alias)) {
      issues_.warning(path, "hides the model of the same name");
    }
    if (!state_.aliases.emplace(alias.alias, alias.model).second) {
      issues_.error(path, "is given twice");
    }
  }
}

void TableBuilder::add_visible() {
  for (const ModelGroup& group : state_.groups) {
    const bool listed = group.name.find('*') == std::string::npos;
    if (listed && !state_.aliases.contains(group.name)) {
      state_.visible.push_back({group.name, &group});
    }
  }
  for (const GroupAlias& alias : state_.settings.aliases) {
    const auto known_alias = state_.aliases.find(alias.alias);
    if (alias.hidden || known_alias == state_.aliases.end()) continue;
    state_.visible.push_back({alias.alias, state_.find(known_alias->second).group});
  }
}

void TableBuilder::check_settings() {
  RouterSettings& settings = state_.settings;
  const auto clamp = [&](std::uint32_t& value, std::uint32_t most, const char* name) {
    if (value <= most) return;
    value = most;
    issues_.warning(std::string("router_settings.") + name,
                    "is lowered to " + std::to_string(most));
  };
  clamp(settings.num_retries, kMaxRetries, "num_retries");
  clamp(settings.max_fallbacks, kMostFallbacks, "max_fallbacks");
  if (settings.cooldown_time < core::Nanos(0) || settings.cooldown_time > kLongestCooldown) {
    issues_.error("router_settings.cooldown_time", "must be between 0 and 24 hours");
  }
  if (settings.retry_after < core::Nanos(0) || settings.retry_after > kMaxRetryAfter) {
    issues_.error("router_settings.retry_after", "must be between 0 and 60 seconds");
  }
  if (settings.timeout <= core::Nanos(0)) {
    issues_.error("router_settings.timeout", "must be above 0");
  }
  if (settings.stream_timeout && *settings.stream_timeout <= core::Nanos(0)) {
    issues_.error("router_settings.stream_timeout", "must be above 0");
  }
  check_fallbacks("fallbacks", settings.fallbacks);
  check_fallbacks("context_window_fallbacks", settings.context_window_fallbacks);
  check_fallbacks("content_policy_fallbacks", settings.content_policy_fallbacks);
  drop_unknown("router_settings.default_fallbacks", settings.default_fallbacks);
}

void TableBuilder::check_fallbacks(std::string_view name, std::vector<FallbackRule>& rules) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string path = "router_settings." + std::string(name) + "[" + std::to_string(i) + "]";
    if (rules[i].group != "*" && !known(rules[i].group)) {
      issues_.warning(path, "is for " + shown(rules[i].group) + ", which is not in model_list");
    }
    drop_unknown(path, rules[i].targets);
  }
}

/// LiteLLM starts with fallbacks that lead nowhere; so do we, but we say it and leave them out.
void TableBuilder::drop_unknown(const std::string& path, std::vector<std::string>& targets) {
  std::erase_if(targets, [&](const std::string& target) {
    if (known(target)) return false;
    issues_.warning(path, "leads to " + shown(target) + ", which is not in model_list");
    return true;
  });
}

void TableBuilder::add_price_version() {
  Digest digest;
  digest.add(state_.prices->version());
  for (const Deployment& deployment : state_.deployments) {
    for (const auto& [key, value] : input_.entries[deployment.index].overrides) {
      digest.add(deployment.id.view()).add(key).add(value);
    }
  }
  state_.price_version = digest.hex();
}

}  // namespace gatehouse::models
