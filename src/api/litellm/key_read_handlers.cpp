/// What is known about keys.

#include <utility>

#include "admin/body_reader.hpp"
#include "admin/query_reader.hpp"
#include "gatehouse/tenancy/user_store.hpp"
#include "litellm/key_access.hpp"
#include "litellm/key_handlers.hpp"
#include "litellm/key_issue.hpp"
#include "litellm/spend_view.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::FieldErrors;
using admin::Outcome;
using admin::QueryReader;

constexpr std::size_t kMaxBulk = 1'000;

/// The row behind a name. A plain key that was deleted is gone; its hash still finds the archive.
Outcome<tenancy::KeyRecord> readable_key(const AdminRequest& request, ControlPlane& control,
                                         std::string_view name) {
  const bool by_hash = !name.starts_with("sk-");
  auto key = tenancy::KeyStore(control.stores).find(tenancy::token_of(name), by_hash);
  if (!key && key.error().code != core::Errc::not_found) {
    return std::unexpected(admin::refuse(key.error()));
  }
  if (!key) return std::unexpected(key_not_found());
  const bool own = key->token == request.caller.token();
  if (!own && !tenancy::may(request.caller, tenancy::Action::read, target_of(control, *key))) {
    return std::unexpected(
        admin::refuse(403,
                      "You are not allowed to access this key's info. Your role=" +
                          std::string(tenancy::name_of(request.caller.role)),
                      admin::type::kAuth));
  }
  return std::move(*key);
}

tenancy::KeyFilter read_filter(QueryReader& query, const tenancy::Caller& caller) {
  tenancy::KeyFilter filter;
  filter.user_id = query.text("user_id");
  filter.team_id = query.text("team_id");
  filter.organization_id = query.text("organization_id");
  filter.key_alias = query.text("key_alias");
  if (const auto hash = query.text("key_hash")) filter.token = tenancy::token_of(*hash);
  filter.substring = query.flag("substring_matching", false);
  filter.deleted = query.choice("status", {"deleted"}).has_value();
  const auto expiry = query.choice("expires", {"expired", "active"});
  using Expiry = tenancy::KeyFilter::Expiry;
  if (expiry) filter.expiry = *expiry == "expired" ? Expiry::expired : Expiry::active;
  filter.visible = tenancy::visible_keys(caller);
  if (filter.visible) {
    // As in the original: keys of one's teams are shown on demand.
    if (!query.flag("include_team_keys", false) && !filter.team_id) {
      filter.visible->team_ids.clear();
    }
    if (query.flag("include_created_by_keys", false)) {
      filter.visible->created_by = std::string(caller.user_id());
    }
  }
  return filter;
}

void write_user_of(admin::JsonWriter& out, ControlPlane& control, const tenancy::KeyRecord& key) {
  out.key("user");
  if (!key.user_id) {
    out.null();
    return;
  }
  const auto user = tenancy::UserStore(control.stores).find(*key.user_id);
  if (!user) {
    out.null();
    return;
  }
  out.begin_object()
      .member("user_id", user->user_id)
      .member("user_email", user->user_email)
      .member("user_alias", user->user_alias)
      .end_object();
}

struct ListStyle {
  bool full = false;
  bool with_users = false;
};

Outcome<void> write_keys(admin::JsonWriter& out, const AdminRequest& request, ControlPlane& control,
                         const std::vector<tenancy::KeyRecord>& keys, ListStyle style) {
  if (!style.full) {
    for (const tenancy::KeyRecord& key : keys) out.text(key.token);
    return {};
  }
  const auto spends = spend_of_all(control, keys, request.now);
  if (!spends) return std::unexpected(spends.error());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const KeyFacts facts{.spend = (*spends)[i], .now = request.now, .zone = control.zone};
    out.begin_object().member("token", keys[i].token);
    write_key_members(out, keys[i], facts);
    if (style.with_users) write_user_of(out, control, keys[i]);
    out.end_object();
  }
  return {};
}

