/// What a team's members may use and do.

#include <algorithm>
#include <array>
#include <utility>

#include "admin/body_reader.hpp"
#include "admin/query_reader.hpp"
#include "gatehouse/json/scan.hpp"
#include "litellm/extra_fields.hpp"
#include "litellm/rights.hpp"
#include "litellm/team_access.hpp"
#include "litellm/team_handlers.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::BodyReader;
using admin::FieldErrors;
using tenancy::Action;

constexpr std::string_view kPermissions = "team_member_permissions";
constexpr std::array<std::string_view, 11> kAllPermissions{"/key/info",
                                                           "/key/health",
                                                           "/key/list",
                                                           "/key/generate",
                                                           "/key/update",
                                                           "/key/delete",
                                                           "/key/block",
                                                           "/key/unblock",
                                                           "/key/aliases",
                                                           "/key/{key_id}/regenerate",
                                                           "/key/service-account/generate"};

Answer change_models(const AdminRequest& request, ControlPlane& control, bool add) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::string team_id;
  std::vector<std::string> models;
  body.require("team_id");
  body.require("models");
  body.read("team_id", team_id);
  body.read("models", models);
  if (!errors.empty()) return errors.answer();
  const auto team = team_for(request, control, team_id, Action::write);
  if (!team) return team.error();
  if (auto allowed = may_patch_team(request, *team, body); !allowed) return allowed.error();
  std::vector<std::string> wanted = team->models;
  std::erase_if(wanted, [&](const std::string& model) {
    return std::ranges::find(models, model) != models.end();
  });
  if (add) wanted.insert(wanted.end(), models.begin(), models.end());
  tenancy::TeamPatch patch;
  patch.models = std::move(wanted);
  const auto changed =
      tenancy::TeamStore(control.stores).update(tenancy::actor_of(request.caller), team_id, patch);
  if (!changed) return refuse_store(changed.error());
  return answer_team(request, control, *changed);
}

void write_permissions(admin::JsonWriter& out, const tenancy::TeamRecord& team) {
  ExtraFields(team.extra).write(out, kPermissions, "[]");
}

}  // namespace

Answer add_team_models(const AdminRequest& request, ControlPlane& control) {
  return change_models(request, control, true);
}

Answer delete_team_models(const AdminRequest& request, ControlPlane& control) {
  return change_models(request, control, false);
}

Answer team_permissions(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  admin::QueryReader query(request.query, errors);
  const std::string team_id = query.required_text("team_id");
  if (!errors.empty()) return errors.answer();
  const auto team = team_for(request, control, team_id, Action::read);
  if (!team) return team.error();
  admin::JsonWriter out;
  out.begin_object().member("team_id", team->team_id);
  write_permissions(out, *team);
  out.key("all_available_permissions").begin_array();
  for (const std::string_view permission : kAllPermissions) out.text(permission);
  out.end_array().end_object();
  return admin::ok(std::move(out).take());
}

Answer update_team_permissions(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::string team_id;
  std::vector<std::string> permissions;
  body.require("team_id");
  body.require(kPermissions);
  body.read("team_id", team_id);
  body.read(kPermissions, permissions);
  for (const std::string& permission : permissions) {
    if (std::ranges::find(kAllPermissions, permission) != kAllPermissions.end()) continue;
    body.report(kPermissions, "enum", "Unknown permission");
  }
  if (!errors.empty()) return errors.answer();
  const auto team = team_for(request, control, team_id, Action::write);
  if (!team) return team.error();
  admin::JsonWriter extra;
  extra.begin_object().member(kPermissions, permissions).end_object();
  tenancy::TeamPatch patch;
  patch.extra = std::move(extra).take();
  const auto changed =
      tenancy::TeamStore(control.stores).update(tenancy::actor_of(request.caller), team_id, patch);
  if (!changed) return refuse_store(changed.error());
  return answer_team(request, control, *changed);
}

}  // namespace gatehouse::api::litellm
