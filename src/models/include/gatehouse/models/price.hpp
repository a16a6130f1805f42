#pragma once
/// Prices of one model and the cost of one call. Exact; no floating point (product.md, "Money").

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "gatehouse/core/error.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/core/usage.hpp"

namespace gatehouse::models {

/// Prices per token. What is absent costs what its base costs: cached and audio input as `input`,
/// a one-hour cache write as `cache_write`, reasoning and audio output as `output`.
struct TokenPrices {
  std::optional<core::Price> input;
  std::optional<core::Price> output;
  std::optional<core::Price> cache_read;
  std::optional<core::Price> cache_write;
  std::optional<core::Price> cache_write_1h;
  std::optional<core::Price> audio_input;
  std::optional<core::Price> audio_output;
  std::optional<core::Price> reasoning_output;

  bool operator==(const TokenPrices&) const = default;
};

/// Prices that hold for all tokens of a call whose prompt is longer than `above` tokens. What is
/// absent is as in the base prices.
struct PriceTier {
  std::uint64_t above = 0;
  TokenPrices prices;

  bool operator==(const PriceTier&) const = default;
};

/// The prices of one model.
struct PriceSet {
  TokenPrices base;
  std::vector<PriceTier> tiers;            ///< ascending by `above`
  std::optional<core::Price> per_request;  ///< added once per call

  /// True when every price that is present is zero.
  bool is_free() const noexcept;
  bool operator==(const PriceSet&) const = default;
};

/// Sets one price by its name in LiteLLM's price map ("input_cost_per_token_above_200k_tokens",
/// "cache_read_input_token_cost", …) from its decimal text. Returns false for a name that is no
/// price per token or request; a malformed or negative number, or more than a dollar per token, is
/// Errc::invalid_argument with a message that continues the name ("is negative").
core::Result<bool> set_price(PriceSet& prices, std::string_view name, std::string_view usd);

/// The cost of one call: exact sum, rounded half-even once to nano-USD. Errc::invalid_argument
/// when the usage contradicts itself (more cached tokens than prompt tokens, …), when tokens of a
/// kind without any price were used, or when the sum does not fit.
core::Result<core::Money> cost_of(const PriceSet& prices, const core::TokenUsage& usage);

}  // namespace gatehouse::models
