#include <vector>

#include "anthropic/codec.hpp"
#include "anthropic/provider.hpp"
#include "anthropic/relay.hpp"
#include "anthropic/usage.hpp"
#include "gatehouse/providers/codec.hpp"
#include "gatehouse/providers/passthrough.hpp"
#include "gatehouse/providers/provider.hpp"
#include "openai/codec.hpp"
#include "openai/provider.hpp"
#include "openai/relay.hpp"
#include "openai/usage.hpp"
#include "stub/stub_provider.hpp"

namespace gatehouse::providers {

const Provider* find_provider(std::string_view name) noexcept {
  if (name == anthropic::preset().name) return &anthropic::provider();
  if (name == stub::preset().name) return &stub::provider();
  return openai::find(name);
}

std::span<const ProviderPreset> provider_presets() noexcept {
  static const std::vector<ProviderPreset> all = [] {
    std::vector<ProviderPreset> made;
    for (const ProviderPreset& preset : openai::presets()) made.push_back(preset);
    made.push_back(anthropic::preset());
    made.push_back(stub::preset());
    return made;
  }();
  return all;
}

const ChatCodec* chat_codec(WireFormat format) noexcept {
  switch (format) {
    case WireFormat::openai_chat:
      return &openai::chat_codec();
    case WireFormat::openai_completions:
      return &openai::completions_codec();
    case WireFormat::anthropic_messages:
      return &anthropic::codec();
    case WireFormat::openai_embeddings:
    case WireFormat::anthropic_count_tokens:
      return nullptr;
  }
  return nullptr;
}

std::optional<core::TokenUsage> read_usage(WireFormat format, const json::Outline& reply) {
  switch (format) {
    case WireFormat::openai_chat:
    case WireFormat::openai_completions:
    case WireFormat::openai_embeddings:
      return openai::read_reply_usage(reply);
    case WireFormat::anthropic_messages:
      return anthropic::read_reply_usage(reply);
    case WireFormat::anthropic_count_tokens:
      return std::nullopt;  // counting costs nothing
  }
  return std::nullopt;
}

std::unique_ptr<StreamRelay> make_stream_relay(WireFormat format, RelayOptions options,
                                               json::Scanner& scanner) {
  switch (format) {
    case WireFormat::openai_chat:
    case WireFormat::openai_completions:
      return openai::make_relay(std::move(options), scanner);
    case WireFormat::anthropic_messages:
      return anthropic::make_relay(std::move(options), scanner);
    case WireFormat::openai_embeddings:
    case WireFormat::anthropic_count_tokens:
      return nullptr;
  }
  return nullptr;
}

}  // namespace gatehouse::providers
