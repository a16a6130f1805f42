#include <algorithm>
#include <chrono>

#include "failure.hpp"
#include "gatehouse/core/text.hpp"

namespace gatehouse::providers {
namespace {

constexpr core::Seconds kLongest{60};

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
  const auto date = core::parse_http_date(value);
  if (!date) return std::nullopt;
  return std::clamp(std::chrono::ceil<core::Seconds>(*date - now), core::Seconds(0), kLongest);
}

}  // namespace gatehouse::providers
