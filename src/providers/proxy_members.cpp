#include "proxy_members.hpp"

#include <algorithm>
#include <array>

#include "json_view.hpp"

namespace gatehouse::providers {
namespace {

constexpr std::array<std::string_view, 20> kProxyMembers = {
    "additional_drop_params",
    "allowed_openai_params",
    "api_base",
    "api_key",
    "cache",
    "caching",
    "context_window_fallback_dict",
    "drop_params",
    "fallbacks",
    "guardrails",
    "mock_response",
    "mock_testing_content_policy_fallbacks",
    "mock_testing_context_fallbacks",
    "mock_testing_fallbacks",
    "mock_testing_rate_limit_error",
    "mock_timeout",
    "no-log",
    "num_retries",
    "tags",
    "timeout",
};
static_assert(std::ranges::is_sorted(kProxyMembers));

bool is_map_of_texts(const json::Member& metadata) {
  for (const json::Member& entry : Children(metadata)) {
    if (!is_string(entry)) return false;
  }
  return true;
}

MetadataPlan plan_anthropic_metadata(const json::Member& metadata) {
  std::string kept;
  bool others = false;
  for (const json::Member& entry : Children(metadata)) {
    if (key_is(entry, "user_id")) {
      kept = entry.value;
    } else {
      others = true;
    }
  }
  if (!others) return {};
  if (kept.empty()) return {MetadataUse::remove};
  return {MetadataUse::replace, "{\"user_id\":" + kept + "}"};
}

}  // namespace

bool is_proxy_member(std::string_view name) noexcept {
  return name.starts_with("litellm_") || std::ranges::binary_search(kProxyMembers, name);
}

MetadataPlan plan_metadata(WireFormat format, const json::Member& metadata) {
  if (is_null(metadata)) return {};
  if (!is_object(metadata)) return {MetadataUse::remove};
  switch (format) {
    case WireFormat::openai_chat:
      return {is_map_of_texts(metadata) ? MetadataUse::keep : MetadataUse::remove};
    case WireFormat::anthropic_messages:
      return plan_anthropic_metadata(metadata);
    default:
      return {MetadataUse::remove};
  }
}

}  // namespace gatehouse::providers
