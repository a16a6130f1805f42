#include "gatehouse/models/model_table.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

#include "gatehouse/core/random.hpp"
#include "gatehouse/core/text.hpp"
#include "gatehouse/json/scan.hpp"
#include "gatehouse/models/describe.hpp"
#include "gatehouse/models/retry.hpp"

namespace gatehouse::models {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 6> kProviders{"openai",     "anthropic", "groq",
                                                     "openrouter", "ollama",    "stub"};

std::shared_ptr<const PriceBook> book() {
  static const auto pinned = PriceBook::embedded();
  return *pinned;
}

class Table : public testing::Test {
 protected:
  ModelListEntry& add(std::string name, std::string model) {
    ModelListEntry& entry = entries.emplace_back();
    entry.path = "model_list[" + std::to_string(entries.size() - 1) + "]";
    entry.model_name = std::move(name);
    entry.model = std::move(model);
    return entry;
  }
  ModelTable::Built build() {
    return ModelTable::build({entries, settings, book(), kProviders}, health);
  }
  const ModelTable& table() {
    auto made = build();
    for (const ConfigIssue& issue : made.errors) {
      ADD_FAILURE() << issue.path << " " << issue.text;
    }
    kept = made.table;
    warnings = made.warnings;
    if (!kept) throw std::logic_error("no table");
    return *kept;
  }
  /// "path text" of the errors, one per line.
  std::string errors() {
    const auto made = build();
    EXPECT_EQ(made.table == nullptr, !made.errors.empty());
    return listed(made.errors);
  }
  static std::string listed(const std::vector<ConfigIssue>& issues) {
    std::string out;
    for (const ConfigIssue& issue : issues) out += issue.path + " " + issue.text + "\n";
    return out;
  }
  std::string upstream(std::string_view name) {
    const ModelMatch match = kept->resolve(name);
    if (match.group == nullptr) return "-";
    const Deployment& deployment = *match.group->deployments[0];
    std::string scratch;
    return deployment.provider + " " + std::string(upstream_model(deployment, match, scratch));
  }

