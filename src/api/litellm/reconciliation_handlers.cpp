/// Calls whose cost nobody knows: which they are, and what they cost after all.

#include "admin/body_reader.hpp"
#include "admin/json_writer.hpp"
#include "gatehouse/ledger/corrections.hpp"
#include "litellm/account_moves.hpp"
#include "litellm/rights.hpp"
#include "litellm/spend_handlers.hpp"
#include "litellm/spend_scope.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::FieldErrors;
using admin::JsonWriter;

constexpr std::uint64_t kMostCalls = 10'000;

}  // namespace

Answer reconciliation(const AdminRequest& request, ControlPlane& control) {
  if (control.corrections == nullptr) return admin::no_database();
  FieldErrors errors;
  admin::QueryReader query(request.query, errors);
  const std::uint64_t limit = query.count("limit", 100, {1, kMostCalls});
  if (!errors.empty()) return errors.answer();
  const auto settled = settled_queries(control);
  if (!settled) return settled.error();
  const auto calls = control.corrections->unknown_calls(limit);
  if (!calls) return admin::refuse(calls.error());
  JsonWriter out;
  out.begin_array();
  for (const ledger::UnknownCall& call : *calls) {
    out.begin_object()
        .member("call_id", call.call_id)
        .member("reserved", call.reserved)
        .member("since", call.since)
        .member("api_key", call.api_key)
        .member("model_group", call.model_group)
        .end_object();
  }
  out.end_array();
  return admin::ok(std::move(out).take());
}

Answer resolve_reconciliation(const AdminRequest& request, ControlPlane& control) {
  const auto allowed = need_admin(request, "settle calls of unknown cost");
  if (!allowed) return allowed.error();
  if (control.corrections == nullptr) return admin::no_database();
  FieldErrors errors;
  admin::BodyReader body(request.body, errors);
  std::string call_id;
  core::Money cost;
  body.require("call_id");
  body.require("cost");
  body.read("call_id", call_id);
  body.read("cost", cost);
  if (!errors.empty()) return errors.answer();
  const auto settled = settled_queries(control);
  if (!settled) return settled.error();
  const auto gate = no_loading(control);
  const auto outcome = control.corrections->resolve(
      call_id, cost, tenancy::actor_of(request.caller).user_id, request.now);
  if (!outcome) return admin::refuse(outcome.error());
  if (!outcome->repeated) move_accounts(control, outcome->changes);
  JsonWriter out;
  out.begin_object()
      .member("call_id", call_id)
      .member("cost", cost)
      .member("repeated", outcome->repeated)
      .end_object();
  return admin::ok(std::move(out).take());
}

}  // namespace gatehouse::api::litellm
