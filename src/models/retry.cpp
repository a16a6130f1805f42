#include "gatehouse/models/retry.hpp"

#include <algorithm>

namespace gatehouse::models {

namespace {

constexpr core::Nanos kFirstPause = core::Millis(500);
constexpr core::Nanos kLongestPause = core::Seconds(8);

/// The wait that the upstream asked for, zero when it did not.
core::Nanos requested_wait(const Failure& failure) noexcept {
  if (!failure.retry_after) return core::Nanos(0);
  return std::clamp<core::Nanos>(*failure.retry_after, core::Nanos(0), kMaxRetryAfter);
}

/// Between half of and the whole exponential pause before retry number `retry` (from 0).
core::Nanos backoff(std::uint32_t retry, core::Random& random) {
  const core::Nanos whole =
      std::min(kLongestPause, kFirstPause * (std::int64_t{1} << std::min(retry, 10u)));
  const auto half = static_cast<std::uint64_t>(whole.count() / 2);
  return core::Nanos(static_cast<std::int64_t>(half + random.below(half + 1)));
}

/// True when asking the same deployment again cannot help.
bool is_lasting(FailureKind kind) noexcept {
  return kind == FailureKind::authentication || kind == FailureKind::not_found;
}

const FallbackRule* rule_for(std::span<const FallbackRule> rules, std::string_view group) noexcept {
  const FallbackRule* any = nullptr;
  for (const FallbackRule& rule : rules) {
    if (rule.group == group) return &rule;
    if (rule.group == "*" && any == nullptr) any = &rule;
  }
  return any;
}

}  // namespace

RetryPlan::RetryPlan(const RouterSettings& settings, std::string_view group, RetryBudget& budget,
                     RequestRetryOptions options)
    : settings_(settings), options_(options), budget_(&budget) {
  groups_[0] = group;
  budget.request();
}

std::uint32_t RetryPlan::max_retries() const noexcept {
  return std::min(options_.num_retries.value_or(settings_.num_retries), kMaxRetries);
}

std::uint32_t RetryPlan::retries_allowed(FailureKind kind,
                                         const AttemptState& state) const noexcept {
  const auto& by_kind = settings_.retry_policy[static_cast<std::size_t>(kind)];
  if (is_client_mistake(kind)) return std::min(by_kind.value_or(0), kMaxRetries);
  if (options_.num_retries) return max_retries();
  if (by_kind) return std::min(*by_kind, kMaxRetries);
  return std::min(state.deployment_max_retries.value_or(settings_.num_retries), kMaxRetries);
}

Decision RetryPlan::after(const Failure& failure, const AttemptState& state, core::Random& random) {
  if (state.answer_started || state.time_left <= core::Nanos(0)) return {};
  if (group_retries_ < retries_allowed(failure.kind, state)) {
    const Decision again = retry(failure, state, random);
    if (again.step != NextStep::give_up) return again;
  }
  if (failure.kind == FailureKind::bad_request) return {};
  return fall_back(failure.kind, state);
}

Decision RetryPlan::no_deployment(const AttemptState& state) {
  return fall_back({}, state);
}

void RetryPlan::enter_group(RetryBudget& budget) {
  budget_ = &budget;
  group_retries_ = 0;
  budget.request();
}

Decision RetryPlan::retry(const Failure& failure, const AttemptState& state, core::Random& random) {
  Decision decision{.step = NextStep::next_deployment};
  if (!state.other_candidates) {
    if (is_lasting(failure.kind)) return {};
    const core::Nanos wait = requested_wait(failure);
    // Another group now is better than this one later.
    if (wait > core::Nanos(0) && next_group(failure.kind)) return {};
    decision.step = NextStep::retry_same;
    decision.delay = std::max(settings_.retry_after, backoff(group_retries_, random));
    if (wait > core::Nanos(0)) decision.delay = wait + decision.delay / 8;
    if (decision.delay >= state.time_left) return {};
  }
  if (failure.maybe_sent && !budget_->take()) return {};
  ++group_retries_;
  ++total_retries_;
  return decision;
}

Decision RetryPlan::fall_back(std::optional<FailureKind> kind, const AttemptState& state) {
  if (state.answer_started || state.time_left <= core::Nanos(0)) return {};
  const auto group = next_group(kind);
  if (!group) return {};
  groups_[++fallbacks_used_] = *group;
  return {.step = NextStep::fallback_group, .group = *group};
}

std::optional<std::string_view> RetryPlan::next_group(
    std::optional<FailureKind> kind) const noexcept {
  const std::size_t most = std::min<std::size_t>(settings_.max_fallbacks, kMaxGroups - 1);
  if (options_.disable_fallbacks || fallbacks_used_ >= most) return {};
  if (!options_.fallbacks.empty()) return first_unvisited(options_.fallbacks);
  if (kind == FailureKind::context_window) {
    if (const auto group = first_unvisited(settings_.context_window_fallbacks)) return group;
  }
  if (kind == FailureKind::content_policy) {
    if (const auto group = first_unvisited(settings_.content_policy_fallbacks)) return group;
  }
  if (rule_for(settings_.fallbacks, groups_[0]) != nullptr) {
    return first_unvisited(settings_.fallbacks);
  }
  return first_unvisited(settings_.default_fallbacks);
}

std::optional<std::string_view> RetryPlan::first_unvisited(
    std::span<const std::string> names) const noexcept {
  const auto end = groups_.begin() + fallbacks_used_ + 1;
  for (const std::string& name : names) {
    if (std::find(groups_.begin(), end, std::string_view(name)) == end) return name;
  }
  return {};
}

std::optional<std::string_view> RetryPlan::first_unvisited(
    std::span<const FallbackRule> rules) const noexcept {
  const FallbackRule* rule = rule_for(rules, groups_[0]);
  if (rule == nullptr) return {};
  return first_unvisited(std::span<const std::string>(rule->targets));
}

}  // namespace gatehouse::models
