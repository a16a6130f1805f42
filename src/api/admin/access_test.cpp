// The gate before the handlers, for every route of the table and every kind of caller.

#include "admin/access.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "gatehouse/tenancy/directory.hpp"

namespace gatehouse::api::admin {
namespace {

using tenancy::KeyType;
using tenancy::UserRole;

tenancy::Caller caller_with(UserRole role, KeyType type = KeyType::standard,
                            std::vector<std::string> allowed_routes = {}) {
  auto key = std::make_shared<tenancy::KeyRecord>();
  key->token = std::string(64, 'a');
  key->user_id = "u";
  key->type = type;
  key->allowed_routes = std::move(allowed_routes);
  auto principal = std::make_shared<tenancy::Principal>();
  principal->key = std::move(key);
  tenancy::Caller caller;
  caller.role = role;
  caller.principal = std::move(principal);
  return caller;
}

bool passes(const Route& route, const tenancy::Caller& caller) {
  return !refusal_of(route, route.pattern, caller);
}

bool for_everybody(const Route& route) {
  return route.access == Access::info || route.access == Access::models ||
         route.access == Access::pipeline || route.access == Access::open ||
         route.access == Access::metrics;
}

bool for_admins(const Route& route) {
  return route.access == Access::management || route.access == Access::global_spend;
}

TEST(Gate, MasterKeyAndProxyAdminPassEverywhere) {
  for (const Route& route : routes()) {
    EXPECT_TRUE(passes(route, tenancy::Caller())) << route.pattern;
    EXPECT_TRUE(passes(route, caller_with(UserRole::proxy_admin))) << route.pattern;
  }
}

TEST(Gate, RolesPassWhereTheyMay) {
  for (const Route& route : routes()) {
    const bool own = !for_everybody(route) && !for_admins(route);
    SCOPED_TRACE(std::string(route.method) + " " + std::string(route.pattern));
    EXPECT_EQ(passes(route, caller_with(UserRole::proxy_admin_viewer)),
              for_everybody(route) || route.reads);
    EXPECT_EQ(passes(route, caller_with(UserRole::org_admin)), for_everybody(route) || own);
    EXPECT_EQ(passes(route, caller_with(UserRole::internal_user)), for_everybody(route) || own);
    EXPECT_EQ(passes(route, caller_with(UserRole::internal_user_viewer)),
              for_everybody(route) || (own && route.reads));
    EXPECT_EQ(passes(route, caller_with(UserRole::team)), for_everybody(route));
    EXPECT_EQ(passes(route, caller_with(UserRole::customer)), for_everybody(route));
  }
}

TEST(Gate, TypesOfKeysNarrowTheirRole) {
  for (const Route& route : routes()) {
    if (route.access == Access::open) continue;
    const bool models = route.access == Access::models || route.access == Access::pipeline;
    SCOPED_TRACE(std::string(route.method) + " " + std::string(route.pattern));
    EXPECT_EQ(passes(route, caller_with(UserRole::proxy_admin, KeyType::llm_api)), models);
    EXPECT_EQ(passes(route, caller_with(UserRole::proxy_admin, KeyType::management)), !models);
    EXPECT_EQ(passes(route, caller_with(UserRole::proxy_admin, KeyType::read_only)),
              !models && route.reads);
  }
}

TEST(Gate, AllowedRoutesNameWhatAKeyMayCall) {
  const auto caller = caller_with(UserRole::proxy_admin, KeyType::standard, {"/key/info"});
  for (const Route& route : routes()) {
    if (route.access == Access::open) continue;
    EXPECT_EQ(passes(route, caller), route.pattern == "/key/info") << route.pattern;
  }
}

TEST(Gate, TellsWhyInTheContractsWords) {
  const Route* generate = nullptr;
  for (const Route& route : routes()) {
    if (route.pattern == "/budget/new") generate = &route;
  }
  ASSERT_NE(generate, nullptr);
  const auto role = refusal_of(*generate, "/budget/new", caller_with(UserRole::internal_user));
  ASSERT_TRUE(role);
  EXPECT_EQ(role->status, 401);
  EXPECT_NE(role->body.find("Only proxy admin can be used to"), std::string::npos);
  const auto type =
      refusal_of(*generate, "/budget/new", caller_with(UserRole::proxy_admin, KeyType::llm_api));
  ASSERT_TRUE(type);
  EXPECT_EQ(type->status, 403);
  EXPECT_NE(type->body.find("Virtual key is not allowed to call this route"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::api::admin
