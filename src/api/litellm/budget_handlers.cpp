/// Budgets that several others name.

#include "litellm/budget_handlers.hpp"

#include <array>
#include <utility>

#include "admin/named_body.hpp"
#include "admin/query_reader.hpp"
#include "gatehouse/limits/period.hpp"
#include "gatehouse/tenancy/access.hpp"
#include "gatehouse/tenancy/budget_store.hpp"
#include "litellm/budget_json.hpp"
#include "litellm/limit_fields.hpp"
#include "litellm/rights.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::BodyReader;
using admin::FieldErrors;
using admin::QueryReader;

constexpr std::uint64_t kMost = 1'000;

/// A given budget_reset_at is the end of the period under way: the anchor lies one period before.
tenancy::LimitPatch read_patch(BodyReader& body) {
  tenancy::LimitPatch patch;
  read_limits(body, patch);
  patch.budget_id = {};
  tenancy::Patch<core::WallTime> reset_at;
  body.read("budget_reset_at", reset_at);
  if (!reset_at.has_value()) return patch;
  if (!patch.budget_duration.has_value()) {
    body.report("budget_reset_at", "value_error", "budget_duration is needed, too");
    return patch;
  }
  const auto length = limits::exact_duration(patch.budget_duration.value());
  if (length) patch.budget_anchor = reset_at.value() - *length;
  return patch;
}

Answer refuse_budget(const core::Error& error) {
  return refuse_store(error, admin::type::kBadRequest, "budget_id");
}

Answer answer_row(const AdminRequest& request, const ControlPlane& control,
                  const tenancy::BudgetRecord& budget) {
  admin::JsonWriter out;
  write_budget_row(out, budget, request.now, control.zone);
  return admin::ok(std::move(out).take());
}

Answer answer_rows(const AdminRequest& request, const ControlPlane& control,
                   const std::vector<tenancy::BudgetRecord>& budgets) {
  admin::JsonWriter out;
  out.begin_array();
  for (const tenancy::BudgetRecord& budget : budgets) {
    write_budget_row(out, budget, request.now, control.zone);
  }
  out.end_array();
  return admin::ok(std::move(out).take());
}

/// A field as a settings page shows it.
template <class T>
void write_setting(admin::JsonWriter& out, std::string_view name, std::string_view type_name,
                   std::string_view text, const std::optional<T>& value) {
  out.begin_object()
      .member("field_name", name)
      .member("field_type", type_name)
      .member("field_description", text)
      .member("field_value", value)
      .member("stored_in_db", value.has_value())
      .member_null("field_default_value")
      .end_object();
}

}  // namespace

Answer new_budget(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::optional<std::string> id;
  body.read("budget_id", id);
  const tenancy::LimitPatch fields = read_patch(body);
  if (!errors.empty()) return errors.answer();
  const auto made = tenancy::BudgetStore(control.stores)
                        .create(tenancy::actor_of(request.caller), std::move(id), fields);
  if (!made) return refuse_budget(made.error());
  return answer_row(request, control, *made);
}

Answer update_budget(const AdminRequest& request, ControlPlane& control) {
  const auto order = admin::read_named(request, "budget_id", read_patch);
  if (!order) return order.error();
  const auto changed = tenancy::BudgetStore(control.stores)
                           .update(tenancy::actor_of(request.caller), order->id, order->fields);
  if (!changed) return refuse_budget(changed.error());
  return answer_row(request, control, *changed);
}

Answer delete_budget(const AdminRequest& request, ControlPlane& control) {
  const auto id = admin::read_member<std::string>(request, "id");
  if (!id) return id.error();
  const auto removed =
      tenancy::BudgetStore(control.stores).remove(tenancy::actor_of(request.caller), *id);
  if (!removed) return refuse_budget(removed.error());
  return answer_row(request, control, *removed);
}

Answer budget_info(const AdminRequest& request, ControlPlane& control) {
  const auto ids = admin::read_member<std::vector<std::string>>(request, "budgets");
  if (!ids) return ids.error();
  const auto found = tenancy::BudgetStore(control.stores).find_all(*ids);
  if (!found) return refuse_budget(found.error());
  return answer_rows(request, control, *found);
}

Answer budget_settings(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  QueryReader query(request.query, errors);
  const std::string id = query.required_text("budget_id");
  if (!errors.empty()) return errors.answer();
  const auto found = tenancy::BudgetStore(control.stores).find(id);
  if (!found) return refuse_budget(found.error());
  const tenancy::LimitTerms& limits = found->limits;
  admin::JsonWriter out;
  out.begin_array();
  write_setting(out, "max_parallel_requests", "Integer", "Calls at the same time",
                limits.max_parallel_requests);
  write_setting(out, "tpm_limit", "Integer", "Tokens per minute", limits.tpm_limit);
  write_setting(out, "rpm_limit", "Integer", "Requests per minute", limits.rpm_limit);
  write_setting(out, "budget_duration", "String", "Length of a period", limits.budget_duration);
  write_setting(out, "max_budget", "Float", "USD that may be spent in a period", limits.max_budget);
  write_setting(out, "soft_budget", "Float", "USD from which an alert is sent", limits.soft_budget);
  out.end_array();
  return admin::ok(std::move(out).take());
}

Answer list_budgets(const AdminRequest& request, ControlPlane& control) {
  const auto found = tenancy::BudgetStore(control.stores).list({1, kMost});
  if (!found) return refuse_budget(found.error());
  return answer_rows(request, control, found->items);
}

}  // namespace gatehouse::api::litellm
