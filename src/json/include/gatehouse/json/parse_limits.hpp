#pragma once
/// What a JSON text may cost, and the check that comes before a DOM is built.

#include <cstddef>
#include <string_view>

#include "gatehouse/core/error.hpp"

namespace gatehouse::json {

/// Deepest nesting of objects and arrays in any text that is accepted. A DOM parser must be given
/// the same number (`boost::json::parse_options::max_depth`, whose default is 32).
inline constexpr std::size_t kMaxDepth = 256;

/// Bounds of one scan; what lies beyond is refused with Errc::invalid_argument.
struct ScanLimits {
  std::size_t max_depth = kMaxDepth;
  /// Direct children of the root: each takes 40 bytes of outline.
  std::size_t max_children = 100'000;
  /// Brackets, commas, colons and values together. The default leaves room for the largest
  /// embedding replies.
  std::size_t max_tokens = std::size_t{1} << 26;
};

/// For what clients send: a million members are refused after the SIMD stage (faults.md F14).
inline constexpr ScanLimits kRequestLimits{
    .max_depth = kMaxDepth, .max_children = 100'000, .max_tokens = std::size_t{1} << 20};

/// Says whether a DOM can hold `text` without choosing or changing anything. Beyond what
/// Scanner refuses under kRequestLimits it refuses, on every level: two members of one object
/// with the same decoded name, `\u` escapes of lone surrogates, integers outside
/// [-2^63, 2^64), numbers beyond the range of a double and exponents above nine digits. NUL escapes
/// are kept. Copies `text`; thread-safe. Errc::invalid_argument with the byte offset.
core::Result<void> check(std::string_view text);

}  // namespace gatehouse::json
