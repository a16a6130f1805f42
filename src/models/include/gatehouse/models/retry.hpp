#pragma once
/// What to do after a failed attempt: a pure state machine without I/O and clock.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/random.hpp"
#include "gatehouse/models/failure.hpp"
#include "gatehouse/models/health.hpp"
#include "gatehouse/models/settings.hpp"

namespace gatehouse::models {

enum class NextStep : std::uint8_t {
  give_up,          ///< answer with the failure
  retry_same,       ///< the same deployment again, after `delay`
  next_deployment,  ///< the next candidate of the group, after `delay`
  fallback_group,   ///< start over with the group `group`
};

struct Decision {
  NextStep step = NextStep::give_up;
  core::Nanos delay{0};
  std::string_view group = {};  ///< a view of the settings or of the request's own fallbacks
};

/// What the request itself asks for.
struct RequestRetryOptions {
  std::optional<std::uint32_t> num_retries = {};  ///< x-litellm-num-retries; at most kMaxRetries
  std::span<const std::string> fallbacks = {};    ///< replaces the configured ones when not empty
  bool disable_fallbacks = false;
};

/// Most retries of one request within one group, whatever it asks for.
inline constexpr std::uint32_t kMaxRetries = 10;

/// The situation after a failed attempt.
struct AttemptState {
  bool other_candidates = false;  ///< an untried candidate of the group is left
  bool answer_started = false;    ///< bytes have gone to the client: nothing can be repeated
  core::Nanos time_left{0};       ///< to the request's deadline
  std::optional<std::uint32_t> deployment_max_retries = {};
};

/// The retries of one request. One object per request; one thread. All references must outlive it.
///
/// Rules: a client's mistake is not retried, but a prompt that is too long or a vendor's content
/// filter may lead to another group. Switching to another deployment needs no wait; the same one is
/// asked again after Retry-After or an exponential, jittered pause, and never before Retry-After;
/// where a fallback group stands ready, it is preferred to waiting for Retry-After. Each retry that
/// the upstream may have seen is taken from the group's RetryBudget. When retries are used up, the
/// fallback groups follow, each at most once and at most max_fallbacks of them.
class RetryPlan {
 public:
  RetryPlan(const RouterSettings& settings, std::string_view group, RetryBudget& budget,
            RequestRetryOptions options = {});

  Decision after(const Failure& failure, const AttemptState& state, core::Random& random);

  /// When a group has no candidate to try (all cooling, none allowed, or the name is unknown).
  Decision no_deployment(const AttemptState& state);

  /// Call when the fallback group of a decision is entered, with that group's budget.
  void enter_group(RetryBudget& budget);

  std::uint32_t retries() const noexcept { return total_retries_; }
  std::uint32_t fallbacks() const noexcept { return fallbacks_used_; }
  /// For x-litellm-max-retries.
  std::uint32_t max_retries() const noexcept;

 private:
  std::uint32_t retries_allowed(FailureKind kind, const AttemptState& state) const noexcept;
  Decision retry(const Failure& failure, const AttemptState& state, core::Random& random);
  Decision fall_back(std::optional<FailureKind> kind, const AttemptState& state);
  std::optional<std::string_view> next_group(std::optional<FailureKind> kind) const noexcept;
  std::optional<std::string_view> first_unvisited(
      std::span<const std::string> names) const noexcept;
  std::optional<std::string_view> first_unvisited(
      std::span<const FallbackRule> rules) const noexcept;

  static constexpr std::size_t kMaxGroups = 16;
  const RouterSettings& settings_;
  RequestRetryOptions options_;
  RetryBudget* budget_;
  std::array<std::string_view, kMaxGroups> groups_{};  // entered so far; first the client's
  std::uint32_t fallbacks_used_ = 0;
  std::uint32_t group_retries_ = 0;
  std::uint32_t total_retries_ = 0;
};

}  // namespace gatehouse::models
