/// Spend and usage.

#include <array>

#include "litellm/spend_handlers.hpp"
#include "route_lists.hpp"

namespace gatehouse::api::litellm {
namespace {

constexpr std::array kRoutes{
    Route{"GET", "/spend/logs", Access::own_spend, spend_logs},
    Route{"GET", "/spend/logs/v2", Access::own_spend, spend_logs_page},
    Route{"GET", "/spend/logs/ui", Access::own_spend, spend_logs_ui},
    Route{"GET", "/spend/keys", Access::own_spend, spend_keys},
    Route{"GET", "/spend/users", Access::own_spend, spend_users},
    Route{"GET", "/spend/tags", Access::global_spend, spend_tags},
    Route{"POST", "/spend/calculate", Access::own_spend, spend_calculate}.reading(),

    Route{"GET", "/spend/reconciliation", Access::global_spend, reconciliation},
    Route{"POST", "/spend/reconciliation", Access::management, resolve_reconciliation},

    Route{"GET", "/global/spend", Access::global_spend, global_spend},
    Route{"GET", "/global/spend/logs", Access::global_spend, global_spend_logs},
    Route{"GET", "/global/spend/keys", Access::global_spend, global_spend_keys},
    Route{"GET", "/global/spend/models", Access::global_spend, global_spend_models},
    Route{"GET", "/global/spend/teams", Access::global_spend, global_spend_teams},
    Route{"GET", "/global/spend/tags", Access::global_spend, global_spend_tags},
    Route{"GET", "/global/spend/provider", Access::global_spend, global_spend_provider},
    Route{"GET", "/global/spend/report", Access::global_spend, global_spend_report},
    Route{"GET", "/global/spend/all_tag_names", Access::global_spend, all_tag_names},
    Route{"GET", "/global/all_tag_names", Access::global_spend, all_tag_names},
    Route{"POST", "/global/spend/end_users", Access::global_spend, global_spend_end_users}
        .reading(),
    Route{"GET", "/global/spend/end_users", Access::global_spend, global_spend_end_users},
    Route{"GET", "/global/all_end_users", Access::global_spend, all_end_users},
    Route{"POST", "/global/spend/reset", Access::management, reset_global_spend},
    Route{"GET", "/global/activity", Access::global_spend, global_activity},
    Route{"GET", "/global/activity/model", Access::global_spend, global_activity_by_model},

    Route{"GET", "/user/daily/activity", Access::own_spend, user_activity},
    Route{"GET", "/user/daily/activity/aggregated", Access::own_spend, user_activity_aggregated},
    Route{"GET", "/team/daily/activity", Access::own_spend, team_activity},
    Route{"GET", "/team/daily/activity/aggregated", Access::own_spend, team_activity_aggregated},
    Route{"GET", "/organization/daily/activity", Access::own_spend, organization_activity},
    Route{"GET", "/organization/daily/activity/aggregated", Access::own_spend,
          organization_activity_aggregated},
    Route{"GET", "/customer/daily/activity", Access::own_spend, customer_activity},
    Route{"GET", "/customer/daily/activity/aggregated", Access::own_spend,
          customer_activity_aggregated},
    Route{"GET", "/end_user/daily/activity", Access::own_spend, customer_activity},
    Route{"GET", "/end_user/daily/activity/aggregated", Access::own_spend,
          customer_activity_aggregated},
    Route{"GET", "/tag/daily/activity", Access::own_spend, tag_activity},
    Route{"GET", "/tag/daily/activity/aggregated", Access::own_spend, tag_activity_aggregated},
};

}  // namespace

std::span<const Route> spend_routes() noexcept {
  return kRoutes;
}

}  // namespace gatehouse::api::litellm
