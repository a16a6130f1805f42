#pragma once
/// Checks of models as JSON.

#include <string>
#include <vector>

#include "admin/json_writer.hpp"
#include "gatehouse/gateway/model_check.hpp"

namespace gatehouse::api::litellm {

/// One entry of healthy_endpoints or unhealthy_endpoints; without `details` only which model.
void write_endpoint(admin::JsonWriter& out, const gateway::CheckOutcome& outcome, bool details);

/// {"healthy_endpoints":[…],"unhealthy_endpoints":[…],"healthy_count","unhealthy_count"}
std::string endpoints_json(const std::vector<gateway::CheckOutcome>& outcomes, bool details);

/// A row of the history, in LiteLLM's names.
void write_check(admin::JsonWriter& out, const gateway::CheckHistory::Entry& entry);

}  // namespace gatehouse::api::litellm
