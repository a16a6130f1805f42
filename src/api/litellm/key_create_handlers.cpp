/// New keys and new texts of old ones.

#include <utility>

#include "admin/body_reader.hpp"
#include "gatehouse/limits/period.hpp"
#include "litellm/key_access.hpp"
#include "litellm/key_body.hpp"
#include "litellm/key_handlers.hpp"
#include "litellm/key_issue.hpp"
#include "litellm/rights.hpp"
#include "litellm/spend_view.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::BodyReader;
using admin::FieldErrors;

/// What a body says about a new key.
struct KeyOrder {
  tenancy::NewKey key;
  std::optional<core::Money> spend;
};

KeyOrder read_order(BodyReader& body, bool service_account) {
  KeyOrder order;
  std::optional<std::string> text;
  body.read("key", text);
  body.read("spend", order.spend);
  order.key.fields = read_key_patch(body);
  order.key.service_account = service_account;
  if (text) order.key.key = core::Secret(std::move(*text));
  if (service_account) {
    body.require("team_id");
    order.key.fields.user_id = {};
  }
  return order;
}

Answer show(const AdminRequest& request, ControlPlane& control, const tenancy::IssuedKey& issued) {
  admin::JsonWriter out;
  out.begin_object();
  const auto written = write_issued_key(out, request, control, issued);
  if (!written) return written.error();
  out.end_object();
  return admin::ok(std::move(out).take());
}

Answer create(const AdminRequest& request, ControlPlane& control, bool service_account) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  KeyOrder order = read_order(body, service_account);
  if (!errors.empty()) return errors.answer();
  const auto allowed = may_create_key(request, control, order.key.fields);
  if (!allowed) return allowed.error();
  if (service_account) order.key.fields.user_id = {};
  if (order.spend) {
    const auto admin_only = need_admin(request, "set the spend of a key");
    if (!admin_only) return admin_only.error();
    if (*order.spend < core::Money()) return admin::refuse(400, "spend cannot be negative");
  }
  const tenancy::KeyStore keys(control.stores);
  const auto issued = keys.create(tenancy::actor_of(request.caller), order.key);
  if (!issued) return refuse_key(issued.error());
  if (order.spend && *order.spend > core::Money()) {
    const auto set = set_spend(request, control, spent_by(issued->record), *order.spend);
    if (!set) return set.error();
  }
  return show(request, control, *issued);
}

admin::Outcome<std::optional<core::Nanos>> read_grace(BodyReader& body) {
  std::optional<std::string> text;
  body.read("grace_period", text);
  if (!text || text->empty() || *text == "0") return std::nullopt;
  const auto grace = limits::exact_duration(*text);
  if (!grace) return std::unexpected(admin::refuse(grace.error()));
  return *grace;
}

}  // namespace

Answer generate_key(const AdminRequest& request, ControlPlane& control) {
  return create(request, control, false);
}

Answer generate_service_account_key(const AdminRequest& request, ControlPlane& control) {
  return create(request, control, true);
}

Answer regenerate_key(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::string name =
      request.parameters.empty() ? std::string(request.caller.token()) : request.parameters.front();
  if (request.parameters.empty() && request.caller.master()) body.require("key");
  std::string named_by_body;
  body.read("key", named_by_body);
  if (request.parameters.empty() && !named_by_body.empty()) name = named_by_body;
  std::optional<std::string> new_key;
  body.read("new_key", new_key);
  body.ignore("new_master_key");
  const auto grace = read_grace(body);
  if (!grace) return grace.error();
  std::optional<core::Money> spend;
  body.read("spend", spend);
  tenancy::Regeneration how{.fields = read_key_patch(body), .grace = *grace};
  if (!errors.empty()) return errors.answer();
  if (new_key) how.new_key = core::Secret(std::move(*new_key));

  const auto key = writable_key(request, control, name);
  if (!key) return key.error();
  const auto allowed = may_patch_key(request, control, *key, body);
  if (!allowed) return allowed.error();
  const tenancy::KeyStore keys(control.stores);
  const auto issued = keys.regenerate(tenancy::actor_of(request.caller), key->token, how);
  if (!issued) return refuse_key(issued.error());
  return show(request, control, *issued);
}

}  // namespace gatehouse::api::litellm
