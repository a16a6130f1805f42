#pragma once
/// Who may do what. Pure functions over a Caller; what no rule allows is refused.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/tenancy/authenticator.hpp"
#include "gatehouse/tenancy/directory.hpp"
#include "gatehouse/tenancy/key_store.hpp"
#include "gatehouse/tenancy/store.hpp"

namespace gatehouse::tenancy {

/// Why a caller may not do something, in the words of litellm-contract.md 1.2.
struct Refusal {
  int status = 403;
  std::string message;
  std::string type = "auth_error";  ///< key_model_access_denied, …
  std::string param = "None";
};

// --- models -----------------------------------------------------------------------------------

/// The model that the key, then the team, means by `requested`. A view into the records.
std::string_view resolve_alias(const Caller& caller, std::string_view requested);

/// A model that someone wants to call.
struct ModelRequest {
  std::string_view model;                           ///< as requested, before aliases
  std::span<const std::string> access_groups = {};  ///< of the model (model_info.access_groups)
};

/// Key, team, user (only for a key without team) and organization have to allow it. An empty list
/// allows everything, "no-default-models" nothing; "all-team-models" leaves it to the team;
/// entries may be wildcards or access groups.
std::optional<Refusal> refuse_model(const Caller& caller, const ModelRequest& request);
/// The same for one list, for the route that shows models.
bool allows_model(std::span<const std::string> allowed, const ModelRequest& request);

// --- routes -----------------------------------------------------------------------------------

/// What a route is about: the table of routes names one for each.
enum class RouteKind : std::uint8_t {
  open,            ///< no key needed
  llm_api,         ///< calls a model, lists models
  info,            ///< reads about oneself: /key/info, /model/info
  own_management,  ///< changes or lists objects; their rights decide (may())
  own_spend,       ///< reads spend of what one may see
  management,      ///< proxy admin alone; viewers where it reads
  global_spend,    ///< spend of everybody: likewise
};

struct Route {
  RouteKind kind = RouteKind::management;
  std::string_view path;  ///< of the request, without query
  bool reads = false;     ///< changes nothing
};

/// By the key's allowed_routes (names of groups or paths, with wildcards) or its type, then by
/// the caller's role. Groups: llm_api_routes, openai_routes, anthropic_routes, info_routes,
/// management_routes, spend_tracking_routes, global_spend_tracking_routes, self_managed_routes.
std::optional<Refusal> refuse_route(const Caller& caller, const Route& route);

// --- objects ----------------------------------------------------------------------------------

enum class Action : std::uint8_t {
  read,
  create,   ///< a new object that would belong to those named
  write,    ///< change, block, regenerate, remove
  members,  ///< of a team or organization
};

/// The object that someone wants to read or change, with whom it belongs to.
struct Target {
  enum class Kind : std::uint8_t { key, team, user, organization, customer, budget, tag, model };
  Kind kind;
  std::string id = {};
  std::string user_id = {};                     ///< empty: nobody's
  std::string team_id = {};                     ///< empty: no team's
  std::string organization_id = {};             ///< empty: no organization's
  std::vector<std::string> organizations = {};  ///< of a user
};

/// `team` is the key's, null without one.
Target target_of(const KeyRecord& key, const TeamRecord* team);
Target target_of(const TeamRecord& team);
Target target_of(const UserRecord& user);
Target target_of(const OrganizationRecord& organization);

/// A proxy admin may do everything; a viewer may read it. An organization admin has the
/// organization's teams, keys and members; a team admin the team, its keys and members, and other
/// members read them; a user has the own keys (in a team it makes none) and reads the own row.
/// What a caller may not read does not exist for it: answer 404.
bool may(const Caller& caller, Action action, const Target& target);

/// True for whoever may change budgets, limits, models and tenant of what exists: somebody above.
/// A user's own keys and a team admin's team do not count.
bool may_change_bounds(const Caller& caller, const Target& target);

/// The filter that leaves in a list of keys what the caller may read; nothing for all.
std::optional<Visibility> visible_keys(const Caller& caller);
/// True for whoever may give `role` to a user: admin roles only a proxy admin.
bool may_grant(const Caller& caller, UserRole role);

bool is_admin(const Caller& caller) noexcept;
/// Of the audit log: x-litellm-changed-by when a proxy admin says so, else the caller's user.
Actor actor_of(const Caller& caller);

}  // namespace gatehouse::tenancy
