#pragma once
/// The chat completions and the older completions API as codecs.

#include "gatehouse/providers/codec.hpp"

namespace gatehouse::providers::openai {

const ChatCodec& chat_codec() noexcept;
/// For clients only; its conversations have one user message, the prompt.
const ChatCodec& completions_codec() noexcept;

}  // namespace gatehouse::providers::openai
