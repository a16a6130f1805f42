#pragma once
/// The built-in model: deterministic, in this process, without a network.

#include "gatehouse/providers/provider.hpp"

namespace gatehouse::providers::stub {

const Provider& provider() noexcept;
const ProviderPreset& preset() noexcept;

}  // namespace gatehouse::providers::stub
