#include <algorithm>
#include <array>
#include <chrono>

#include "failure.hpp"
#include "gatehouse/core/text.hpp"

namespace gatehouse::providers {
namespace {

constexpr core::Seconds kLongest{60};

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool all_digits(std::string_view text) noexcept {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// A decimal number, rounded up; too large ones become `most`.
std::optional<std::uint64_t> round_up(std::string_view text, std::uint64_t most) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  if (!all_digits(whole)) return std::nullopt;
  std::uint64_t value = std::min(core::parse_u64(whole).value_or(most), most);
  if (point == std::string_view::npos) return value;
  const std::string_view fraction = text.substr(point + 1);
  if (!all_digits(fraction)) return std::nullopt;
  if (fraction.find_first_not_of('0') != std::string_view::npos) ++value;
  return std::min(value, most);
}

std::optional<unsigned> number(std::string_view text) {
  const auto value = core::parse_u64(text);
  if (!value || *value > 9999) return std::nullopt;
  return static_cast<unsigned>(*value);
}

/// IMF-fixdate (RFC 9110 section 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) {
  if (text.size() != 29 || !text.ends_with(" GMT") || text[3] != ',' || text[19] != ':' ||
      text[22] != ':') {
    return std::nullopt;
  }
  const auto day = number(text.substr(5, 2));
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  const auto year = number(text.substr(12, 4));
  const auto hour = number(text.substr(17, 2));
  const auto minute = number(text.substr(20, 2));
  const auto second = number(text.substr(23, 2));
  if (!day || month == kMonths.end() || !year || !hour || !minute || !second || *hour > 23 ||
      *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(*year)),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

}  // namespace

std::optional<core::Seconds> read_retry_after(const net::HeaderList& headers, core::WallTime now) {
  if (const auto field = headers.find("retry-after-ms")) {
    const auto millis = round_up(core::trim(*field), 60'000);
    if (millis) return std::min(kLongest, core::Seconds((*millis + 999) / 1000));
  }
  const auto field = headers.find("retry-after");
  if (!field) return std::nullopt;
  const std::string_view value = core::trim(*field);
  if (const auto seconds = round_up(value, 60)) return core::Seconds(*seconds);
  const auto date = parse_http_date(value);
  if (!date) return std::nullopt;
  return std::clamp(std::chrono::ceil<core::Seconds>(core::WallTime(*date) - now), core::Seconds(0),
                    kLongest);
}

}  // namespace gatehouse::providers