  std::vector<ModelListEntry> entries;
  RouterSettings settings;
  HealthRegistry health;
  std::shared_ptr<const ModelTable> kept;
  std::vector<ConfigIssue> warnings;
};

TEST_F(Table, ResolvesExactNames) {
  add("fast", "groq/llama-3.1-8b-instant");
  add("gpt", "openai/gpt-4o");
  add("gpt", "openrouter/openai/gpt-4o");
  const ModelTable& t = table();
  ASSERT_EQ(t.groups().size(), 2u);
  EXPECT_EQ(t.resolve("gpt").group->deployments.size(), 2u);
  EXPECT_EQ(upstream("gpt"), "openai gpt-4o");
  EXPECT_EQ(upstream("fast"), "groq llama-3.1-8b-instant");
  for (const std::string_view unknown : {"", "GPT", "gpt ", "gp", "openai/gpt-4o", "*"}) {
    EXPECT_EQ(t.resolve(unknown).group, nullptr) << unknown;
  }
}

TEST_F(Table, WildcardsGoFromTheMostToTheLeastSpecific) {
  add("*", "openrouter/*");
  add("openai/*", "openai/*");
  add("openai/gpt-*", "openai/gpt-*");
  add("*-thinking", "anthropic/*");
  add("openai/gpt-4o", "groq/llama-3.1-8b-instant");
  table();
  EXPECT_EQ(upstream("openai/gpt-4o"), "groq llama-3.1-8b-instant");
  EXPECT_EQ(upstream("openai/gpt-5"), "openai gpt-5");
  EXPECT_EQ(upstream("openai/o3"), "openai o3");
  EXPECT_EQ(upstream("claude-thinking"), "anthropic claude");
  EXPECT_EQ(upstream("meta/llama"), "openrouter meta/llama");
  EXPECT_EQ(upstream("openrouter/meta/llama"), "openrouter meta/llama");
  EXPECT_EQ(upstream("openai/"), "openrouter openai/");
  EXPECT_EQ(upstream(""), "-");
  EXPECT_EQ(kept->resolve("openai/gpt-5").group->name, "openai/gpt-*");
}

TEST_F(Table, AWildcardMayLeadToOneModel) {
  add("gpt-*", "groq/llama-3.1-8b-instant");
  table();
  EXPECT_EQ(upstream("gpt-anything"), "groq llama-3.1-8b-instant");
  EXPECT_TRUE(kept->deployments()[0].info != nullptr);
}

TEST_F(Table, AProviderThatNamesItsModelsLikeItselfKeepsTheName) {
  add("openrouter/*", "openrouter/*");
  table();
  EXPECT_EQ(upstream("openrouter/openrouter/auto"), "openrouter openrouter/auto");
}

TEST_F(Table, AliasesStandForGroupsAndWildcards) {
  add("gpt", "openai/gpt-4o");
  add("openai/*", "openai/*");
  settings.aliases = {{"gpt-4", "gpt", false}, {"secret", "openai/o3", true}};
  const ModelTable& t = table();
  EXPECT_EQ(t.resolve("gpt-4").group, t.resolve("gpt").group);
  EXPECT_EQ(t.resolve("gpt-4").name, "gpt");
  EXPECT_EQ(upstream("secret"), "openai o3");
  std::string names;
  for (const VisibleModel& model : t.visible_models()) names += model.name + " ";
  EXPECT_EQ(names, "gpt gpt-4 ");
}

TEST_F(Table, AnAliasHidesTheModelOfItsName) {
  add("a", "openai/gpt-4o");
  add("b", "groq/llama-3.1-8b-instant");
  settings.aliases = {{"a", "b", false}};
  table();
  EXPECT_EQ(upstream("a"), "groq llama-3.1-8b-instant");
  EXPECT_EQ(listed(warnings),
            "router_settings.model_group_alias.a hides the model of the same name\n");
  EXPECT_EQ(kept->visible_models().size(), 2u);
}

TEST_F(Table, FindsTheProviderAsLiteLlmDoes) {
  add("a", "gpt-4o");                                            // by the price map
  add("b", "meta-llama/Llama").api_base = "http://gpu:8000/v1";  // an unknown prefix, own server
  add("c", "anthropic/claude").custom_llm_provider = "openrouter";
  add("d", "groq/llama").custom_llm_provider = "groq";
  add("e", "openrouter/anthropic/claude-sonnet-4-5");
  table();
  EXPECT_EQ(upstream("a"), "openai gpt-4o");
  EXPECT_EQ(upstream("b"), "openai meta-llama/Llama");
  EXPECT_EQ(upstream("c"), "openrouter anthropic/claude");
  EXPECT_EQ(upstream("d"), "groq llama");
  EXPECT_EQ(upstream("e"), "openrouter anthropic/claude-sonnet-4-5");
}

TEST_F(Table, AllMistakesAreListedAtOnceWithTheirPath) {
  add("", "openai/gpt-4o");
  add("b", "");
  add("c", "nosuch/model");
  add("d", "some-unknown-model");
  add("e*f*", "openai/*");
  add("g", "openai/*");
  add("h", "openai/");
  add("i", "openai/gpt-4o").api_base = "ftp://host";
  add("j", "openai/gpt-4o").api_key = core::Secret("sk-1\n");
  add("k", "openai/gpt-4o").extra_headers = {{"bad name", "x"}, {"x-ok", "a\r\nb: c"}};
  add("l", "openai/gpt-4o").weight = -1;
  add("m", "openai/gpt-4o").timeout = 0s;
  add("n", "openai/gpt-4o").overrides = {{"input_cost_per_token", "-1"}};
  add("o", "openai/gpt-4o").id = "same";
  add("p", "openai/gpt-4o").id = "same";
  add("q", "openai/gpt-4o").model_info_json = "[1]";
  add("r\x01", "openai/gpt-4o");
  add("s", "openai/gpt-4o").custom_llm_provider = "nosuch";
  add("t", "openai/gpt-4o").overrides = {{"supports_vision", "maybe"}};
  add("u", "openai/nothing-known").overrides = {{"input_cost_per_token", "1e-6"}};
  settings.aliases = {{"x", "nothing", false}, {"*", "b", false}};
  settings.cooldown_time = -1s;
  EXPECT_EQ(
      errors(),
      "model_list[0].model_name is missing\n"
      "model_list[1].litellm_params.model is missing\n"
      "model_list[2].litellm_params.model 'nosuch' is no provider this server knows\n"
      "model_list[3].litellm_params.model names no provider: write provider/some-unknown-model\n"
      "model_list[4].model_name may contain one '*' at most\n"
      "model_list[5].litellm_params.model contains '*' but model_name does not\n"
      "model_list[6].litellm_params.model has no name after the provider\n"
      "model_list[7].litellm_params.api_base is no http:// or https:// address\n"
      "model_list[8].litellm_params.api_key contains a line break or another control character\n"
      "model_list[9].litellm_params.extra_headers.bad name is no valid header name\n"
      "model_list[9].litellm_params.extra_headers.x-ok has control characters in its value\n"
      "model_list[10].litellm_params.weight must be between 0 and 1000000000\n"
      "model_list[11].litellm_params.timeout must be above 0 and at most 24 hours\n"
      "model_list[12].litellm_params.input_cost_per_token is negative\n"
      "model_list[14].model_info.id 'same' is also the id of model_list[13]\n"
      "model_list[15].model_info is no mapping\n"
      "model_list[16].model_name contains control characters\n"
      "model_list[17].litellm_params.custom_llm_provider 'nosuch' is no provider this server "
      "knows\n"
      "model_list[18].model_info.supports_vision is neither true nor false\n"
      "model_list[19].litellm_params gives prices, but input_cost_per_token and "
      "output_cost_per_token are not both known\n"
      "router_settings.model_group_alias.x stands for 'nothing', which is not in model_list\n"
      "router_settings.model_group_alias.* an alias must be a name without '*'\n"
      "router_settings.cooldown_time must be between 0 and 24 hours\n");
}

TEST_F(Table, AWrongConfigurationLeavesNoTraceInTheRegistry) {
  add("a", "openai/gpt-4o").id = "one";
  add("", "");
  EXPECT_NE(errors(), "");
  const std::weak_ptr<DeploymentHealth> fresh = health.deployment("one");
  health.collect();
  EXPECT_TRUE(fresh.expired());
}

TEST_F(Table, PricesComeFromTheMapOrTheOperator) {
  add("map", "openai/gpt-4o");
  add("own", "openai/gpt-4o").overrides = {{"input_cost_per_token", "0.000001"},
                                           {"output_cost_per_token", "1e-6"}};
  add("part", "openai/gpt-4o").overrides = {{"cache_read_input_token_cost", "0"}};
  add("none", "openai/who-knows");
  add("free", "openai/who-knows").allow_unpriced = true;
  add("base", "openai/my-finetune").base_model = "gpt-4o-mini";
  const ModelTable& t = table();
  const auto cost = [&](std::size_t index, core::TokenUsage usage) {
    const Deployment& d = t.deployments()[index];
    return d.prices ? cost_of(*d.prices, usage)->nano_usd() : -1;
  };
  const core::TokenUsage usage{.prompt = 100, .completion = 10, .cache_read = 40};
  EXPECT_EQ(cost(0, usage), 60 * 2500 + 40 * 1250 + 10 * 10'000);
  EXPECT_EQ(cost(1, usage), 110 * 1000);
  EXPECT_EQ(cost(2, usage), 60 * 2500 + 10 * 10'000);
  EXPECT_EQ(cost(3, usage), -1);
  EXPECT_EQ(cost(4, usage), -1);
  EXPECT_EQ(cost(5, {.prompt = 1000}), 150'000);
  EXPECT_TRUE(t.deployments()[4].allow_unpriced);
  EXPECT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].path, "model_list[3]");
}

TEST_F(Table, BehindAWildcardThePriceIsThatOfTheModel) {
  add("openai/*", "openai/*");
  add("flat/*", "openai/*").overrides = {{"input_cost_per_token", "1e-6"},
                                         {"output_cost_per_token", "1e-6"}};
  const ModelTable& t = table();
  const Deployment& open = t.deployments()[0];
  ASSERT_NE(prices_for(t, open, "gpt-4o"), nullptr);
  EXPECT_EQ(*prices_for(t, open, "gpt-4o"), *book()->find("openai", "gpt-4o")->prices);
  EXPECT_EQ(prices_for(t, open, "nothing-known"), nullptr);
  EXPECT_EQ(info_for(t, open, "gpt-4o"), book()->find("openai", "gpt-4o"));
  EXPECT_EQ(cost_of(*prices_for(t, t.deployments()[1], "gpt-4o"), {.prompt = 5})->nano_usd(), 5000);
}

TEST_F(Table, ModelInfoComesFromTheMapAndTheOperator) {
  ModelListEntry& entry = add("a", "openai/gpt-4o");
  entry.overrides = {{"max_output_tokens", "1000"}, {"supports_vision", "false"}};
  entry.mode = "responses";
  const Deployment& d = table().deployments()[0];
  EXPECT_EQ(d.max_input_tokens, 128'000u);
  EXPECT_EQ(d.max_output_tokens, 1000u);
  EXPECT_EQ(d.capabilities.get(Capability::vision), false);
  EXPECT_EQ(d.capabilities.get(Capability::function_calling), true);
  EXPECT_EQ(d.mode, ModelMode::responses);
}

TEST_F(Table, TimeoutsAndLimitsFallBackToTheSettings) {
  settings.timeout = 100s;
  settings.stream_timeout = 20s;
  settings.drop_params = true;
  settings.cooldown_time = 9s;
  add("a", "openai/gpt-4o");
  ModelListEntry& own = add("b", "openai/gpt-4o");
  own.timeout = 7s;
  own.drop_params = false;
  const ModelTable& t = table();
  EXPECT_EQ(t.deployments()[0].timeout, 100s);
  EXPECT_EQ(t.deployments()[0].stream_timeout, 20s);
  EXPECT_TRUE(t.deployments()[0].drop_params);
  EXPECT_EQ(t.deployments()[0].cooldown.time, 9s);
  EXPECT_EQ(t.deployments()[1].timeout, 7s);
  EXPECT_EQ(t.deployments()[1].stream_timeout, 7s);
  EXPECT_FALSE(t.deployments()[1].drop_params);
}

TEST_F(Table, WeightsFollowWeightThenRpmThenTpm) {
  add("w", "openai/gpt-4o").weight = 3;
  ModelListEntry& without = add("w", "groq/llama-3.1-8b-instant");
  without.rpm = 100;
  add("r", "openai/gpt-4o").rpm = 60;
  add("r", "groq/llama-3.1-8b-instant").tpm = 5;
  add("t", "openai/gpt-4o").tpm = 5000;
  add("t", "groq/llama-3.1-8b-instant").tpm = 1000;
  add("n", "openai/gpt-4o");
  const ModelTable& t = table();
  std::vector<double> weights;
  for (const Deployment& d : t.deployments()) weights.push_back(d.weight);
  EXPECT_EQ(weights, (std::vector<double>{3, 0, 60, 0, 5000, 1000, 1}));
}

TEST_F(Table, OrderTiersAreSortedAndWeighedApart) {
  ModelListEntry& later = add("a", "openai/gpt-4o");
  later.order = 2;
  later.weight = 5;
  add("a", "groq/llama-3.1-8b-instant").order = 1;
  const ModelTable& t = table();
  const auto& group = *t.resolve("a").group;
  EXPECT_EQ(group.deployments[0]->provider, "groq");
  EXPECT_EQ(group.deployments[0]->weight, 1);
  EXPECT_EQ(group.deployments[1]->weight, 5);
}

TEST_F(Table, IdsAreStableAndUnique) {
  add("a", "openai/gpt-4o").api_key = core::Secret("sk-one");
  add("a", "openai/gpt-4o").api_key = core::Secret("sk-two");
  add("a", "openai/gpt-4o").rpm = 5;
  add("b", "openai/gpt-4o").id = "chosen";
  const ModelTable& t = table();
  std::set<std::string> ids;
  for (const Deployment& d : t.deployments()) ids.insert(d.id.text());
  EXPECT_EQ(ids.size(), 4u);
  EXPECT_TRUE(ids.contains("chosen"));
  for (const Deployment& d : t.deployments()) EXPECT_EQ(t.find_deployment(d.id.view()), &d);
  EXPECT_EQ(t.find_deployment("nothing"), nullptr);
  const auto before = kept;
  table();
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(before->deployments()[i].id, kept->deployments()[i].id);
  }
}

TEST_F(Table, TheEnvironmentsKeyServesEntriesThatNameTheVendorAlone) {
  add("vendor", "openai/gpt-4o");
  add("own key", "openai/gpt-4o").api_key = core::Secret("sk-own");
  add("own address", "openai/gpt-4o").api_base = "https://elsewhere.example/v1";
  add("other vendor", "groq/llama-3.1-8b-instant");
  const std::vector<AvailableProvider> available{{.name = "openai",
                                                  .api_base = "https://proxy.example/v1",
                                                  .api_key = core::Secret("sk-env")}};
  const auto made = ModelTable::build({.entries = entries,
                                       .settings = settings,
                                       .prices = book(),
                                       .providers = kProviders,
                                       .available = available},
                                      health);
  ASSERT_TRUE(made.table) << listed(made.errors);
  const auto of = [&](std::string_view name) {
    const Deployment* deployment = made.table->resolve(name).group->deployments.front();
    return deployment->api_base + " " + std::string(deployment->api_key.reveal());
  };
  EXPECT_EQ(of("vendor"), "https://proxy.example/v1 sk-env");
  EXPECT_EQ(of("own key"), "https://proxy.example/v1 sk-own");
  EXPECT_EQ(of("own address"), "https://elsewhere.example/v1 ");
  EXPECT_EQ(of("other vendor"), " ");
}

TEST_F(Table, HealthAndBudgetsSurviveAReload) {
  add("a", "openai/gpt-4o");
  const auto before = (table(), kept);
  const core::MonotonicTime now{1min};
  before->deployments()[0].health->failed({.kind = FailureKind::rate_limited}, now, {});
  EXPECT_TRUE(before->groups()[0].retry_budget->take());
  add("b", "openai/gpt-4o");
  entries[0].timeout = std::nullopt;
  table();
  EXPECT_TRUE(kept->find_deployment(before->deployments()[0].id.view())->health->cooling(now));
  EXPECT_EQ(kept->resolve("a").group->retry_budget->left(), RetryBudget::kReserve - 1);
}

TEST_F(Table, FallbacksThatLeadNowhereAreLeftOutWithAWarning) {
  add("a", "openai/gpt-4o");
  add("b", "openai/gpt-4o");
  settings.fallbacks = {{"a", {"gone", "b"}}, {"typo", {"a"}}, {"*", {"a"}}};
  settings.default_fallbacks = {"lost", "b"};
  settings.num_retries = 99;
  settings.max_fallbacks = 99;
  const ModelTable& t = table();
  EXPECT_EQ(t.settings().fallbacks[0].targets, std::vector<std::string>{"b"});
  EXPECT_EQ(t.settings().default_fallbacks, std::vector<std::string>{"b"});
  EXPECT_EQ(t.settings().num_retries, kMaxRetries);
  EXPECT_EQ(listed(warnings),
            "router_settings.num_retries is lowered to 10\n"
            "router_settings.max_fallbacks is lowered to 15\n"
            "router_settings.fallbacks[0] leads to 'gone', which is not in model_list\n"
            "router_settings.fallbacks[1] is for 'typo', which is not in model_list\n"
            "router_settings.default_fallbacks leads to 'lost', which is not in model_list\n");
}

TEST_F(Table, ThePriceVersionChangesWithAnyPrice) {
  add("a", "openai/gpt-4o");
  const std::string map_only = table().price_version();
  EXPECT_EQ(table().price_version(), map_only);
  entries[0].overrides = {{"input_cost_per_token", "1e-6"}};
  const std::string own = table().price_version();
  EXPECT_NE(own, map_only);
  entries[0].overrides = {{"input_cost_per_token", "2e-6"}};
  EXPECT_NE(table().price_version(), own);
}

TEST_F(Table, WhatIsShownHoldsNoSecrets) {
  ModelListEntry& entry = add("a", "openai/gpt-4o");
  entry.api_key = core::Secret("sk-very-secret");
  entry.api_base = "https://user:hunter2@host:8443/v1?key=hunter3#hunter4";
  entry.extra_headers = {{"authorization", "hunter5"}};
  entry.rpm = 10;
  entry.weight = 0.5;
  entry.timeout = 1500ms;
  entry.tags = {"a\"b"};
  entry.model_info_json = R"({"id": "forged", "note": "ours", "mode": "chat"})";
  entry.id = "dep-1";
  const Deployment& d = table().deployments()[0];
  EXPECT_EQ(d.params_json,
            R"({"model":"openai/gpt-4o","api_base":"https://host:8443/v1","rpm":10,"weight":0.5,)"
            R"("timeout":1.5,"tags":["a\"b"]})");
  EXPECT_EQ(d.model_info_json, R"({"id":"dep-1","db_model":false,"note":"ours","mode":"chat"})");
  const std::string shown = model_info_json(d);
  EXPECT_TRUE(shown.starts_with(
      R"({"id":"dep-1","db_model":false,"note":"ours","mode":"chat","key":"gpt-4o",)"));
  EXPECT_NE(shown.find(R"("max_input_tokens":128000)"), std::string::npos);
  json::Scanner scanner;
  const auto outline = scanner.scan_copy(shown);
  ASSERT_TRUE(outline);
  EXPECT_FALSE(outline->repeated("mode"));
  for (const std::string& text : {d.params_json, shown}) {
    EXPECT_EQ(text.find("hunter"), std::string::npos);
    EXPECT_EQ(text.find("secret"), std::string::npos);
    EXPECT_EQ(text.find("forged"), std::string::npos);
  }
}

