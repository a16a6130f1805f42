#pragma once
/// What is shown of a deployment.

#include <string>
#include <string_view>

#include "gatehouse/core/error.hpp"
#include "gatehouse/models/settings.hpp"

namespace gatehouse::models {

/// litellm_params for /model/info: without the key, header values and credentials inside the URL.
std::string public_params_json(const ModelListEntry& entry);

/// The same with the bounds on what the deployment may spend and on calls at the same time.
std::string with_bounds(std::string params_json, const ModelListEntry& entry);

/// The operator's model_info with `id` and `db_model`. Errc::invalid_argument with a message that
/// continues "model_info" when `model_info` is no JSON object. Empty counts as {}.
core::Result<std::string> model_info_with_id(std::string_view model_info, std::string_view id,
                                             bool stored);

}  // namespace gatehouse::models
