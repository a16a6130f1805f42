/// Customers, shared budgets, tags and the log of changes.

#include <array>

#include "litellm/audit_handlers.hpp"
#include "litellm/budget_handlers.hpp"
#include "litellm/customer_handlers.hpp"
#include "litellm/tag_handlers.hpp"
#include "route_lists.hpp"

namespace gatehouse::api::litellm {
namespace {

constexpr std::array kRoutes{
    Route{"POST", "/customer/new", Access::management, new_customer},
    Route{"POST", "/customer/update", Access::management, update_customer},
    Route{"POST", "/customer/delete", Access::management, delete_customers},
    Route{"POST", "/customer/block", Access::management, block_customers},
    Route{"POST", "/customer/unblock", Access::management, unblock_customers},
    Route{"GET", "/customer/info", Access::management, customer_info},
    Route{"GET", "/customer/list", Access::management, list_customers},
    Route{"POST", "/end_user/new", Access::management, new_customer},
    Route{"POST", "/end_user/update", Access::management, update_customer},
    Route{"POST", "/end_user/delete", Access::management, delete_customers},
    Route{"POST", "/end_user/block", Access::management, block_customers},
    Route{"POST", "/end_user/unblock", Access::management, unblock_customers},
    Route{"GET", "/end_user/info", Access::management, customer_info},
    Route{"GET", "/end_user/list", Access::management, list_customers},

    Route{"POST", "/budget/new", Access::management, new_budget},
    Route{"POST", "/budget/update", Access::management, update_budget},
    Route{"POST", "/budget/delete", Access::management, delete_budget},
    Route{"POST", "/budget/info", Access::management, budget_info}.reading(),
    Route{"GET", "/budget/settings", Access::management, budget_settings},
    Route{"GET", "/budget/list", Access::management, list_budgets},

    Route{"POST", "/tag/new", Access::management, new_tag},
    Route{"POST", "/tag/update", Access::management, update_tag},
    Route{"POST", "/tag/delete", Access::management, delete_tag},
    Route{"POST", "/tag/info", Access::management, tag_info}.reading(),
    Route{"GET", "/tag/list", Access::management, list_tags},

    Route{"GET", "/audit", Access::management, list_audit_log},
    Route{"GET", "/audit/{id}", Access::management, audit_log_entry},
};

}  // namespace

std::span<const Route> subject_routes() noexcept {
  return kRoutes;
}

}  // namespace gatehouse::api::litellm
