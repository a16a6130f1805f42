#include "gatehouse/limits/messages.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "gatehouse/core/text.hpp"

namespace gatehouse::limits {
namespace {

using core::Scope;
using Reason = Denial::Reason;

constexpr std::size_t kMostIdBytes = 256;

std::string shown(std::string_view id) {
  return core::printable(id, kMostIdBytes);
}

/// The halves of core::pair_id().
std::pair<std::string, std::string> halves(std::string_view id) {
  const std::size_t at = id.find('\x1f');
  if (at == std::string_view::npos) return {shown(id), {}};
  return {shown(id.substr(0, at)), shown(id.substr(at + 1))};
}

std::string cost_and_budget(const Denial& denial, const std::string& of) {
  return "Budget has been exceeded! " + of + "Current cost: " + denial.spent.to_usd() +
         ", Max budget: " + denial.max.to_usd();
}

std::string over_budget(const Denial& denial, const std::string& whose) {
  return "ExceededBudget: " + whose + "=" + shown(denial.id) +
         " over budget. Spend=" + denial.spent.to_usd() + ", Budget=" + denial.max.to_usd();
}

std::string budget_text(const Denial& denial, std::string_view key_alias) {
  const auto [first, second] = halves(denial.id);
  switch (denial.scope) {
    case Scope::global:
    case Scope::key:
      return cost_and_budget(denial, "");
    case Scope::organization:
      return cost_and_budget(denial, "Organization=" + first + " ");
    case Scope::team:
      return cost_and_budget(denial, "Team=" + first + " ");
    case Scope::team_member:
      return cost_and_budget(denial, "User=" + second + " in Team=" + first + " ");
    case Scope::tag:
      return cost_and_budget(denial, "Tag=" + first + " ");
    case Scope::model:
      return cost_and_budget(denial, "Model=" + first + " ");
    case Scope::user:
      return over_budget(denial, "User");
    case Scope::end_user:
      return over_budget(denial, "End User");
    case Scope::key_model:
      return "LiteLLM Virtual Key: " + first +
             ", key_alias: " + (key_alias.empty() ? "None" : shown(key_alias)) +
             ", exceeded budget for model=" + second;
    case Scope::team_model:
      return "LiteLLM Team: " + first + ", exceeded budget for model=" + second;
    case Scope::provider:
    case Scope::deployment:
      return "No deployments available - crossed budget";
  }
  return {};
}

std::string_view type_of(Reason reason) {
  switch (reason) {
    case Reason::requests:
      return "requests";
    case Reason::tokens:
      return "tokens";
    case Reason::parallel:
      return "max_parallel_requests";
    case Reason::budget:
    case Reason::amount:
      break;
  }
  return {};
}

/// "2026-08-01 12:00:00 UTC", rounded up: not before that.
std::string time_text(core::WallTime time) {
  const std::string text = core::format_rfc3339(std::chrono::ceil<std::chrono::seconds>(time));
  return text.substr(0, 10) + " " + text.substr(11, 8) + " UTC";
}

std::string rate_text(const Denial& denial) {
  std::string id = denial.id;
  std::ranges::replace(id, '\x1f', ':');
  std::string text = "Rate limit exceeded for ";
  text += core::name_of(denial.scope);
  text += ": " + shown(id) + ". Limit type: ";
  text += type_of(denial.reason);
  text += ". Current limit: " + std::to_string(denial.limit) +
          ", Remaining: " + std::to_string(denial.remaining);
  if (denial.resets_at) text += ". Limit resets at: " + time_text(*denial.resets_at);
  return text;
}

void add_pair(std::vector<Header>& headers, const std::string& scope, const std::string& kind,
              std::optional<std::uint64_t> limit, std::optional<std::uint64_t> remaining) {
  if (!limit || !remaining) return;
  headers.push_back({"x-ratelimit-" + scope + "-limit-" + kind, std::to_string(*limit)});
  headers.push_back({"x-ratelimit-" + scope + "-remaining-" + kind, std::to_string(*remaining)});
}

/// Keeps the pair with less left.
void merge(std::optional<std::uint64_t>& limit, std::optional<std::uint64_t>& remaining,
           std::optional<std::uint64_t> other_limit, std::optional<std::uint64_t> other_remaining) {
  if (!other_remaining || (remaining && *remaining <= *other_remaining)) return;
  limit = other_limit;
  remaining = other_remaining;
}

}  // namespace

core::Errc code_of(const Denial& denial) noexcept {
  if (denial.reason == Reason::amount) return core::Errc::internal;
  const bool elsewhere = denial.scope == Scope::provider || denial.scope == Scope::deployment;
  return denial.reason == Reason::budget && !elsewhere ? core::Errc::budget_exceeded
                                                       : core::Errc::rate_limited;
}

std::string denial_message(const Denial& denial, std::string_view key_alias) {
  if (denial.reason == Reason::amount) return "The cost of this call cannot be accounted for";
  if (denial.reason != Reason::budget) return rate_text(denial);
  std::string text = budget_text(denial, key_alias);
  if (denial.spent < denial.max) {
    text += ". The call does not fit beside " + denial.reserved.to_usd() +
            " reserved by calls under way";
  }
  return text;
}

std::vector<Header> denial_headers(const Denial& denial, core::Nanos rate_window) {
  if (denial.reason == Reason::amount) return {};
  if (code_of(denial) == core::Errc::budget_exceeded) return {{"x-should-retry", "false"}};
  const auto wait =
      std::chrono::ceil<std::chrono::seconds>(denial.retry_after.value_or(rate_window)).count();
  std::vector<Header> headers{{"retry-after", std::to_string(std::max<std::int64_t>(wait, 1))}};
  if (denial.reason != Reason::budget) {
    headers.push_back({"rate_limit_type", std::string(type_of(denial.reason))});
  }
  if (denial.resets_at) headers.push_back({"reset_at", time_text(*denial.resets_at)});
  return headers;
}

std::vector<Header> rate_headers(std::span<const RateState> rates) {
  std::vector<RateState> merged;
  for (const RateState& state : rates) {
    const auto same = std::ranges::find(merged, state.scope, &RateState::scope);
    if (same == merged.end()) {
      merged.push_back(state);
      continue;
    }
    merge(same->limit_requests, same->remaining_requests, state.limit_requests,
          state.remaining_requests);
    merge(same->limit_tokens, same->remaining_tokens, state.limit_tokens, state.remaining_tokens);
  }
  std::vector<Header> headers;
  for (const RateState& state : merged) {
    const std::string scope(core::name_of(state.scope));
    add_pair(headers, scope, "requests", state.limit_requests, state.remaining_requests);
    add_pair(headers, scope, "tokens", state.limit_tokens, state.remaining_tokens);
  }
  return headers;
}

std::vector<Header> key_model_headers(const RateState& state, std::string_view model) {
  std::string name = core::printable(model);
  std::ranges::replace_if(name, [](char c) { return c == '/' || c == ':'; }, '-');
  std::vector<Header> headers;
  const auto add = [&](const char* kind, std::optional<std::uint64_t> remaining) {
    if (!remaining) return;
    headers.push_back(
        {"x-litellm-key-remaining-" + std::string(kind) + "-" + name, std::to_string(*remaining)});
  };
  add("requests", state.remaining_requests);
  add("tokens", state.remaining_tokens);
  return headers;
}

}  // namespace gatehouse::limits
