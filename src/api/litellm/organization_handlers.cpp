/// Organizations.

#include "litellm/organization_handlers.hpp"

#include <utility>

#include "admin/body_reader.hpp"
#include "admin/query_reader.hpp"
#include "gatehouse/tenancy/team_store.hpp"
#include "litellm/limit_fields.hpp"
#include "litellm/organization_access.hpp"
#include "litellm/rights.hpp"
#include "litellm/spend_view.hpp"
#include "litellm/team_json.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::BodyReader;
using admin::FieldErrors;
using admin::Outcome;
using admin::QueryReader;
using tenancy::Action;

constexpr std::uint64_t kMost = 1'000;

tenancy::OrganizationPatch read_patch(BodyReader& body) {
  tenancy::OrganizationPatch patch;
  body.read("organization_alias", patch.organization_alias);
  body.read("models", patch.models);
  read_limits(body, patch.limits);
  body.read("blocked", patch.blocked);
  body.read_object("metadata", patch.metadata);
  patch.extra = body.rest();
  return patch;
}

Outcome<void> write_teams(admin::JsonWriter& out, const AdminRequest& request,
                          ControlPlane& control, const tenancy::OrganizationRecord& organization) {
  const tenancy::TeamFilter filter{.organization_id = organization.organization_id};
  const auto teams = tenancy::TeamStore(control.stores).list(filter, {1, kMost});
  if (!teams) return std::unexpected(refuse_store(teams.error()));
  const auto spends = spend_of_all(control, teams->items, request.now);
  if (!spends) return std::unexpected(spends.error());
  out.key("teams").begin_array();
  for (std::size_t i = 0; i < teams->items.size(); ++i) {
    write_team_row(out, teams->items[i], {(*spends)[i], request.now, control.zone});
  }
  out.end_array();
  return {};
}

}  // namespace

Answer new_organization(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  tenancy::NewOrganization organization;
  body.require("organization_alias");
  body.read("organization_id", organization.organization_id);
  organization.fields = read_patch(body);
  if (!errors.empty()) return errors.answer();
  const auto made = tenancy::OrganizationStore(control.stores)
                        .create(tenancy::actor_of(request.caller), organization);
  if (!made) return refuse_store(made.error());
  return answer_organization(request, control, *made);
}

Answer update_organization(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::string id;
  body.require("organization_id");
  body.read("organization_id", id);
  const tenancy::OrganizationPatch patch = read_patch(body);
  if (!errors.empty()) return errors.answer();
  const auto found = organization_for(request, control, id, Action::write);
  if (!found) return found.error();
  const auto changed = tenancy::OrganizationStore(control.stores)
                           .update(tenancy::actor_of(request.caller), id, patch);
  if (!changed) return refuse_store(changed.error());
  return answer_organization(request, control, *changed);
}

Answer delete_organizations(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::vector<std::string> ids;
  body.require("organization_ids");
  body.read("organization_ids", ids);
  if (!errors.empty()) return errors.answer();
  const auto removed =
      tenancy::OrganizationStore(control.stores).remove(tenancy::actor_of(request.caller), ids);
  if (!removed) return refuse_store(removed.error());
  admin::JsonWriter out;
  out.begin_array();
  for (const tenancy::OrganizationRecord& organization : *removed) {
    out.begin_object();
    write_organization_members(out, organization, {{}, request.now, control.zone});
    out.end_object();
  }
  out.end_array();
  return admin::ok(std::move(out).take());
}

Answer organization_info(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  QueryReader query(request.query, errors);
  const std::string id = query.required_text("organization_id");
  if (!errors.empty()) return errors.answer();
  const auto found = organization_for(request, control, id, Action::read);
  if (!found) return found.error();
  const auto facts = facts_of(request, control, *found);
  if (!facts) return facts.error();
  admin::JsonWriter out;
  out.begin_object();
  write_organization_members(out, *found, *facts);
  if (auto written = write_teams(out, request, control, *found); !written) return written.error();
  out.end_object();
  return admin::ok(std::move(out).take());
}

Answer list_organizations(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  const QueryReader query(request.query, errors);
  tenancy::OrganizationFilter filter;
  filter.organization_id = query.text("org_id");
  filter.organization_alias = query.text("org_alias");
  if (tenancy::visible_keys(request.caller)) filter.member = request.caller.user_id();
  const auto found = tenancy::OrganizationStore(control.stores).list(filter, {1, kMost});
  if (!found) return refuse_store(found.error());
  const auto spends = spend_of_all(control, found->items, request.now);
  if (!spends) return spends.error();
  admin::JsonWriter out;
  out.begin_array();
  for (std::size_t i = 0; i < found->items.size(); ++i) {
    out.begin_object();
    write_organization_members(out, found->items[i], {(*spends)[i], request.now, control.zone});
    out.end_object();
  }
  out.end_array();
  return admin::ok(std::move(out).take());
}

}  // namespace gatehouse::api::litellm
