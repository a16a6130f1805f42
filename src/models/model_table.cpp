#include "gatehouse/models/model_table.hpp"

#include "model_table_state.hpp"
#include "table_builder.hpp"

namespace gatehouse::models {

bool WildcardRoute::matches(std::string_view name, std::string_view& rest) const noexcept {
  if (name.size() <= literal_size()) return false;
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return false;
  rest = name.substr(prefix.size(), name.size() - literal_size());
  return true;
}

ModelMatch ModelTable::State::find(std::string_view name) const noexcept {
  if (const auto at = exact.find(name); at != exact.end()) {
    return {.group = &groups[at->second], .name = name};
  }
  for (const WildcardRoute& route : wildcards) {
    std::string_view rest;
    if (route.matches(name, rest)) {
      return {.group = &groups[route.group], .name = name, .rest = rest};
    }
  }
  return {};
}

ModelTable::ModelTable() : state_(std::make_unique<State>()) {}
ModelTable::~ModelTable() = default;

ModelTable::Built ModelTable::build(const TableInput& input, HealthRegistry& health) {
  return TableBuilder(input, health).build();
}

ModelMatch ModelTable::resolve(std::string_view name) const noexcept {
  if (!state_->aliases.empty()) {
    const auto alias = state_->aliases.find(name);
    if (alias != state_->aliases.end()) return state_->find(alias->second);
  }
  return state_->find(name);
}

std::span<const Deployment> ModelTable::deployments() const noexcept {
  return state_->deployments;
}

const Deployment* ModelTable::find_deployment(std::string_view id) const noexcept {
  const auto at = state_->deployment_by_id.find(id);
  return at == state_->deployment_by_id.end() ? nullptr : &state_->deployments[at->second];
}

std::span<const ModelGroup> ModelTable::groups() const noexcept {
  return state_->groups;
}

std::span<const VisibleModel> ModelTable::visible_models() const noexcept {
  return state_->visible;
}

const RouterSettings& ModelTable::settings() const noexcept {
  return state_->settings;
}

const PriceBook& ModelTable::prices() const noexcept {
  return *state_->prices;
}

const std::string& ModelTable::price_version() const noexcept {
  return state_->price_version;
}

std::string_view upstream_model(const Deployment& deployment, const ModelMatch& match,
                                std::string& scratch) {
  const std::string_view pattern = deployment.upstream_model;
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return pattern;
  std::string_view rest = match.rest;
  // "*" matches "openai/gpt-4o" as a whole; the deployment names the provider already.
  const std::size_t provider = deployment.provider.size();
  if (rest.data() == match.name.data() && rest.size() > provider + 1 && rest[provider] == '/' &&
      rest.starts_with(deployment.provider)) {
    rest.remove_prefix(provider + 1);
  }
  scratch.assign(pattern.substr(0, star));
  scratch += rest;
  scratch += pattern.substr(star + 1);
  return scratch;
}

const ModelInfo* info_for(const ModelTable& table, const Deployment& deployment,
                          std::string_view upstream) noexcept {
  if (deployment.info != nullptr || !deployment.wildcard()) return deployment.info;
  return table.prices().find(deployment.provider, upstream);
}

const PriceSet* prices_for(const ModelTable& table, const Deployment& deployment,
                           std::string_view upstream) noexcept {
  if (deployment.prices) return &*deployment.prices;
  if (!deployment.wildcard()) return nullptr;
  const ModelInfo* info = table.prices().find(deployment.provider, upstream);
  return info != nullptr && info->prices ? &*info->prices : nullptr;
}

}  // namespace gatehouse::models
