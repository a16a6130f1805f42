#pragma once
/// Members that chat completions and completions have in common.

#include <string_view>

#include "decode_support.hpp"
#include "gatehouse/providers/chat.hpp"

namespace gatehouse::providers::openai {

/// Reads a sampling, limit or stream member; false when `name` is none of them.
core::Result<bool> decode_common_member(std::string_view name, const json::Member& member,
                                        const FieldPath& path, ChatRequest& request);

}  // namespace gatehouse::providers::openai
