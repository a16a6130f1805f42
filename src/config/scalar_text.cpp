#include "scalar_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "gatehouse/core/text.hpp"

namespace gatehouse::config {

namespace {
struct Unit {
  std::string_view name;
  std::int64_t size;
};
constexpr std::array<Unit, 7> kByteUnits{{{"GiB", std::int64_t{1} << 30},
                                          {"MiB", std::int64_t{1} << 20},
                                          {"KiB", std::int64_t{1} << 10},
                                          {"GB", 1'000'000'000},
                                          {"MB", 1'000'000},
                                          {"KB", 1'000},
                                          {"B", 1}}};
constexpr std::int64_t kSecond = 1'000'000'000;
// "ms", "us" and "ns" stand before "m" and "s": the first suffix that fits is taken.
constexpr std::array<Unit, 8> kTimeUnits{{{"ms", 1'000'000},
                                          {"us", 1'000},
                                          {"ns", 1},
                                          {"s", kSecond},
                                          {"m", 60 * kSecond},
                                          {"h", 3600 * kSecond},
                                          {"d", 86400 * kSecond},
                                          {"w", 604800 * kSecond}}};

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

std::size_t count_digits(std::string_view text) noexcept {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  return n;
}

/// Cuts the unit off `text`.
template <std::size_t N>
std::int64_t take_unit(std::string_view& text, const std::array<Unit, N>& units,
                       std::int64_t without) noexcept {
  for (const Unit& unit : units) {
    if (!text.ends_with(unit.name)) continue;
    text.remove_suffix(unit.name.size());
    text = core::trim(text);
    return unit.size;
  }
  return without;
}
}  // namespace

std::optional<bool> parse_core_bool(std::string_view text) noexcept {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return {};
}

std::optional<bool> parse_bool(std::string_view text) noexcept {
  for (const std::string_view name : {"true", "yes", "on"}) {
    if (core::iequals(text, name)) return true;
  }
  for (const std::string_view name : {"false", "no", "off"}) {
    if (core::iequals(text, name)) return false;
  }
  return {};
}

bool is_json_number(std::string_view text) noexcept {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t whole = count_digits(text);
  if (whole == 0 || (whole > 1 && text[0] == '0')) return false;
  text.remove_prefix(whole);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::size_t fraction = count_digits(text);
    if (fraction == 0) return false;
    text.remove_prefix(fraction);
  }
  if (!text.empty() && (text[0] == 'e' || text[0] == 'E')) {
    text.remove_prefix(1);
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
    return !text.empty() && count_digits(text) == text.size();
  }
  return text.empty();
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool between = i > 0 && i + 1 < text.size() && is_digit(text[i - 1]);
    if (text[i] == '_' && between && is_digit(text[i + 1])) continue;
    if (text[i] == '+' && i == 0) continue;
    digits += text[i];
  }
  if (text.starts_with('+') && (digits.empty() || !is_digit(digits[0]))) return {};
  std::int64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (digits.empty() || error != std::errc{} || stop != end) return {};
  return value;
}

std::optional<double> parse_number(std::string_view text) noexcept {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stop != end || !std::isfinite(value)) return {};
  return value;
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  const std::int64_t unit = take_unit(text, kByteUnits, 1);
  const auto count = parse_integer(text);
  std::int64_t bytes = 0;
  if (!count || *count < 0 || __builtin_mul_overflow(*count, unit, &bytes)) return {};
  return bytes;
}

std::optional<core::Nanos> parse_duration(std::string_view text) noexcept {
  const std::int64_t unit = take_unit(text, kTimeUnits, kSecond);
  const std::size_t whole_digits = count_digits(text);
  const auto whole = core::parse_u64(text.substr(0, whole_digits));
  if (!whole) return {};
  __int128 nanos = static_cast<__int128>(*whole) * unit;
  text.remove_prefix(whole_digits);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    while (text.size() > 1 && text.ends_with('0')) text.remove_suffix(1);
    const auto fraction = core::parse_u64(text);
    if (!fraction || text.size() > 9) return {};
    std::int64_t scale = 1;
    for (std::size_t i = 0; i < text.size(); ++i) scale *= 10;
    const __int128 part = static_cast<__int128>(*fraction) * unit;
    if (part % scale != 0) return {};  // finer than a nanosecond
    nanos += part / scale;
    text = {};
  }
  if (!text.empty() || nanos > std::numeric_limits<std::int64_t>::max()) return {};
  return core::Nanos(static_cast<std::int64_t>(nanos));
}

std::string print_bytes(std::int64_t bytes) {
  std::string out;
  for (const Unit& unit : kByteUnits) {
    const bool binary = unit.name.size() == 3;
    if (!binary || bytes == 0 || bytes % unit.size != 0) continue;
    core::append_number(out, bytes / unit.size);
    return out.append(unit.name);
  }
  core::append_number(out, bytes);
  return out;
}

std::string print_duration(core::Nanos duration) {
  std::string out;
  for (const std::string_view name : {"d", "h", "m", "s", "ms", "us", "ns"}) {
    for (const Unit& unit : kTimeUnits) {
      if (unit.name != name || duration.count() % unit.size != 0 || duration.count() == 0) continue;
      core::append_number(out, duration.count() / unit.size);
      return out.append(name);
    }
  }
  return "0s";
}

std::string print_number(double value) {
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  return std::string(digits.data(), end);
}

}  // namespace gatehouse::config
