#include "gatehouse/api/route_table.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace gatehouse::api {
namespace {

TEST(RouteTable, EveryRouteIsFoundByItself) {
  for (std::size_t i = 0; i < routes().size(); ++i) {
    std::string path(routes()[i].pattern);
    if (const auto at = path.find('{'); at != std::string::npos) {
      path.replace(at, path.find('}') - at + 1, "gpt-4o");
    }
    const auto found = router().match(routes()[i].method, path);
    const auto* match = std::get_if<net::Router::Match>(&found);
    ASSERT_NE(match, nullptr) << path;
    EXPECT_EQ(match->route, i) << path;
  }
}

/// Deny by default: a route open to anybody must be named here.
TEST(RouteTable, OnlyTheContractsPublicRoutesAreOpen) {
  const std::set<std::string_view> open{"/", "/routes", "/health/liveliness", "/health/liveness",
                                        "/health/readiness"};
  for (const Route& route : routes()) {
    if (route.access != Access::open) continue;
    EXPECT_TRUE(open.contains(route.pattern)) << route.pattern;
  }
}

TEST(RouteTable, EveryRouteHasOneHandler) {
  for (const Route& route : routes()) {
    const int handlers = (route.handler != nullptr) + (route.caller_handler != nullptr) +
                         (route.admin_handler != nullptr);
    EXPECT_EQ(handlers, 1) << route.pattern;
    EXPECT_NE(route.access, Access::undeclared) << route.pattern;
  }
}

TEST(RouteTable, ModelNamesMayContainSlashes) {
  const auto found = router().match("GET", "/v1/models/groq/llama-3.1-8b");
  const auto* match = std::get_if<net::Router::Match>(&found);
  ASSERT_NE(match, nullptr);
  EXPECT_EQ(match->parameters.text(0), "groq/llama-3.1-8b");
}

TEST(RouteTable, UnknownPathsAndMethodsAreToldApart) {
  EXPECT_TRUE(std::holds_alternative<net::Router::NotFound>(router().match("GET", "/nothing")));
  EXPECT_TRUE(std::holds_alternative<net::Router::MethodNotAllowed>(
      router().match("GET", "/v1/chat/completions")));
}

}  // namespace
}  // namespace gatehouse::api
