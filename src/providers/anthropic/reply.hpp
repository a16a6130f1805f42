#pragma once
/// Complete replies of the messages API.

#include <string>
#include <string_view>

#include "gatehouse/providers/codec.hpp"

namespace gatehouse::providers::anthropic {

core::Result<ChatReply> decode_reply(std::string_view body);
std::string encode_reply(const ChatReply& reply);

}  // namespace gatehouse::providers::anthropic
