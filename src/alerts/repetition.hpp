#pragma once
/// One alert for one reason: remembers what was told, and counts what was kept back.

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gatehouse/core/clock.hpp"

namespace gatehouse::alerts {

/// Thread-safe. Holds the latest `most` subjects; the oldest are forgotten, so that one of them may
/// be told again.
class Repetition {
 public:
  explicit Repetition(std::size_t most = 16'384) : most_(most) {}

  /// The right to tell of `subject`: given once until `until`. The value is how often it was asked
  /// for in vain since it was given before.
  std::optional<std::uint64_t> claim(std::string_view subject, core::WallTime now,
                                     core::WallTime until);
  /// The same for what may have been told before: not given either when it was given before until a
  /// time after `since`, and asking in vain is not counted.
  std::optional<std::uint64_t> claim_unheard(std::string_view subject, core::WallTime since,
                                             core::WallTime until);
  /// Remembers what an earlier run has told. From the oldest to the latest.
  void restore(std::string_view subject, core::WallTime until);
  /// Claims in vain, of all subjects.
  std::uint64_t refused() const;

 private:
  void remember(std::string_view subject, core::WallTime until);

  struct Told {
    core::WallTime until;
    std::uint64_t refused = 0;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Told, Hash, std::equal_to<>> told_;
  std::deque<std::string> order_;  // of the first claim
  std::uint64_t refused_ = 0;
};

}  // namespace gatehouse::alerts
