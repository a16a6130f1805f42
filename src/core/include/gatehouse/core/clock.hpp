#pragma once
/// Time as a port. Nothing else reads the operating system's clocks.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::core {

using Nanos = std::chrono::nanoseconds;
using Millis = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

/// Monotonic time, for durations and deadlines.
using MonotonicTime = std::chrono::time_point<std::chrono::steady_clock, Nanos>;
/// Wall-clock time (UTC), for records and expiry.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Nanos>;

/// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonotonicTime monotonic() const = 0;
  virtual WallTime wall() const = 0;
};

/// The operating system's clocks.
class SystemClock final : public Clock {
 public:
  MonotonicTime monotonic() const override;
  WallTime wall() const override;
};

/// A clock that tests move by hand. Not thread-safe.
class ManualClock final : public Clock {
 public:
  MonotonicTime monotonic() const override { return monotonic_; }
  WallTime wall() const override { return wall_; }
  void advance(Nanos by) {
    monotonic_ += by;
    wall_ += by;
  }
  void set_wall(WallTime to) { wall_ = to; }

 private:
  MonotonicTime monotonic_{std::chrono::hours(1)};
  WallTime wall_{Seconds(1'767'225'600)};  // 2026-01-01T00:00:00Z
};

/// RFC 3339 in UTC with milliseconds: 2026-01-01T00:00:00.000Z.
std::string format_rfc3339(WallTime time);
/// IMF-fixdate of RFC 9110 section 5.6.7: Thu, 01 Jan 2026 00:00:00 GMT.
std::string format_http_date(WallTime time);
/// The inverse. The day of the week is not looked at. Nothing for the obsolete forms, and for years
/// before 1970 or after 2261, so that any two of them can be subtracted.
std::optional<WallTime> parse_http_date(std::string_view text);

}  // namespace gatehouse::core
