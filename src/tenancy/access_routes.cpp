#include <algorithm>
#include <array>

#include "gatehouse/core/text.hpp"
#include "gatehouse/tenancy/access.hpp"

namespace gatehouse::tenancy {
namespace {

bool is_anthropic(std::string_view path) {
  return path.find("/messages") != std::string_view::npos;
}

/// What an entry of allowed_routes stands for when it is the name of a group.
struct Group {
  std::string_view name;
  bool (*holds)(const Route& route);
};

constexpr std::array kGroups{
    Group{"llm_api_routes", [](const Route& r) { return r.kind == RouteKind::llm_api; }},
    Group{"openai_routes",
          [](const Route& r) { return r.kind == RouteKind::llm_api && !is_anthropic(r.path); }},
    Group{"anthropic_routes",
          [](const Route& r) { return r.kind == RouteKind::llm_api && is_anthropic(r.path); }},
    Group{"info_routes", [](const Route& r) { return r.kind == RouteKind::info && r.reads; }},
    Group{"management_routes",
          [](const Route& r) {
            return r.kind == RouteKind::own_management || r.kind == RouteKind::management ||
                   r.kind == RouteKind::info;
          }},
    Group{"spend_tracking_routes", [](const Route& r) { return r.kind == RouteKind::own_spend; }},
    Group{"global_spend_tracking_routes",
          [](const Route& r) { return r.kind == RouteKind::global_spend; }},
    Group{"self_managed_routes",
          [](const Route& r) {
            return r.kind == RouteKind::own_management || r.kind == RouteKind::own_spend;
          }},
};

bool entry_allows(const std::string& entry, const Route& route) {
  const auto group = std::ranges::find(kGroups, entry, &Group::name);
  if (group != kGroups.end()) return group->holds(route);
  if (!entry.starts_with('/')) return false;
  return entry == route.path || core::wildcard_match(entry, route.path);
}

bool type_allows(KeyType type, const Route& route) {
  switch (type) {
    case KeyType::standard:
      return true;
    case KeyType::llm_api:
      return route.kind == RouteKind::llm_api;
    case KeyType::management:
      return route.kind != RouteKind::llm_api;
    case KeyType::read_only:
      return route.kind != RouteKind::llm_api && route.reads;
  }
  return false;
}

bool role_allows(UserRole role, const Route& route) {
  if (route.kind == RouteKind::llm_api || route.kind == RouteKind::info) return true;
  const bool for_admins =
      route.kind == RouteKind::management || route.kind == RouteKind::global_spend;
  switch (role) {
    case UserRole::proxy_admin:
      return true;
    case UserRole::proxy_admin_viewer:
      return route.reads;
    case UserRole::org_admin:
    case UserRole::internal_user:
      return !for_admins;
    case UserRole::internal_user_viewer:
      return !for_admins && route.reads;
    case UserRole::team:
    case UserRole::customer:
      return false;
  }
  return false;
}

Refusal not_for_key(const KeyRecord& key, const Route& route) {
  std::string allowed;
  for (const std::string& entry : key.allowed_routes) {
    if (!allowed.empty()) allowed += ", ";
    allowed += "'" + core::printable(entry, 80) + "'";
  }
  if (key.allowed_routes.empty()) allowed = "'" + std::string(name_of(key.type)) + "'";
  return {403,
          "Virtual key is not allowed to call this route. Only allowed to call routes: [" +
              allowed + "]. Tried to call route: " + core::printable(route.path),
          "auth_error", "None"};
}

Refusal not_for_role(UserRole role, const Route& route) {
  return {401,
          "Authentication Error, Only proxy admin can be used to generate, delete, update info for "
          "new keys/users/teams. Route=" +
              core::printable(route.path) + ". Your role=" + std::string(name_of(role)),
          "auth_error", "None"};
}

}  // namespace

std::optional<Refusal> refuse_route(const Caller& caller, const Route& route) {
  if (route.kind == RouteKind::open || caller.master()) return std::nullopt;
  const KeyRecord& key = *caller.principal->key;
  const bool allowed = key.allowed_routes.empty()
                           ? type_allows(key.type, route)
                           : std::ranges::any_of(key.allowed_routes, [&](const std::string& entry) {
                               return entry_allows(entry, route);
                             });
  if (!allowed) return not_for_key(key, route);
  if (!role_allows(caller.role, route)) return not_for_role(caller.role, route);
  return std::nullopt;
}

}  // namespace gatehouse::tenancy
