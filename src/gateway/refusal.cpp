#include "gatehouse/gateway/refusal.hpp"

#include <array>

#include "call.hpp"
#include "durable.hpp"
#include "gatehouse/core/text.hpp"
#include "gatehouse/json/scan.hpp"

namespace gatehouse::gateway {
namespace {

using providers::FailureClass;

/// LiteLLM's exception class for an upstream failure; clients match on these names.
std::string_view class_of(const providers::UpstreamFailure& failure) {
  switch (failure.kind) {
    case FailureClass::context_window:
      return "ContextWindowExceededError";
    case FailureClass::content_policy:
      return "ContentPolicyViolationError";
    case FailureClass::timeout:
      return "Timeout";
    case FailureClass::overloaded:
      return "ServiceUnavailableError";
    case FailureClass::connection:
      return "APIConnectionError";
    case FailureClass::garbage:
      return "BadGatewayError";
    default:
      break;
  }
  switch (failure.status) {
    case 400:
      return "BadRequestError";
    case 401:
      return "AuthenticationError";
    case 403:
      return "PermissionDeniedError";
    case 404:
      return "NotFoundError";
    case 408:
      return "Timeout";
    case 422:
      return "UnprocessableEntityError";
    case 429:
      return "RateLimitError";
    case 503:
      return "ServiceUnavailableError";
    default:
      return failure.status >= 500 ? "InternalServerError" : "APIError";
  }
}

/// "groq" → "Groq": LiteLLM names its exceptions after the provider.
std::string exception_prefix(std::string_view provider) {
  if (provider == "openai") return "OpenAIException";
  std::string name(provider);
  if (!name.empty() && name[0] >= 'a' && name[0] <= 'z') name[0] = static_cast<char>(name[0] - 32);
  return name + "Exception";
}

}  // namespace

std::string envelope_of(const Refusal& refusal) {
  std::string out = R"({"error":{"message":)";
  json::append_quoted(out, refusal.message);
  out += R"(,"type":)";
  json::append_quoted(out, refusal.type);
  out += R"(,"param":)";
  refusal.param.empty() ? void(out += "null") : json::append_quoted(out, refusal.param);
  out += R"(,"code":")" + std::to_string(refusal.status) + "\"}}";
  return out;
}

Refusal bad_request(std::string message, std::string param) {
  return {400, std::move(message), "invalid_request_error", std::move(param), {}};
}

int status_of(core::Errc code) noexcept {
  using core::Errc;
  switch (code) {
    case Errc::invalid_argument:
      return 400;
    case Errc::unauthenticated:
      return 401;
    case Errc::forbidden:
      return 403;
    case Errc::not_found:
      return 404;
    case Errc::conflict:
      return 409;
    case Errc::too_large:
      return 413;
    case Errc::unsupported_media:
      return 415;
    case Errc::unprocessable:
      return 422;
    case Errc::rate_limited:
      return 429;
    case Errc::budget_exceeded:
      return 429;
    case Errc::upstream_failed:
      return 502;
    case Errc::upstream_timeout:
      return 504;
    case Errc::unavailable:
      return 503;
    case Errc::cancelled:
      return 499;
    case Errc::deadline_exceeded:
      return 408;
    case Errc::closed:
      return 499;
    case Errc::io:
    case Errc::protocol:
    case Errc::internal:
      return 500;
  }
  return 500;
}

Refusal refusal_for(const core::Error& error) {
  const int status = status_of(error.code);
  const bool ours = status >= 500;
  return {status,
          error.public_message,
          ours ? "internal_server_error" : "invalid_request_error",
          "None",
          {}};
}

Refusal refusal_for(const providers::UpstreamFailure& failure, std::string_view provider) {
  Refusal refusal;
  refusal.status = failure.status;
  refusal.message = "litellm." + std::string(class_of(failure)) + ": " +
                    exception_prefix(provider) + " - " + failure.message;
  if (!failure.type.empty()) refusal.type = failure.type;
  if (failure.param) refusal.param = *failure.param;
  refusal.retry_after = failure.retry_after;
  return refusal;
}

void hide_secret(std::string& text, const core::Secret& secret) {
  constexpr std::string_view kHidden = "[redacted]";
  const std::string_view hidden = secret.reveal();
  if (hidden.empty()) return;
  for (auto at = text.find(hidden); at != std::string::npos;
       at = text.find(hidden, at + kHidden.size())) {
    text.replace(at, hidden.size(), kHidden);
  }
}

core::Task<void> refuse(Call& call, const Refusal& refusal, Outcome outcome, ReplySink& sink) {
  settle(call, outcome, refusal.status, refusal.type, refusal.message);
  co_await Durable(call);
  net::HeaderBlock headers;
  add_answer_headers(call, headers);
  if (refusal.retry_after) {
    headers.add("retry-after", static_cast<std::uint64_t>(refusal.retry_after->count()));
  }
  for (const auto& [name, value] : refusal.headers) headers.add(name, value);
  (void)co_await sink.refuse(headers, refusal);
}

}  // namespace gatehouse::gateway
