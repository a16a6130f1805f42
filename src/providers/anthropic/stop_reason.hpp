#pragma once
/// `stop_reason` of messages.

#include <string_view>

#include "gatehouse/providers/chat.hpp"

namespace gatehouse::providers::anthropic {

inline FinishReason parse_stop(std::string_view word) noexcept {
  if (word == "end_turn" || word == "stop_sequence") return FinishReason::stop;
  if (word == "max_tokens" || word == "model_context_window_exceeded") return FinishReason::length;
  if (word == "tool_use") return FinishReason::tool_calls;
  if (word == "refusal") return FinishReason::refusal;
  return FinishReason::other;
}

/// `calls_tools`: some servers say "stop" where they should say that tools are to be called.
inline std::string_view stop_word(FinishReason reason, bool calls_tools,
                                  bool by_sequence) noexcept {
  switch (reason) {
    case FinishReason::length:
      return "max_tokens";
    case FinishReason::tool_calls:
      return "tool_use";
    case FinishReason::content_filter:
    case FinishReason::refusal:
      return "refusal";
    case FinishReason::stop:
    case FinishReason::other:
      break;
  }
  if (calls_tools) return "tool_use";
  return by_sequence ? "stop_sequence" : "end_turn";
}

}  // namespace gatehouse::providers::anthropic
