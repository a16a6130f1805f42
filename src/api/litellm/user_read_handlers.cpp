/// What is known about users.

#include <utility>

#include "admin/query_reader.hpp"
#include "gatehouse/core/text.hpp"
#include "gatehouse/tenancy/team_store.hpp"
#include "gatehouse/tenancy/user_store.hpp"
#include "litellm/key_rows.hpp"
#include "litellm/rights.hpp"
#include "litellm/spend_view.hpp"
#include "litellm/team_json.hpp"
#include "litellm/user_handlers.hpp"
#include "litellm/user_json.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::FieldErrors;
using admin::Outcome;
using admin::QueryReader;

constexpr std::uint64_t kMost = 1'000;

/// The user that the query names, or the caller's own; 403 for another's (litellm-contract.md
/// 1.6).
Outcome<tenancy::UserRecord> readable_user(const AdminRequest& request, ControlPlane& control,
                                           const std::string& user_id) {
  const tenancy::Caller& caller = request.caller;
  auto user = tenancy::UserStore(control.stores).find(user_id);
  if (user && tenancy::may(caller, tenancy::Action::read, tenancy::target_of(*user))) {
    return std::move(*user);
  }
  if (!user && user.error().code != core::Errc::not_found) {
    return std::unexpected(admin::refuse(user.error()));
  }
  const bool sees_all = !tenancy::visible_keys(caller);
  if (!sees_all && user_id != caller.user_id()) {
    return std::unexpected(admin::refuse(
        403, "You are not allowed to read the info of another user", admin::type::kAuth));
  }
  return std::unexpected(
      admin::refuse(404, "User not found: " + user_id, admin::type::kNotFound, "user_id"));
}

Outcome<void> write_teams(admin::JsonWriter& out, const AdminRequest& request,
                          ControlPlane& control, const tenancy::TeamFilter& filter) {
  const auto teams = tenancy::TeamStore(control.stores).list(filter, {1, kMost});
  if (!teams) return std::unexpected(refuse_store(teams.error()));
  const auto spends = spend_of_all(control, teams->items, request.now);
  if (!spends) return std::unexpected(spends.error());
  out.begin_array();
  for (std::size_t i = 0; i < teams->items.size(); ++i) {
    write_team_row(out, teams->items[i], {(*spends)[i], request.now, control.zone});
  }
  out.end_array();
  return {};
}

/// Everybody's keys and teams, for those who see everything and name nobody.
Answer info_of_all(const AdminRequest& request, ControlPlane& control) {
  admin::JsonWriter out;
  out.begin_object().member("user_id", request.caller.user_id()).member_null("user_info");
  out.key("keys");
  if (auto written = write_key_rows(out, request, control, {}); !written) return written.error();
  out.key("teams");
  if (auto written = write_teams(out, request, control, {}); !written) return written.error();
  out.end_object();
  return admin::ok(std::move(out).take());
}

Outcome<UserFacts> facts_of(const AdminRequest& request, ControlPlane& control,
                            const tenancy::UserRecord& user) {
  const auto spend = spend_of_one(control, user, request.now);
  if (!spend) return std::unexpected(spend.error());
  return UserFacts{*spend, request.now, control.zone};
}

/// The filter of a list: an organization's admin sees the people of the organization.
Outcome<tenancy::UserFilter> read_filter(const AdminRequest& request, QueryReader& query) {
  tenancy::UserFilter filter;
  if (const auto role = query.text("role")) filter.role = tenancy::user_role_named(*role);
  if (const auto ids = query.text("user_ids")) {
    for (const std::string_view id : core::split(*ids, ',')) {
      filter.user_ids.emplace_back(core::trim(id));
    }
  }
  filter.user_email = query.text("user_email");
  filter.team_id = query.text("team");
  filter.sso_user_id = query.text("sso_user_ids");
  const tenancy::Caller& caller = request.caller;
  if (!tenancy::visible_keys(caller)) return filter;
  if (caller.principal && caller.principal->user) {
    filter.organization_ids = caller.principal->user->admin_of_organizations;
  }
  if (!filter.organization_ids.empty()) return filter;
  return std::unexpected(
      admin::refuse(403, "Only proxy admin can be used to list users", admin::type::kAuth));
}

}  // namespace

Answer user_info(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  const QueryReader query(request.query, errors);
  const auto asked = query.text("user_id");
  if (!asked && !tenancy::visible_keys(request.caller)) return info_of_all(request, control);
  const std::string user_id = asked.value_or(std::string(request.caller.user_id()));
  const auto user = readable_user(request, control, user_id);
  if (!user) return user.error();
  const auto facts = facts_of(request, control, *user);
  if (!facts) return facts.error();
  admin::JsonWriter out;
  out.begin_object().member("user_id", user->user_id).key("user_info");
  write_user_row(out, *user, *facts);
  out.key("keys");
  if (auto written = write_key_rows(out, request, control, {.user_id = user->user_id}); !written) {
    return written.error();
  }
  out.key("teams");
  if (auto written = write_teams(out, request, control, {.member = user->user_id}); !written) {
    return written.error();
  }
  out.end_object();
  return admin::ok(std::move(out).take());
}

Answer user_row(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  const QueryReader query(request.query, errors);
  const std::string user_id = query.text("user_id").value_or(std::string(request.caller.user_id()));
  const auto user = readable_user(request, control, user_id);
  if (!user) return user.error();
  const auto facts = facts_of(request, control, *user);
  if (!facts) return facts.error();
  admin::JsonWriter out;
  write_user_row(out, *user, *facts);
  return admin::ok(std::move(out).take());
}

Answer list_users(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  QueryReader query(request.query, errors);
  const tenancy::Page page{query.count("page", 1, {1, UINT32_MAX}),
                           query.count("page_size", 25, {1, 100})};
  const auto order = query.choice("sort_order", {"asc", "desc"});
  const tenancy::Sort sort{query.text("sort_by").value_or(""), order != "asc"};
  if (!errors.empty()) return errors.answer();
  const auto filter = read_filter(request, query);
  if (!filter) return filter.error();
  const auto users = tenancy::UserStore(control.stores).list(*filter, page, sort);
  if (!users) return refuse_store(users.error());
  const auto spends = spend_of_all(control, users->items, request.now);
  if (!spends) return spends.error();
  admin::JsonWriter out;
  out.begin_object().key("users").begin_array();
  for (std::size_t i = 0; i < users->items.size(); ++i) {
    write_user_row(out, users->items[i], {(*spends)[i], request.now, control.zone});
  }
  out.end_array()
      .member("total", users->total)
      .member("page", page.number)
      .member("page_size", page.size)
      .member("total_pages", (users->total + page.size - 1) / page.size)
      .end_object();
  return admin::ok(std::move(out).take());
}

}  // namespace gatehouse::api::litellm
