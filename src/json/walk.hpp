#pragma once
/// The grammar of RFC 8259 over the structural index of a text.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "gatehouse/json/scan.hpp"

namespace gatehouse::json {

struct WalkResult {
  Kind kind = Kind::null;         ///< of the root
  const char* problem = nullptr;  ///< what is wrong at `offset`, nullptr for a valid text
  std::size_t offset = 0;
};

/// Walks each token once and records the direct children of the root in `members`. The index
/// names, in order, every bracket, comma, colon, opening quote and first byte of another run
/// outside strings, and is followed by one more entry that equals the size of the text; strings
/// are known to be closed and free of control characters, the text to be UTF-8. `scopes` has a
/// bit for every level of limits.max_depth.
WalkResult walk(std::string_view text, std::span<const std::uint32_t> index,
                const ScanLimits& limits, std::vector<std::uint64_t>& scopes,
                std::vector<Member>& members);

}  // namespace gatehouse::json
