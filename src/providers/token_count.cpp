#include "token_count.hpp"

#include <algorithm>
#include <cmath>

#include "json_view.hpp"

namespace gatehouse::providers {

TokenCount read_count(const json::Member& member) noexcept {
  if (is_null(member)) return {};
  TokenCount count{.present = true};
  if (const auto whole = json::as_uint(member)) {
    count.value = *whole;
  } else if (const auto number = as_double(member);
             number && *number >= 0 && *number <= 1e18 && std::floor(*number) == *number) {
    count.value = static_cast<std::uint64_t>(*number);  // some servers write 12.0
  } else {
    count.sane = false;
  }
  if (count.value > core::kMaxPlausibleTokens) count.sane = false;
  return count;
}

void take_later_usage(std::optional<core::TokenUsage>& known, const core::TokenUsage& later) {
  if (!known || (later.prompt >= known->prompt && later.completion >= known->completion)) {
    known = later;
    return;
  }
  known->prompt = std::max(known->prompt, later.prompt);
  known->completion = std::max(known->completion, later.completion);
}

}  // namespace gatehouse::providers