std::uint64_t pages_of(std::uint64_t total, std::uint64_t size) {
  return (total + size - 1) / size;
}

}  // namespace

Answer key_info(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  const QueryReader query(request.query, errors);
  const std::string name = query.text("key").value_or(std::string(request.caller.token()));
  const auto key = readable_key(request, control, name);
  if (!key) return key.error();
  const auto facts = facts_of(request, control, *key);
  if (!facts) return facts.error();
  admin::JsonWriter out;
  out.begin_object().member("key", name).key("info").begin_object();
  write_key_members(out, *key, *facts);
  out.end_object().end_object();
  return admin::ok(std::move(out).take());
}

Answer key_info_of_many(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  admin::BodyReader body(request.body, errors);
  std::vector<std::string> names;
  body.require("keys");
  body.read("keys", names);
  if (names.size() > kMaxBulk) body.report("keys", "too_long", "List should have fewer items");
  if (!errors.empty()) return errors.answer();
  std::vector<tenancy::KeyRecord> keys;
  for (const std::string& name : names) {
    auto key = readable_key(request, control, name);
    if (!key && key.error().status >= 500) return key.error();
    if (key) keys.push_back(std::move(*key));
  }
  const auto spends = spend_of_all(control, keys, request.now);
  if (!spends) return spends.error();
  admin::JsonWriter out;
  out.begin_object().member("key", names).key("info").begin_array();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    out.begin_object();
    write_key_members(out, keys[i],
                      {.spend = (*spends)[i], .now = request.now, .zone = control.zone});
    out.end_object();
  }
  out.end_array().end_object();
  return admin::ok(std::move(out).take());
}

Answer list_keys(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  QueryReader query(request.query, errors);
  const tenancy::Page page{query.count("page", 1, {1, UINT32_MAX}),
                           query.count("size", 10, {1, 100})};
  const tenancy::KeyFilter filter = read_filter(query, request.caller);
  const auto order = query.choice("sort_order", {"asc", "desc"});
  const tenancy::Sort sort{query.text("sort_by").value_or(""), order != "asc"};
  const ListStyle style{query.flag("return_full_object", false),
                        query.texts("expand") == std::vector<std::string>{"user"}};
  if (!errors.empty()) return errors.answer();
  const auto keys = tenancy::KeyStore(control.stores).list(filter, page, sort);
  if (!keys) return refuse_key(keys.error());
  admin::JsonWriter out;
  out.begin_object().key("keys").begin_array();
  const auto written = write_keys(out, request, control, keys->items, style);
  if (!written) return written.error();
  out.end_array()
      .member("total_count", keys->total)
      .member("current_page", page.number)
      .member("total_pages", pages_of(keys->total, page.size))
      .end_object();
  return admin::ok(std::move(out).take());
}

Answer list_key_aliases(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  QueryReader query(request.query, errors);
  const tenancy::Page page{query.count("page", 1, {1, UINT32_MAX}),
                           query.count("size", 1'000, {1, 1'000})};
  if (!errors.empty()) return errors.answer();
  tenancy::KeyFilter filter;
  filter.key_alias = query.text("search");
  filter.substring = true;
  filter.visible = tenancy::visible_keys(request.caller);
  const auto keys = tenancy::KeyStore(control.stores).list(filter, page, {"key_alias", false});
  if (!keys) return refuse_key(keys.error());
  admin::JsonWriter out;
  out.begin_object().key("aliases").begin_array();
  for (const tenancy::KeyRecord& key : keys->items) {
    if (key.key_alias) out.text(*key.key_alias);
  }
  out.end_array()
      .member("total_count", keys->total)
      .member("current_page", page.number)
      .member("total_pages", pages_of(keys->total, page.size))
      .end_object();
  return admin::ok(std::move(out).take());
}

Answer key_health(const AdminRequest&, ControlPlane&) {
  return admin::ok(R"({"key":"healthy","logging_callbacks":null})");
}

}  // namespace gatehouse::api::litellm
