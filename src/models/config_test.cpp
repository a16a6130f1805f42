#include "gatehouse/models/config.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "gatehouse/config/binder.hpp"

namespace gatehouse::models {
namespace {

using namespace std::chrono_literals;

struct Reading {
  ModelsConfig config;
  config::Problems problems;
  std::string text() const { return problems.to_text("f"); }
};

Reading read(std::string_view text) {
  Reading reading;
  const config::Environment environment = [](std::string_view name) -> std::optional<std::string> {
    if (name == "OPENAI_API_KEY") return "sk-from-environment";
    return {};
  };
  if (const auto document = config::parse_yaml(text, reading.problems)) {
    reading.config = config::read<ModelsConfig>(document->root(), environment, reading.problems);
  }
  return reading;
}

// A configuration as LiteLLM's documentation shows them.
constexpr std::string_view kTypical = R"(
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: openai/gpt-4o
      api_key: os.environ/OPENAI_API_KEY
      rpm: 60
      weight: 9
      timeout: 30
      stream_timeout: 2.5
      extra_headers:
        x-team: schools
  - model_name: gpt-4o
    litellm_params:
      model: openai/my-deployment
      api_base: http://10.0.0.7:8000/v1
      api_key: os.environ/NOT_SET
      order: 2
      tags: [eu, cheap]
      input_cost_per_token: 4.5003000000000007e-07
      output_cost_per_token: "0.000001"
      input_cost_per_token_above_128k_tokens: 9e-07
      allow_private_network: true
      drop_params: true
    model_info:
      id: mine
      mode: chat
      base_model: gpt-4o
      max_input_tokens: 32000
      supports_vision: false
      output_cost_per_token: 2e-06
  - model_name: "anthropic/*"
    litellm_params: {model: "anthropic/*"}
router_settings:
  routing_strategy: least-busy
  model_group_alias:
    gpt-4: gpt-4o
    hidden-one: {model: gpt-4o, hidden: true}
  fallbacks:
    - gpt-4o: [anthropic/claude-sonnet-4-5]
    - {"*": gpt-4o}
  context_window_fallbacks: [{gpt-4o: [anthropic/claude-sonnet-4-5]}]
  num_retries: 4
  allowed_fails: 3
  cooldown_time: 30
  disable_cooldowns: false
  retry_policy:
    RateLimitErrorRetries: 5
    InternalServerErrorRetries: 1
  allowed_fails_policy: {TimeoutErrorAllowedFails: 7}
litellm_settings:
  drop_params: true
  num_retries: 1
  request_timeout: 600
  default_fallbacks: [gpt-4o]
)";

TEST(ModelsConfig, ReadsATypicalFile) {
  const Reading reading = read(kTypical);
  ASSERT_FALSE(reading.problems.failed()) << reading.text();
  const auto& list = reading.config.model_list;
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0].path, "model_list[0]");
  EXPECT_EQ(list[0].model_name, "gpt-4o");
  EXPECT_EQ(list[0].model, "openai/gpt-4o");
  EXPECT_EQ(list[0].api_key.reveal(), "sk-from-environment");
  EXPECT_EQ(list[0].rpm, 60u);
  EXPECT_EQ(list[0].weight, 9.0);
  EXPECT_EQ(list[0].timeout, 30s);
  EXPECT_EQ(list[0].stream_timeout, 2500ms);
  ASSERT_EQ(list[0].extra_headers.size(), 1u);
  EXPECT_EQ(list[0].extra_headers[0].first, "x-team");
  EXPECT_EQ(list[1].weight, std::nullopt);
  EXPECT_EQ(list[1].order, 2u);
  EXPECT_EQ(list[1].tags, (std::vector<std::string>{"eu", "cheap"}));
  EXPECT_EQ(list[1].drop_params, true);
  EXPECT_TRUE(list[1].allow_private_network);
  EXPECT_EQ(list[1].id, "mine");
  EXPECT_EQ(list[1].base_model, "gpt-4o");
  const std::vector<std::pair<std::string, std::string>> overrides = {
      {"input_cost_per_token", "4.5003000000000007e-07"},
      {"output_cost_per_token", "0.000001"},
      {"input_cost_per_token_above_128k_tokens", "9e-07"},
      {"max_input_tokens", "32000"},
      {"supports_vision", "false"},
      {"output_cost_per_token", "2e-06"}};
  EXPECT_EQ(list[1].overrides, overrides);
  EXPECT_NE(list[1].model_info_json.find(R"("max_input_tokens":32000)"), std::string::npos);
  EXPECT_EQ(list[2].model_info_json, "");
}

TEST(ModelsConfig, RouterSettingsWinOverLitellmSettings) {
  const RouterSettings settings = read(kTypical).config.settings();
  EXPECT_EQ(settings.strategy, Strategy::least_busy);
  ASSERT_EQ(settings.aliases.size(), 2u);
  EXPECT_EQ(settings.aliases[0].model, "gpt-4o");
  EXPECT_FALSE(settings.aliases[0].hidden);
  EXPECT_TRUE(settings.aliases[1].hidden);
  ASSERT_EQ(settings.fallbacks.size(), 2u);
  EXPECT_EQ(settings.fallbacks[0].group, "gpt-4o");
  EXPECT_EQ(settings.fallbacks[0].targets, std::vector<std::string>{"anthropic/claude-sonnet-4-5"});
  EXPECT_EQ(settings.fallbacks[1].targets, std::vector<std::string>{"gpt-4o"});
  EXPECT_EQ(settings.context_window_fallbacks.size(), 1u);
  EXPECT_EQ(settings.default_fallbacks, std::vector<std::string>{"gpt-4o"});
  EXPECT_EQ(settings.num_retries, 4u);
  EXPECT_EQ(settings.allowed_fails, 3u);
  EXPECT_EQ(settings.cooldown_time, 30s);
  EXPECT_EQ(settings.timeout, 600s);
  EXPECT_TRUE(settings.drop_params);
  const auto at = [](FailureKind kind) { return static_cast<std::size_t>(kind); };
  EXPECT_EQ(settings.retry_policy[at(FailureKind::rate_limited)], 5u);
  EXPECT_EQ(settings.retry_policy[at(FailureKind::server_error)], 1u);
  EXPECT_EQ(settings.retry_policy[at(FailureKind::overloaded)], 1u);
  EXPECT_EQ(settings.retry_policy[at(FailureKind::timeout)], std::nullopt);
  EXPECT_EQ(settings.allowed_fails_policy[at(FailureKind::timeout)], 7u);
}

