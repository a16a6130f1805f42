#include "gatehouse/core/money.hpp"

#include <array>
#include <cstddef>

namespace gatehouse::core {

namespace {

using Wide = unsigned __int128;

constexpr std::size_t kMostTextBytes = 128;
constexpr int kMostDigits = 38;  // 10^38 is the largest power of ten in 128 bits
constexpr std::int64_t kExponentCap = 1'000'000;

constexpr auto kPowers = [] {
  std::array<Wide, kMostDigits + 1> powers{};
  Wide power = 1;
  for (Wide& entry : powers) {
    entry = power;
    power *= 10;
  }
  return powers;
}();

/// ±coefficient × 10^exponent, and a little more when digits beyond the 38th were not zero.
struct Decimal {
  Wide coefficient = 0;
  std::int64_t exponent = 0;
  bool negative = false;
  bool inexact = false;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes a run of digits from the front of `text`; false when there is none.
bool take_digits(std::string_view& text, bool fraction, Decimal& into) {
  const std::size_t before = text.size();
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
    const auto digit = static_cast<unsigned>(text.front() - '0');
    if (into.coefficient < kPowers[kMostDigits - 1]) {
      into.coefficient = into.coefficient * 10 + digit;
      into.exponent -= fraction ? 1 : 0;
    } else {
      into.inexact = into.inexact || digit != 0;
      into.exponent += fraction ? 0 : 1;
    }
  }
  return text.size() != before;
}

bool take_exponent(std::string_view text, Decimal& into) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return false;
  std::int64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    if (value < kExponentCap) value = value * 10 + (c - '0');
  }
  into.exponent += negative ? -value : value;
  return true;
}

Result<Decimal> parse_decimal(std::string_view text) {
  const auto malformed = [] { return fail(Errc::invalid_argument, "not a decimal number"); };
  if (text.size() > kMostTextBytes) return malformed();
  Decimal decimal;
  decimal.negative = text.starts_with('-');
  if (decimal.negative || text.starts_with('+')) text.remove_prefix(1);
  bool any = take_digits(text, false, decimal);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    any = take_digits(text, true, decimal) || any;
  }
  if (!any) return malformed();
  if (!text.empty()) {
    if (text.front() != 'e' && text.front() != 'E') return malformed();
    if (!take_exponent(text.substr(1), decimal)) return malformed();
  }
  return decimal;
}

/// False when the product does not fit.
bool scale_up(Wide& value, std::int64_t power) {
  if (value == 0) return true;
  return power <= kMostDigits &&
         !__builtin_mul_overflow(value, kPowers[static_cast<std::size_t>(power)], &value);
}

/// value / divisor to the nearest integer, a tie to the even one. `above` says that the exact
/// value is a little larger.
Wide divide_half_even(Wide value, Wide divisor, bool above) {
  const Wide quotient = value / divisor;
  const Wide rest = value % divisor;
  const Wide missing = divisor - rest;
  const bool tie = rest == missing && !above;
  const bool up = tie ? (quotient & 1) != 0 : rest > missing || (rest == missing && above);
  return quotient + (up ? 1 : 0);
}

Result<Money> to_money(Wide magnitude, bool negative) {
  constexpr Wide kMost = std::numeric_limits<std::int64_t>::max();
  if (magnitude > kMost + (negative ? 1 : 0)) {
    return fail(Errc::invalid_argument, "amount out of range");
  }
  const auto bits = static_cast<std::uint64_t>(magnitude);
  return Money::nano_usd(static_cast<std::int64_t>(negative ? 0 - bits : bits));
}

}  // namespace

Result<Money> Money::plus(Money other) const {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(nano_, other.nano_, &sum)) {
    return fail(Errc::invalid_argument, "amount out of range");
  }
  return Money(sum);
}

Result<Money> Money::minus(Money other) const {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(nano_, other.nano_, &difference)) {
    return fail(Errc::invalid_argument, "amount out of range");
  }
  return Money(difference);
}

std::string Money::to_usd() const {
  constexpr std::uint64_t kNanos = 1'000'000'000;
  const auto bits = static_cast<std::uint64_t>(nano_);
  const std::uint64_t magnitude = nano_ < 0 ? 0 - bits : bits;
  std::string text = nano_ < 0 ? "-" : "";
  text += std::to_string(magnitude / kNanos);
  if (const std::uint64_t fraction = magnitude % kNanos; fraction != 0) {
    const std::string digits = std::to_string(kNanos + fraction);  // a 1, then nine digits
    text += '.';
    text += digits.substr(1, digits.find_last_not_of('0'));
  }
  return text;
}

Result<Money> Money::from_usd(std::string_view text) {
  Result<Decimal> parsed = parse_decimal(text);
  if (!parsed) return pass(parsed);
  Wide nano = parsed->coefficient;
  const std::int64_t power = parsed->exponent + 9;
  if (power >= 0) {
    if (!scale_up(nano, power)) return fail(Errc::invalid_argument, "amount out of range");
  } else if (power < -kMostDigits) {
    nano = 0;  // below 10^38 / 10^39, less than half
  } else {
    nano = divide_half_even(nano, kPowers[static_cast<std::size_t>(-power)], parsed->inexact);
  }
  return to_money(nano, parsed->negative);
}

Result<Price> Price::from_usd_per_unit(std::string_view text) {
  Result<Decimal> parsed = parse_decimal(text);
  if (!parsed) return pass(parsed);
  Wide pico = parsed->coefficient;
  if (parsed->negative && pico != 0) return fail(Errc::invalid_argument, "negative price");
  if (pico == 0) return Price{};
  std::int64_t power = parsed->exponent + 12;
  for (; power < 0 && pico % 10 == 0; ++power) pico /= 10;

  constexpr Wide kMost = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kMostDenominatorDigits = 18;
  Price price;
  if (parsed->inexact || power < -kMostDenominatorDigits || (power > 0 && !scale_up(pico, power)) ||
      pico > kMost) {
    return fail(Errc::invalid_argument, "price cannot be held exactly");
  }
  price.numerator_ = static_cast<std::int64_t>(pico);
  if (power < 0) {
    price.denominator_ = static_cast<std::int64_t>(kPowers[static_cast<std::size_t>(-power)]);
  }
  return price;
}

Result<void> CostSum::add(std::uint64_t units, Price price) {
  if (units == 0 || price.is_zero()) return {};
  Wide sum = numerator_;
  Wide term = Wide{units} * static_cast<std::uint64_t>(price.numerator_);  // below 2^127
  std::int64_t denominator = denominator_;
  bool overflow = false;
  if (price.denominator_ > denominator) {
    overflow = __builtin_mul_overflow(sum, Wide(price.denominator_ / denominator), &sum);
    denominator = price.denominator_;
  } else {
    overflow = __builtin_mul_overflow(term, Wide(denominator / price.denominator_), &term);
  }
  if (overflow || __builtin_add_overflow(sum, term, &sum)) {
    return fail(Errc::invalid_argument, "cost out of range");
  }
  numerator_ = sum;
  denominator_ = denominator;
  return {};
}

Result<Money> CostSum::total() const {
  constexpr Wide kPicoPerNano = 1000;
  return to_money(divide_half_even(numerator_, Wide(denominator_) * kPicoPerNano, false), false);
}

}  // namespace gatehouse::core
