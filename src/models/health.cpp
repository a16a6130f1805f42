#include "gatehouse/models/health.hpp"

#include <algorithm>

namespace gatehouse::models {

namespace {

// The window packs the minute's number with what happened in it, so that one exchange keeps them
// together: 24 bits minute, 20 bits failures, 20 bits calls.
constexpr std::uint64_t kCall = 1;
constexpr std::uint64_t kFailure = std::uint64_t{1} << 20;
constexpr std::uint64_t kCountMask = kFailure - 1;
constexpr unsigned kMinuteShift = 40;
constexpr std::uint64_t kTokenMask = (std::uint64_t{1} << kMinuteShift) - 1;

constexpr std::uint64_t calls_in(std::uint64_t window) noexcept {
  return window & kCountMask;
}
constexpr std::uint64_t failures_in(std::uint64_t window) noexcept {
  return (window >> 20) & kCountMask;
}

std::uint64_t minute_of(core::MonotonicTime now) noexcept {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(now.time_since_epoch());
  return static_cast<std::uint64_t>(minutes.count()) & 0xff'ffff;
}

/// True for failures that show at once that further calls are pointless.
bool cools_at_once(FailureKind kind, const CooldownPolicy& policy) noexcept {
  switch (kind) {
    case FailureKind::authentication:
    case FailureKind::rate_limited:
    case FailureKind::timeout:
      return true;
    case FailureKind::not_found:
      return !policy.wildcard;
    default:
      return false;
  }
}

constexpr std::uint64_t kLeastCalls = 5;

bool too_many(FailureKind kind, std::uint64_t window, const CooldownPolicy& policy) noexcept {
  const std::uint64_t failures = failures_in(window);
  const auto& by_kind = policy.allowed_fails_by_kind[static_cast<std::size_t>(kind)];
  if (by_kind) return failures > *by_kind;
  if (policy.allowed_fails) return failures > *policy.allowed_fails;
  const std::uint64_t calls = calls_in(window);
  return calls >= kLeastCalls && failures * 2 > calls;
}

}  // namespace

std::uint64_t DeploymentHealth::count(core::MonotonicTime now, std::uint64_t step) noexcept {
  const std::uint64_t minute = minute_of(now) << kMinuteShift;
  std::uint64_t seen = window_.load(std::memory_order_relaxed);
  for (;;) {
    std::uint64_t next = (seen >> kMinuteShift) == (minute >> kMinuteShift) ? seen : minute;
    if (calls_in(next) == kCountMask) return next;  // a million a minute: the ratio stands
    next += step;
    if (window_.compare_exchange_weak(seen, next, std::memory_order_relaxed)) return next;
  }
}

void DeploymentHealth::succeeded(core::MonotonicTime now, core::Nanos latency) noexcept {
  count(now, kCall);
  const std::int64_t sample = std::max<std::int64_t>(latency.count(), 1);
  // A lost update between two threads costs one sample of a moving average.
  const std::int64_t average = latency_.load(std::memory_order_relaxed);
  latency_.store(average == 0 ? sample : average + (sample - average) / 8,
                 std::memory_order_relaxed);
}

void DeploymentHealth::failed(const Failure& failure, core::MonotonicTime now,
                              const CooldownPolicy& policy) noexcept {
  if (is_client_mistake(failure.kind)) return;
  if (failure.kind == FailureKind::not_found && policy.wildcard) return;
  const std::uint64_t window = count(now, kCall | kFailure);
  if (!policy.enabled) return;
  const bool told_to_wait =
      failure.retry_after && *failure.retry_after > core::Nanos(0) &&
      (failure.kind == FailureKind::rate_limited || failure.kind == FailureKind::overloaded);
  const auto& by_kind = policy.allowed_fails_by_kind[static_cast<std::size_t>(failure.kind)];
  const bool at_once = !by_kind && cools_at_once(failure.kind, policy);
  if (!told_to_wait && !at_once && !too_many(failure.kind, window, policy)) return;
  core::Nanos pause = policy.time;
  if (told_to_wait)
    pause = std::max(pause, std::min<core::Nanos>(*failure.retry_after, kMaxRetryAfter));
  cool_until(now + pause);
}

void DeploymentHealth::cool_until(core::MonotonicTime until) noexcept {
  const std::int64_t wanted = until.time_since_epoch().count();
  std::int64_t seen = cool_until_.load(std::memory_order_relaxed);
  while (seen < wanted &&
         !cool_until_.compare_exchange_weak(seen, wanted, std::memory_order_relaxed)) {
  }
}

core::Nanos DeploymentHealth::cooling_left(core::MonotonicTime now) const noexcept {
  const std::int64_t left =
      cool_until_.load(std::memory_order_relaxed) - now.time_since_epoch().count();
  return core::Nanos(std::max<std::int64_t>(left, 0));
}

void DeploymentHealth::used(core::MonotonicTime now, std::uint64_t tokens) noexcept {
  const std::uint64_t minute = minute_of(now) << kMinuteShift;
  std::uint64_t seen = tokens_.load(std::memory_order_relaxed);
  std::uint64_t next = 0;
  do {
    const std::uint64_t so_far = (seen & ~kTokenMask) == minute ? seen & kTokenMask : 0;
    next = minute | std::min(so_far + std::min(tokens, kTokenMask), kTokenMask);
  } while (!tokens_.compare_exchange_weak(seen, next, std::memory_order_relaxed));
}

std::uint64_t DeploymentHealth::tokens_in_minute(core::MonotonicTime now) const noexcept {
  const std::uint64_t seen = tokens_.load(std::memory_order_relaxed);
  return (seen & ~kTokenMask) == minute_of(now) << kMinuteShift ? seen & kTokenMask : 0;
}

void DeploymentHealth::told_remaining(std::optional<std::uint64_t> requests,
                                      std::optional<std::uint64_t> tokens) noexcept {
  if (requests) remaining_requests_.store(*requests, std::memory_order_relaxed);
  if (tokens) remaining_tokens_.store(*tokens, std::memory_order_relaxed);
}

void RetryBudget::request() noexcept {
  // In calm times the budget is full, and this is a read that threads can share.
  std::int32_t seen = sixths_.load(std::memory_order_relaxed);
  while (seen < static_cast<std::int32_t>(kReserve) * kUnit &&
         !sixths_.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed)) {
  }
}

bool RetryBudget::take() noexcept {
  std::int32_t seen = sixths_.load(std::memory_order_relaxed);
  while (seen >= kUnit) {
    if (sixths_.compare_exchange_weak(seen, seen - kUnit, std::memory_order_relaxed)) return true;
  }
  return false;
}

std::uint32_t RetryBudget::left() const noexcept {
  return static_cast<std::uint32_t>(sixths_.load(std::memory_order_relaxed) / kUnit);
}

std::shared_ptr<DeploymentHealth> HealthRegistry::deployment(std::string_view id) {
  const std::lock_guard lock(mutex_);
  auto& slot = deployments_[std::string(id)];
  if (!slot) slot = std::make_shared<DeploymentHealth>();
  return slot;
}

std::shared_ptr<RetryBudget> HealthRegistry::group(std::string_view name) {
  const std::lock_guard lock(mutex_);
  auto& slot = groups_[std::string(name)];
  if (!slot) slot = std::make_shared<RetryBudget>();
  return slot;
}

void HealthRegistry::collect() {
  const std::lock_guard lock(mutex_);
  std::erase_if(deployments_, [](const auto& entry) { return entry.second.use_count() == 1; });
  std::erase_if(groups_, [](const auto& entry) { return entry.second.use_count() == 1; });
}

}  // namespace gatehouse::models
