#pragma once
/// Cool-downs, load and retry budgets, shared by all threads and kept across reloads.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/models/failure.hpp"
#include "gatehouse/models/settings.hpp"

namespace gatehouse::models {

/// When a deployment is left alone for a while (litellm-contract.md 2, "Reliability").
struct CooldownPolicy {
  bool enabled = true;
  core::Nanos time = core::Seconds(5);
  std::optional<std::uint32_t> allowed_fails = {};  ///< per minute; absent: the 50 % rule
  CountByKind allowed_fails_by_kind = {};
  bool wildcard = false;  ///< the client chose the upstream model: a 404 is its mistake
};

/// The state of one deployment. Lock-free; all functions may be called from any thread.
class DeploymentHealth {
 public:
  /// Counts a call that ended well. `latency` is the time to the first byte.
  void succeeded(core::MonotonicTime now, core::Nanos latency) noexcept;
  /// Counts a failed call and starts a cool-down where the policy says so: 401, 403, 404, 429 and
  /// time-outs at once; others above 50 % of at least 5 calls in the minute, or above
  /// allowed_fails. Retry-After prolongs it up to kMaxRetryAfter. A client's mistake changes
  /// nothing. A call that failed because the client set a shorter limit must not be reported.
  void failed(const Failure& failure, core::MonotonicTime now,
              const CooldownPolicy& policy) noexcept;

  bool cooling(core::MonotonicTime now) const noexcept {
    return now.time_since_epoch().count() < cool_until_.load(std::memory_order_relaxed);
  }
  /// Time left of the cool-down, zero when there is none.
  core::Nanos cooling_left(core::MonotonicTime now) const noexcept;
  /// Ends a cool-down (administrator, or a reload that changed the deployment).
  void revive() noexcept { cool_until_.store(0, std::memory_order_relaxed); }

  /// What the provider says is left of its own rate limits; what is absent stays.
  void told_remaining(std::optional<std::uint64_t> requests,
                      std::optional<std::uint64_t> tokens) noexcept;
  /// Nothing before the provider has said so.
  std::optional<std::uint64_t> remaining_requests() const noexcept {
    return told(remaining_requests_);
  }
  std::optional<std::uint64_t> remaining_tokens() const noexcept { return told(remaining_tokens_); }

  /// Counts tokens of an answered call, for Strategy::usage_based.
  void used(core::MonotonicTime now, std::uint64_t tokens) noexcept;
  /// Tokens of the current minute.
  std::uint64_t tokens_in_minute(core::MonotonicTime now) const noexcept;

  std::uint32_t in_flight() const noexcept { return in_flight_.load(std::memory_order_relaxed); }
  /// Moving average of the time to the first byte; zero before the first success.
  core::Nanos latency() const noexcept {
    return core::Nanos(latency_.load(std::memory_order_relaxed));
  }

 private:
  friend class InFlight;
  std::uint64_t count(core::MonotonicTime now, std::uint64_t step) noexcept;
  void cool_until(core::MonotonicTime until) noexcept;
  static std::optional<std::uint64_t> told(const std::atomic<std::uint64_t>& value) noexcept {
    const std::uint64_t known = value.load(std::memory_order_relaxed);
    return known == kUntold ? std::nullopt : std::optional(known);
  }

  static constexpr std::uint64_t kUntold = ~std::uint64_t{0};
  std::atomic<std::int64_t> cool_until_{0};
  std::atomic<std::uint64_t> window_{0};  // minute, failures and calls of the current minute
  std::atomic<std::int64_t> latency_{0};
  std::atomic<std::uint64_t> tokens_{0};  // minute and tokens of the current minute
  std::atomic<std::uint32_t> in_flight_{0};
  std::atomic<std::uint64_t> remaining_requests_{kUntold};
  std::atomic<std::uint64_t> remaining_tokens_{kUntold};
};

/// Marks a call as running on a deployment for its lifetime. Needed for Strategy::least_busy.
class InFlight {
 public:
  InFlight() = default;
  explicit InFlight(DeploymentHealth& health) noexcept : health_(&health) {
    health.in_flight_.fetch_add(1, std::memory_order_relaxed);
  }
  InFlight(InFlight&& other) noexcept : health_(std::exchange(other.health_, nullptr)) {}
  InFlight& operator=(InFlight&& other) noexcept {
    std::swap(health_, other.health_);
    return *this;
  }
  ~InFlight() {
    if (health_ != nullptr) health_->in_flight_.fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  DeploymentHealth* health_ = nullptr;
};

/// Keeps retries within 20 % of the requests of a group, the reserve included once there were 300
/// (faults.md E12). Lock-free.
class RetryBudget {
 public:
  /// Each request earns a sixth of a retry, up to the reserve.
  void request() noexcept;
  /// Takes one retry; false when none is left.
  bool take() noexcept;
  std::uint32_t left() const noexcept;

  static constexpr std::uint32_t kReserve = 10;  ///< retries held at the start and at most

 private:
  static constexpr std::int32_t kUnit = 6;
  std::atomic<std::int32_t> sixths_{kReserve * kUnit};
};

/// Owns the state of deployments and groups by name, across reloads of the table. Thread-safe;
/// used when a table is built, never per request.
class HealthRegistry {
 public:
  std::shared_ptr<DeploymentHealth> deployment(std::string_view id);
  std::shared_ptr<RetryBudget> group(std::string_view name);
  /// Forgets what no table uses any more.
  void collect();

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<DeploymentHealth>> deployments_;
  std::unordered_map<std::string, std::shared_ptr<RetryBudget>> groups_;
};

}  // namespace gatehouse::models
