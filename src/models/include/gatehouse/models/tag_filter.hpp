#pragma once
/// Which deployments of a group serve a call with certain tags (enable_tag_filtering).

#include <cstdint>
#include <span>
#include <string>

#include "gatehouse/models/deployment.hpp"
#include "gatehouse/models/settings.hpp"

namespace gatehouse::models {

/// Those with one of the call's tags (or with all of them: tags_match_any). When there are none,
/// or the call has no tags, those with the tag "default"; when there are none of these either, all
/// of them for a call without tags, and nobody for one with tags. Whether a deployment cools down
/// does not matter: a call never moves to others than its own. Allocates nothing; the references
/// outlive it.
class TagFilter {
 public:
  TagFilter(const ModelGroup& group, const RouterSettings& settings,
            std::span<const std::string> tags) noexcept;

  /// True when every deployment of the group may serve the call.
  bool open() const noexcept { return rule_ == Rule::everybody; }
  /// True when none may.
  bool closed() const noexcept { return rule_ == Rule::nobody; }
  bool allows(const Deployment& deployment) const noexcept;

 private:
  enum class Rule : std::uint8_t { everybody, matching, defaults, nobody };
  bool matches(const Deployment& deployment) const noexcept;

  std::span<const std::string> tags_;
  bool any_ = true;
  Rule rule_ = Rule::everybody;
};

}  // namespace gatehouse::models
