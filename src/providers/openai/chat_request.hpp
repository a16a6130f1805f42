#pragma once
/// Requests of the chat completions API.

#include <string_view>

#include "gatehouse/providers/codec.hpp"

namespace gatehouse::providers::openai {

core::Result<ChatRequest> decode_chat_request(std::string_view body);
core::Result<EncodedRequest> encode_chat_request(const ChatRequest& request,
                                                 const EncodeOptions& options);

}  // namespace gatehouse::providers::openai
