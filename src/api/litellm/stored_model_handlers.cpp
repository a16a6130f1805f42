/// Models that administrators add while the server runs; each change takes effect at once.

#include "litellm/stored_model_handlers.hpp"

#include <utility>

#include "admin/body_reader.hpp"
#include "admin/json_writer.hpp"
#include "gatehouse/tenancy/access.hpp"
#include "gatehouse/tenancy/stored_models.hpp"
#include "litellm/model_credentials.hpp"
#include "litellm/rights.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::BodyReader;
using admin::FieldErrors;
using admin::Outcome;
using tenancy::StoredModel;

void write_model(admin::JsonWriter& out, const StoredModel& model) {
  out.begin_object()
      .member("model_id", model.model_id)
      .member("model_name", model.model_name)
      .member_raw("litellm_params", shown_params(model.litellm_params));
  out.key("model_info").begin_object().member("id", model.model_id).member("db_model", true);
  for (const json::Member& member : admin::children_of(model.model_info)) {
    const std::string name = admin::key_of(member);
    if (name != "id" && name != "db_model") out.member_raw(name, member.value);
  }
  out.end_object()
      .member("created_at", model.provenance.created_at)
      .member("created_by", model.provenance.created_by)
      .member("updated_at", model.provenance.updated_at)
      .member("updated_by", model.provenance.updated_by)
      .end_object();
}

Answer answer_model(const StoredModel& model) {
  admin::JsonWriter out;
  write_model(out, model);
  return admin::ok(std::move(out).take());
}

Answer unknown_model(std::string_view id) {
  return admin::refuse_object(400, "Model with id=" + std::string(id) + " not found in db",
                              admin::type::kBadRequest);
}

/// Every thread knows the change before the client does.
Outcome<void> publish(const ControlPlane& control) {
  if (!control.reload_models) return {};
  const auto reloaded = control.reload_models();
  if (!reloaded) return std::unexpected(refuse_store(reloaded.error()));
  return {};
}

/// The id within model_info, which is where the original has it.
std::optional<std::string> id_within(BodyReader& body) {
  std::string info = "{}";
  body.read_object("model_info", info);
  FieldErrors ignored;
  BodyReader inner(info, std::string(R"("body","model_info")"), ignored);
  std::optional<std::string> id;
  inner.read("id", id);
  return id;
}

std::string info_without_id(BodyReader& body) {
  std::string info = "{}";
  body.read_object("model_info", info);
  FieldErrors ignored;
  BodyReader inner(info, std::string(R"("body","model_info")"), ignored);
  inner.ignore("id");
  inner.ignore("db_model");
  return inner.rest();
}

}  // namespace

Answer new_model(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  StoredModel model;
  std::string params = "{}";
  body.require("model_name");
  body.require("litellm_params");
  body.read("model_name", model.model_name);
  body.read_object("litellm_params", params);
  model.model_id = id_within(body).value_or(request.id);
  model.model_info = info_without_id(body);
  if (!errors.empty()) return errors.answer();
  auto sealed = sealed_params(control, model.model_id, params);
  if (!sealed) return sealed.error();
  model.litellm_params = std::move(*sealed);
  const tenancy::StoredModels models(control.stores);
  const tenancy::Actor actor = tenancy::actor_of(request.caller);
  const auto made = models.create(actor, std::move(model));
  if (!made) return refuse_store(made.error());
  if (auto published = publish(control); !published) {
    // What no server can load must not stop the next one from starting.
    (void)models.remove(actor, made->model_id);
    return published.error();
  }
  return answer_model(*made);
}

Answer update_model(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  tenancy::StoredModelPatch patch;
  std::string params = "{}";
  std::string id =
      request.parameters.empty() ? id_within(body).value_or("") : request.parameters.front();
  body.read("model_name", patch.model_name);
  body.read_object("litellm_params", params);
  patch.model_info = info_without_id(body);
  if (!errors.empty()) return errors.answer();
  const tenancy::StoredModels models(control.stores);
  const auto before = models.find(id);
  if (!before) {
    return before.error().code == core::Errc::not_found ? unknown_model(id)
                                                        : refuse_store(before.error());
  }
  auto sealed = sealed_params(control, id, params);
  if (!sealed) return sealed.error();
  patch.litellm_params = std::move(*sealed);
  const tenancy::Actor actor = tenancy::actor_of(request.caller);
  const auto changed = models.update(actor, id, patch);
  if (!changed) return refuse_store(changed.error());
  if (auto published = publish(control); !published) {
    (void)models.remove(actor, id);
    (void)models.create(actor, *before);
    return published.error();
  }
  return answer_model(*changed);
}

Answer delete_model(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::string id;
  body.require("id");
  body.read("id", id);
  if (!errors.empty()) return errors.answer();
  const auto removed =
      tenancy::StoredModels(control.stores).remove(tenancy::actor_of(request.caller), id);
  if (!removed) {
    return removed.error().code == core::Errc::not_found ? unknown_model(id)
                                                         : refuse_store(removed.error());
  }
  if (auto published = publish(control); !published) return published.error();
  admin::JsonWriter out;
  out.begin_object().member("message", "Model: " + id + " deleted successfully").end_object();
  return admin::ok(std::move(out).take());
}

}  // namespace gatehouse::api::litellm
