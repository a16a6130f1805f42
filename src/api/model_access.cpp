#include "model_access.hpp"

#include <algorithm>
#include <string>

#include "gatehouse/tenancy/access.hpp"

namespace gatehouse::api {
namespace {

bool of_another_team(const tenancy::Caller& caller, const models::Deployment& deployment) {
  if (deployment.team_id.empty() || tenancy::is_admin(caller)) return false;
  const auto& principal = caller.principal;
  return !principal || principal->key->team_id != deployment.team_id;
}

}  // namespace

bool may_see(const tenancy::Caller& caller, const models::Deployment& deployment) {
  if (of_another_team(caller, deployment)) return false;
  return !tenancy::refuse_model(caller, {deployment.group, deployment.access_groups});
}

bool may_use(const tenancy::Caller& caller, std::string_view name,
             const models::ModelGroup* group) {
  if (group == nullptr) return !tenancy::refuse_model(caller, {name, {}});
  return std::ranges::any_of(group->deployments, [&](const models::Deployment* deployment) {
    return !of_another_team(caller, *deployment) &&
           !tenancy::refuse_model(caller, {name, deployment->access_groups});
  });
}

std::vector<std::string_view> models_for(const tenancy::Caller& caller,
                                         const models::ModelTable& table) {
  std::vector<std::string_view> names;
  for (const models::VisibleModel& model : table.visible_models()) {
    if (may_use(caller, model.name, model.group)) names.push_back(model.name);
  }
  return names;
}

}  // namespace gatehouse::api
