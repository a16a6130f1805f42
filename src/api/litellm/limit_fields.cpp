#include "litellm/limit_fields.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "gatehouse/limits/period.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::BodyReader;
using admin::JsonWriter;
using core::BudgetLimit;
using tenancy::Patch;

/// A window by either pair of names: {max_budget, budget_duration} or {budget_limit, time_period}.
BudgetLimit read_window(BodyReader& body) {
  BudgetLimit window;
  const bool short_names = body.has("budget_limit");
  body.require(short_names ? "budget_limit" : "max_budget");
  body.read(short_names ? "budget_limit" : "max_budget", window.max);
  body.read("budget_duration", window.duration);
  body.read("time_period", window.duration);
  return window;
}

void read_windows(BodyReader& body, Patch<std::vector<BudgetLimit>>& out) {
  if (!body.has("budget_limits")) return;
  const std::size_t findings = body.errors().size();
  std::vector<BudgetLimit> windows;
  body.each_object("budget_limits", [&](const std::string&, BodyReader& window) {
    windows.push_back(read_window(window));
  });
  if (body.errors().size() == findings) out = std::move(windows);
}

void read_model_budgets(BodyReader& body, Patch<std::map<std::string, BudgetLimit>>& out) {
  if (!body.has("model_max_budget")) return;
  const std::size_t findings = body.errors().size();
  std::map<std::string, BudgetLimit> by_model;
  body.each_object("model_max_budget", [&](const std::string& model, BodyReader& window) {
    by_model.insert_or_assign(model, read_window(window));
  });
  if (body.errors().size() == findings) out = std::move(by_model);
}

constexpr std::array<std::string_view, 11> kNames{
    "max_budget", "soft_budget",           "budget_duration",  "budget_limits",   "tpm_limit",
    "rpm_limit",  "max_parallel_requests", "model_max_budget", "model_rpm_limit", "model_tpm_limit",
    "budget_id"};

void write_window(JsonWriter& out, const BudgetLimit& window, std::string_view max_name,
                  std::string_view duration_name) {
  out.begin_object().member(max_name, window.max).key(duration_name);
  window.duration.empty() ? out.null() : out.text(window.duration);
  out.end_object();
}

}  // namespace

void read_limits(BodyReader& body, tenancy::LimitPatch& out) {
  body.read("max_budget", out.max_budget);
  body.read("soft_budget", out.soft_budget);
  body.read("budget_duration", out.budget_duration);
  read_windows(body, out.budget_limits);
  body.read("tpm_limit", out.tpm_limit);
  body.read("rpm_limit", out.rpm_limit);
  body.read("max_parallel_requests", out.max_parallel_requests);
  read_model_budgets(body, out.model_max_budget);
  body.read("model_rpm_limit", out.model_rpm_limit);
  body.read("model_tpm_limit", out.model_tpm_limit);
  body.read("budget_id", out.budget_id);
}

bool touches_limits(const BodyReader& body) {
  for (const std::string_view name : kNames) {
    if (body.has(name)) return true;
  }
  return false;
}

void write_limits(JsonWriter& out, const tenancy::LimitTerms& limits) {
  out.member("max_budget", limits.max_budget)
      .member("soft_budget", limits.soft_budget)
      .member("budget_duration", limits.budget_duration)
      .member("tpm_limit", limits.tpm_limit)
      .member("rpm_limit", limits.rpm_limit)
      .member("max_parallel_requests", limits.max_parallel_requests)
      .member("budget_id", limits.budget_id);
  out.key("budget_limits").begin_array();
  for (const BudgetLimit& window : limits.budget_limits) {
    write_window(out, window, "max_budget", "budget_duration");
  }
  out.end_array().key("model_max_budget").begin_object();
  for (const auto& [model, window] : limits.model_max_budget) {
    out.key(model);
    write_window(out, window, "budget_limit", "time_period");
  }
  out.end_object();
}

std::optional<core::WallTime> budget_reset_at(const tenancy::LimitTerms& limits, core::WallTime now,
                                              const limits::TimeZone* zone) {
  if (!limits.budget_duration) return std::nullopt;
  const core::BudgetLimit window{
      .max = core::Money(), .duration = *limits.budget_duration, .anchor = limits.budget_anchor};
  // A budget that was made after the request came has its first period before it, not the last.
  const core::WallTime at = std::max(now, limits.budget_anchor.value_or(now));
  const limits::Period period =
      limits::period_of(window, at, zone == nullptr ? limits::TimeZone::utc() : *zone);
  return period.end;
}

}  // namespace gatehouse::api::litellm
