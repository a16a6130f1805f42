#pragma once
/// The vendors behind OpenAI's API, as data.

#include <span>

#include "gatehouse/providers/provider.hpp"

namespace gatehouse::providers::openai {

struct Vendor {
  ProviderPreset preset;
  bool completions = true;     ///< has POST /completions
  bool embeddings = true;      ///< has POST /embeddings
  bool stream_options = true;  ///< takes stream_options
  /// A base URL without a path means <base>/v1, as these servers' own tools have it.
  bool add_version = false;
};

std::span<const Vendor> vendors() noexcept;

}  // namespace gatehouse::providers::openai
