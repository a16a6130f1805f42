/// Teams.

#include <array>

#include "litellm/team_handlers.hpp"
#include "route_lists.hpp"

namespace gatehouse::api::litellm {
namespace {

constexpr std::array kRoutes{
    Route{"POST", "/team/new", Access::own_management, new_team},
    Route{"POST", "/team/update", Access::own_management, update_team},
    Route{"POST", "/team/delete", Access::own_management, delete_teams},
    Route{"POST", "/team/block", Access::own_management, block_team},
    Route{"POST", "/team/unblock", Access::own_management, unblock_team},
    Route{"GET", "/team/info", Access::own_management, team_info},
    Route{"GET", "/team/list", Access::own_management, list_teams},
    Route{"GET", "/v2/team/list", Access::own_management, list_teams_paged},
    Route{"POST", "/team/member_add", Access::own_management, add_team_member},
    Route{"POST", "/team/member_update", Access::own_management, update_team_member},
    Route{"POST", "/team/member_delete", Access::own_management, delete_team_member},
    Route{"POST", "/team/model/add", Access::own_management, add_team_models},
    Route{"POST", "/team/model/delete", Access::own_management, delete_team_models},
    Route{"GET", "/team/permissions_list", Access::own_management, team_permissions},
    Route{"POST", "/team/permissions_update", Access::own_management, update_team_permissions},
};

}  // namespace

std::span<const Route> team_routes() noexcept {
  return kRoutes;
}

}  // namespace gatehouse::api::litellm
