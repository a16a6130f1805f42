#include "gatehouse/models/presets.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gatehouse::models {
namespace {

AvailableProvider provider(std::string name, std::string models, bool local = false) {
  AvailableProvider out;
  out.name = std::move(name);
  out.api_key = core::Secret("key-" + out.name);
  out.default_models = std::move(models);
  out.local = local;
  return out;
}

std::string listed(const std::vector<ModelListEntry>& entries) {
  std::string out;
  for (const ModelListEntry& entry : entries) {
    out += entry.model_name + "=" + entry.model + " ";
    EXPECT_EQ(entry.api_key.reveal(), "key-" + entry.model.substr(0, entry.model.find('/')));
  }
  return out;
}

TEST(PresetEntries, OfferDefaultModelsAndAWildcard) {
  const std::vector providers = {provider("openai", "gpt-4o, gpt-4o-mini,"), provider("groq", "")};
  EXPECT_EQ(listed(preset_entries(providers)),
            "gpt-4o=openai/gpt-4o openai/gpt-4o=openai/gpt-4o "
            "gpt-4o-mini=openai/gpt-4o-mini openai/gpt-4o-mini=openai/gpt-4o-mini "
            "openai/*=openai/* groq/*=groq/* ");
  EXPECT_TRUE(preset_entries({}).empty());
}

TEST(PresetEntries, ABareNameBelongsToTheFirstProviderThatOffersIt) {
  const std::vector providers = {provider("deepseek", "deepseek-chat"),
                                 provider("openrouter", "deepseek-chat")};
  EXPECT_EQ(listed(preset_entries(providers)),
            "deepseek-chat=deepseek/deepseek-chat deepseek/deepseek-chat=deepseek/deepseek-chat "
            "deepseek/*=deepseek/* "
            "openrouter/deepseek-chat=openrouter/deepseek-chat openrouter/*=openrouter/* ");
}

TEST(PresetEntries, ALocalServerIsUnpricedAndPrivate) {
  for (const ModelListEntry& entry :
       preset_entries(std::vector{provider("ollama", "llama3", true)})) {
    EXPECT_TRUE(entry.allow_unpriced);
    EXPECT_TRUE(entry.allow_private_network);
    EXPECT_EQ(entry.path, "environment.ollama");
  }
  for (const ModelListEntry& entry : preset_entries(std::vector{provider("openai", "gpt-4o")})) {
    EXPECT_FALSE(entry.allow_unpriced);
    EXPECT_FALSE(entry.allow_private_network);
  }
}

TEST(ExpandCatchAll, StandsForEveryProvider) {
  ModelListEntry any;
  any.model_name = any.model = "*";
  any.drop_params = true;
  const std::vector providers = {provider("openai", "gpt-4o"), provider("groq", "")};
  const auto expanded = expand_catch_all({any}, providers);
  EXPECT_EQ(listed(expanded), "openai/*=openai/* groq/*=groq/* ");
  EXPECT_EQ(expanded[0].drop_params, true);
  EXPECT_TRUE(expand_catch_all({any}, {}).empty());
}

TEST(ExpandCatchAll, LeavesEverythingElseAlone) {
  const std::vector providers = {provider("openai", "gpt-4o")};
  ModelListEntry keyed;
  keyed.model_name = keyed.model = "*";
  keyed.api_key = core::Secret("sk-for-one-vendor");
  ModelListEntry addressed = keyed;
  addressed.api_key = {};
  addressed.api_base = "http://gpu:8000";
  ModelListEntry with_headers = keyed;
  with_headers.api_key = {};
  with_headers.extra_headers = {{"x-key", "secret"}};
  ModelListEntry named;
  named.model_name = "*";
  named.model = "openai/*";
  const auto expanded = expand_catch_all({keyed, addressed, with_headers, named}, providers);
  ASSERT_EQ(expanded.size(), 4u);
  EXPECT_EQ(expanded[0].model, "*");
  EXPECT_EQ(expanded[0].api_key.reveal(), "sk-for-one-vendor");
  EXPECT_EQ(expanded[3].model, "openai/*");
}

}  // namespace
}  // namespace gatehouse::models
