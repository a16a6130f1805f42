#include "litellm/spend_price.hpp"

#include <optional>
#include <utility>

#include "gatehouse/core/text.hpp"
#include "gatehouse/json/scan.hpp"
#include "gatehouse/providers/token_estimate.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::BodyReader;

std::uint64_t count(BodyReader& object, std::string_view name) {
  std::optional<std::uint64_t> value;
  object.read(name, value);
  return std::min(value.value_or(0), core::kMaxPlausibleTokens);
}

core::TokenUsage read_usage(BodyReader& usage) {
  core::TokenUsage tokens;
  tokens.prompt = count(usage, "prompt_tokens");
  tokens.completion = count(usage, "completion_tokens");
  if (auto details = usage.object("prompt_tokens_details")) {
    tokens.cache_read = count(*details, "cached_tokens");
    tokens.audio_prompt = count(*details, "audio_tokens");
  }
  if (auto details = usage.object("completion_tokens_details")) {
    tokens.reasoning = count(*details, "reasoning_tokens");
    tokens.audio_completion = count(*details, "audio_tokens");
  }
  return tokens;
}

/// Tokens of {"messages":[…]}.
std::uint64_t estimate(BodyReader& body) {
  std::string request = R"({"messages":[)";
  for (const json::Member& message : body.list("messages")) {
    if (request.back() != '[') request += ',';
    request += message.value;
  }
  request += "]}";
  json::Scanner scanner(json::kRequestLimits);
  const auto outline = scanner.scan_copy(request);
  if (!outline) return 0;
  return providers::estimate_prompt_tokens(providers::WireFormat::openai_chat, *outline);
}

const models::PriceSet* prices_of(std::string_view model, const models::ModelTable& table) {
  const models::ModelMatch match = table.resolve(model);
  if (match.group != nullptr) {
    const models::Deployment& deployment = *match.group->deployments.front();
    std::string scratch;
    const std::string_view upstream = models::upstream_model(deployment, match, scratch);
    return models::prices_for(table, deployment, upstream);
  }
  const models::ModelInfo* info = table.prices().find_key(model);
  if (info == nullptr) {
    const auto slash = model.find('/');
    if (slash != std::string_view::npos) {
      info = table.prices().find(model.substr(0, slash), model.substr(slash + 1));
    }
  }
  return info != nullptr && info->prices ? &*info->prices : nullptr;
}

}  // namespace

admin::Outcome<HypotheticalCall> read_hypothetical_call(BodyReader& body) {
  HypotheticalCall call;
  if (auto response = body.object("completion_response")) {
    response->read("model", call.model);
    if (auto usage = response->object("usage")) call.usage = read_usage(*usage);
    return call;
  }
  body.read("model", call.model);
  if (call.model.empty()) {
    return std::unexpected(admin::refuse_detail_error(
        400, "Bad Request - Either 'model' or 'completion_response' must be provided"));
  }
  if (!body.is_set("messages")) {
    return std::unexpected(admin::refuse_detail_error(
        400, "Bad Request - 'messages' must be provided along with 'model'"));
  }
  call.usage.prompt = estimate(body);
  return call;
}

core::Result<core::Money> price_of(const HypotheticalCall& call, const models::ModelTable& table) {
  const models::PriceSet* prices = prices_of(call.model, table);
  if (prices == nullptr) {
    return core::fail(core::Errc::not_found,
                      "There is no price for the model " + core::printable(call.model));
  }
  return models::cost_of(*prices, call.usage);
}

}  // namespace gatehouse::api::litellm
