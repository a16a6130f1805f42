#pragma once
/// The price map: what models cost and can do.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/error.hpp"
#include "gatehouse/models/price.hpp"

namespace gatehouse::models {

/// What a model is for; `other` for modes this server has no route for.
enum class ModelMode : std::uint8_t {
  unknown,
  chat,
  completion,
  responses,
  embedding,
  image_generation,
  audio_transcription,
  audio_speech,
  moderation,
  rerank,
  other,
};
std::string_view name_of(ModelMode mode) noexcept;
/// The mode of that name in the price map; `other` for names not listed above.
ModelMode model_mode(std::string_view name) noexcept;

/// The supports_* flags that routing and translation ask for.
enum class Capability : std::uint8_t {
  function_calling,
  parallel_function_calling,
  tool_choice,
  vision,
  response_schema,
  reasoning,
  prompt_caching,
  system_messages,
  assistant_prefill,
  pdf_input,
  audio_input,
  audio_output,
  video_input,
  web_search,
  computer_use,
  native_streaming,
};
/// The capability behind a price-map name such as "supports_vision".
std::optional<Capability> capability_named(std::string_view name) noexcept;
/// All names that capability_named() knows.
std::span<const std::string_view> capability_names() noexcept;

/// A set of yes, no and unknown.
class Capabilities {
 public:
  void set(Capability which, bool value) noexcept {
    known_ |= bit(which);
    value ? yes_ |= bit(which) : yes_ &= ~bit(which);
  }
  std::optional<bool> get(Capability which) const noexcept {
    if ((known_ & bit(which)) == 0) return {};
    return (yes_ & bit(which)) != 0;
  }
  bool operator==(const Capabilities&) const = default;

 private:
  static constexpr std::uint32_t bit(Capability which) noexcept {
    return std::uint32_t{1} << static_cast<unsigned>(which);
  }
  std::uint32_t known_ = 0;
  std::uint32_t yes_ = 0;
};

/// One entry of the price map. Views point into the text of its PriceBook.
struct ModelInfo {
  std::string_view key;       ///< "gpt-4o", "groq/llama-3.1-8b-instant"
  std::string_view provider;  ///< litellm_provider
  ModelMode mode = ModelMode::unknown;
  /// Empty when the map has no price per token, or only zeros for a model that is not known to be
  /// free: then the model is unpriced, never free (faults.md G7).
  std::optional<PriceSet> prices;
  std::uint64_t max_input_tokens = 0;   ///< 0 when unknown
  std::uint64_t max_output_tokens = 0;  ///< 0 when unknown
  Capabilities capabilities;
  std::string_view deprecation_date;  ///< YYYY-MM-DD or empty
  std::string_view json;              ///< the entry's own object
};

/// An immutable price map. Thread-safe; share it as `std::shared_ptr<const PriceBook>`.
class PriceBook {
 public:
  /// Reads and checks a whole map in LiteLLM's format. One wrong entry refuses the map
  /// (Errc::invalid_argument with the names of the entries); the caller keeps the old one. Of two
  /// entries with the same name the later one counts, as in LiteLLM.
  static core::Result<std::shared_ptr<const PriceBook>> parse(std::string text);
  /// The same from a file; Errc::io when it cannot be read, Errc::too_large above 64 MiB.
  static core::Result<std::shared_ptr<const PriceBook>> load(const std::string& file);
  /// The map pinned in catalog/, which is part of the binary. Parsed anew at each call.
  static core::Result<std::shared_ptr<const PriceBook>> embedded();

  PriceBook(const PriceBook&) = delete;
  PriceBook& operator=(const PriceBook&) = delete;
  ~PriceBook();

  /// The entry of an upstream model, by LiteLLM's conventions: "provider/model", then the bare
  /// name when the entry belongs to that provider, then both without a trailing date
  /// ("-2024-08-06",
  /// "-20250929", "@20250929") or "-latest". Null when there is none. Does not allocate.
  const ModelInfo* find(std::string_view provider, std::string_view model) const noexcept;
  /// The entry with exactly that key.
  const ModelInfo* find_key(std::string_view key) const noexcept;

  const std::vector<ModelInfo>& entries() const noexcept;
  /// Hash of the text, 32 hexadecimal digits: what a record names (faults.md I14).
  const std::string& version() const noexcept;

 private:
  friend class PriceBookParser;
  PriceBook();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gatehouse::models
