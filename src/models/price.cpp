#include "gatehouse/models/price.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "gatehouse/core/text.hpp"

namespace gatehouse::models {

namespace {

using PriceField = std::optional<core::Price> TokenPrices::*;

struct NamedField {
  std::string_view name;
  PriceField field;
};

/// Names of LiteLLM's price map (litellm-contract.md 4).
constexpr std::array kFields{
    NamedField{"input_cost_per_token", &TokenPrices::input},
    NamedField{"output_cost_per_token", &TokenPrices::output},
    NamedField{"cache_read_input_token_cost", &TokenPrices::cache_read},
    NamedField{"cache_creation_input_token_cost", &TokenPrices::cache_write},
    NamedField{"cache_creation_input_token_cost_above_1hr", &TokenPrices::cache_write_1h},
    NamedField{"input_cost_per_audio_token", &TokenPrices::audio_input},
    NamedField{"output_cost_per_audio_token", &TokenPrices::audio_output},
    NamedField{"output_cost_per_reasoning_token", &TokenPrices::reasoning_output},
};
constexpr std::string_view kCacheHit = "input_cost_per_token_cache_hit";
constexpr std::string_view kPerRequest = "input_cost_per_request";

/// True above one dollar: no token costs that much, so the number is in another unit (most often
/// dollars per million).
bool implausible(const core::Price& price) noexcept {
  constexpr __int128 kPicoUsd = 1'000'000'000'000;
  return price.numerator() > kPicoUsd * price.denominator();
}

std::optional<PriceField> field_named(std::string_view name) noexcept {
  for (const NamedField& known : kFields) {
    if (known.name == name) return known.field;
  }
  return {};
}

/// Cuts "_above_<N>k_tokens" off `name`; gives N thousand, or nothing without such an ending.
std::optional<std::uint64_t> take_threshold(std::string_view& name) noexcept {
  constexpr std::string_view kAbove = "_above_";
  constexpr std::string_view kTokens = "k_tokens";
  const auto at = name.rfind(kAbove);
  if (at == std::string_view::npos || !name.ends_with(kTokens)) return {};
  std::string_view digits = name.substr(at + kAbove.size());
  digits.remove_suffix(std::min(kTokens.size(), digits.size()));
  const auto thousands = core::parse_u64(digits);
  if (!thousands || *thousands == 0 || *thousands > 1'000'000) return {};
  name = name.substr(0, at);
  return *thousands * 1000;
}

TokenPrices& tier_above(PriceSet& prices, std::uint64_t above) {
  const auto at = std::ranges::lower_bound(prices.tiers, above, {}, &PriceTier::above);
  if (at != prices.tiers.end() && at->above == above) return at->prices;
  return prices.tiers.insert(at, PriceTier{above, {}})->prices;
}

bool all_zero(const TokenPrices& prices) noexcept {
  return std::ranges::all_of(kFields, [&](const NamedField& known) {
    const auto& price = prices.*known.field;
    return !price || price->is_zero();
  });
}

/// The prices that hold for a prompt of one length.
class Tariff {
 public:
  Tariff(const PriceSet& prices, std::uint64_t prompt) : base_(prices.base) {
    for (const PriceTier& tier : prices.tiers) {
      if (prompt > tier.above) tier_ = &tier.prices;
    }
  }

  /// The price of `field` or, in order, of what it falls back to.
  std::optional<core::Price> of(std::initializer_list<PriceField> fields) const noexcept {
    for (const PriceField field : fields) {
      if (tier_ != nullptr && tier_->*field) return tier_->*field;
      if (base_.*field) return base_.*field;
    }
    return {};
  }

