#include <array>
#include <map>
#include <string>

#include "gatehouse/config/section.hpp"
#include "gatehouse/models/config.hpp"

namespace gatehouse::models {

namespace {

/// The two parts of an entry, each under its own key of the file.
struct ParamsPart {
  ModelListEntry& entry;
};
struct InfoPart {
  ModelListEntry& entry;
};

constexpr core::Nanos kLongest = std::chrono::hours(24);

constexpr std::array<std::string_view, 10> kPrices{"input_cost_per_token",
                                                   "output_cost_per_token",
                                                   "cache_read_input_token_cost",
                                                   "cache_creation_input_token_cost",
                                                   "cache_creation_input_token_cost_above_1hr",
                                                   "input_cost_per_audio_token",
                                                   "output_cost_per_audio_token",
                                                   "output_cost_per_reasoning_token",
                                                   "input_cost_per_token_cache_hit",
                                                   "input_cost_per_request"};
constexpr std::size_t kTieredPrices = 5;  // the first ones
constexpr std::array<std::string_view, 5> kTiers{"128k", "200k", "256k", "272k", "512k"};

constexpr std::string_view kNumberSchema = R"({"type":["number","string"]})";

/// Keeps the text of a price-map field as it stands, so that no digit is lost.
void describe_override(config::Section& section, ModelListEntry& entry, std::string_view name,
                       std::string_view text, std::string_view schema) {
  section.custom(name, {.text = text}, schema,
                 [&](const config::Node& node, config::Problems& problems) {
                   if (node.kind() != config::Node::Kind::scalar) {
                     return problems.error(node.path(), node.line(), "must be a single value");
                   }
                   entry.overrides.emplace_back(name, node.text());
                 });
}

void describe_prices(config::Section& section, ModelListEntry& entry) {
  for (const std::string_view name : kPrices) {
    describe_override(section, entry, name, "USD; replaces the price map", kNumberSchema);
  }
  for (std::size_t i = 0; i < kTieredPrices; ++i) {
    for (const std::string_view tier : kTiers) {
      const std::string name = std::string(kPrices[i]) + "_above_" + std::string(tier) + "_tokens";
      describe_override(section, entry, name, "USD, for prompts longer than that", kNumberSchema);
    }
  }
}

void describe_connection(config::Section& s, ModelListEntry& entry) {
  s.text("model", entry.model,
         {.text = "provider/name; may contain the '*' of model_name", .required = true});
  s.text("custom_llm_provider", entry.custom_llm_provider,
         {.text = "the provider, when `model` does not name it"});
  s.text("api_base", entry.api_base, {.text = "base URL; default: the provider's"});
  s.text("base_url", entry.api_base, {.text = "another name of api_base"});
  s.secret("api_key", entry.api_key,
           {.text = "the provider's key", .allow_missing_variable = true});
  s.text("api_version", entry.api_version, {.text = "where the provider asks for one"});
  s.text("organization", entry.organization, {.text = "OpenAI organization"});
  s.text("region_name", entry.region_name, {.text = "where the model runs"});
  std::map<std::string, std::string> headers;
  s.text_map("extra_headers", headers, {.text = "headers to add to each call"});
  entry.extra_headers.assign(headers.begin(), headers.end());
  s.boolean("allow_private_network", entry.allow_private_network,
            {.text = "the address may lie in a private network"});
}

void describe_routing(config::Section& s, ModelListEntry& entry) {
  s.integer("rpm", entry.rpm, {0, 1'000'000'000'000}, {.text = "requests per minute, a weight"});
  s.integer("tpm", entry.tpm, {0, 1'000'000'000'000}, {.text = "tokens per minute, a weight"});
  double weight = 0;
  s.number("weight", weight, {0, 1e9}, {.text = "share of the calls within its name and order"});
  if (s.reading()) {
    const config::Node* given = s.node().find("weight");
    if (given != nullptr && given->kind() == config::Node::Kind::scalar) entry.weight = weight;
  }
  s.integer("order", entry.order, {0, 1000}, {.text = "lower ones are used first"});
  s.duration("timeout", entry.timeout, {core::Millis(1), kLongest}, {.text = "of a whole call"});
  s.duration("stream_timeout", entry.stream_timeout, {core::Millis(1), kLongest},
             {.text = "to the first byte of a streamed call"});
  s.integer("max_retries", entry.max_retries, {0, 100}, {.text = "retries within the name"});
  s.integer("num_retries", entry.max_retries, {0, 100}, {.text = "another name of max_retries"});
  s.texts("tags", entry.tags, {.text = "for routing by tag"});
  s.boolean("drop_params", entry.drop_params,
            {.text = "leave out parameters that the provider lacks"});
  s.boolean("allow_unpriced", entry.allow_unpriced,
            {.text = "serve the model although its price is unknown"});
  s.text("mock_response", entry.mock_response, {.text = "answer for tests, no call is made"});
  s.integer("max_parallel_requests", entry.max_parallel_requests, {0, 1'000'000'000'000},
            {.text = "calls at the same time"});
  s.money("max_budget", entry.max_budget, {.text = "USD that calls of the deployment may cost"});
  s.text("budget_duration", entry.budget_duration,
         {.text = "period of max_budget; none: for ever"});
}

void describe(config::Section& s, ParamsPart& part) {
  s.lenient_unknown();
  describe_connection(s, part.entry);
  describe_routing(s, part.entry);
  describe_prices(s, part.entry);
}

void describe(config::Section& s, InfoPart& part) {
  s.lenient_unknown();
  ModelListEntry& entry = part.entry;
  if (s.reading()) entry.model_info_json = config::to_json(s.node());
  s.text("id", entry.id, {.text = "identifier; default: a hash of litellm_params"});
  s.text("mode", entry.mode, {.text = "chat, completion, embedding, …"});
  s.text("base_model", entry.base_model, {.text = "name in the price map"});
  s.texts("access_groups", entry.access_groups, {.text = "names that stand for several models"});
  s.text("team_id", entry.team_id, {.text = "only for this team"});
  for (const std::string_view name : {"max_tokens", "max_input_tokens", "max_output_tokens"}) {
    describe_override(s, entry, name, "tokens; replaces the price map", kNumberSchema);
  }
  for (const std::string_view name : capability_names()) {
    describe_override(s, entry, name, "replaces the price map", R"({"type":"boolean"})");
  }
  describe_prices(s, entry);
}

}  // namespace

void describe(config::Section& s, ModelListEntry& entry) {
  s.lenient_unknown();
  if (s.reading()) entry.path = s.node().path();
  s.text("model_name", entry.model_name,
         {.text = "the name clients use; may contain one '*'", .required = true});
  ParamsPart params{entry};
  s.section("litellm_params", params, {.text = "how to reach the model", .required = true});
  InfoPart info{entry};
  s.section("model_info", info, {.text = "what is known of the model"});
}

}  // namespace gatehouse::models
