#include "litellm/spend_log_row.hpp"

#include <string>
#include <string_view>

namespace gatehouse::api::litellm {
namespace {

using admin::JsonWriter;
using ledger::LoggedCall;

bool successful(const LoggedCall& call) {
  return call.status == "answered";
}

std::string_view status_of(const LoggedCall& call) {
  return successful(call) ? "success" : "failure";
}

/// Unknown texts are null where LiteLLM's column has no default.
void write_maybe(JsonWriter& out, std::string_view name, const std::string& text) {
  out.key(name);
  text.empty() ? out.null() : out.text(text);
}

void write_error(JsonWriter& out, const LoggedCall& call) {
  out.key("error_information");
  if (successful(call)) {
    out.null();
    return;
  }
  out.begin_object()
      .member("error_code", std::to_string(call.http_status))
      .member("error_class", call.error_class)
      .member("error_message", call.error_message)
      .member("traceback", "")
      .member("llm_provider", call.provider)
      .end_object();
}

void write_usage(JsonWriter& out, const LoggedCall& call) {
  out.key("usage_object")
      .begin_object()
      .member("prompt_tokens", call.prompt_tokens)
      .member("completion_tokens", call.completion_tokens)
      .member("total_tokens", call.prompt_tokens + call.completion_tokens)
      .member("cache_read_input_tokens", call.cache_read_tokens)
      .member("cache_creation_input_tokens", call.cache_write_tokens + call.cache_write_1h_tokens);
  out.key("prompt_tokens_details")
      .begin_object()
      .member("cached_tokens", call.cache_read_tokens)
      .end_object();
  out.key("completion_tokens_details")
      .begin_object()
      .member("reasoning_tokens", call.reasoning_tokens)
      .end_object();
  out.end_object();
}

/// What we know beyond the contract: enough to check a bill.
void write_evidence(JsonWriter& out, const LoggedCall& call) {
  out.key("gatehouse")
      .begin_object()
      .member("call_id", call.call_id)
      .member("outcome", call.status)
      .member("http_status", call.http_status)
      .member("stream", call.stream)
      .member("requested_model", call.requested_model)
      .member("price_version", call.price_version)
      .member("usage_source", call.usage_source)
      .member("cost_known", call.cost_known)
      .member("cost_clamped", call.cost_clamped)
      .member("reserved", call.reserved)
      .member("retries", call.retries)
      .member("fallbacks", call.fallbacks)
      .end_object();
}

void write_metadata(JsonWriter& out, const LoggedCall& call) {
  out.key("metadata").begin_object();
  out.member("user_api_key", call.api_key);
  write_maybe(out, "user_api_key_alias", call.key_alias);
  write_maybe(out, "user_api_key_team_id", call.team_id);
  write_maybe(out, "user_api_key_user_id", call.user_id);
  write_maybe(out, "user_api_key_org_id", call.organization_id);
  write_maybe(out, "user_api_key_end_user_id", call.end_user);
  write_maybe(out, "requester_ip_address", call.requester_ip);
  out.member("status", status_of(call));
  write_error(out, call);
  write_usage(out, call);
  out.key("cost_breakdown").begin_object().member("total_cost", call.cost).end_object();
  out.key("applied_guardrails").begin_array().end_array();
  out.key("spend_logs_metadata");
  call.client_metadata.empty() ? out.null() : out.raw(call.client_metadata);
  write_evidence(out, call);
  out.end_object();
}

void write_times(JsonWriter& out, const LoggedCall& call) {
  out.member("startTime", call.started_at)
      .member("endTime", call.ended_at)
      // As in the original, an answer that is no stream starts when it ends.
      .member("completionStartTime", call.first_token_at.value_or(call.ended_at))
      .member("request_duration_ms", (call.ended_at - call.started_at) / core::Millis(1));
}

}  // namespace

void write_log_row(JsonWriter& out, const LoggedCall& call,
                   std::optional<std::uint64_t> session_calls) {
  out.begin_object()
      .member("request_id", call.request_id)
      .member("call_type", call.call_type)
      .member("api_key", call.api_key)
      .member("spend", call.cost)
      .member("total_tokens", call.prompt_tokens + call.completion_tokens)
      .member("prompt_tokens", call.prompt_tokens)
      .member("completion_tokens", call.completion_tokens);
  write_times(out, call);
  out.member("model", call.model)
      .member("model_id", call.deployment)
      .member("model_group", call.model_group)
      .member("custom_llm_provider", call.provider)
      .member("api_base", call.api_base)
      .member("user", call.user_id);
  write_metadata(out, call);
  out.member("cache_hit", "False").member("cache_key", "").member_raw("request_tags", call.tags);
  write_maybe(out, "team_id", call.team_id);
  write_maybe(out, "organization_id", call.organization_id);
  out.member("end_user", call.end_user);
  write_maybe(out, "requester_ip_address", call.requester_ip);
  write_maybe(out, "session_id", call.session_id);
  out.member("status", status_of(call)).member_null("agent_id");
  out.member_raw("messages", "{}").member_raw("response", "{}");
  out.member_raw("proxy_server_request", "{}");
  if (session_calls) out.member("session_total_count", *session_calls);
  out.end_object();
}

}  // namespace gatehouse::api::litellm
