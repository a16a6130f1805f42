/// What models there are.

#include "../envelope.hpp"
#include "../handlers.hpp"
#include "../model_access.hpp"
#include "gatehouse/json/scan.hpp"

namespace gatehouse::api::openai {
namespace {

/// LiteLLM's constant; clients compare nothing with it.
constexpr std::string_view kCreated = "1677610602";
constexpr std::string_view kCreatedAt = "2023-02-28T18:56:42Z";

void append_openai(std::string& out, std::string_view name) {
  out += R"({"id":)";
  json::append_quoted(out, name);
  out += R"(,"object":"model","created":)";
  out += kCreated;
  out += R"(,"owned_by":"openai"})";
}

void append_anthropic(std::string& out, std::string_view name) {
  out += R"({"type":"model","id":)";
  json::append_quoted(out, name);
  out += R"(,"display_name":)";
  json::append_quoted(out, name);
  out += R"(,"created_at":")";
  out += kCreatedAt;
  out += "\"}";
}

/// Anthropic's clients name the version of their protocol in every request.
bool speaks_anthropic(const net::Exchange& exchange) {
  return exchange.head().headers.find("anthropic-version").has_value();
}

}  // namespace

core::Task<void> list_models(ApiContext& context, net::Exchange& exchange, const Parameters&,
                             const Caller& caller) {
  const auto snapshot = context.pipeline.snapshot();
  const auto models = models_for(caller, *snapshot->table);
  const bool anthropic = speaks_anthropic(exchange);
  std::string body = R"({"data":[)";
  for (const std::string_view name : models) {
    if (body.back() != '[') body += ',';
    anthropic ? append_anthropic(body, name) : append_openai(body, name);
  }
  if (anthropic) {
    const std::string first = models.empty() ? "null" : json::quoted(models.front());
    const std::string last = models.empty() ? "null" : json::quoted(models.back());
    body += R"(],"has_more":false,"first_id":)" + first + R"(,"last_id":)" + last + "}";
  } else {
    body += R"(],"object":"list"})";
  }
  co_await answer_json(exchange, 200, std::move(body));
}

core::Task<void> get_model(ApiContext& context, net::Exchange& exchange,
                           const Parameters& parameters, const Caller& caller) {
  const auto snapshot = context.pipeline.snapshot();
  const std::string_view name = parameters.text(0);
  const auto match = snapshot->table->resolve(name);
  if (match.group == nullptr || !may_use(caller, name, match.group)) {
    const gateway::Refusal refusal{404,
                                   "The model '" + std::string(name) + "' does not exist",
                                   "invalid_request_error",
                                   "model",
                                   {}};
    co_await answer_refusal(exchange, refusal);
    co_return;
  }
  std::string body;
  speaks_anthropic(exchange) ? append_anthropic(body, name) : append_openai(body, name);
  co_await answer_json(exchange, 200, std::move(body));
}

}  // namespace gatehouse::api::openai
