#pragma once
/// Token counts by rule of thumb, where no provider tells them: reservations, missing usage.

#include <cstdint>
#include <string_view>

#include "gatehouse/json/scan.hpp"
#include "gatehouse/providers/wire_format.hpp"

namespace gatehouse::providers {

/// About four ASCII characters, two letters of other alphabets or one ideograph per token. At
/// several GB/s. Text need not be valid UTF-8.
std::uint64_t estimate_tokens(std::string_view text) noexcept;

/// The prompt of a request in this format: every text in its messages, instructions and tools,
/// 4 tokens per object for the frame. Inline images and files count as 1,500 tokens each.
std::uint64_t estimate_prompt_tokens(WireFormat format, const json::Outline& request) noexcept;

/// What a prompt can come to at most.
struct PromptBound {
  std::uint64_t tokens = 0;   ///< no tokenizer makes more of it
  bool cache_writes = false;  ///< parts are marked for the provider's cache
  bool audio = false;         ///< audio goes in or is to come out
};

/// A bound, not an estimate: a token stands for at least one byte of the request's JSON; an image
/// or another inline file, or a link to one, counts as a fixed number of tokens. Takes time by the
/// number of strings, hardly by their length.
PromptBound bound_prompt(const json::Outline& request) noexcept;

}  // namespace gatehouse::providers
