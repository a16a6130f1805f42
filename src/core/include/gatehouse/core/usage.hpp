#pragma once
/// Tokens a call used, as a provider billed them.

#include <cstdint>

namespace gatehouse::core {

/// Token counts of one call. `prompt` includes the cached and cache-writing tokens, `completion`
/// includes the reasoning tokens, whatever the provider's own convention is.
struct TokenUsage {
  std::uint64_t prompt = 0;
  std::uint64_t completion = 0;
  std::uint64_t cache_read = 0;      ///< prompt tokens read from the provider's cache
  std::uint64_t cache_write = 0;     ///< prompt tokens written to it (Anthropic, 5 minutes)
  std::uint64_t cache_write_1h = 0;  ///< … with a lifetime of one hour
  std::uint64_t reasoning = 0;
  std::uint64_t audio_prompt = 0;
  std::uint64_t audio_completion = 0;

  std::uint64_t total() const noexcept { return prompt + completion; }
  TokenUsage& operator+=(const TokenUsage& more) noexcept {
    prompt += more.prompt;
    completion += more.completion;
    cache_read += more.cache_read;
    cache_write += more.cache_write;
    cache_write_1h += more.cache_write_1h;
    reasoning += more.reasoning;
    audio_prompt += more.audio_prompt;
    audio_completion += more.audio_completion;
    return *this;
  }
  bool operator==(const TokenUsage&) const = default;
};

/// Where the figures come from.
enum class UsageSource : std::uint8_t {
  none,       ///< nothing was used (refused, or failed before the provider worked)
  reported,   ///< by the provider
  estimated,  ///< by us, because the provider reported none, nonsense or a part
};

/// Largest count of one field that is believed; above it the report is nonsense. Several times the
/// largest context window there is, so that a wrong report cannot cost a fortune.
inline constexpr std::uint64_t kMaxPlausibleTokens = 10'000'000;

}  // namespace gatehouse::core
