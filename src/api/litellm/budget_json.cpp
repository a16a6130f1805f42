#include "litellm/budget_json.hpp"

#include "gatehouse/tenancy/budget_store.hpp"
#include "litellm/limit_fields.hpp"

namespace gatehouse::api::litellm {

void write_budget_row(admin::JsonWriter& out, const tenancy::BudgetRecord& budget,
                      core::WallTime now, const limits::TimeZone* zone) {
  const tenancy::LimitTerms& shown = budget.limits;
  out.begin_object()
      .member("budget_id", budget.budget_id)
      .member("max_budget", shown.max_budget)
      .member("soft_budget", shown.soft_budget)
      .member("max_parallel_requests", shown.max_parallel_requests)
      .member("tpm_limit", shown.tpm_limit)
      .member("rpm_limit", shown.rpm_limit)
      .member("budget_duration", shown.budget_duration)
      .member("budget_reset_at", budget_reset_at(shown, now, zone));
  out.key("model_max_budget").begin_object();
  for (const auto& [model, window] : shown.model_max_budget) {
    out.key(model).begin_object().member("budget_limit", window.max).key("time_period");
    window.duration.empty() ? out.null() : out.text(window.duration);
    out.end_object();
  }
  out.end_object()
      .member("created_at", budget.provenance.created_at)
      .member("created_by", budget.provenance.created_by)
      .member("updated_at", budget.provenance.updated_at)
      .member("updated_by", budget.provenance.updated_by)
      .end_object();
}

std::string budget_table_of(ControlPlane& control, const tenancy::LimitTerms& limits,
                            core::WallTime now) {
  if (!limits.budget_id) return "null";
  const auto budget = tenancy::BudgetStore(control.stores).find(*limits.budget_id);
  if (!budget) return "null";
  admin::JsonWriter out;
  write_budget_row(out, *budget, now, control.zone);
  return std::move(out).take();
}

}  // namespace gatehouse::api::litellm
