#pragma once
/// Money is an integer count of nano-USD. No floating point on the way (product.md, "Money").

#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "gatehouse/core/error.hpp"

namespace gatehouse::core {

/// A signed amount in nano-USD (1e-9 USD). Arithmetic that would overflow is refused by the
/// checked functions and saturates in none.
class Money {
 public:
  constexpr Money() = default;
  static constexpr Money nano_usd(std::int64_t count) noexcept { return Money(count); }
  static constexpr Money max() noexcept { return Money(std::numeric_limits<std::int64_t>::max()); }

  constexpr std::int64_t nano_usd() const noexcept { return nano_; }
  constexpr auto operator<=>(const Money&) const = default;

  Result<Money> plus(Money other) const;
  Result<Money> minus(Money other) const;

  /// A decimal number of USD without trailing zeros or exponent: "0.0000125", "3".
  std::string to_usd() const;
  /// Parses a decimal number of USD, exponent allowed ("1e-3"); rounds half-even to nano-USD.
  static Result<Money> from_usd(std::string_view text);

 private:
  constexpr explicit Money(std::int64_t nano) : nano_(nano) {}
  std::int64_t nano_ = 0;
};

/// An exact non-negative price per unit: `numerator / denominator` pico-USD (1e-12 USD).
class Price {
 public:
  constexpr Price() = default;

  /// From the decimal text of USD per unit as in the price map ("2.4414e-07"). Exact; refuses
  /// negative numbers, NaN and what does not fit.
  static Result<Price> from_usd_per_unit(std::string_view text);

  constexpr bool is_zero() const noexcept { return numerator_ == 0; }
  constexpr std::int64_t numerator() const noexcept { return numerator_; }
  constexpr std::int64_t denominator() const noexcept { return denominator_; }
  bool operator==(const Price&) const = default;

 private:
  friend class CostSum;
  std::int64_t numerator_ = 0;
  std::int64_t denominator_ = 1;
};

/// Adds `units × price` exactly in 128 bits and rounds half-even once at the end.
class CostSum {
 public:
  /// Fails with Errc::invalid_argument when the exact sum would not fit.
  Result<void> add(std::uint64_t units, Price price);
  Result<Money> total() const;

 private:
  unsigned __int128 numerator_ = 0;  // in pico-USD / denominator_
  std::int64_t denominator_ = 1;     // a power of ten
};

}  // namespace gatehouse::core