TEST_F(Table, AnEmptyConfigurationIsAnEmptyTable) {
  const ModelTable& t = table();
  EXPECT_EQ(t.resolve("gpt-4o").group, nullptr);
  EXPECT_TRUE(t.visible_models().empty());
}

// Random configurations: the builder never fails without saying why, and a table that it makes
// keeps what it promises for names that are and are not in it.
TEST_F(Table, SurvivesRandomConfigurations) {
  core::SeededRandom dice(23);
  const std::vector<std::string> names = {"a",   "b", "*",  "a*",   "openai/*",     "*b",
                                          "a/b", "",  "**", "\xff", "openai/gpt-4o"};
  const std::vector<std::string> models = {
      "openai/gpt-4o", "gpt-4o",    "openai/*",     "*", "groq/x*y", "", "/", "openai/",
      "x/y",           "stub/echo", "anthropic/a/b"};
  const auto pick = [&](const std::vector<std::string>& from) {
    return from[dice.below(from.size())];
  };
  int tables = 0;
  for (int round = 0; round < 3000; ++round) {
    entries.clear();
    settings = {};
    for (std::uint64_t i = dice.below(5); i > 0; --i) {
      ModelListEntry& entry = add(pick(names), pick(models));
      entry.allow_unpriced = true;
      if (dice.below(4) == 0) entry.api_base = dice.below(2) == 0 ? "http://h" : "h";
      if (dice.below(4) == 0) entry.weight = static_cast<double>(dice.below(3)) - 0.5;
      if (dice.below(4) == 0) entry.order = static_cast<std::uint32_t>(dice.below(3));
      if (dice.below(8) == 0) entry.overrides = {{"input_cost_per_token", pick(names)}};
    }
    if (dice.below(3) == 0) settings.aliases = {{pick(names), pick(names), dice.below(2) == 0}};
    if (dice.below(3) == 0) settings.fallbacks = {{pick(names), {pick(names), pick(names)}}};
    const auto made = build();
    ASSERT_EQ(made.table == nullptr, !made.errors.empty());
    if (made.table == nullptr) continue;
    ++tables;
    for (const std::string& name : names) {
      const ModelMatch match = made.table->resolve(name);
      if (match.group == nullptr) continue;
      ASSERT_FALSE(match.group->deployments.empty());
      for (const Deployment* deployment : match.group->deployments) {
        std::string scratch;
        const auto upstream = upstream_model(*deployment, match, scratch);
        ASSERT_FALSE(upstream.empty());
        ASSERT_NE(deployment->health, nullptr);
        ASSERT_EQ(&made.table->deployments()[deployment->index], deployment);
      }
    }
    for (const VisibleModel& model : made.table->visible_models()) {
      ASSERT_NE(made.table->resolve(model.name).group, nullptr);
    }
  }
  EXPECT_GT(tables, 200);
}

}  // namespace
}  // namespace gatehouse::models
