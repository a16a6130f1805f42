#pragma once
/// Live counters of one scope: what it spent, what it has reserved, how fast it calls.

#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/limit_set.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/limits/period.hpp"

namespace gatehouse::limits {

struct Rules;

/// A budget counter as the ledger keeps it: what was settled in one period of one duration. The
/// empty duration is the lifetime, its period starts at the epoch.
struct CounterState {
  std::string duration;
  core::WallTime period_start{};
  core::Money spent;
};

/// Counters of one scope. Thread-safe; shared by all threads; the limits themselves come with each
/// admission, so that a changed limit holds at once.
///
/// There is one counter for the lifetime and one for each text of a duration that was ever in
/// force; two budgets of the same duration share it, and the first one of the set decides how its
/// periods are aligned. A counter is in one period at a time and moves to a later one at the first
/// admission at or after the end of its period, never to an earlier one: when the wall clock is
/// set back, calls go on counting in the period that had begun (so a clock that was a year ahead
/// leaves its mark until then, or until adjust()). Counters stop at core::Money::max(): what would
/// pass it is refused.
class Account {
 public:
  Account(core::Scope scope, std::string id, std::span<const CounterState> settled);
  ~Account();
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  core::Scope scope() const noexcept;
  const std::string& id() const noexcept;

  struct Balance {
    core::Money spent;     ///< settled in the period that holds `at`
    core::Money reserved;  ///< open reservations of that period
  };
  Balance balance(const core::BudgetLimit& window, core::WallTime at,
                  const TimeZone& zone = TimeZone::utc()) const;
  /// What is left of each bound of `limit` at `now`; nothing for bounds that it lacks.
  struct Pace {
    std::optional<std::uint64_t> requests;
    std::optional<std::uint64_t> tokens;
  };
  Pace remaining(const core::RateLimit& limit, const Rules& rules, core::MonotonicTime now) const;
  /// Calls admitted and neither settled nor dropped.
  std::uint64_t parallel_requests() const;
  /// Moves the counter of `window.duration` (empty: lifetime) by `delta`, a correction of the
  /// period that holds `at` and is already in the ledger. A correction of a period that is over
  /// changes nothing.
  void adjust(const core::BudgetLimit& window, core::WallTime at, core::Money delta,
              const TimeZone& zone = TimeZone::utc());

 private:
  friend class Admission;
  friend class AccountBook;
  friend class Reserver;
  friend class Room;
  bool idle_since(core::MonotonicTime moment) const;

  struct State;
  std::unique_ptr<State> state_;
};

/// All accounts that were used since the start. Thread-safe.
class AccountBook {
 public:
  /// `hash_key` makes collisions of ids that clients choose unpredictable: pass random bits.
  explicit AccountBook(std::uint64_t hash_key = 0);
  ~AccountBook();
  AccountBook(const AccountBook&) = delete;
  AccountBook& operator=(const AccountBook&) = delete;

  /// Null when the account was not loaded yet.
  std::shared_ptr<Account> find(core::Scope scope, std::string_view id) const;
  /// Adds an account; the one that is there when another thread was faster.
  std::shared_ptr<Account> add(core::Scope scope, std::string_view id,
                               std::span<const CounterState> settled);
  std::size_t size() const;
  /// Held while counters are read from the ledger and added here. Blocking, as correcting() is.
  std::shared_lock<std::shared_mutex> loading();
  /// Held while a correction is written to the ledger and the accounts follow it: one that is read
  /// before and added afterwards would miss it, one that is read and added in between would be
  /// moved twice.
  std::unique_lock<std::shared_mutex> correcting();
  /// Forgets the accounts that nobody holds and that no admission or settlement has touched since
  /// `idle_since`; returns how many. The caller makes sure that the ledger has applied whatever
  /// was settled before `idle_since`, and that it lies at least one rate window in the past.
  std::size_t drop_idle(core::MonotonicTime idle_since);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gatehouse::limits
