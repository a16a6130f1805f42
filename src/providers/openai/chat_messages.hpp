#pragma once
/// Messages of the chat completions API.

#include <string>
#include <string_view>

#include "decode_support.hpp"
#include "gatehouse/json/writer.hpp"
#include "gatehouse/providers/chat.hpp"

namespace gatehouse::providers::openai {

/// Decodes `messages` of a request. What the neutral model lacks goes to `request.extra` under
/// its path.
core::Result<void> decode_messages(const json::Member& messages, const FieldPath& path,
                                   ChatRequest& request);

/// Decodes one `tool_calls` array; calls of another type than function go to `extra`.
core::Result<void> decode_tool_calls(const json::Member& calls, const FieldPath& path,
                                     std::vector<Part>& into,
                                     std::vector<std::pair<std::string, std::string>>& extra);

/// Reasoning as compatible vendors write it: `reasoning_content`, `reasoning`, and
/// `thinking_blocks` with signatures. Unsigned text that a signed block repeats is left out.
void decode_reasoning(const json::Member& message, std::vector<Part>& into);

/// Writes `reasoning_content` and `thinking_blocks` of a message, when it has any.
void write_reasoning(json::Writer& writer, const Message& message);

/// Writes `tool_calls` of a message, when it has any.
void write_tool_calls(json::Writer& writer, const Message& message);

}  // namespace gatehouse::providers::openai
