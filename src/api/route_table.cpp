#include "gatehouse/api/route_table.hpp"

#include <array>
#include <vector>

#include "route_lists.hpp"

namespace gatehouse::api {
namespace {

constexpr std::span<const Route> (*kLists[])() noexcept = {
    openai::model_call_routes,    litellm::public_routes,  litellm::spend_routes,
    litellm::key_routes,          litellm::team_routes,    litellm::user_routes,
    litellm::organization_routes, litellm::subject_routes, litellm::model_routes,
};

std::vector<Route> join() {
  std::vector<Route> all;
  for (const auto list : kLists) {
    for (const Route& route : list()) all.push_back(route);
  }
  return all;
}

net::Router build() {
  net::Router router;
  const std::span<const Route> all = routes();
  for (std::size_t i = 0; i < all.size(); ++i) router.add(all[i].method, all[i].pattern, i);
  return router;
}

}  // namespace

std::string_view name_of(Access access) noexcept {
  constexpr std::array<std::string_view, 10> kNames{
      "undeclared", "open",           "metrics",   "pipeline",   "models",
      "info",       "own_management", "own_spend", "management", "global_spend"};
  return kNames[static_cast<std::size_t>(access)];
}

std::span<const Route> routes() {
  static const std::vector<Route> instance = join();
  return instance;
}

const net::Router& router() {
  static const net::Router instance = build();
  return instance;
}

}  // namespace gatehouse::api
