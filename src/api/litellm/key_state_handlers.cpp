/// Keys that end or rest.

#include <utility>
#include <vector>

#include "admin/body_reader.hpp"
#include "litellm/key_access.hpp"
#include "litellm/key_handlers.hpp"
#include "litellm/key_issue.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::BodyReader;
using admin::FieldErrors;

/// A name of a key as the client wrote it, with the key's hash.
struct NamedKey {
  std::string as_sent;
  std::string token;
};

/// Those of the named keys that exist and that the caller may remove.
admin::Outcome<std::vector<NamedKey>> removable(const AdminRequest& request, ControlPlane& control,
                                                const std::vector<std::string>& names) {
  std::vector<NamedKey> found;
  for (const std::string& name : names) {
    auto key = writable_key(request, control, name);
    if (key) {
      found.push_back({name, key->token});
    } else if (key.error().status != 404) {
      return std::unexpected(std::move(key.error()));
    }
  }
  if (found.empty()) return std::unexpected(key_not_found());
  return found;
}

admin::Outcome<std::vector<NamedKey>> removable_by_alias(const AdminRequest& request,
                                                         ControlPlane& control,
                                                         const std::vector<std::string>& aliases) {
  const auto tokens = tenancy::KeyStore(control.stores).tokens_of(aliases);
  if (!tokens) return std::unexpected(refuse_key(tokens.error()));
  auto found = removable(request, control, *tokens);
  if (!found) return found;
  for (std::size_t i = 0; i < found->size() && found->size() == aliases.size(); ++i) {
    (*found)[i].as_sent = aliases[i];
  }
  return found;
}

Answer set_blocked(const AdminRequest& request, ControlPlane& control, bool blocked) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::string name;
  body.require("key");
  body.read("key", name);
  if (!errors.empty()) return errors.answer();
  const auto key = writable_key(request, control, name);
  if (!key) return key.error();
  if (!administers(request, control, *key)) {
    return admin::refuse(403, "Only proxy admin can be used to block or unblock a key",
                         admin::type::kAuth);
  }
  const tenancy::KeyStore keys(control.stores);
  const auto changed = keys.set_blocked(tenancy::actor_of(request.caller), key->token, blocked);
  if (!changed) return refuse_key(changed.error());
  const auto facts = facts_of(request, control, *changed);
  if (!facts) return facts.error();
  admin::JsonWriter out;
  write_key_row(out, *changed, *facts);
  return admin::ok(std::move(out).take());
}

}  // namespace

Answer delete_keys(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::vector<std::string> names;
  std::vector<std::string> aliases;
  body.read("keys", names);
  body.read("key_aliases", aliases);
  if (!errors.empty()) return errors.answer();
  if (names.empty() && aliases.empty()) {
    return admin::refuse(400, "keys or key_aliases must be given", admin::type::kBadRequest,
                         "keys");
  }
  const auto found = names.empty() ? removable_by_alias(request, control, aliases)
                                   : removable(request, control, names);
  if (!found) return found.error();
  std::vector<std::string> tokens;
  for (const NamedKey& key : *found) tokens.push_back(key.token);
  const tenancy::KeyStore keys(control.stores);
  const auto removed = keys.remove(tenancy::actor_of(request.caller), tokens);
  if (!removed) return refuse_key(removed.error());
  admin::JsonWriter out;
  out.begin_object().key("deleted_keys").begin_array();
  for (const NamedKey& key : *found) out.text(key.as_sent);
  out.end_array().end_object();
  return admin::ok(std::move(out).take());
}

Answer block_key(const AdminRequest& request, ControlPlane& control) {
  return set_blocked(request, control, true);
}

Answer unblock_key(const AdminRequest& request, ControlPlane& control) {
  return set_blocked(request, control, false);
}

}  // namespace gatehouse::api::litellm
