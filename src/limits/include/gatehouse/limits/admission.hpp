#pragma once
/// Reservation on every scope of a call, all or nothing, and its settlement.

#include <array>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/limits/account.hpp"
#include "gatehouse/limits/room.hpp"

namespace gatehouse::limits {

enum class ReservationMode : std::uint8_t {
  /// Spent + reserved + estimate must fit into every budget.
  strict,
  /// Spent + reserved must be below the budget (key, organization, team member, model, provider,
  /// deployment) or not above it (the others), whatever the call costs (LiteLLM 1.81).
  lenient,
};
enum class RateMode : std::uint8_t {
  /// `rate_window` long, from the first request on; one for requests and one for tokens.
  fixed_window,
  /// Holds the limit, refilled evenly over `rate_window`; exact.
  token_bucket,
};

struct Rules {
  ReservationMode reservation = ReservationMode::strict;
  RateMode rate = RateMode::fixed_window;
  core::Nanos rate_window = core::Seconds(60);
  const TimeZone* zone = nullptr;  ///< of the budget calendar; null: UTC. Outlives the calls
};

/// One account that a call is charged to, and what bounds it. `limits` outlives the admission.
struct Charge {
  std::shared_ptr<Account> account;
  const core::LimitSet* limits = nullptr;  ///< null: counted, not bounded
};

/// What a call may cost at most. A call that costs nothing is refused by no budget.
struct Demand {
  core::Money fixed_cost;    ///< prompt and per-request price: cannot be reduced
  core::Money output_cost;   ///< of the largest output; strict mode may offer less
  std::uint64_t tokens = 0;  ///< prompt + output, for tokens per minute
  core::WallTime at{};
  core::MonotonicTime now{};
};

/// Why a call was not admitted: by the first bound that failed, rate limits before budgets, each
/// in the order of the charges.
struct Denial {
  enum class Reason : std::uint8_t {
    budget,
    requests,
    tokens,
    parallel,
    amount,  ///< the demand is negative or beyond core::Money: a bug of the caller
  };
  Reason reason = Reason::budget;
  core::Scope scope = core::Scope::global;
  std::string id;
  std::string duration;  ///< of the budget
  core::Money spent;     ///< settled, in the current period
  core::Money reserved;  ///< held by calls that are under way
  core::Money max;
  std::uint64_t limit = 0;  ///< of the rate limit
  std::uint64_t remaining = 0;
  std::optional<core::WallTime> resets_at;  ///< nothing: not by waiting
  std::optional<core::Nanos> retry_after;
  /// Budget, strict: what would still fit for the output after fixed_cost into every budget of
  /// every charge; negative when not even that fits. The caller may ask again with such a bound.
  core::Money affordable_output;
};

/// What remains on a scope after the call was counted, for the x-ratelimit headers.
struct RateState {
  core::Scope scope;
  std::optional<std::uint64_t> limit_requests, remaining_requests;
  std::optional<std::uint64_t> limit_tokens, remaining_tokens;
};

/// Shares of a hard budget, in percent, that are reported.
inline constexpr std::array<std::uint32_t, 4> kThresholds{80, 90, 95, 100};

/// A soft budget or a share of a hard one that the settled spend has reached. Each amount is
/// reported once in a period, by whichever thread comes first; a budget that was raised has new
/// amounts. What was already reached when the account was loaded comes with the first call, marked
/// `known`: whoever keeps what was told over a restart can tell of what the last run could not.
struct Threshold {
  core::Scope scope;
  std::string id;
  std::string duration;  ///< of the budget; empty: lifetime
  bool soft = false;
  std::uint32_t percent = 100;
  core::Money spent;
  core::Money max;                                    ///< the soft budget, if it is one
  core::WallTime period_end = core::WallTime::max();  ///< exclusive; max(): never
  bool known = false;  ///< reached before the account was loaded: no news, if all went well
};

/// Holds the reservation of one call. One thread at a time. Destruction without settle() gives
/// everything back but the counted request.
///
/// Accounts are locked one after the other, never two at once. No interleaving admits more than
/// the bounds allow. It may admit less: a call that will fail at a later charge holds the earlier
/// ones until it has failed (well under a microsecond), and another call may be refused by what
/// it holds. With a single bounded charge that cannot happen. So put the charges first that are
/// most likely to refuse.
class Admission {
 public:
  /// Rate limits first, then budgets. Nothing is held when it fails, but the first refusal of a
  /// fixed window for requests counts as a request (litellm-contract.md 1.4). A charge without
  /// account and a second charge of the same account are ignored.
  static std::expected<Admission, Denial> admit(std::vector<Charge> charges, const Demand& demand,
                                                const Rules& rules);
  Admission(Admission&&) noexcept;
  Admission& operator=(Admission&&) noexcept;
  ~Admission();

  core::Money reserved() const noexcept;
  /// Of every charge: its lifetime, and each duration among its budgets. Their texts live as long
  /// as the admission.
  std::span<const core::ChargedPeriod> periods() const noexcept;
  /// Of every charge with a rate limit.
  std::vector<RateState> rates(core::MonotonicTime now) const;
  /// Takes the thresholds that admit() or extend() found reached: a limit was lowered below what
  /// is spent.
  std::vector<Threshold> take_thresholds();

  /// Adds `charges` that became known later (deployment, provider) and raises the reservation to
  /// `demand` (a dearer fallback) where that is more than what is held; it never lowers it. Keeps
  /// what it has when it fails. A raise counts in the period of the reservation, even if that has
  /// ended.
  std::expected<void, Denial> extend(std::vector<Charge> charges, const Demand& demand,
                                     const Rules& rules);
  /// Lowers the reservation to `cost`, if it is more: the call was bounded meanwhile. Tokens stay.
  [[nodiscard]] Room lower(core::Money cost);
  /// Forgets the charges of `scopes`: an attempt at a deployment that came to nothing and is
  /// followed by one elsewhere. Tokens and parallel requests are given back at once, counted
  /// requests stay.
  [[nodiscard]] Room drop(std::initializer_list<core::Scope> scopes);
  /// From reserved to spent, in the period of the reservation; `actual` may be more than was
  /// reserved, and below zero counts as zero. Returns the thresholds that this passed. Call once.
  std::vector<Threshold> settle(core::Money actual, std::uint64_t tokens, core::MonotonicTime now);

 private:
  friend class Reserver;
  struct State;
  explicit Admission(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace gatehouse::limits