TEST(ModelsConfig, MakesATable) {
  const Reading reading = read(kTypical);
  constexpr std::array<std::string_view, 2> kProviders{"openai", "anthropic"};
  HealthRegistry health;
  const auto prices = PriceBook::embedded();
  const auto settings = reading.config.settings();
  const auto built =
      ModelTable::build({reading.config.model_list, settings, *prices, kProviders}, health);
  ASSERT_NE(built.table, nullptr);
  EXPECT_EQ(built.table->resolve("gpt-4").group->deployments.size(), 2u);
  const Deployment* mine = built.table->find_deployment("mine");
  ASSERT_NE(mine, nullptr);
  // The last of two figures for the same price counts: model_info stands below litellm_params.
  EXPECT_EQ(cost_of(*mine->prices, {.prompt = 1'000'000'000, .completion = 1})->nano_usd(),
            900'000'000'000 + 2000);
  EXPECT_EQ(cost_of(*mine->prices, {.prompt = 100'000})->nano_usd(), 45'003'000);
}

TEST(ModelsConfig, DefaultsAreLiteLlms) {
  const RouterSettings settings = read("model_list: []").config.settings();
  EXPECT_EQ(settings.strategy, Strategy::simple_shuffle);
  EXPECT_EQ(settings.num_retries, 2u);
  EXPECT_EQ(settings.max_fallbacks, 5u);
  EXPECT_EQ(settings.cooldown_time, 5s);
  EXPECT_EQ(settings.timeout, 6000s);
  EXPECT_FALSE(settings.drop_params);
}

TEST(ModelsConfig, ListsMistakesWithTheirPlace) {
  const Reading reading = read(R"(
model_list:
  - litellm_params: {model: openai/a}
  - model_name: b
  - model_name: c
    litellm_params: {model: openai/c, weight: heavy, rpm: -1, timeout: 0}
router_settings:
  fallbacks: {a: [b]}
  context_window_fallbacks: [a]
  model_group_alias: {x: [1]}
  num_retries: many
)");
  const std::string text = reading.text();
  for (const std::string_view part :
       {"model_list[0].model_name: is missing", "model_list[1].litellm_params: is missing",
        "model_list[2].litellm_params.weight", "model_list[2].litellm_params.rpm",
        "model_list[2].litellm_params.timeout", "router_settings.fallbacks: must be a list",
        "router_settings.context_window_fallbacks[0]: must be {model: [models]}",
        "router_settings.model_group_alias.x: must be a model's name",
        "router_settings.num_retries"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
  EXPECT_EQ(reading.problems.errors(), 9u) << text;
}

TEST(ModelsConfig, WhatHasNoEffectIsSaid) {
  const Reading reading = read(R"(
model_list:
  - model_name: a
    litellm_params: {model: openai/a, api_key: os.environ/NOT_SET, budget_duration: 1d, aws_region: x}
router_settings: {routing_strategy: by-the-weather, redis_host: h, unheard_of: 1}
litellm_settings: {success_callback: [langfuse]}
)");
  EXPECT_FALSE(reading.problems.failed()) << reading.text();
  const std::string text = reading.text();
  for (const std::string_view part : {"NOT_SET", "aws_region", "routing_strategy", "redis_host",
                                      "unheard_of", "success_callback"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
  EXPECT_TRUE(reading.config.model_list[0].api_key.empty());
  EXPECT_EQ(reading.config.settings().strategy, Strategy::simple_shuffle);
}

TEST(ModelsConfig, KeysDoNotAppearInProblems) {
  const Reading reading = read(R"(
model_list:
  - model_name: a
    litellm_params: {model: openai/a, api_key: [sk-secret-key]}
)");
  EXPECT_TRUE(reading.problems.failed());
  EXPECT_EQ(reading.text().find("sk-secret-key"), std::string::npos);
}

TEST(ModelsConfig, HasASchema) {
  const std::string schema = config::schema_of<ModelsConfig>("gatehouse.yaml");
  for (const std::string_view part :
       {"\"model_list\"", "\"litellm_params\"", "\"routing_strategy\"", "\"RateLimitErrorRetries\"",
        "\"input_cost_per_token_above_272k_tokens\"", "\"price_map\"", "\"supports_vision\""}) {
    EXPECT_NE(schema.find(part), std::string::npos) << part;
  }
}

TEST(Report, TurnsIssuesIntoProblems) {
  ModelTable::Built built;
  built.errors = {{"model_list[0]", "is wrong"}};
  built.warnings = {{"model_list[1]", "is odd"}};
  config::Problems problems;
  report(built, problems);
  EXPECT_EQ(problems.errors(), 1u);
  EXPECT_EQ(problems.to_text("f"),
            "f: error: model_list[0]: is wrong\nf: warning: model_list[1]: is odd\n");
}

}  // namespace
}  // namespace gatehouse::models
