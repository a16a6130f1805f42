#pragma once
/// Routes about spend and usage (litellm-contract.md 1.7).

#include "admin/answer.hpp"
#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"

namespace gatehouse::api::litellm {

admin::Answer spend_logs(const admin::AdminRequest&, ControlPlane&);
admin::Answer spend_logs_page(const admin::AdminRequest&, ControlPlane&);
admin::Answer spend_logs_ui(const admin::AdminRequest&, ControlPlane&);

admin::Answer spend_keys(const admin::AdminRequest&, ControlPlane&);
admin::Answer spend_users(const admin::AdminRequest&, ControlPlane&);
admin::Answer spend_tags(const admin::AdminRequest&, ControlPlane&);
admin::Answer spend_calculate(const admin::AdminRequest&, ControlPlane&);

admin::Answer global_spend(const admin::AdminRequest&, ControlPlane&);
admin::Answer global_spend_logs(const admin::AdminRequest&, ControlPlane&);
admin::Answer global_spend_keys(const admin::AdminRequest&, ControlPlane&);
admin::Answer global_spend_models(const admin::AdminRequest&, ControlPlane&);
admin::Answer global_spend_teams(const admin::AdminRequest&, ControlPlane&);
admin::Answer global_spend_tags(const admin::AdminRequest&, ControlPlane&);
admin::Answer global_spend_provider(const admin::AdminRequest&, ControlPlane&);
admin::Answer global_spend_end_users(const admin::AdminRequest&, ControlPlane&);
admin::Answer global_spend_report(const admin::AdminRequest&, ControlPlane&);
admin::Answer all_tag_names(const admin::AdminRequest&, ControlPlane&);
admin::Answer all_end_users(const admin::AdminRequest&, ControlPlane&);
admin::Answer reset_global_spend(const admin::AdminRequest&, ControlPlane&);

admin::Answer reconciliation(const admin::AdminRequest&, ControlPlane&);
admin::Answer resolve_reconciliation(const admin::AdminRequest&, ControlPlane&);

admin::Answer global_activity(const admin::AdminRequest&, ControlPlane&);
admin::Answer global_activity_by_model(const admin::AdminRequest&, ControlPlane&);

admin::Answer user_activity(const admin::AdminRequest&, ControlPlane&);
admin::Answer user_activity_aggregated(const admin::AdminRequest&, ControlPlane&);
admin::Answer team_activity(const admin::AdminRequest&, ControlPlane&);
admin::Answer team_activity_aggregated(const admin::AdminRequest&, ControlPlane&);
admin::Answer organization_activity(const admin::AdminRequest&, ControlPlane&);
admin::Answer organization_activity_aggregated(const admin::AdminRequest&, ControlPlane&);
admin::Answer customer_activity(const admin::AdminRequest&, ControlPlane&);
admin::Answer customer_activity_aggregated(const admin::AdminRequest&, ControlPlane&);
admin::Answer tag_activity(const admin::AdminRequest&, ControlPlane&);
admin::Answer tag_activity_aggregated(const admin::AdminRequest&, ControlPlane&);

}  // namespace gatehouse::api::litellm
