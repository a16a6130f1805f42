#pragma once
/// Requests of the messages API.

#include <string_view>

#include "gatehouse/providers/codec.hpp"

namespace gatehouse::providers::anthropic {

core::Result<ChatRequest> decode_request(std::string_view body);
core::Result<EncodedRequest> encode_request(const ChatRequest& request,
                                            const EncodeOptions& options);

}  // namespace gatehouse::providers::anthropic
