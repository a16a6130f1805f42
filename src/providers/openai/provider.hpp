#pragma once
/// OpenAI and the servers that speak its API.

#include <span>
#include <string_view>

#include "gatehouse/providers/provider.hpp"

namespace gatehouse::providers::openai {

/// The vendor of that name or alias; null when unknown. Static lifetime.
const Provider* find(std::string_view name) noexcept;

std::span<const ProviderPreset> presets() noexcept;

}  // namespace gatehouse::providers::openai
