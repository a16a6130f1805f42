#pragma once
/// `finish_reason` of choices.

#include <string_view>

#include "gatehouse/providers/chat.hpp"

namespace gatehouse::providers::openai {

inline FinishReason parse_finish(std::string_view word) noexcept {
  if (word == "stop" || word == "eos" || word == "end_turn") return FinishReason::stop;
  if (word == "length" || word == "model_length" || word == "max_tokens") {
    return FinishReason::length;
  }
  if (word == "tool_calls" || word == "function_call") return FinishReason::tool_calls;
  if (word == "content_filter") return FinishReason::content_filter;
  return FinishReason::other;
}

inline std::string_view finish_word(FinishReason reason) noexcept {
  switch (reason) {
    case FinishReason::length:
      return "length";
    case FinishReason::tool_calls:
      return "tool_calls";
    case FinishReason::content_filter:
    case FinishReason::refusal:
      return "content_filter";
    case FinishReason::stop:
    case FinishReason::other:
      return "stop";
  }
  return "stop";
}

}  // namespace gatehouse::providers::openai
