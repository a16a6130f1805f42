#include "anthropic/provider.hpp"

#include <string>
#include <string_view>

#include "http_provider.hpp"

namespace gatehouse::providers::anthropic {
namespace {

constexpr ProviderPreset kPreset{
    .name = "anthropic",
    .base_url = "https://api.anthropic.com",
    .key_variable = "ANTHROPIC_API_KEY",
    .base_variable = "ANTHROPIC_BASE_URL",
    .default_models =
        "claude-opus-4-6,claude-opus-4-5,claude-opus-4-1,claude-sonnet-4-6,"
        "claude-sonnet-4-5,claude-haiku-4-5"};

class AnthropicProvider final : public HttpProvider {
 public:
  std::string_view name() const noexcept override { return kPreset.name; }

  bool speaks(WireFormat format) const noexcept override {
    return format == WireFormat::anthropic_messages || format == WireFormat::anthropic_count_tokens;
  }

  WireFormat chat_format() const noexcept override { return WireFormat::anthropic_messages; }
  bool takes_stream_options() const noexcept override { return false; }

 protected:
  std::string_view path_of(WireFormat format,
                           const net::Endpoint& endpoint) const noexcept override {
    const bool versioned = endpoint.base_path.ends_with("/v1");
    if (format == WireFormat::anthropic_count_tokens) {
      return versioned ? "/messages/count_tokens" : "/v1/messages/count_tokens";
    }
    return versioned ? "/messages" : "/v1/messages";
  }

  Fields own_fields(const Target& target) const override {
    Fields fields;
    fields.emplace_back("anthropic-version", "2023-06-01");
    if (!target.api_key.empty()) {
      fields.emplace_back("x-api-key", std::string(target.api_key.reveal()));
    }
    return fields;
  }
};

}  // namespace

const Provider& provider() noexcept {
  static const AnthropicProvider instance;
  return instance;
}

const ProviderPreset& preset() noexcept {
  return kPreset;
}

}  // namespace gatehouse::providers::anthropic
