/// Organizations.

#include <array>

#include "litellm/organization_handlers.hpp"
#include "route_lists.hpp"

namespace gatehouse::api::litellm {
namespace {

constexpr std::array kRoutes{
    Route{"POST", "/organization/new", Access::management, new_organization},
    Route{"PATCH", "/organization/update", Access::own_management, update_organization},
    Route{"POST", "/organization/update", Access::own_management, update_organization},
    Route{"DELETE", "/organization/delete", Access::management, delete_organizations},
    Route{"GET", "/organization/info", Access::own_management, organization_info},
    Route{"GET", "/organization/list", Access::own_management, list_organizations},
    Route{"POST", "/organization/member_add", Access::own_management, add_organization_member},
    Route{"PATCH", "/organization/member_update", Access::own_management,
          update_organization_member},
    Route{"DELETE", "/organization/member_delete", Access::own_management,
          delete_organization_member},
};

}  // namespace

std::span<const Route> organization_routes() noexcept {
  return kRoutes;
}

}  // namespace gatehouse::api::litellm
