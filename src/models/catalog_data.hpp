#pragma once
/// The pinned price map as it lies in the binary.

#include <string_view>

namespace gatehouse::models {

/// catalog/model_prices.json, with at least json::kPadding readable bytes behind it.
std::string_view embedded_price_map() noexcept;

}  // namespace gatehouse::models
