#pragma once
/// What a PriceBook holds.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gatehouse/models/price_book.hpp"

namespace gatehouse::models {

struct PriceBook::State {
  std::string text;               // empty for the embedded map
  std::deque<std::string> names;  // keys that are written with escapes
  std::vector<ModelInfo> entries;
  std::unordered_map<std::string_view, std::uint32_t> by_key;
  std::string version;
};

/// Reads a whole map into a PriceBook.
class PriceBookParser {
 public:
  /// `map` must have json::kPadding readable bytes behind it; it lies in `owned` or is static.
  static core::Result<std::shared_ptr<const PriceBook>> parse(std::string_view map,
                                                              std::string owned);
};

}  // namespace gatehouse::models
