#include "gatehouse/core/clock.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "gatehouse/core/text.hpp"

namespace gatehouse::core {

MonotonicTime SystemClock::monotonic() const {
  return std::chrono::steady_clock::now();
}
WallTime SystemClock::wall() const {
  return std::chrono::system_clock::now();
}

namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<unsigned> number(std::string_view text, unsigned most) {
  const auto value = parse_u64(text);
  if (!value || *value > most) return {};
  return static_cast<unsigned>(*value);
}

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
  long millis = 0;
  const std::tm t = utc(time, millis);
  std::array<char, 64> out{};
  const int n = std::snprintf(out.data(), out.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                              kDays[static_cast<std::size_t>(t.tm_wday)], t.tm_mday,
                              kMonths.at(static_cast<std::size_t>(t.tm_mon)).data(),
                              t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
  return {out.data(), static_cast<std::size_t>(n)};
}

std::optional<WallTime> parse_http_date(std::string_view text) {
  // "Sun, 06 Nov 1994 08:49:37 GMT"
  if (text.size() != 29 || !text.ends_with(" GMT") || text[3] != ',' || text[19] != ':' ||
      text[22] != ':') {
    return {};
  }
  const auto day = number(text.substr(5, 2), 31);
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  const auto year = number(text.substr(12, 4), 2261);
  const auto hour = number(text.substr(17, 2), 23);
  const auto minute = number(text.substr(20, 2), 59);
  const auto second = number(text.substr(23, 2), 60);
  if (!day || month == kMonths.end() || !year || *year < 1970 || !hour || !minute || !second) {
    return {};
  }
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(*year)),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(*day)};
  if (!date.ok()) return {};
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

}  // namespace gatehouse::core
