#include "gatehouse/models/price.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>
#include <utility>

#include "gatehouse/core/random.hpp"
#include "price_rules.hpp"

namespace gatehouse::models {
namespace {

PriceSet prices(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  PriceSet out;
  for (const auto& [name, usd] : fields) {
    const auto set = set_price(out, name, usd);
    EXPECT_TRUE(set && *set) << name;
  }
  return out;
}

std::int64_t nano(const PriceSet& set, const core::TokenUsage& usage) {
  const auto cost = cost_of(set, usage);
  EXPECT_TRUE(cost) << (cost ? "" : cost.error().public_message);
  return cost ? cost->nano_usd() : -1;
}

core::Price price(std::string_view usd) {
  return core::Price::from_usd_per_unit(usd).value();
}

TEST(SetPrice, KnowsTheNamesOfThePriceMap) {
  const PriceSet set = prices({{"input_cost_per_token", "1e-06"},
                               {"output_cost_per_token", "2e-06"},
                               {"cache_read_input_token_cost", "3e-07"},
                               {"cache_creation_input_token_cost", "4e-06"},
                               {"cache_creation_input_token_cost_above_1hr", "5e-06"},
                               {"input_cost_per_audio_token", "6e-06"},
                               {"output_cost_per_audio_token", "7e-06"},
                               {"output_cost_per_reasoning_token", "8e-06"},
                               {"input_cost_per_request", "0.005"}});
  EXPECT_EQ(set.base.input, price("0.000001"));
  EXPECT_EQ(set.base.output, price("0.000002"));
  EXPECT_EQ(set.base.cache_read, price("0.0000003"));
  EXPECT_EQ(set.base.cache_write, price("0.000004"));
  EXPECT_EQ(set.base.cache_write_1h, price("0.000005"));
  EXPECT_EQ(set.base.audio_input, price("0.000006"));
  EXPECT_EQ(set.base.audio_output, price("0.000007"));
  EXPECT_EQ(set.base.reasoning_output, price("0.000008"));
  EXPECT_EQ(set.per_request, price("0.005"));
  EXPECT_TRUE(set.tiers.empty());
}

TEST(SetPrice, KeepsTiersInOrderWhateverTheOrderOfTheFields) {
  const PriceSet set =
      prices({{"input_cost_per_token_above_272k_tokens", "3e-06"},
              {"cache_creation_input_token_cost_above_1hr_above_200k_tokens", "9e-06"},
              {"input_cost_per_token_above_128k_tokens", "1e-06"},
              {"output_cost_per_token_above_200k_tokens", "2e-06"}});
  ASSERT_EQ(set.tiers.size(), 3u);
  EXPECT_EQ(set.tiers[0].above, 128'000u);
  EXPECT_EQ(set.tiers[1].above, 200'000u);
  EXPECT_EQ(set.tiers[2].above, 272'000u);
  EXPECT_EQ(set.tiers[1].prices.output, price("2e-06"));
  EXPECT_EQ(set.tiers[1].prices.cache_write_1h, price("9e-06"));
}

TEST(SetPrice, LeavesOtherFieldsAlone) {
  PriceSet set;
  for (const std::string_view name :
       {"input_cost_per_token_batches", "input_cost_per_token_priority", "output_cost_per_image",
        "input_cost_per_token_above_272k_tokens_priority", "input_cost_per_second", "mode", "",
        "input_cost_per_token_above_k_tokens", "input_cost_per_token_above_0k_tokens",
        "input_cost_per_token_above_99999999k_tokens", "_above_128k_tokens", "_above_k_tokens",
        "input_cost_per_request_above_128k_tokens"}) {
    const auto result = set_price(set, name, "1e-06");
    ASSERT_TRUE(result) << name;
    EXPECT_FALSE(*result) << name;
  }
  EXPECT_EQ(set, PriceSet{});
}

TEST(SetPrice, RefusesWhatIsNoPrice) {
  PriceSet set;
  for (const std::string_view text :
       {"-1e-06", "", "free", "nan", "inf", "1e-06x", "0x1", "1e-60", "2.5", "1.0000001"}) {
    EXPECT_FALSE(set_price(set, "input_cost_per_token", text)) << text;
  }
  EXPECT_EQ(set, PriceSet{});
  EXPECT_TRUE(set_price(set, "input_cost_per_token", "1"));
  EXPECT_TRUE(set_price(set, "input_cost_per_request", "2.5"));
}

TEST(SetPrice, TheOlderNameOfTheCachePriceGivesWay) {
  EXPECT_EQ(prices({{"input_cost_per_token_cache_hit", "1e-08"}}).base.cache_read, price("1e-08"));
  EXPECT_EQ(prices({{"input_cost_per_token_cache_hit", "1e-08"},
                    {"cache_read_input_token_cost", "2e-08"}})
                .base.cache_read,
            price("2e-08"));
  EXPECT_EQ(prices({{"cache_read_input_token_cost", "2e-08"},
                    {"input_cost_per_token_cache_hit", "1e-08"}})
                .base.cache_read,
            price("2e-08"));
}

// Claude Sonnet 4.5: 3 and 15 USD per million, cache read 0.30, writes 3.75 and 6; above 200k
// 6, 22.50, 0.60, 7.50 and 12.
const PriceSet& sonnet() {
  static const PriceSet set =
      prices({{"input_cost_per_token", "3e-06"},
              {"output_cost_per_token", "1.5e-05"},
              {"cache_read_input_token_cost", "3e-07"},
              {"cache_creation_input_token_cost", "3.75e-06"},
              {"cache_creation_input_token_cost_above_1hr", "6e-06"},
              {"input_cost_per_token_above_200k_tokens", "6e-06"},
              {"output_cost_per_token_above_200k_tokens", "2.25e-05"},
              {"cache_read_input_token_cost_above_200k_tokens", "6e-07"},
              {"cache_creation_input_token_cost_above_200k_tokens", "7.5e-06"},
              {"cache_creation_input_token_cost_above_1hr_above_200k_tokens", "1.2e-05"}});
  return set;
}

TEST(CostOf, PlainCall) {
  // 1000 × 3000 nano + 500 × 15000 nano
  EXPECT_EQ(nano(sonnet(), {.prompt = 1000, .completion = 500}), 10'500'000);
  EXPECT_EQ(nano(sonnet(), {}), 0);
}

TEST(CostOf, CachedTokensAreTakenOutOfThePrompt) {
  // 10000 prompt: 6000 read, 2000 written, 1000 written for an hour, so 1000 at the full price:
  // 1000×3000 + 6000×300 + 2000×3750 + 1000×6000 = 3e6 + 1.8e6 + 7.5e6 + 6e6
  EXPECT_EQ(
      nano(sonnet(),
           {.prompt = 10'000, .cache_read = 6000, .cache_write = 2000, .cache_write_1h = 1000}),
      18'300'000);
}

TEST(CostOf, ThePromptThatCrossesTheThresholdPaysTheUpperPriceForAllTokens) {
  EXPECT_EQ(nano(sonnet(), {.prompt = 200'000, .completion = 1000}), 600'000'000 + 15'000'000);
  EXPECT_EQ(nano(sonnet(), {.prompt = 200'001, .completion = 1000}),
            200'001LL * 6000 + 1000LL * 22'500);
  // Cached tokens count towards the threshold, and pay the upper cache price.
  EXPECT_EQ(nano(sonnet(), {.prompt = 300'000, .cache_read = 299'000, .cache_write_1h = 500}),
            500LL * 6000 + 299'000LL * 600 + 500LL * 12'000);
}

TEST(CostOf, TheHighestTierThatIsCrossedCounts) {
  const PriceSet set = prices({{"input_cost_per_token", "1e-06"},
                               {"output_cost_per_token", "1e-06"},
                               {"input_cost_per_token_above_128k_tokens", "2e-06"},
                               {"input_cost_per_token_above_272k_tokens", "4e-06"}});
  EXPECT_EQ(nano(set, {.prompt = 128'000}), 128'000'000);
  EXPECT_EQ(nano(set, {.prompt = 128'001}), 256'002'000);
  EXPECT_EQ(nano(set, {.prompt = 272'000}), 544'000'000);
  EXPECT_EQ(nano(set, {.prompt = 272'001, .completion = 10}), 272'001LL * 4000 + 10'000);
}

TEST(CostOf, ReasoningIsPartOfTheCompletion) {
  const PriceSet same =
      prices({{"input_cost_per_token", "1e-06"}, {"output_cost_per_token", "4e-06"}});
  EXPECT_EQ(nano(same, {.completion = 100, .reasoning = 80}), 400'000);
  const PriceSet apart = prices({{"input_cost_per_token", "1e-06"},
                                 {"output_cost_per_token", "4e-06"},
                                 {"output_cost_per_reasoning_token", "1e-06"}});
  EXPECT_EQ(nano(apart, {.completion = 100, .reasoning = 80}), 20 * 4000 + 80 * 1000);
}

TEST(CostOf, AudioHasItsOwnPrices) {
  // gpt-4o-audio-preview
  const PriceSet set = prices({{"input_cost_per_token", "2.5e-06"},
                               {"output_cost_per_token", "1e-05"},
                               {"input_cost_per_audio_token", "4e-05"},
                               {"output_cost_per_audio_token", "8e-05"}});
  EXPECT_EQ(
      nano(set, {.prompt = 100, .completion = 50, .audio_prompt = 60, .audio_completion = 40}),
      40 * 2500 + 60 * 40'000 + 10 * 10'000 + 40 * 80'000);
  // Audio from the cache is reported twice and billed once, as cached.
  EXPECT_EQ(nano(set, {.prompt = 100, .cache_read = 90, .audio_prompt = 60}),
            90 * 2500 + 10 * 40'000);
}

TEST(CostOf, MissingPricesFollowTheirBase) {
  const PriceSet set =
      prices({{"input_cost_per_token", "1e-06"}, {"output_cost_per_token", "2e-06"}});
  EXPECT_EQ(nano(set, {.prompt = 100,
                       .completion = 100,
                       .cache_read = 20,
                       .cache_write = 20,
                       .cache_write_1h = 20,
                       .reasoning = 30,
                       .audio_prompt = 10,
                       .audio_completion = 10}),
            100 * 1000 + 100 * 2000);
  const PriceSet with_write = prices({{"input_cost_per_token", "1e-06"},
                                      {"output_cost_per_token", "2e-06"},
                                      {"cache_creation_input_token_cost", "5e-06"}});
  EXPECT_EQ(nano(with_write, {.prompt = 10, .cache_write_1h = 10}), 50'000);
}

TEST(CostOf, RoundsOnceAndHalfToEven) {
  const PriceSet set =
      prices({{"input_cost_per_token", "5e-10"}, {"output_cost_per_token", "5e-10"}});
  EXPECT_EQ(nano(set, {.prompt = 1}), 0);                   // 0.5 → 0
  EXPECT_EQ(nano(set, {.prompt = 3}), 2);                   // 1.5 → 2
  EXPECT_EQ(nano(set, {.prompt = 5}), 2);                   // 2.5 → 2
  EXPECT_EQ(nano(set, {.prompt = 1, .completion = 1}), 1);  // not 0 + 0
}

TEST(CostOf, SeventeenDigitsStayExact) {
  const PriceSet set =
      prices({{"input_cost_per_token", "4.5003000000000007e-07"}, {"output_cost_per_token", "0"}});
  // 1e9 × 450.03000000000007 nano-USD
  EXPECT_EQ(nano(set, {.prompt = 1'000'000'000}), 450'030'000'000);
}

TEST(CostOf, ThePricePerRequestIsAddedOnce) {
  const PriceSet set = prices({{"input_cost_per_token", "0"},
                               {"output_cost_per_token", "2.8e-06"},
                               {"input_cost_per_request", "0.005"}});
  EXPECT_FALSE(set.is_free());
  EXPECT_EQ(nano(set, {.prompt = 1000, .completion = 10}), 5'000'000 + 28'000);
}

TEST(CostOf, RefusesContradictoryUsage) {
  for (const core::TokenUsage& usage : {
           core::TokenUsage{.prompt = 10, .cache_read = 11},
           core::TokenUsage{.prompt = 10, .cache_read = 6, .cache_write = 5},
           core::TokenUsage{.prompt = 10, .cache_read = 4, .cache_write = 3, .cache_write_1h = 4},
           core::TokenUsage{.prompt = 10, .audio_prompt = 11},
           core::TokenUsage{.completion = 5, .reasoning = 6},
           core::TokenUsage{.completion = 5, .reasoning = 3, .audio_completion = 3},
           core::TokenUsage{.prompt = 5, .cache_read = 3, .cache_write = ~0ULL},
       }) {
    const auto cost = cost_of(sonnet(), usage);
    ASSERT_FALSE(cost);
    EXPECT_EQ(cost.error().code, core::Errc::invalid_argument);
  }
}

TEST(CostOf, TokensWithoutAPriceAreNotFree) {
  const PriceSet embedding = prices({{"input_cost_per_token", "1e-07"}});
  EXPECT_EQ(nano(embedding, {.prompt = 10}), 1000);
  EXPECT_FALSE(cost_of(embedding, {.prompt = 10, .completion = 1}));
  EXPECT_FALSE(cost_of(PriceSet{}, {.prompt = 1}));
}

TEST(CostOf, SumsThatDoNotFitAreErrors) {
  const PriceSet set = prices({{"input_cost_per_token", "1"}, {"output_cost_per_token", "1"}});
  EXPECT_FALSE(cost_of(set, {.prompt = ~0ULL}));
  EXPECT_TRUE(cost_of(set, {.prompt = core::kMaxPlausibleTokens}));
}

// More tokens never cost less, and a call costs at least what it costs without its discounts'
// counterpart: compared with a straightforward computation in long integers.
TEST(CostOf, AgreesWithAPlainComputation) {
  core::SeededRandom random(7);
  for (int round = 0; round < 20'000; ++round) {
    const std::uint64_t read = random.below(100'000), write = random.below(100'000);
    const std::uint64_t hour = random.below(100'000), text = random.below(100'000);
    const core::TokenUsage usage{.prompt = read + write + hour + text,
                                 .completion = random.below(100'000),
                                 .cache_read = read,
                                 .cache_write = write,
                                 .cache_write_1h = hour};
    const std::uint64_t double_price = usage.prompt > 200'000 ? 2 : 1;
    const std::uint64_t output = double_price == 2 ? 22'500 : 15'000;
    const std::uint64_t expected =
        double_price * (text * 3000 + read * 300 + write * 3750 + hour * 6000) +
        usage.completion * output;
    ASSERT_EQ(nano(sonnet(), usage), static_cast<std::int64_t>(expected));
  }
}

TEST(PriceSet, FreeMeansThatAllPricesAreZero) {
  EXPECT_TRUE(prices({{"input_cost_per_token", "0"}, {"output_cost_per_token", "0.0"}}).is_free());
  EXPECT_FALSE(
      prices({{"input_cost_per_token", "0"}, {"output_cost_per_token_above_128k_tokens", "1e-06"}})
          .is_free());
}

TEST(OverridePrices, ANewInputPriceReplacesTheWholeSide) {
  PriceSet set = sonnet();
  override_prices(set, prices({{"input_cost_per_token", "1e-06"}}));
  EXPECT_EQ(nano(set, {.prompt = 1000, .completion = 100, .cache_read = 500}),
            1000 * 1000 + 100 * 15'000);
  // The output side of the map, tier included, still holds.
  EXPECT_EQ(nano(set, {.prompt = 300'000, .completion = 100}), 300'000'000 + 100 * 22'500);
}

TEST(OverridePrices, SinglePartsAreLaidOverTheMap) {
  PriceSet set = sonnet();
  override_prices(set, prices({{"cache_read_input_token_cost", "1e-07"},
                               {"output_cost_per_token_above_200k_tokens", "2e-05"},
                               {"input_cost_per_token_above_400k_tokens", "9e-06"}}));
  EXPECT_EQ(nano(set, {.prompt = 100, .cache_read = 100}), 10'000);
  EXPECT_EQ(nano(set, {.prompt = 200'001, .completion = 1}), 200'001LL * 6000 + 20'000);
  EXPECT_EQ(nano(set, {.prompt = 400'001}), 400'001LL * 9000);
}

TEST(OverridePrices, BothSidesLeaveNothingOfTheMap) {
  PriceSet set = sonnet();
  const PriceSet own = prices({{"input_cost_per_token", "0"}, {"output_cost_per_token", "0"}});
  override_prices(set, own);
  EXPECT_EQ(set, own);
}

}  // namespace
}  // namespace gatehouse::models