 private:
  const TokenPrices& base_;
  const TokenPrices* tier_ = nullptr;
};

/// Tokens of one kind and the prices that may hold for them.
struct Part {
  std::uint64_t tokens;
  std::initializer_list<PriceField> fields;
  std::string_view kind;
};

core::Result<void> add(core::CostSum& sum, const Tariff& tariff, const Part& part) {
  if (part.tokens == 0) return {};
  const auto price = tariff.of(part.fields);
  if (!price) {
    return core::fail(core::Errc::invalid_argument,
                      "no price for " + std::string(part.kind) + " tokens is known");
  }
  return sum.add(part.tokens, *price);
}

core::Result<void> add_all(core::CostSum& sum, const Tariff& tariff,
                           std::initializer_list<Part> parts) {
  for (const Part& part : parts) {
    auto added = add(sum, tariff, part);
    if (!added) return added;
  }
  return {};
}

/// False when the parts are more than the whole.
bool fits(std::uint64_t whole, std::initializer_list<std::uint64_t> parts) noexcept {
  for (const std::uint64_t part : parts) {
    if (part > whole) return false;
    whole -= part;
  }
  return true;
}

core::Result<void> add_prompt(core::CostSum& sum, const Tariff& tariff,
                              const core::TokenUsage& usage) {
  using P = TokenPrices;
  const std::uint64_t cached = usage.cache_read + usage.cache_write + usage.cache_write_1h;
  // Audio that was read from the cache is reported under both heads; it is billed as cached.
  const std::uint64_t audio = std::min(usage.audio_prompt, usage.prompt - cached);
  return add_all(
      sum, tariff,
      {{usage.prompt - cached - audio, {&P::input}, "prompt"},
       {audio, {&P::audio_input, &P::input}, "audio prompt"},
       {usage.cache_read, {&P::cache_read, &P::input}, "cached prompt"},
       {usage.cache_write, {&P::cache_write, &P::input}, "cache write"},
       {usage.cache_write_1h, {&P::cache_write_1h, &P::cache_write, &P::input}, "cache write"}});
}

core::Result<void> add_completion(core::CostSum& sum, const Tariff& tariff,
                                  const core::TokenUsage& usage) {
  using P = TokenPrices;
  const std::uint64_t text = usage.completion - usage.reasoning - usage.audio_completion;
  return add_all(sum, tariff,
                 {{text, {&P::output}, "completion"},
                  {usage.reasoning, {&P::reasoning_output, &P::output}, "reasoning"},
                  {usage.audio_completion, {&P::audio_output, &P::output}, "audio completion"}});
}

}  // namespace

bool PriceSet::is_free() const noexcept {
  if (per_request && !per_request->is_zero()) return false;
  return all_zero(base) &&
         std::ranges::all_of(tiers, [](const PriceTier& tier) { return all_zero(tier.prices); });
}

core::Result<bool> set_price(PriceSet& prices, std::string_view name, std::string_view usd) {
  const std::optional<std::uint64_t> above = take_threshold(name);
  const bool cache_hit = name == kCacheHit;
  const bool per_request = name == kPerRequest && !above;
  const auto field =
      cache_hit ? std::optional<PriceField>(&TokenPrices::cache_read) : field_named(name);
  if (!field && !per_request) return false;
  if (usd.starts_with('-')) return core::fail(core::Errc::invalid_argument, "is negative");
  auto price = core::Price::from_usd_per_unit(usd);
  if (!price) {
    return core::fail(core::Errc::invalid_argument, "is no exact decimal number",
                      price.error().public_message);
  }
  if (per_request) {
    prices.per_request = *price;
    return true;
  }
  if (implausible(*price)) {
    return core::fail(core::Errc::invalid_argument, "is above one dollar per token");
  }
  // Two statements: GCC 12 applies .* of a conditional to a copy.
  TokenPrices& part = above ? tier_above(prices, *above) : prices.base;
  auto& slot = part.*(*field);
  // The older name of the same price gives way to the newer one.
  if (!cache_hit || !slot) slot = *price;
  return true;
}

core::Result<core::Money> cost_of(const PriceSet& prices, const core::TokenUsage& usage) {
  const bool consistent =
      fits(usage.prompt, {usage.cache_read, usage.cache_write, usage.cache_write_1h}) &&
      usage.audio_prompt <= usage.prompt &&
      fits(usage.completion, {usage.reasoning, usage.audio_completion});
  if (!consistent) {
    return core::fail(core::Errc::invalid_argument, "the reported token usage contradicts itself");
  }
  const Tariff tariff(prices, usage.prompt);
  core::CostSum sum;
  auto added = add_prompt(sum, tariff, usage);
  if (added) added = add_completion(sum, tariff, usage);
  if (added && prices.per_request) added = sum.add(1, *prices.per_request);
  if (!added) return core::pass(added);
  return sum.total();
}

}  // namespace gatehouse::models
