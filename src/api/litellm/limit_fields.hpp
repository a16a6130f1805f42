#pragma once
/// The limits of a record on the wire.

#include <optional>
#include <string>

#include "admin/body_reader.hpp"
#include "admin/json_writer.hpp"
#include "gatehouse/limits/time_zone.hpp"
#include "gatehouse/tenancy/records.hpp"
#include "gatehouse/tenancy/store.hpp"

namespace gatehouse::api::litellm {

/// max_budget, soft_budget, budget_duration, budget_limits, model_max_budget, tpm_limit, rpm_limit,
/// max_parallel_requests, model_rpm_limit, model_tpm_limit, budget_id.
void read_limits(admin::BodyReader& body, tenancy::LimitPatch& out);
/// Whether the body says anything about them.
bool touches_limits(const admin::BodyReader& body);

/// The members above but model_rpm_limit and model_tpm_limit, whose place differs.
void write_limits(admin::JsonWriter& out, const tenancy::LimitTerms& limits);

/// When the period under way ends; nothing without a budget_duration.
std::optional<core::WallTime> budget_reset_at(const tenancy::LimitTerms& limits, core::WallTime now,
                                              const limits::TimeZone* zone);

}  // namespace gatehouse::api::litellm
