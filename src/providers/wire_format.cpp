#include "gatehouse/providers/wire_format.hpp"

namespace gatehouse::providers {

std::string_view name_of(WireFormat format) noexcept {
  switch (format) {
    case WireFormat::openai_chat:
      return "openai_chat";
    case WireFormat::openai_completions:
      return "openai_completions";
    case WireFormat::openai_embeddings:
      return "openai_embeddings";
    case WireFormat::anthropic_messages:
      return "anthropic_messages";
    case WireFormat::anthropic_count_tokens:
      return "anthropic_count_tokens";
  }
  return "unknown";
}

}  // namespace gatehouse::providers
