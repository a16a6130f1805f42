#pragma once
/// Rules on prices that the price map and the configuration share.

#include "gatehouse/models/price.hpp"
#include "gatehouse/models/price_book.hpp"

namespace gatehouse::models {

/// True when the prices of prompt and answer are known, as far as the mode has an answer that is
/// billed by token.
bool is_complete(const PriceSet& prices, ModelMode mode) noexcept;

/// Lays the operator's prices over those of the map. A new price for input or output replaces
/// everything the map says about that side (cache, audio, reasoning, tiers): a mixture of both
/// would be nobody's price list.
void override_prices(PriceSet& prices, const PriceSet& own);

}  // namespace gatehouse::models
