/// Users.

#include <array>

#include "litellm/user_handlers.hpp"
#include "route_lists.hpp"

namespace gatehouse::api::litellm {
namespace {

constexpr std::array kRoutes{
    Route{"POST", "/user/new", Access::own_management, new_user},
    Route{"POST", "/user/update", Access::own_management, update_user},
    Route{"POST", "/user/delete", Access::own_management, delete_users},
    Route{"GET", "/user/info", Access::info, user_info},
    Route{"GET", "/v2/user/info", Access::info, user_row},
    Route{"GET", "/user/list", Access::own_management, list_users},
};

}  // namespace

std::span<const Route> user_routes() noexcept {
  return kRoutes;
}

}  // namespace gatehouse::api::litellm
