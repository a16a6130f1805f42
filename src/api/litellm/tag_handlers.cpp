/// Tags. Their refusals are plain details, as the original's.

#include "litellm/tag_handlers.hpp"

#include <utility>

#include "admin/body_reader.hpp"
#include "admin/json_writer.hpp"
#include "gatehouse/gateway/refusal.hpp"
#include "gatehouse/tenancy/access.hpp"
#include "gatehouse/tenancy/tag_store.hpp"
#include "litellm/limit_fields.hpp"
#include "litellm/organization_json.hpp"
#include "litellm/spend_view.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::BodyReader;
using admin::FieldErrors;

constexpr std::uint64_t kMost = 1'000;

tenancy::TagPatch read_patch(BodyReader& body) {
  tenancy::TagPatch patch;
  body.read("description", patch.description);
  body.read("models", patch.models);
  read_limits(body, patch.limits);
  return patch;
}

void write_row(admin::JsonWriter& out, const tenancy::TagRecord& tag, core::Money spend,
               const AdminRequest& request, const ControlPlane& control) {
  out.begin_object()
      .member("name", tag.name)
      .member("description", tag.description)
      .member("models", tag.models)
      .member("spend", spend)
      .member("budget_id", tag.limits.budget_id);
  write_budget_table(out, tag.limits, request.now, control.zone);
  out.member("created_at", tag.provenance.created_at)
      .member("updated_at", tag.provenance.updated_at)
      .member("created_by", tag.provenance.created_by)
      .end_object();
}

Answer refuse_tag(const core::Error& error) {
  const bool clients = error.code == core::Errc::conflict;
  return admin::refuse_detail(clients ? 400 : gateway::status_of(error.code), error.public_message);
}

Answer answer_changed(const AdminRequest& request, ControlPlane& control,
                      const tenancy::TagRecord& tag, std::string_view what) {
  const auto spend = spend_of_one(control, tag, request.now);
  if (!spend) return spend.error();
  admin::JsonWriter out;
  out.begin_object()
      .member("message", "Tag " + tag.name + " " + std::string(what) + " successfully")
      .key("tag");
  write_row(out, tag, *spend, request, control);
  out.end_object();
  return admin::ok(std::move(out).take());
}

}  // namespace

Answer new_tag(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::string name;
  body.require("name");
  body.read("name", name);
  const tenancy::TagPatch fields = read_patch(body);
  if (!errors.empty()) return errors.answer();
  const auto made =
      tenancy::TagStore(control.stores).create(tenancy::actor_of(request.caller), name, fields);
  if (!made) return refuse_tag(made.error());
  return answer_changed(request, control, *made, "created");
}

Answer update_tag(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::string name;
  body.require("name");
  body.read("name", name);
  const tenancy::TagPatch patch = read_patch(body);
  if (!errors.empty()) return errors.answer();
  const auto changed =
      tenancy::TagStore(control.stores).update(tenancy::actor_of(request.caller), name, patch);
  if (!changed) return refuse_tag(changed.error());
  return answer_changed(request, control, *changed, "updated");
}

Answer delete_tag(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::string name;
  body.require("name");
  body.read("name", name);
  if (!errors.empty()) return errors.answer();
  const auto removed =
      tenancy::TagStore(control.stores).remove(tenancy::actor_of(request.caller), name);
  if (!removed) return refuse_tag(removed.error());
  admin::JsonWriter out;
  out.begin_object().member("message", "Tag " + name + " deleted successfully").end_object();
  return admin::ok(std::move(out).take());
}

Answer tag_info(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::vector<std::string> names;
  body.require("names");
  body.read("names", names);
  if (!errors.empty()) return errors.answer();
  const auto found = tenancy::TagStore(control.stores).find_all(names);
  if (!found) return refuse_tag(found.error());
  if (found->empty() && !names.empty()) {
    return admin::refuse_detail(404, "No tags found");
  }
  const auto spends = spend_of_all(control, *found, request.now);
  if (!spends) return spends.error();
  admin::JsonWriter out;
  out.begin_object();
  for (std::size_t i = 0; i < found->size(); ++i) {
    out.key((*found)[i].name);
    write_row(out, (*found)[i], (*spends)[i], request, control);
  }
  out.end_object();
  return admin::ok(std::move(out).take());
}

Answer list_tags(const AdminRequest& request, ControlPlane& control) {
  const auto found = tenancy::TagStore(control.stores).list({1, kMost});
  if (!found) return refuse_tag(found.error());
  const auto spends = spend_of_all(control, found->items, request.now);
  if (!spends) return spends.error();
  admin::JsonWriter out;
  out.begin_array();
  for (std::size_t i = 0; i < found->items.size(); ++i) {
    write_row(out, found->items[i], (*spends)[i], request, control);
  }
  out.end_array();
  return admin::ok(std::move(out).take());
}

}  // namespace gatehouse::api::litellm
