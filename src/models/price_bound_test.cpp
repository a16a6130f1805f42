#include "gatehouse/models/price_bound.hpp"

#include <gtest/gtest.h>

#include "gatehouse/core/random.hpp"

namespace gatehouse::models {
namespace {

PriceSet priced(std::initializer_list<std::pair<const char*, const char*>> fields) {
  PriceSet prices;
  for (const auto& [name, usd] : fields) EXPECT_TRUE(set_price(prices, name, usd).value()) << name;
  return prices;
}

TEST(PriceBound, TakesTheDearestTier) {
  const PriceSet prices = priced({{"input_cost_per_token", "0.000001"},
                                  {"output_cost_per_token", "0.000002"},
                                  {"input_cost_per_token_above_200k_tokens", "0.000003"},
                                  {"output_cost_per_token_above_200k_tokens", "0.000005"}});
  const PriceBound bound(prices, {});
  EXPECT_EQ(bound.of_prompt(10).value().nano_usd(), 10 * 3000 + 1);
  EXPECT_EQ(bound.of_output(10).value().nano_usd(), 10 * 5000);
}

TEST(PriceBound, CountsKindsThatTheRequestMayCause) {
  const PriceSet prices = priced({{"input_cost_per_token", "0.000001"},
                                  {"cache_creation_input_token_cost", "0.00000125"},
                                  {"cache_creation_input_token_cost_above_1hr", "0.000002"},
                                  {"input_cost_per_audio_token", "0.00004"}});
  EXPECT_EQ(PriceBound(prices, {}).of_prompt(1000).value().nano_usd(), 1'000'001);
  EXPECT_EQ(PriceBound(prices, {.cache_writes = true}).of_prompt(1000).value().nano_usd(),
            2'000'001);
  EXPECT_EQ(PriceBound(prices, {.audio = true}).of_prompt(1000).value().nano_usd(), 40'000'001);
}

TEST(PriceBound, FreeModelsCostNothing) {
  const PriceBound bound(priced({{"input_cost_per_token", "0"}}), {});
  EXPECT_EQ(bound.of_prompt(1'000'000).value().nano_usd(), 0);
  EXPECT_EQ(bound.output_within(core::Money(), 77), 77u);
}

TEST(PriceBound, AffordableOutputFitsAndOneMoreDoesNot) {
  const PriceBound bound(priced({{"output_cost_per_token", "0.0000000007"}}), {});
  core::SeededRandom random(7);
  for (int i = 0; i < 1000; ++i) {
    const auto amount = core::Money::nano_usd(static_cast<std::int64_t>(random.below(100'000)));
    const std::uint64_t tokens = bound.output_within(amount, 1'000'000);
    EXPECT_LE(bound.of_output(tokens).value(), amount);
    // Half-even rounding may still give one more token for the same amount, never two.
    EXPECT_GT(bound.of_output(tokens + 2).value(), amount);
  }
  EXPECT_EQ(bound.output_within(core::Money::nano_usd(-5), 10), 0u);
}

TEST(PriceBound, IsNeverBelowTheCost) {
  const PriceSet prices = priced({{"input_cost_per_token", "0.00000033"},
                                  {"output_cost_per_token", "0.0000007"},
                                  {"output_cost_per_reasoning_token", "0.0000011"},
                                  {"cache_read_input_token_cost", "0.0000001"},
                                  {"input_cost_per_token_above_128k_tokens", "0.0000005"},
                                  {"input_cost_per_request", "0.0001"}});
  const PriceBound bound(prices, {});
  core::SeededRandom random(3);
  for (int i = 0; i < 2000; ++i) {
    core::TokenUsage usage;
    usage.prompt = random.below(300'000);
    usage.cache_read = random.below(usage.prompt + 1);
    usage.completion = random.below(20'000);
    usage.reasoning = random.below(usage.completion + 1);
    const auto whole =
        bound.of_prompt(usage.prompt).value().plus(bound.of_output(usage.completion).value());
    EXPECT_GE(whole.value(), cost_of(prices, usage).value());
  }
}

TEST(PriceBound, JoinsTheDearerOfTwoDeployments) {
  PriceBound bound(priced({{"input_cost_per_token", "0.000001"}}), {});
  bound.join(PriceBound(priced({{"output_cost_per_token", "0.000002"}}), {}));
  EXPECT_EQ(bound.of_prompt(1).value().nano_usd(), 1001);
  EXPECT_EQ(bound.of_output(1).value().nano_usd(), 2000);
}

}  // namespace
}  // namespace gatehouse::models
