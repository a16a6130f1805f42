#pragma once
/// The request and reply formats spoken on either side of the gateway.

#include <cstdint>
#include <string_view>

namespace gatehouse::providers {

enum class WireFormat : std::uint8_t {
  openai_chat,             ///< POST /chat/completions
  openai_completions,      ///< POST /completions
  openai_embeddings,       ///< POST /embeddings
  anthropic_messages,      ///< POST /v1/messages
  anthropic_count_tokens,  ///< POST /v1/messages/count_tokens
};

std::string_view name_of(WireFormat format) noexcept;

}  // namespace gatehouse::providers
