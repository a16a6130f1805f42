#include "limits.hpp"

#include <limits>

#include "gatehouse/tenancy/store.hpp"

namespace gatehouse::tenancy {
namespace {

template <class T>
void fill(std::optional<T>& value, const std::optional<T>& from) {
  if (!value) value = from;
}
template <class T>
void fill(T& collection, const T& from) {
  if (collection.empty()) collection = from;
}

core::Result<void> check_amount(const std::optional<core::Money>& amount, const char* name) {
  if (!amount || *amount >= core::Money()) return {};
  return core::fail(core::Errc::invalid_argument, std::string(name) + " cannot be negative");
}

core::Result<void> check_count(const std::optional<std::uint64_t>& count, const char* name) {
  if (!count || *count <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return {};
  return core::fail(core::Errc::invalid_argument, std::string(name) + " is too large");
}

core::Result<void> check_duration(const std::string& duration, const DurationRules& rules) {
  if (duration.empty() || rules.check_budget == nullptr) return {};
  return rules.check_budget(duration);
}

core::Result<void> check_budget(const core::BudgetLimit& limit, const char* name,
                                const DurationRules& rules) {
  if (auto sound = check_amount(limit.max, name); !sound) return sound;
  return check_duration(limit.duration, rules);
}

core::Result<void> check_maps(const LimitTerms& terms, const DurationRules& rules) {
  for (const core::BudgetLimit& limit : terms.budget_limits) {
    if (auto sound = check_budget(limit, "budget_limits", rules); !sound) return sound;
  }
  for (const auto& [model, limit] : terms.model_max_budget) {
    if (auto sound = check_budget(limit, "model_max_budget", rules); !sound) return sound;
  }
  for (const auto& [model, count] : terms.model_rpm_limit) {
    if (auto sound = check_count(count, "model_rpm_limit"); !sound) return sound;
  }
  for (const auto& [model, count] : terms.model_tpm_limit) {
    if (auto sound = check_count(count, "model_tpm_limit"); !sound) return sound;
  }
  return {};
}

core::Result<void> check_terms(const LimitTerms& terms, const DurationRules& rules) {
  if (auto sound = check_amount(terms.max_budget, "max_budget"); !sound) return sound;
  if (auto sound = check_amount(terms.soft_budget, "soft_budget"); !sound) return sound;
  if (auto sound = check_duration(terms.budget_duration.value_or(""), rules); !sound) return sound;
  if (auto sound = check_count(terms.tpm_limit, "tpm_limit"); !sound) return sound;
  if (auto sound = check_count(terms.rpm_limit, "rpm_limit"); !sound) return sound;
  if (auto sound = check_count(terms.max_parallel_requests, "max_parallel_requests"); !sound) {
    return sound;
  }
  return check_maps(terms, rules);
}

}  // namespace

core::Result<LimitTerms> patched(LimitTerms terms, const LimitPatch& patch,
                                 const DurationRules& rules) {
  patch.max_budget.apply(terms.max_budget);
  patch.soft_budget.apply(terms.soft_budget);
  patch.budget_duration.apply(terms.budget_duration);
  patch.budget_anchor.apply(terms.budget_anchor);
  patch.budget_limits.apply(terms.budget_limits);
  patch.tpm_limit.apply(terms.tpm_limit);
  patch.rpm_limit.apply(terms.rpm_limit);
  patch.max_parallel_requests.apply(terms.max_parallel_requests);
  patch.model_max_budget.apply(terms.model_max_budget);
  patch.model_rpm_limit.apply(terms.model_rpm_limit);
  patch.model_tpm_limit.apply(terms.model_tpm_limit);
  patch.budget_id.apply(terms.budget_id);
  if (!terms.budget_duration) terms.budget_anchor.reset();
  if (auto sound = check_terms(terms, rules); !sound) return core::pass(sound);
  return terms;
}

LimitTerms filled(LimitTerms terms, const LimitTerms& from) {
  fill(terms.max_budget, from.max_budget);
  fill(terms.soft_budget, from.soft_budget);
  if (!terms.budget_duration) {
    terms.budget_duration = from.budget_duration;
    terms.budget_anchor = from.budget_anchor;
  }
  fill(terms.budget_limits, from.budget_limits);
  fill(terms.tpm_limit, from.tpm_limit);
  fill(terms.rpm_limit, from.rpm_limit);
  fill(terms.max_parallel_requests, from.max_parallel_requests);
  fill(terms.model_max_budget, from.model_max_budget);
  fill(terms.model_rpm_limit, from.model_rpm_limit);
  fill(terms.model_tpm_limit, from.model_tpm_limit);
  return terms;
}

core::LimitSet limit_set(const LimitTerms& terms) {
  core::LimitSet set;
  if (terms.max_budget) {
    set.budgets.push_back(
        {*terms.max_budget, terms.budget_duration.value_or(""), terms.budget_anchor});
  }
  set.budgets.insert(set.budgets.end(), terms.budget_limits.begin(), terms.budget_limits.end());
  set.soft_budget = terms.soft_budget;
  set.rate = {terms.rpm_limit, terms.tpm_limit, terms.max_parallel_requests};
  return set;
}

std::unordered_map<std::string, core::LimitSet> model_limit_sets(const LimitTerms& terms) {
  std::unordered_map<std::string, core::LimitSet> sets;
  for (const auto& [model, limit] : terms.model_max_budget) {
    sets[model].budgets.push_back(limit);
  }
  for (const auto& [model, count] : terms.model_rpm_limit) {
    sets[model].rate.requests_per_minute = count;
  }
  for (const auto& [model, count] : terms.model_tpm_limit) {
    sets[model].rate.tokens_per_minute = count;
  }
  return sets;
}

}  // namespace gatehouse::tenancy
