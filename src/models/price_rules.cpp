#include "price_rules.hpp"

#include <algorithm>

namespace gatehouse::models {

namespace {

void clear_input(TokenPrices& prices) {
  prices.input.reset();
  prices.cache_read.reset();
  prices.cache_write.reset();
  prices.cache_write_1h.reset();
  prices.audio_input.reset();
}

void clear_output(TokenPrices& prices) {
  prices.output.reset();
  prices.audio_output.reset();
  prices.reasoning_output.reset();
}

void lay_over(std::optional<core::Price>& price, const std::optional<core::Price>& own) {
  if (own) price = own;
}

void lay_over(TokenPrices& prices, const TokenPrices& own) {
  lay_over(prices.input, own.input);
  lay_over(prices.output, own.output);
  lay_over(prices.cache_read, own.cache_read);
  lay_over(prices.cache_write, own.cache_write);
  lay_over(prices.cache_write_1h, own.cache_write_1h);
  lay_over(prices.audio_input, own.audio_input);
  lay_over(prices.audio_output, own.audio_output);
  lay_over(prices.reasoning_output, own.reasoning_output);
}

}  // namespace

bool is_complete(const PriceSet& prices, ModelMode mode) noexcept {
  const bool bills_output =
      mode != ModelMode::embedding && mode != ModelMode::moderation && mode != ModelMode::rerank;
  return prices.base.input && (prices.base.output || !bills_output);
}

void override_prices(PriceSet& prices, const PriceSet& own) {
  if (own.base.input) {
    clear_input(prices.base);
    for (PriceTier& tier : prices.tiers) clear_input(tier.prices);
  }
  if (own.base.output) {
    clear_output(prices.base);
    for (PriceTier& tier : prices.tiers) clear_output(tier.prices);
  }
  lay_over(prices.base, own.base);
  lay_over(prices.per_request, own.per_request);
  for (const PriceTier& tier : own.tiers) {
    auto at = std::ranges::lower_bound(prices.tiers, tier.above, {}, &PriceTier::above);
    if (at == prices.tiers.end() || at->above != tier.above) {
      at = prices.tiers.insert(at, PriceTier{tier.above, {}});
    }
    lay_over(at->prices, tier.prices);
  }
  std::erase_if(prices.tiers, [](const PriceTier& tier) { return tier.prices == TokenPrices{}; });
}

}  // namespace gatehouse::models
