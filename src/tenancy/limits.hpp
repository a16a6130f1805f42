#pragma once
/// From what an administrator wrote to what holds.

#include <string>
#include <unordered_map>

#include "gatehouse/core/limit_set.hpp"
#include "gatehouse/tenancy/records.hpp"

namespace gatehouse::tenancy {

/// `terms` with the values of `from` for those that are absent. A duration comes with its anchor.
LimitTerms filled(LimitTerms terms, const LimitTerms& from);

/// Without the bounds by model.
core::LimitSet limit_set(const LimitTerms& terms);
std::unordered_map<std::string, core::LimitSet> model_limit_sets(const LimitTerms& terms);

}  // namespace gatehouse::tenancy
