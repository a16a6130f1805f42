#include <algorithm>

#include "gatehouse/core/text.hpp"
#include "gatehouse/tenancy/access.hpp"

namespace gatehouse::tenancy {
namespace {

constexpr std::size_t kListed = 50;

using Aliases = std::map<std::string, std::string>;

const std::string* target_in(const Aliases& aliases, std::string_view name) {
  if (aliases.empty()) return nullptr;
  const auto found = aliases.find(std::string(name));
  return found == aliases.end() ? nullptr : &found->second;
}

std::string quoted_list(std::span<const std::string> names) {
  std::string out = "[";
  for (const std::string& name : names.first(std::min(names.size(), kListed))) {
    if (out.size() > 1) out += ", ";
    out += "'" + core::printable(name) + "'";
  }
  if (names.size() > kListed) out += ", …";
  return out + "]";
}

/// `level` is the word in the type, `who` the one in the message.
Refusal refused(std::string_view level, std::string_view who, std::span<const std::string> allowed,
                std::string_view model) {
  Refusal refusal;
  refusal.message = std::string(who) + " not allowed to access model. This " + std::string(who) +
                    " can only access models=" + quoted_list(allowed) + ". Tried to access " +
                    core::printable(model);
  refusal.type = std::string(level) + "_model_access_denied";
  refusal.param = "model";
  return refusal;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// The names that a request goes through.
struct Names {
  std::string_view requested;
  std::string_view after_key;
  std::string_view after_team;
};

Names names_of(const Principal& principal, std::string_view requested) {
  Names names{requested, requested, requested};
  if (const auto* target = target_in(principal.key->aliases, requested)) names.after_key = *target;
  names.after_team = names.after_key;
  if (!principal.team) return names;
  if (const auto* target = target_in(principal.team->model_aliases, names.after_key)) {
    names.after_team = *target;
  }
  return names;
}

/// An alias that the key's maker gave it is allowed; what it stands for is then up to the others.
bool key_allows(const Principal& principal, const Names& names, const ModelRequest& request) {
  const KeyRecord& key = *principal.key;
  if (names.after_key != names.requested) return true;
  if (principal.team && contains(key.models, "all-team-models")) return true;
  return allows_model(key.models, {names.requested, request.access_groups}) ||
         allows_model(key.models, {names.after_team, request.access_groups});
}

}  // namespace

std::string_view resolve_alias(const Caller& caller, std::string_view requested) {
  return caller.principal ? names_of(*caller.principal, requested).after_team : requested;
}

bool allows_model(std::span<const std::string> allowed, const ModelRequest& request) {
  if (allowed.empty()) return true;
  return std::ranges::any_of(allowed, [&](const std::string& entry) {
    if (entry == request.model || entry == "all-proxy-models") return true;
    if (std::ranges::find(request.access_groups, entry) != request.access_groups.end()) return true;
    return entry.find('*') != std::string::npos && core::wildcard_match(entry, request.model);
  });
}

std::optional<Refusal> refuse_model(const Caller& caller, const ModelRequest& request) {
  if (!caller.principal) return std::nullopt;
  const Principal& principal = *caller.principal;
  const Names names = names_of(principal, request.model);
  if (!key_allows(principal, names, request)) {
    return refused("key", "key", principal.key->models, request.model);
  }
  const ModelRequest target{names.after_team, request.access_groups};
  if (principal.team) {
    const bool alias = names.after_team != names.after_key;
    if (!alias && !allows_model(principal.team->models, target)) {
      return refused("team", "team", principal.team->models, request.model);
    }
  } else if (principal.user && !allows_model(principal.user->models, target)) {
    return refused("user", "user", principal.user->models, request.model);
  }
  if (principal.organization && !allows_model(principal.organization->models, target)) {
    return refused("org", "organization", principal.organization->models, request.model);
  }
  return std::nullopt;
}

}  // namespace gatehouse::tenancy
