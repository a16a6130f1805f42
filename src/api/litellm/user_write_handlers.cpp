/// New, changed and removed users.

#include <utility>
#include <vector>

#include "admin/body_reader.hpp"
#include "gatehouse/tenancy/key_store.hpp"
#include "litellm/extra_fields.hpp"
#include "litellm/key_issue.hpp"
#include "litellm/rights.hpp"
#include "litellm/spend_view.hpp"
#include "litellm/user_body.hpp"
#include "litellm/user_handlers.hpp"
#include "litellm/user_json.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::BodyReader;
using admin::FieldErrors;
using admin::Outcome;
using tenancy::Action;

/// What a body says about a new user.
struct UserOrder {
  tenancy::NewUser user;
  tenancy::NewKey key;
  bool with_key = true;
};

UserOrder read_order(BodyReader& body) {
  UserOrder order;
  body.read("user_id", order.user.user_id);
  order.user.teams = read_teams(body);
  body.read("organizations", order.user.organizations);
  body.read("auto_create_key", order.with_key);
  order.user.fields = read_user_patch(body);
  tenancy::KeyPatch& key = order.key.fields;
  body.read("key_alias", key.key_alias);
  body.read("duration", key.duration);
  body.read("aliases", key.aliases);
  body.read("team_id", key.team_id);
  body.read("allowed_routes", key.allowed_routes);
  body.read("tags", key.tags);
  key.models = order.user.fields.models;
  for (const char* name : {"send_invite_email", "key_type", "blocked", "spend", "config"}) {
    body.ignore(name);
  }
  order.user.fields.extra = body.rest();
  return order;
}

Outcome<void> may_make_user(const AdminRequest& request, const UserOrder& order) {
  const tenancy::Target wanted{.kind = tenancy::Target::Kind::user,
                               .organizations = order.user.organizations};
  const auto& role = order.user.fields.role;
  const bool may_grant = !role.has_value() || tenancy::may_grant(request.caller, role.value());
  if (may_grant && tenancy::may(request.caller, Action::create, wanted)) return {};
  return std::unexpected(
      admin::refuse(403, "Only proxy admin can be used to create users", admin::type::kAuth));
}

Answer answer_new(const AdminRequest& request, ControlPlane& control,
                  const tenancy::UserRecord& user, const tenancy::IssuedKey* key) {
  admin::JsonWriter out;
  out.begin_object();
  if (key != nullptr) {
    out.member("key", key->key.reveal())
        .member("token", key->record.token)
        .member("token_id", key->record.token)
        .member("key_name", key->record.key_name)
        .member("key_alias", key->record.key_alias)
        .member("team_id", key->record.team_id)
        .member("aliases", key->record.aliases)
        .member("expires", key->record.expires);
  } else {
    out.member_null("key").member_null("token").member_null("expires");
  }
  write_user_members(out, user, {core::Money(), request.now, control.zone});
  out.end_object();
  return admin::ok(std::move(out).take());
}

Outcome<tenancy::UserRecord> writable_user(const AdminRequest& request, ControlPlane& control,
                                           const std::optional<std::string>& user_id,
                                           const std::optional<std::string>& email) {
  const tenancy::UserStore users(control.stores);
  auto user = user_id ? users.find(*user_id) : users.find_by_email(email.value_or(""));
  const Answer unknown =
      admin::refuse(404, "User not found: " + user_id.value_or(email.value_or("")),
                    admin::type::kNotFound, "user_id");
  if (!user && user.error().code != core::Errc::not_found) {
    return std::unexpected(admin::refuse(user.error()));
  }
  if (!user) return std::unexpected(unknown);
  const auto allowed = need(request.caller, Action::write, tenancy::target_of(*user), unknown);
  if (!allowed) return std::unexpected(allowed.error());
  return std::move(*user);
}

}  // namespace

Answer new_user(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  UserOrder order = read_order(body);
  if (!errors.empty()) return errors.answer();
  if (auto allowed = may_make_user(request, order); !allowed) return allowed.error();
  const tenancy::UserStore users(control.stores);
  const tenancy::Actor actor = tenancy::actor_of(request.caller);
  const auto user = users.create(actor, order.user);
  if (!user) return refuse_store(user.error(), admin::type::kBadRequest, "user_id");
  if (!order.with_key) return answer_new(request, control, *user, nullptr);
  order.key.fields.user_id = user->user_id;
  const auto key = tenancy::KeyStore(control.stores).create(actor, order.key);
  if (!key) {
    // Nobody learns of a user whose key could not be made.
    (void)users.remove(actor, {user->user_id});
    return refuse_key(key.error());
  }
  return answer_new(request, control, *user, &*key);
}

Answer update_user(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::optional<std::string> user_id;
  std::optional<std::string> email;
  std::optional<core::Money> spend;
  body.read("user_id", user_id);
  if (!user_id) {
    body.require("user_email");
    body.read("user_email", email);
  }
  body.read("spend", spend);
  body.ignore("teams");
  body.ignore("organizations");
  body.ignore("password");
  tenancy::UserPatch patch = read_user_patch(body);
  patch.extra = body.rest();
  if (!errors.empty()) return errors.answer();
  const auto user = writable_user(request, control, user_id, email);
  if (!user) return user.error();
  if (patch.role.has_value() && !tenancy::may_grant(request.caller, patch.role.value())) {
    return admin::refuse(403, "Only proxy admin can be used to give this role", admin::type::kAuth);
  }
  if (spend) {
    if (auto allowed = need_admin(request, "set the spend of a user"); !allowed) {
      return allowed.error();
    }
  }
  const auto changed = tenancy::UserStore(control.stores)
                           .update(tenancy::actor_of(request.caller), user->user_id, patch);
  if (!changed) return refuse_store(changed.error());
  if (spend) {
    if (auto set = set_spend(request, control, spent_by(*changed), *spend); !set) {
      return set.error();
    }
  }
  const auto shown = spend_of_one(control, *changed, request.now);
  if (!shown) return shown.error();
  admin::JsonWriter out;
  out.begin_object().member("user_id", changed->user_id).key("data");
  write_user_row(out, *changed, {*shown, request.now, control.zone});
  out.end_object();
  return admin::ok(std::move(out).take());
}

Answer delete_users(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::vector<std::string> ids;
  body.require("user_ids");
  body.read("user_ids", ids);
  if (!errors.empty()) return errors.answer();
  for (const std::string& id : ids) {
    const auto user = writable_user(request, control, id, std::nullopt);
    if (!user) return user.error();
  }
  const auto removed =
      tenancy::UserStore(control.stores).remove(tenancy::actor_of(request.caller), ids);
  if (!removed) return refuse_store(removed.error());
  return admin::ok(std::to_string(removed->size()));
}

}  // namespace gatehouse::api::litellm
