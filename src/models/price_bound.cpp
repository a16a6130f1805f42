#include "gatehouse/models/price_bound.hpp"

#include <algorithm>
#include <optional>

namespace gatehouse::models {
namespace {

bool dearer(const core::Price& a, const core::Price& b) noexcept {
  return static_cast<__int128>(a.numerator()) * b.denominator() >
         static_cast<__int128>(b.numerator()) * a.denominator();
}

void raise(core::Price& price, const core::Price& other) noexcept {
  if (dearer(other, price)) price = other;
}

void raise(core::Price& price, const std::optional<core::Price>& other) noexcept {
  if (other) raise(price, *other);
}

}  // namespace

PriceBound::PriceBound(const PriceSet& prices, TokenKinds kinds) noexcept {
  const auto take = [&](const TokenPrices& part) {
    raise(prompt_, part.input);
    raise(output_, part.output);
    raise(output_, part.reasoning_output);
    if (kinds.cache_writes) {
      raise(prompt_, part.cache_write);
      raise(prompt_, part.cache_write_1h);
    }
    if (kinds.audio) {
      raise(prompt_, part.audio_input);
      raise(output_, part.audio_output);
    }
  };
  take(prices.base);
  for (const PriceTier& tier : prices.tiers) take(tier.prices);
  if (prices.per_request) per_request_ = *prices.per_request;
}

core::Result<core::Money> PriceBound::of_prompt(std::uint64_t prompt) const {
  core::CostSum sum;
  auto added = sum.add(prompt, prompt_);
  if (added) added = sum.add(1, per_request_);
  if (!added) return core::pass(added);
  auto total = sum.total();
  // Rounding of the parts must not leave the whole above the sum of the bounds.
  if (total) total = total->plus(core::Money::nano_usd(1));
  if (total && total->nano_usd() == 1 && prompt_.is_zero() && per_request_.is_zero()) {
    return core::Money();
  }
  return total;
}

core::Result<core::Money> PriceBound::of_output(std::uint64_t tokens) const {
  core::CostSum sum;
  if (auto added = sum.add(tokens, output_); !added) return core::pass(added);
  return sum.total();
}

std::uint64_t PriceBound::output_within(core::Money amount, std::uint64_t most) const noexcept {
  if (output_.is_zero()) return most;
  if (amount.nano_usd() <= 0) return 0;
  constexpr __int128 kPicoPerNano = 1000;
  const __int128 tokens = static_cast<__int128>(amount.nano_usd()) * kPicoPerNano *
                          output_.denominator() / output_.numerator();
  return static_cast<std::uint64_t>(std::min<__int128>(tokens, most));
}

void PriceBound::join(const PriceBound& other) noexcept {
  raise(prompt_, other.prompt_);
  raise(output_, other.output_);
  raise(per_request_, other.per_request_);
}

}  // namespace gatehouse::models
