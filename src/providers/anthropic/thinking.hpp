#pragma once
/// From an effort in words to a budget in tokens.

#include <cstdint>
#include <string_view>

#include "gatehouse/providers/chat.hpp"

namespace gatehouse::providers::anthropic {

struct ThinkingPlan {
  std::uint64_t budget = 0;      ///< 0: no thinking
  std::uint64_t max_tokens = 0;  ///< must be above the budget
  std::string_view source;       ///< the member that asked
  std::string_view lacking;      ///< the member that asked for more than max_tokens has room for
};

/// minimal and low give 1,024 tokens, medium 2,048, high and above 4,096, at most half of a given
/// max_tokens; without one the room for the answer comes on top. A turn that answers tool calls
/// made without signed thinking goes without, because the API refuses it otherwise.
ThinkingPlan plan_budget(const ChatRequest& request, std::uint64_t default_max_tokens);

}  // namespace gatehouse::providers::anthropic
