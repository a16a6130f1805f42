#include "gatehouse/models/price_book.hpp"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "catalog_data.hpp"
#include "gatehouse/core/random.hpp"
#include "gatehouse/json/scan.hpp"

namespace gatehouse::models {
namespace {

const PriceBook& pinned() {
  static const auto book = PriceBook::embedded();
  EXPECT_TRUE(book) << book.error().public_message;
  return **book;
}

std::shared_ptr<const PriceBook> parsed(std::string text) {
  auto book = PriceBook::parse(std::move(text));
  EXPECT_TRUE(book) << (book ? "" : book.error().public_message);
  return book ? *book : nullptr;
}

std::string refusal(std::string text) {
  const auto book = PriceBook::parse(std::move(text));
  EXPECT_FALSE(book);
  if (book) return {};
  EXPECT_EQ(book.error().code, core::Errc::invalid_argument);
  return book.error().public_message;
}

std::int64_t nano(const ModelInfo* info, const core::TokenUsage& usage) {
  EXPECT_TRUE(info != nullptr && info->prices);
  if (info == nullptr || !info->prices) return -1;
  const auto cost = cost_of(*info->prices, usage);
  return cost ? cost->nano_usd() : -1;
}

TEST(PinnedPriceMap, IsTheFileInTheCatalog) {
  std::ifstream in(GATEHOUSE_SOURCE_DIR "/catalog/model_prices.json", std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_EQ(embedded_price_map(), text.view());
}

// Every entry of the file becomes an entry of the book, and each that gives prices per token for
// prompt and answer can be priced, except for zeros that nobody vouches for.
TEST(PinnedPriceMap, EveryModelWithTokenPricesCanBePriced) {
  json::Scanner whole, one;
  const auto outline = whole.scan_copy(embedded_price_map());
  ASSERT_TRUE(outline);
  std::size_t models = 0, priced = 0;
  for (const json::Member& entry : outline->members()) {
    if (entry.key == "sample_spec" || entry.key == "fallback_generalizations") continue;
    ++models;
    const ModelInfo* info = pinned().find_key(entry.key);
    ASSERT_NE(info, nullptr) << entry.key;
    const auto fields = one.scan_copy(entry.value);
    ASSERT_TRUE(fields);
    const json::Member* input = fields->find("input_cost_per_token");
    const json::Member* output = fields->find("output_cost_per_token");
    if (input == nullptr || output == nullptr) continue;
    const bool zero = input->value.find_first_of("123456789") == std::string_view::npos &&
                      output->value.find_first_of("123456789") == std::string_view::npos;
    if (zero && !info->prices) continue;
    ASSERT_TRUE(info->prices) << entry.key;
    EXPECT_EQ(info->prices->base.input, core::Price::from_usd_per_unit(input->value).value());
    EXPECT_EQ(info->prices->base.output, core::Price::from_usd_per_unit(output->value).value());
    EXPECT_TRUE(cost_of(*info->prices, {.prompt = 1'000'000, .completion = 1'000'000}));
    ++priced;
  }
  EXPECT_EQ(models, pinned().entries().size());
  EXPECT_GT(models, 2900u);
  EXPECT_GT(priced, 2300u);
}

TEST(PinnedPriceMap, KnownModelsHaveTheirKnownPrices) {
  const ModelInfo* gpt = pinned().find("openai", "gpt-4o");
  // 2.50 and 10 USD per million, cached 1.25
  EXPECT_EQ(nano(gpt, {.prompt = 1000, .completion = 100, .cache_read = 400}),
            600 * 2500 + 400 * 1250 + 100 * 10'000);
  EXPECT_EQ(gpt->mode, ModelMode::chat);
  EXPECT_EQ(gpt->max_input_tokens, 128'000u);
  EXPECT_EQ(gpt->max_output_tokens, 16'384u);
  EXPECT_EQ(gpt->provider, "openai");
  EXPECT_EQ(gpt->capabilities.get(Capability::vision), true);
  EXPECT_EQ(gpt->capabilities.get(Capability::reasoning), std::nullopt);

  const ModelInfo* sonnet = pinned().find("anthropic", "claude-sonnet-4-5");
  EXPECT_EQ(nano(sonnet, {.prompt = 250'000, .completion = 1000, .cache_read = 100'000}),
            150'000LL * 6000 + 100'000LL * 600 + 1000LL * 22'500);

  const ModelInfo* gemini = pinned().find("gemini", "gemini-2.5-pro");
  EXPECT_EQ(nano(gemini, {.prompt = 200'000, .completion = 10, .reasoning = 5}),
            200'000LL * 1250 + 10 * 10'000);
  EXPECT_EQ(nano(gemini, {.prompt = 200'001}), 200'001LL * 2500);

  const ModelInfo* gpt54 = pinned().find("openai", "gpt-5.4");
  EXPECT_EQ(nano(gpt54, {.prompt = 272'001, .completion = 1, .cache_read = 1}),
            272'000LL * 5000 + 500 + 22'500);

  const ModelInfo* embedding = pinned().find("openai", "text-embedding-3-small");
  EXPECT_EQ(nano(embedding, {.prompt = 1'000'000}), 20'000'000);
  EXPECT_EQ(embedding->mode, ModelMode::embedding);
}

TEST(PinnedPriceMap, TieredPricingHasItsBoundsAndAppliesToTheWholePrompt) {
  const ModelInfo* coder = pinned().find("dashscope", "qwen3-coder-plus");
  EXPECT_EQ(nano(coder, {.prompt = 32'000, .completion = 1}), 32'000 * 1000 + 5000);
  EXPECT_EQ(nano(coder, {.prompt = 32'001, .completion = 1}), 32'001 * 1800 + 9000);
  EXPECT_EQ(nano(coder, {.prompt = 256'001, .completion = 1, .cache_read = 1}),
            256'000LL * 6000 + 600 + 60'000);
  ASSERT_EQ(coder->prices->tiers.size(), 3u);
  // Prices per query are no prices per token.
  EXPECT_FALSE(pinned().find_key("exa_ai/search")->prices);
}

TEST(PinnedPriceMap, ZeroIsFreeOnlyWhereItIsMeant) {
  EXPECT_TRUE(pinned().find("ollama", "llama3")->prices);
  EXPECT_FALSE(pinned().find("ollama", "gpt-oss:120b-cloud")->prices);
  EXPECT_FALSE(pinned().find("gemini", "gemini-exp-1206")->prices);
  EXPECT_FALSE(pinned().find_key("kimi-k2-thinking-251104")->prices);
  EXPECT_TRUE(pinned().find_key("perplexity/pplx-7b-online")->prices);
  for (const ModelInfo& info : pinned().entries()) {
    if (info.prices && info.prices->is_free()) {
      EXPECT_TRUE(info.provider == "ollama" || info.provider == "lemonade" ||
                  info.mode == ModelMode::moderation || info.key.ends_with(":free"))
          << info.key;
    }
  }
}

TEST(PinnedPriceMap, VersionIsThatOfTheText) {
  EXPECT_EQ(pinned().version().size(), 32u);
  EXPECT_EQ(parsed(std::string(embedded_price_map()))->version(), pinned().version());
  std::string other(embedded_price_map());
  other[other.find("2.5e-06")] = '3';
  EXPECT_NE(parsed(other)->version(), pinned().version());
}

struct LookUp {
  std::string_view provider, model, key;
};

TEST(PriceBookFind, FollowsLiteLlmsConventions) {
  for (const auto& [provider, model, key] : std::initializer_list<LookUp>{
           {"openai", "gpt-4o", "gpt-4o"},
           {"openai", "gpt-4o-2024-08-06", "gpt-4o-2024-08-06"},
           {"openai", "gpt-4o-2099-01-31", "gpt-4o"},
           {"groq", "llama-3.1-8b-instant", "groq/llama-3.1-8b-instant"},
           {"openrouter", "openai/gpt-4o", "openrouter/openai/gpt-4o"},
           {"together_ai", "meta-llama/Llama-3.3-70B-Instruct-Turbo",
            "together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo"},
           {"together", "meta-llama/Llama-3.3-70B-Instruct-Turbo",
            "together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo"},
           {"anthropic", "claude-sonnet-4-5", "claude-sonnet-4-5"},
           {"anthropic", "claude-sonnet-4-5-20991231", "claude-sonnet-4-5"},
           {"anthropic", "claude-sonnet-4-5-latest", "claude-sonnet-4-5"},
           {"deepseek", "deepseek-chat", "deepseek/deepseek-chat"},
           {"mistral", "mistral-large-latest", "mistral/mistral-large-latest"},
           {"azure", "gpt-4o", "azure/gpt-4o"},
           {"cohere", "command-r-plus", "command-r-plus"},
           {"groq", "gpt-4o", ""},
           {"openai", "claude-sonnet-4-5", ""},
           {"openai", "", ""},
           {"", "gpt-4o", ""},
           {"openai", "gpt-4o-99999", ""},
           {"openai", "-2024-08-06", ""},
           {"openai", "-latest", ""},
       }) {
    const ModelInfo* info = pinned().find(provider, model);
    EXPECT_EQ(info != nullptr ? info->key : "", key) << provider << " " << model;
  }
  EXPECT_EQ(pinned().find("openai", std::string(1000, 'x')), nullptr);
}

TEST(PriceBookParse, ReadsAllFields) {
  const auto book = parsed(R"({
    "sample_spec": {"input_cost_per_token": "documentation"},
    "rules_of_some_kind": {"rules": [1, 2]},
    "x/model": {"litellm_provider": "x", "mode": "chat", "max_tokens": 10,
                "max_input_tokens": 2000000.0, "max_output_tokens": null,
                "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06,
                "supports_vision": true, "supports_reasoning": false,
                "supports_something_new": "maybe", "deprecation_date": "2027-01-01",
                "search_context_cost_per_query": {"high": 1}},
    "emb\u0065d": {"litellm_provider": "x", "mode": "embedding", "max_tokens": 8191,
                   "input_cost_per_token": 1e-07},
    "odd": {"litellm_provider": "x", "mode": "telepathy"}
  })");
  ASSERT_EQ(book->entries().size(), 3u);
  const ModelInfo* info = book->find("x", "model");
  ASSERT_NE(info, nullptr);
  EXPECT_EQ(info->max_input_tokens, 2'000'000u);
  EXPECT_EQ(info->max_output_tokens, 10u);
  EXPECT_EQ(info->capabilities.get(Capability::vision), true);
  EXPECT_EQ(info->capabilities.get(Capability::reasoning), false);
  EXPECT_EQ(info->deprecation_date, "2027-01-01");
  EXPECT_TRUE(info->json.starts_with("{") && info->json.ends_with("}"));
  const ModelInfo* embedding = book->find_key("embed");
  ASSERT_NE(embedding, nullptr);
  EXPECT_EQ(embedding->max_input_tokens, 8191u);
  EXPECT_EQ(embedding->max_output_tokens, 0u);
  EXPECT_TRUE(embedding->prices);
  EXPECT_EQ(book->find_key("odd")->mode, ModelMode::other);
  EXPECT_EQ(book->find_key("sample_spec"), nullptr);
}

TEST(PriceBookParse, TheLaterOfTwoEntriesCounts) {
  const auto book = parsed(R"({"m": {"litellm_provider": "a"}, "m": {"litellm_provider": "b"}})");
  EXPECT_EQ(book->find_key("m")->provider, "b");
}

TEST(PriceBookParse, OneWrongEntryRefusesTheWholeMap) {
  const auto with = [](std::string_view fields) {
    return refusal(R"({"good": {"litellm_provider": "x", "mode": "chat"}, "bad": )" +
                   std::string(fields) + "}");
  };
  for (
      const std::string_view bad : {
          R"({"litellm_provider": "x", "input_cost_per_token": -1e-06})",
          R"({"litellm_provider": "x", "input_cost_per_token": "1e-06"})",
          R"({"litellm_provider": "x", "input_cost_per_token": true})",
          R"({"litellm_provider": "x", "input_cost_per_token": 2.5})",
          R"({"litellm_provider": "x", "input_cost_per_token": 1e-99})",
          R"({"litellm_provider": "x", "output_cost_per_image": -1})",
          R"({"litellm_provider": "x", "max_tokens": -1})",
          R"({"litellm_provider": "x", "max_input_tokens": "many"})",
          R"({"litellm_provider": "x", "max_input_tokens": 1.5})",
          R"({"litellm_provider": "x", "supports_vision": "yes"})",
          R"({"litellm_provider": 5})",
          R"({"litellm_provider": "x", "mode": []})",
          R"({"input_cost_per_token": 1e-06})",
          R"({"litellm_provider": "x", "tiered_pricing": 5})",
          R"({"litellm_provider": "x", "tiered_pricing": [5]})",
          R"({"litellm_provider": "x", "tiered_pricing": [{"range": 5, "input_cost_per_token": 0}]})",
          R"({"litellm_provider": "x", "tiered_pricing": [{"range": [-1, 2], "input_cost_per_token": 0}]})",
          R"({"litellm_provider": "x", "tiered_pricing": [{"range": [0, 2], "input_cost_per_token": -1}]})",
          "[]",
          "5",
      }) {
    EXPECT_NE(with(bad).find("bad: "), std::string::npos) << bad;
    EXPECT_EQ(with(bad).find("good: "), std::string::npos) << bad;
  }
}

TEST(PriceBookParse, RefusesWhatIsNoMap) {
  for (const std::string_view text :
       {"", " ", "[]", "null", "{}", "{", R"({"a": )", R"({"sample_spec": {}})", "\xff\xfe",
        "404: Not Found", R"({"a": {"litellm_provider": "x"}} trailing)"}) {
    EXPECT_NE(refusal(std::string(text)), "") << text;
  }
}

TEST(PriceBookParse, NamesTheFirstFiveEntriesAndCountsTheRest) {
  std::string text = "{";
  for (int i = 0; i < 8; ++i) text += "\"m" + std::to_string(i) + "\": 5,";
  text.back() = '}';
  const std::string message = refusal(text);
  EXPECT_NE(message.find("m4: "), std::string::npos);
  EXPECT_EQ(message.find("m5: "), std::string::npos);
  EXPECT_NE(message.find("and 3 more"), std::string::npos);
}

// A file that was cut or garbled is refused, or read as what it says; it never takes the process
// down and never leaves a model with a price that is not in the text.
TEST(PriceBookParse, SurvivesGarbledFiles) {
  const std::string_view map = embedded_price_map();
  const std::string start(map.substr(0, map.find("\n }", 20'000) + 3));
  core::SeededRandom random(11);
  for (int round = 0; round < 300; ++round) {
    std::string text = start + "}";
    const auto changes = 1 + random.below(4);
    for (std::uint64_t i = 0; i < changes; ++i) {
      text[random.below(text.size())] = static_cast<char>(random.below(256));
    }
    if (random.below(4) == 0) text.resize(random.below(text.size()));
    const auto book = PriceBook::parse(text);
    if (!book) continue;
    for (const ModelInfo& info : (*book)->entries()) {
      if (info.prices) {
        EXPECT_TRUE(cost_of(*info.prices, {.prompt = 1}));
      }
    }
  }
}

TEST(PriceBookLoad, SaysWhatIsWrongWithTheFile) {
  const auto missing = PriceBook::load("/nowhere/prices.json");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, core::Errc::io);
  const auto folder = PriceBook::load("/");
  EXPECT_FALSE(folder);
  const auto file = PriceBook::load(GATEHOUSE_SOURCE_DIR "/catalog/model_prices.json");
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->version(), pinned().version());
}

TEST(ModelModeName, GoesBothWays) {
  for (const std::string_view name :
       {"chat", "completion", "responses", "embedding", "image_generation", "audio_transcription",
        "audio_speech", "moderation", "rerank"}) {
    EXPECT_EQ(name_of(model_mode(name)), name);
  }
  EXPECT_EQ(model_mode("ocr"), ModelMode::other);
}

}  // namespace
}  // namespace gatehouse::models
