#include "openai/provider.hpp"

#include <string>
#include <utility>
#include <vector>

#include "http_provider.hpp"
#include "openai/vendors.hpp"

namespace gatehouse::providers::openai {
namespace {

class OpenAiProvider final : public HttpProvider {
 public:
  OpenAiProvider(std::string_view name, const Vendor& vendor) : name_(name), vendor_(vendor) {}

  std::string_view name() const noexcept override { return name_; }

  bool speaks(WireFormat format) const noexcept override {
    switch (format) {
      case WireFormat::openai_chat:
        return true;
      case WireFormat::openai_completions:
        return vendor_.completions;
      case WireFormat::openai_embeddings:
        return vendor_.embeddings;
      case WireFormat::anthropic_messages:
      case WireFormat::anthropic_count_tokens:
        return false;
    }
    return false;
  }

  WireFormat chat_format() const noexcept override { return WireFormat::openai_chat; }
  bool takes_stream_options() const noexcept override { return vendor_.stream_options; }

 protected:
  std::string_view path_of(WireFormat format,
                           const net::Endpoint& endpoint) const noexcept override {
    const bool versioned = vendor_.add_version && endpoint.base_path.empty();
    switch (format) {
      case WireFormat::openai_completions:
        return versioned ? "/v1/completions" : "/completions";
      case WireFormat::openai_embeddings:
        return versioned ? "/v1/embeddings" : "/embeddings";
      default:
        return versioned ? "/v1/chat/completions" : "/chat/completions";
    }
  }

  Fields own_fields(const Target& target) const override {
    Fields fields;
    if (!target.api_key.empty()) {
      fields.emplace_back("Authorization", "Bearer " + std::string(target.api_key.reveal()));
    }
    return fields;
  }

 private:
  std::string_view name_;
  const Vendor& vendor_;
};

const std::vector<OpenAiProvider>& providers() {
  static const std::vector<OpenAiProvider> all = [] {
    std::vector<OpenAiProvider> made;
    made.reserve(vendors().size());
    for (const Vendor& vendor : vendors()) made.emplace_back(vendor.preset.name, vendor);
    return made;
  }();
  return all;
}

}  // namespace

const Provider* find(std::string_view name) noexcept {
  for (const OpenAiProvider& provider : providers()) {
    if (provider.name() == name) return &provider;
  }
  return nullptr;
}

std::span<const ProviderPreset> presets() noexcept {
  static const std::vector<ProviderPreset> all = [] {
    std::vector<ProviderPreset> made;
    for (const Vendor& vendor : vendors()) made.push_back(vendor.preset);
    return made;
  }();
  return all;
}

}  // namespace gatehouse::providers::openai
