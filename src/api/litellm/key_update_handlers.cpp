/// Changes of keys.

#include <utility>
#include <vector>

#include "admin/body_reader.hpp"
#include "litellm/key_access.hpp"
#include "litellm/key_body.hpp"
#include "litellm/key_handlers.hpp"
#include "litellm/key_issue.hpp"
#include "litellm/limit_fields.hpp"
#include "litellm/rights.hpp"
#include "litellm/spend_view.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::BodyReader;
using admin::FieldErrors;
using admin::Outcome;

/// A key's new team or user has to be one that the caller may give keys to.
Outcome<void> may_move_key(const AdminRequest& request, ControlPlane& control,
                           const tenancy::KeyPatch& patch) {
  if (tenancy::is_admin(request.caller)) return {};
  if (!patch.team_id.has_value() && !patch.user_id.has_value()) return {};
  tenancy::KeyPatch wanted;
  wanted.team_id = patch.team_id;
  wanted.user_id = patch.user_id;
  return may_create_key(request, control, wanted);
}

/// One merge patch: the row it leaves.
Outcome<tenancy::KeyRecord> patch_key(const AdminRequest& request, ControlPlane& control,
                                      std::string_view key_or_hash, BodyReader& body) {
  std::optional<core::Money> spend;
  body.read("spend", spend);
  const tenancy::KeyPatch patch = read_key_patch(body);
  if (!body.errors().empty()) return std::unexpected(body.errors().answer());
  const auto key = writable_key(request, control, key_or_hash);
  if (!key) return std::unexpected(key.error());
  if (auto allowed = may_patch_key(request, control, *key, body); !allowed) {
    return std::unexpected(allowed.error());
  }
  if (auto allowed = may_move_key(request, control, patch); !allowed) {
    return std::unexpected(allowed.error());
  }
  if (spend && *spend < core::Money()) {
    return std::unexpected(admin::refuse(400, "spend cannot be negative"));
  }
  const tenancy::KeyStore keys(control.stores);
  auto changed = keys.update(tenancy::actor_of(request.caller), key->token, patch);
  if (!changed) return std::unexpected(refuse_key(changed.error()));
  if (spend) {
    auto set = set_spend(request, control, spent_by(*changed), *spend);
    if (!set) return std::unexpected(set.error());
  }
  return std::move(*changed);
}

/// {"key":<as sent>, …row}
void write_updated(admin::JsonWriter& out, std::string_view as_sent, const tenancy::KeyRecord& key,
                   const KeyFacts& facts) {
  out.begin_object().member("key", as_sent).member("token", key.token);
  write_key_members(out, key, facts);
  out.end_object();
}

/// The message within an E1 answer, for lists of failures.
std::string reason_of(const Answer& refusal) {
  FieldErrors ignored;
  BodyReader whole(refusal.body, ignored);
  auto error = whole.object("error");
  std::string message = "the fields are not valid";
  if (error) error->read("message", message);
  return message;
}

/// What became of the keys of a list.
struct BulkUpdate {
  std::vector<std::string> names;  ///< as sent, of `changed`
  std::vector<tenancy::KeyRecord> changed;
  std::vector<std::pair<std::string, std::string>> failed;  ///< name and reason
};

constexpr std::size_t kMaxBulk = 1'000;

}  // namespace

Answer update_key(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::string name;
  body.require("key");
  body.read("key", name);
  if (!errors.empty()) return errors.answer();
  const auto key = patch_key(request, control, name, body);
  if (!key) return key.error();
  const auto facts = facts_of(request, control, *key);
  if (!facts) return facts.error();
  admin::JsonWriter out;
  write_updated(out, name, *key, *facts);
  return admin::ok(std::move(out).take());
}

Answer bulk_update_keys(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  BulkUpdate bulk;
  body.require("keys");
  if (body.list("keys").size() > kMaxBulk) {
    body.report("keys", "too_long", "List should have at most 1000 items");
  }
  if (!errors.empty()) return errors.answer();
  body.each_object("keys", [&](const std::string&, BodyReader& element) {
    FieldErrors own;
    const std::string text = element.rest();
    BodyReader one(text, own);
    std::string name;
    one.require("key");
    one.read("key", name);
    auto key = patch_key(request, control, name, one);
    if (key) {
      bulk.names.push_back(name);
      bulk.changed.push_back(std::move(*key));
    } else {
      bulk.failed.emplace_back(name, reason_of(key.error()));
    }
  });
  if (!errors.empty()) return errors.answer();
  const auto spends = spend_of_all(control, bulk.changed, request.now);
  if (!spends) return spends.error();
  admin::JsonWriter out;
  out.begin_object().member("total_requested", bulk.changed.size() + bulk.failed.size());
  out.key("successful_updates").begin_array();
  for (std::size_t i = 0; i < bulk.changed.size(); ++i) {
    write_updated(out, bulk.names[i], bulk.changed[i],
                  {.spend = (*spends)[i], .now = request.now, .zone = control.zone});
  }
  out.end_array().key("failed_updates").begin_array();
  for (const auto& [name, reason] : bulk.failed) {
    out.begin_object().member("key", name).member("failed_reason", reason).end_object();
  }
  out.end_array().end_object();
  return admin::ok(std::move(out).take());
}

Answer reset_key_spend(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  core::Money reset_to;
  body.require("reset_to");
  body.read("reset_to", reset_to);
  if (!errors.empty()) return errors.answer();
  const auto key = writable_key(request, control, request.parameters.front());
  if (!key) return key.error();
  if (!administers(request, control, *key)) {
    return admin::refuse(403, "Only proxy admin can be used to reset the spend of a key",
                         admin::type::kAuth);
  }
  const auto before = spend_of_one(control, *key, request.now);
  if (!before) return before.error();
  if (reset_to < core::Money() || reset_to > *before) {
    return admin::refuse(400,
                         "reset_to must be between 0 and the current spend of " + before->to_usd());
  }
  const auto set = set_spend(request, control, spent_by(*key), reset_to);
  if (!set) return set.error();
  admin::JsonWriter out;
  out.begin_object()
      .member("key_hash", key->token)
      .member("spend", reset_to)
      .member("previous_spend", *before)
      .member("max_budget", key->limits.max_budget)
      .member("budget_reset_at", budget_reset_at(key->limits, request.now, control.zone))
      .end_object();
  return admin::ok(std::move(out).take());
}

}  // namespace gatehouse::api::litellm
