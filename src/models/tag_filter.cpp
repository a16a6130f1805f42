#include "gatehouse/models/tag_filter.hpp"

#include <algorithm>
#include <string_view>

namespace gatehouse::models {
namespace {

bool has(const Deployment& deployment, std::string_view tag) noexcept {
  return std::ranges::find(deployment.tags, tag) != deployment.tags.end();
}

bool is_default(const Deployment* deployment) noexcept {
  return has(*deployment, "default");
}

}  // namespace

TagFilter::TagFilter(const ModelGroup& group, const RouterSettings& settings,
                     std::span<const std::string> tags) noexcept
    : tags_(tags), any_(settings.tags_match_any) {
  if (!settings.tag_filtering) return;
  const auto& all = group.deployments;
  if (!tags.empty() && std::ranges::any_of(all, [&](const Deployment* d) { return matches(*d); })) {
    rule_ = Rule::matching;
  } else if (std::ranges::any_of(all, is_default)) {
    rule_ = Rule::defaults;
  } else if (!tags.empty()) {
    rule_ = Rule::nobody;
  }
}

bool TagFilter::matches(const Deployment& deployment) const noexcept {
  const auto own = [&](const std::string& tag) { return has(deployment, tag); };
  return any_ ? std::ranges::any_of(tags_, own) : std::ranges::all_of(tags_, own);
}

bool TagFilter::allows(const Deployment& deployment) const noexcept {
  switch (rule_) {
    case Rule::everybody:
      return true;
    case Rule::matching:
      return matches(deployment);
    case Rule::defaults:
      return is_default(&deployment);
    case Rule::nobody:
      break;
  }
  return false;
}

}  // namespace gatehouse::models
