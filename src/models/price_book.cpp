#include "gatehouse/models/price_book.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>

#include "catalog_data.hpp"
#include "gatehouse/json/scan.hpp"
#include "price_book_state.hpp"

namespace gatehouse::models {

namespace {

constexpr std::array<std::string_view, 11> kModes{"unknown",
                                                  "chat",
                                                  "completion",
                                                  "responses",
                                                  "embedding",
                                                  "image_generation",
                                                  "audio_transcription",
                                                  "audio_speech",
                                                  "moderation",
                                                  "rerank",
                                                  "other"};

constexpr std::array<std::string_view, 16> kCapabilities{
    "supports_function_calling",  "supports_parallel_function_calling",
    "supports_tool_choice",       "supports_vision",
    "supports_response_schema",   "supports_reasoning",
    "supports_prompt_caching",    "supports_system_messages",
    "supports_assistant_prefill", "supports_pdf_input",
    "supports_audio_input",       "supports_audio_output",
    "supports_video_input",       "supports_web_search",
    "supports_computer_use",      "supports_native_streaming",
};

constexpr std::streamoff kMaxFileSize = 64 << 20;

/// What a provider of ours is called in the price map, where that differs.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kMapNames{{
    {"together", "together_ai"},
    {"fireworks", "fireworks_ai"},
    {"google", "gemini"},
    {"lmstudio", "lm_studio"},
}};

std::string_view map_name(std::string_view provider) noexcept {
  for (const auto& [ours, theirs] : kMapNames) {
    if (ours == provider) return theirs;
  }
  return provider;
}

/// True when an entry of `owner` ("vertex_ai-language-models", "cohere_chat") is one of
/// `provider` ("vertex_ai", "cohere").
bool belongs_to(std::string_view owner, std::string_view provider) noexcept {
  constexpr std::string_view kCompletion = "text-completion-";
  if (owner.starts_with(kCompletion)) owner.remove_prefix(kCompletion.size());
  if (!owner.starts_with(provider)) return false;
  owner.remove_prefix(provider.size());
  return owner.empty() || owner.starts_with('-') || owner == "_chat" || owner == "_converse";
}

bool all_digits(std::string_view text) noexcept {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// `model` without "-latest" or a date at its end; empty when it has neither.
std::string_view without_date(std::string_view model) noexcept {
  constexpr std::string_view kLatest = "-latest";
  if (model.ends_with(kLatest)) return model.substr(0, model.size() - kLatest.size());
  constexpr std::size_t kCompact = 9;  // -20250929 or @20250929
  constexpr std::size_t kDashed = 11;  // -2024-08-06
  if (model.size() > kCompact) {
    const std::string_view tail = model.substr(model.size() - kCompact);
    if ((tail[0] == '-' || tail[0] == '@') && all_digits(tail.substr(1))) {
      return model.substr(0, model.size() - kCompact);
    }
  }
  if (model.size() > kDashed) {
    const std::string_view tail = model.substr(model.size() - kDashed);
    if (tail[0] == '-' && tail[5] == '-' && tail[8] == '-' && all_digits(tail.substr(1, 4)) &&
        all_digits(tail.substr(6, 2)) && all_digits(tail.substr(9))) {
      return model.substr(0, model.size() - kDashed);
    }
  }
  return {};
}

}  // namespace

std::string_view name_of(ModelMode mode) noexcept {
  return kModes[static_cast<std::size_t>(mode)];
}

ModelMode model_mode(std::string_view name) noexcept {
  const auto at = std::ranges::find(kModes, name);
  return at == kModes.end() ? ModelMode::other : static_cast<ModelMode>(at - kModes.begin());
}

std::optional<Capability> capability_named(std::string_view name) noexcept {
  const auto at = std::ranges::find(kCapabilities, name);
  if (at == kCapabilities.end()) return {};
  return static_cast<Capability>(at - kCapabilities.begin());
}

std::span<const std::string_view> capability_names() noexcept {
  return kCapabilities;
}

PriceBook::PriceBook() : state_(std::make_unique<State>()) {}
PriceBook::~PriceBook() = default;

core::Result<std::shared_ptr<const PriceBook>> PriceBook::parse(std::string text) {
  const std::size_t size = text.size();
  text.append(json::kPadding, ' ');
  // With the padding the text is on the heap, so it keeps its place when the string is moved.
  const std::string_view map(text.data(), size);
  return PriceBookParser::parse(map, std::move(text));
}

core::Result<std::shared_ptr<const PriceBook>> PriceBook::load(const std::string& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  const std::streamoff size = in ? std::streamoff(in.tellg()) : -1;
  if (size < 0) {
    return core::fail(core::Errc::io, "price map: cannot read " + file, std::strerror(errno));
  }
  if (size > kMaxFileSize) {
    return core::fail(core::Errc::too_large, "price map: " + file + " is larger than 64 MiB");
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  in.seekg(0);
  if (!in.read(text.data(), size)) {
    return core::fail(core::Errc::io, "price map: cannot read " + file, std::strerror(errno));
  }
  return parse(std::move(text));
}

core::Result<std::shared_ptr<const PriceBook>> PriceBook::embedded() {
  return PriceBookParser::parse(embedded_price_map(), {});
}

const ModelInfo* PriceBook::find_key(std::string_view key) const noexcept {
  const auto at = state_->by_key.find(key);
  return at == state_->by_key.end() ? nullptr : &state_->entries[at->second];
}

const ModelInfo* PriceBook::find(std::string_view provider, std::string_view model) const noexcept {
  provider = map_name(provider);
  for (std::string_view name = model; !name.empty(); name = without_date(name)) {
    std::array<char, 256> key;
    const std::size_t length = provider.size() + 1 + name.size();
    if (length <= key.size()) {
      char* at = std::ranges::copy(provider, key.data()).out;
      *at++ = '/';
      std::ranges::copy(name, at);
      if (const ModelInfo* info = find_key({key.data(), length})) return info;
    }
    const ModelInfo* bare = find_key(name);
    if (bare != nullptr && belongs_to(bare->provider, provider)) return bare;
  }
  return nullptr;
}

const std::vector<ModelInfo>& PriceBook::entries() const noexcept {
  return state_->entries;
}

const std::string& PriceBook::version() const noexcept {
  return state_->version;
}

}  // namespace gatehouse::models
