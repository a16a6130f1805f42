#pragma once
/// Complete replies of the chat completions API.

#include <string>
#include <string_view>

#include "gatehouse/providers/codec.hpp"

namespace gatehouse::providers::openai {

core::Result<ChatReply> decode_chat_reply(std::string_view body);
std::string encode_chat_reply(const ChatReply& reply);

/// The texts of a message in one.
std::string joined_text(const Message& message);

}  // namespace gatehouse::providers::openai
