#pragma once
/// Anthropic's API.

#include "gatehouse/providers/provider.hpp"

namespace gatehouse::providers::anthropic {

const Provider& provider() noexcept;
const ProviderPreset& preset() noexcept;

}  // namespace gatehouse::providers::anthropic
