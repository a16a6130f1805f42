#pragma once
/// Reading a vendor's token counts with distrust (faults.md E10).

#include <cstdint>
#include <optional>

#include "gatehouse/core/usage.hpp"
#include "gatehouse/json/scan.hpp"

namespace gatehouse::providers {

/// One count of a usage object.
struct TokenCount {
  bool present = false;  ///< the member is there and not null
  bool sane = true;      ///< … and a whole number from 0 to core::kMaxPlausibleTokens
  std::uint64_t value = 0;
};

TokenCount read_count(const json::Member& member) noexcept;

/// Replaces `known` by a later report. A count lower than an earlier one does not lower it.
void take_later_usage(std::optional<core::TokenUsage>& known, const core::TokenUsage& later);

}  // namespace gatehouse::providers
