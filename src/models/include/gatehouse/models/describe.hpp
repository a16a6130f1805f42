#pragma once
/// What /model/info shows of a deployment.

#include <string>

#include "gatehouse/models/deployment.hpp"

namespace gatehouse::models {

/// model_info as a JSON object: `id`, `db_model`, what the operator wrote, then the fields of the
/// price map that are not overridden. litellm_params is Deployment::params_json.
std::string model_info_json(const Deployment& deployment);

}  // namespace gatehouse::models
