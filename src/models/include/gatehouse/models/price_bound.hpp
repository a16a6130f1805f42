#pragma once
/// What a call may cost at most, before it is made: the basis of reservations.

#include <cstdint>

#include "gatehouse/core/error.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/models/price.hpp"

namespace gatehouse::models {

/// Kinds of tokens that a request may cause beside plain text.
struct TokenKinds {
  bool cache_writes = false;  ///< the request marks parts for the provider's cache
  bool audio = false;         ///< audio goes in or comes out
};

/// The dearest prices that may hold for a call, whatever its length and tier.
class PriceBound {
 public:
  PriceBound() = default;
  /// Missing prices count as zero: such a call is refused elsewhere or allowed to be unpriced.
  PriceBound(const PriceSet& prices, TokenKinds kinds) noexcept;

  /// The price of one call with `prompt` tokens, without its output.
  core::Result<core::Money> of_prompt(std::uint64_t prompt) const;
  core::Result<core::Money> of_output(std::uint64_t tokens) const;
  /// The largest number of output tokens that costs at most `amount`; `most` when output is free.
  std::uint64_t output_within(core::Money amount, std::uint64_t most) const noexcept;

  /// Takes the dearer price of both, for a call that may go to either.
  void join(const PriceBound& other) noexcept;

 private:
  core::Price prompt_;
  core::Price output_;
  core::Price per_request_;
};

}  // namespace gatehouse::models
