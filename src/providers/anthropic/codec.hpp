#pragma once
/// Anthropic's messages API as a codec.

#include <string_view>

#include "gatehouse/providers/codec.hpp"

namespace gatehouse::providers::anthropic {

const ChatCodec& codec() noexcept;

/// The tool through which an answer of a demanded JSON shape comes
/// (docs/adr/0006-translation-through-a-neutral-conversation.md). Its call is the answer's text.
inline constexpr std::string_view kAnswerTool = "gatehouse_json_answer";

}  // namespace gatehouse::providers::anthropic
