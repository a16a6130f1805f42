#pragma once
/// Which models a caller may know of.

#include <string_view>
#include <vector>

#include "gatehouse/models/model_table.hpp"
#include "gatehouse/tenancy/authenticator.hpp"

namespace gatehouse::api {

/// Whether the caller may call `name`, which is served by `group`; a model of one team is for that
/// team alone.
bool may_use(const tenancy::Caller& caller, std::string_view name, const models::ModelGroup* group);
bool may_see(const tenancy::Caller& caller, const models::Deployment& deployment);

/// The names that /v1/models lists for the caller. Views into the table.
std::vector<std::string_view> models_for(const tenancy::Caller& caller,
                                         const models::ModelTable& table);

}  // namespace gatehouse::api
