#include "gatehouse/core/clock.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace gatehouse::core {

MonotonicTime SystemClock::monotonic() const {
  return std::chrono::steady_clock::now();
}
WallTime SystemClock::wall() const {
  return std::chrono::system_clock::now();
}

namespace {
std::tm utc(WallTime time, long& millis) {
  const auto since = std::chrono::floor<Millis>(time.time_since_epoch()).count();
  std::time_t seconds = since / 1000;
  millis = since % 1000;
  if (millis < 0) {
    millis += 1000;
    --seconds;
  }
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}
}  // namespace

std::string format_rfc3339(WallTime time) {
  long millis = 0;
  const std::tm t = utc(time, millis);
  std::array<char, 64> out{};
  const int n = std::snprintf(out.data(), out.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ",
                              t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min,
                              t.tm_sec, millis);
  return {out.data(), static_cast<std::size_t>(n)};
}

std::string format_http_date(WallTime time) {
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  long millis = 0;
  const std::tm t = utc(time, millis);
  std::array<char, 64> out{};
  const int n = std::snprintf(out.data(), out.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                              kDays[static_cast<std::size_t>(t.tm_wday)], t.tm_mday,
                              kMonths[static_cast<std::size_t>(t.tm_mon)], t.tm_year + 1900,
                              t.tm_hour, t.tm_min, t.tm_sec);
  return {out.data(), static_cast<std::size_t>(n)};
}

}  // namespace gatehouse::core
