#pragma once
/// Credentials among the parameters of a stored model.

#include <string>
#include <string_view>

#include "admin/answer.hpp"
#include "gatehouse/api/control_plane.hpp"

namespace gatehouse::api::litellm {

/// Whether a parameter of this name holds a credential ("api_key", "aws_secret_access_key", …).
bool is_credential(std::string_view parameter);

/// litellm_params (a JSON object) with every credential sealed for the model. References to the
/// environment ("os.environ/NAME") stay as they are.
admin::Outcome<std::string> sealed_params(const ControlPlane& control, std::string_view model_id,
                                          const std::string& params);

/// litellm_params as they may be shown: without credentials.
std::string shown_params(const std::string& params);

}  // namespace gatehouse::api::litellm
