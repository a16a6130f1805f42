#pragma once
/// How much of something (requests, tokens) was used lately, by either rule.

#include <cstdint>
#include <optional>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/limits/admission.hpp"

namespace gatehouse::limits {

/// A limit per window.
struct Pace {
  RateMode mode = RateMode::fixed_window;
  core::Nanos window = core::Seconds(60);
  std::uint64_t limit = 0;
};

/// What a call has taken from a meter.
struct Taken {
  core::MonotonicTime since{};  ///< start of the fixed window; when it was taken from a bucket
  std::uint64_t amount = 0;
  bool valid = false;
};

/// Not thread-safe: its account's lock guards it. Times may come slightly out of order, as threads
/// read the clock before they wait for the lock.
class Meter {
 public:
  std::uint64_t remaining(const Pace& pace, core::MonotonicTime now) const noexcept;
  /// How long until `amount` fits; nothing when it never will.
  std::optional<core::Nanos> wait_for(const Pace& pace, std::uint64_t amount,
                                      core::MonotonicTime now) const noexcept;
  /// Without a check; starts a window where none is open.
  Taken take(const Pace& pace, std::uint64_t amount, core::MonotonicTime now) noexcept;
  /// Changes what `taken` holds to `amount`, if that still counts. From a bucket no more comes
  /// back than has not been refilled since.
  void change(const Pace& pace, Taken& taken, std::uint64_t amount,
              core::MonotonicTime now) noexcept;
  /// False for what was taken in a fixed window that is over.
  bool counts(const Pace& pace, const Taken& taken) const noexcept {
    return taken.valid && (pace.mode == RateMode::token_bucket || (open_ && start_ == taken.since));
  }
  /// A refusal by `pace` in a fixed window: the first one counts as a use.
  void refused(const Pace& pace, core::MonotonicTime now) noexcept;

 private:
  using Wide = unsigned __int128;
  bool is_open(const Pace& pace, core::MonotonicTime now) const noexcept;
  std::uint64_t used(const Pace& pace, core::MonotonicTime now) const noexcept;
  Wide debt_at(const Pace& pace, core::MonotonicTime now) const noexcept;

  // Fixed window.
  core::MonotonicTime start_{};
  std::uint64_t count_ = 0;
  bool open_ = false;
  // Bucket: what is missing to be full, times the window in nanoseconds. It shrinks by the limit
  // each nanosecond, so nothing is ever rounded.
  core::MonotonicTime refilled_at_{};
  Wide debt_ = 0;
};

}  // namespace gatehouse::limits
