#include "admin/json_scalars.hpp"

#include <array>
#include <charconv>
#include <optional>

#include "admin/iso_time.hpp"
#include "gatehouse/core/text.hpp"

namespace gatehouse::api::admin {
namespace {

constexpr WrongValue kNotText{"string_type", "Input should be a valid string"};
constexpr WrongValue kNotBool{"bool_type", "Input should be a valid boolean"};
constexpr WrongValue kNotBoolText{"bool_parsing",
                                  "Input should be a valid boolean, unable to interpret input"};
constexpr WrongValue kNotInteger{"int_type", "Input should be a valid integer"};
constexpr WrongValue kNotIntegerText{
    "int_parsing", "Input should be a valid integer, unable to parse string as an integer"};
constexpr WrongValue kFraction{
    "int_from_float", "Input should be a valid integer, got a number with a fractional part"};
constexpr WrongValue kNegative{"greater_than_equal", "Input should be greater than or equal to 0"};
constexpr WrongValue kNotNumber{"float_type", "Input should be a valid number"};
constexpr WrongValue kNotNumberText{
    "float_parsing", "Input should be a valid number, unable to parse string as a number"};
constexpr WrongValue kOutOfRange{"finite_number", "Input should be a finite number in range"};
constexpr WrongValue kNotTime{"datetime_parsing", "Input should be a valid datetime"};

/// The text of a number, also where it is written as a string; nothing for other kinds.
std::optional<std::string> number_text(const json::Member& value) {
  if (value.kind == json::Kind::number) return std::string(value.value);
  if (value.kind != json::Kind::string) return std::nullopt;
  const auto text = json::as_string(value);
  return text ? std::optional(std::string(core::trim(*text))) : std::nullopt;
}

/// "12", "-3", "12.0": a whole number however it is written, without an exponent.
Converted<std::int64_t> parse_integer(std::string_view text, bool from_string) {
  const WrongValue wrong = from_string ? kNotIntegerText : kFraction;
  if (const auto dot = text.find('.'); dot != std::string_view::npos) {
    if (text.find_first_not_of('0', dot + 1) != std::string_view::npos) {
      return std::unexpected(wrong);
    }
    text = text.substr(0, dot);
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) return std::unexpected(kOutOfRange);
  if (error != std::errc() || end != text.data() + text.size()) return std::unexpected(wrong);
  return number;
}

}  // namespace

Converted<std::string> to_text(const json::Member& value) {
  auto text = json::as_string(value);
  if (!text) return std::unexpected(kNotText);
  return std::move(*text);
}

Converted<bool> to_bool(const json::Member& value) {
  if (const auto plain = json::as_bool(value)) return *plain;
  if (const auto number = json::as_int(value)) {
    if (*number == 0 || *number == 1) return *number == 1;
    return std::unexpected(kNotBoolText);
  }
  const auto text = json::as_string(value);
  if (!text) return std::unexpected(kNotBool);
  constexpr std::array<std::string_view, 6> kTrue{"true", "1", "yes", "on", "t", "y"};
  constexpr std::array<std::string_view, 6> kFalse{"false", "0", "no", "off", "f", "n"};
  for (std::size_t i = 0; i < kTrue.size(); ++i) {
    if (core::iequals(*text, kTrue[i])) return true;
    if (core::iequals(*text, kFalse[i])) return false;
  }
  return std::unexpected(kNotBoolText);
}

Converted<std::int64_t> to_integer(const json::Member& value) {
  const auto text = number_text(value);
  if (!text) return std::unexpected(kNotInteger);
  return parse_integer(*text, value.kind == json::Kind::string);
}

Converted<std::uint64_t> to_count(const json::Member& value) {
  const auto number = to_integer(value);
  if (!number) return std::unexpected(number.error());
  if (*number < 0) return std::unexpected(kNegative);
  return static_cast<std::uint64_t>(*number);
}

Converted<core::Money> to_money(const json::Member& value) {
  const auto text = number_text(value);
  if (!text) return std::unexpected(kNotNumber);
  auto money = core::Money::from_usd(*text);
  if (money) return *money;
  return std::unexpected(value.kind == json::Kind::string ? kNotNumberText : kOutOfRange);
}

Converted<core::WallTime> to_time(const json::Member& value) {
  const auto text = json::as_string(value);
  const auto time = text ? parse_iso_time(*text) : std::nullopt;
  if (!time) return std::unexpected(kNotTime);
  return *time;
}

}  // namespace gatehouse::api::admin
