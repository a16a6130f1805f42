/// Virtual keys.

#include <array>

#include "litellm/key_handlers.hpp"
#include "route_lists.hpp"

namespace gatehouse::api::litellm {
namespace {

constexpr std::array kRoutes{
    Route{"POST", "/key/generate", Access::own_management, generate_key},
    Route{"POST", "/key/service-account/generate", Access::own_management,
          generate_service_account_key},
    Route{"POST", "/key/update", Access::own_management, update_key},
    Route{"POST", "/key/bulk_update", Access::own_management, bulk_update_keys},
    Route{"POST", "/key/delete", Access::own_management, delete_keys},
    Route{"POST", "/key/block", Access::own_management, block_key},
    Route{"POST", "/key/unblock", Access::own_management, unblock_key},
    Route{"POST", "/key/regenerate", Access::own_management, regenerate_key},
    Route{"POST", "/key/{key}/regenerate", Access::own_management, regenerate_key},
    Route{"POST", "/key/{key}/reset_spend", Access::own_management, reset_key_spend},
    Route{"GET", "/key/info", Access::info, key_info},
    Route{"POST", "/v2/key/info", Access::own_management, key_info_of_many}.reading(),
    Route{"GET", "/key/list", Access::own_management, list_keys},
    Route{"GET", "/key/aliases", Access::own_management, list_key_aliases},
    Route{"POST", "/key/health", Access::info, key_health}.reading(),
};

}  // namespace

std::span<const Route> key_routes() noexcept {
  return kRoutes;
}

}  // namespace gatehouse::api::litellm
