#pragma once
/// Shared budgets in answers.

#include <string>

#include "admin/json_writer.hpp"
#include "gatehouse/api/control_plane.hpp"
#include "gatehouse/limits/time_zone.hpp"
#include "gatehouse/tenancy/records.hpp"

namespace gatehouse::api::litellm {

/// A budget's row, with braces.
void write_budget_row(admin::JsonWriter& out, const tenancy::BudgetRecord& budget,
                      core::WallTime now, const limits::TimeZone* zone);

/// JSON of the shared budget that the limits name; "null" when there is none. Blocking.
std::string budget_table_of(ControlPlane& control, const tenancy::LimitTerms& limits,
                            core::WallTime now);

}  // namespace gatehouse::api::litellm
