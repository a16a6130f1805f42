/// Keys, users and tags by their spend, and the price of a call that was not made.

#include <utility>

#include "admin/body_reader.hpp"
#include "admin/json_writer.hpp"
#include "gatehouse/tenancy/access.hpp"
#include "gatehouse/tenancy/key_store.hpp"
#include "gatehouse/tenancy/user_store.hpp"
#include "litellm/key_json.hpp"
#include "litellm/spend_handlers.hpp"
#include "litellm/spend_price.hpp"
#include "litellm/spend_scope.hpp"
#include "litellm/spend_view.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::FieldErrors;
using admin::JsonWriter;
using admin::QueryReader;

constexpr std::uint64_t kMostRows = 1'000;

void write_user(JsonWriter& out, const tenancy::UserRecord& user, core::Money spend) {
  out.begin_object()
      .member("user_id", user.user_id)
      .member("user_alias", user.user_alias)
      .member("user_email", user.user_email)
      .member("user_role", tenancy::name_of(user.role))
      .member("spend", spend)
      .member("max_budget", user.limits.max_budget)
      .member("budget_duration", user.limits.budget_duration)
      .member("models", user.models)
      .member("teams", user.teams)
      .member_raw("metadata", user.metadata)
      .member("tpm_limit", user.limits.tpm_limit)
      .member("rpm_limit", user.limits.rpm_limit)
      .member("created_at", user.provenance.created_at)
      .member("updated_at", user.provenance.updated_at)
      .end_object();
}

core::Result<std::vector<tenancy::UserRecord>> users_for(const AdminRequest& request,
                                                         ControlPlane& control,
                                                         std::optional<std::string> wanted,
                                                         std::uint64_t limit) {
  const tenancy::UserStore store(control.stores);
  const bool all = tenancy::may(request.caller, tenancy::Action::read,
                                {.kind = tenancy::Target::Kind::user, .id = wanted.value_or("")});
  if (!all || wanted) {
    const std::string id = all ? *wanted : std::string(request.caller.user_id());
    if (wanted && *wanted != id) return std::vector<tenancy::UserRecord>{};
    auto user = store.find(id);
    if (user) return std::vector{std::move(*user)};
    if (user.error().code == core::Errc::not_found) return std::vector<tenancy::UserRecord>{};
    return core::pass(user);
  }
  auto users = store.list({}, {1, limit}, {"spend", true});
  if (!users) return core::pass(users);
  return std::move(users->items);
}

}  // namespace

Answer spend_keys(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  QueryReader query(request.query, errors);
  const std::uint64_t limit = query.count("limit", kMostRows, {1, kMostRows});
  if (!errors.empty()) return errors.answer();
  const auto queries = settled_queries(control);
  if (!queries) return queries.error();
  tenancy::KeyFilter filter;
  filter.visible = tenancy::visible_keys(request.caller);
  const auto keys = tenancy::KeyStore(control.stores).list(filter, {1, limit}, {"spend", true});
  if (!keys) return admin::refuse(keys.error());
  const auto spends = spend_of_all(control, keys->items, request.now);
  if (!spends) return spends.error();
  JsonWriter out;
  out.begin_array();
  for (std::size_t i = 0; i < keys->items.size(); ++i) {
    write_key_row(out, keys->items[i],
                  {.spend = (*spends)[i], .now = request.now, .zone = control.zone});
  }
  out.end_array();
  return admin::ok(std::move(out).take());
}

Answer spend_users(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  QueryReader query(request.query, errors);
  const std::uint64_t limit = query.count("limit", kMostRows, {1, kMostRows});
  if (!errors.empty()) return errors.answer();
  const auto queries = settled_queries(control);
  if (!queries) return queries.error();
  const auto users = users_for(request, control, query.text("user_id"), limit);
  if (!users) return admin::refuse(users.error());
  const auto spends = spend_of_all(control, *users, request.now);
  if (!spends) return spends.error();
  JsonWriter out;
  out.begin_array();
  for (std::size_t i = 0; i < users->size(); ++i) write_user(out, (*users)[i], (*spends)[i]);
  out.end_array();
  return admin::ok(std::move(out).take());
}

Answer spend_tags(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  const QueryReader query(request.query, errors);
  std::optional<ledger::DayRange> days;
  if (query.text("start_date") || query.text("end_date")) {
    const auto given = required_days(query);
    if (!given) return given.error();
    days = *given;
  }
  const auto queries = settled_queries(control);
  if (!queries) return queries.error();
  const auto tags = (*queries)->usage(ledger::UsageBy::tag, days, {});
  if (!tags) return refuse_question(tags.error());
  JsonWriter out;
  out.begin_array();
  for (const ledger::UsageGroup& tag : *tags) {
    out.begin_object()
        .member("individual_request_tag", tag.names[0])
        .member("log_count", tag.sums.requests)
        .member("total_spend", tag.sums.spend)
        .end_object();
  }
  out.end_array();
  return admin::ok(std::move(out).take());
}

Answer spend_calculate(const AdminRequest& request, ControlPlane&) {
  FieldErrors errors;
  admin::BodyReader body(request.body, errors);
  const auto call = read_hypothetical_call(body);
  if (!errors.empty()) return errors.answer();
  if (!call) return call.error();
  const auto cost = price_of(*call, *request.snapshot->table);
  if (!cost) return admin::refuse_detail_error(400, cost.error().public_message);
  JsonWriter out;
  out.begin_object().member("cost", *cost).end_object();
  return admin::ok(std::move(out).take());
}

}  // namespace gatehouse::api::litellm
