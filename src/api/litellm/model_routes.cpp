/// Models: what there is, and those that are stored.

#include <array>

#include "handlers.hpp"
#include "litellm/stored_model_handlers.hpp"
#include "route_lists.hpp"

namespace gatehouse::api::litellm {
namespace {

constexpr std::array kRoutes{
    Route{"GET", "/v1/model/info", Access::info, model_info},
    Route{"GET", "/model/info", Access::info, model_info},
    Route{"GET", "/v2/model/info", Access::info, model_info_paged},
    Route{"GET", "/model_group/info", Access::info, model_group_info},
    Route{"POST", "/model/new", Access::management, new_model},
    Route{"POST", "/model/update", Access::management, update_model},
    Route{"PATCH", "/model/{id}/update", Access::management, update_model},
    Route{"POST", "/model/delete", Access::management, delete_model},
};

}  // namespace

std::span<const Route> model_routes() noexcept {
  return kRoutes;
}

}  // namespace gatehouse::api::litellm
