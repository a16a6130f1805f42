#pragma once
/// An answer in a provider's dialect, before it is framed as HTTP.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ask.hpp"
#include "behaviour.hpp"
#include "gatehouse/core/clock.hpp"

namespace gatehouse::fake_provider {

/// Stands for the request's id; replaced when the answer is sent.
inline constexpr std::string_view kIdSlot(
    "\x01\x02\x01\x02\x01\x02\x01\x02\x01\x02\x01\x02\x01\x02\x01\x02", 16);

/// What the provider really bills, whatever it reports.
struct Usage {
  std::uint64_t prompt = 0;  ///< cached and cache-writing tokens included
  std::uint64_t cached = 0;
  std::uint64_t cache_write = 0;
  std::uint64_t completion = 0;  ///< reasoning tokens included
  std::uint64_t reasoning = 0;
};

/// Prices in nano-USD per token.
inline constexpr std::int64_t kPromptPrice = 1'000;
inline constexpr std::int64_t kCachedPrice = 500;
inline constexpr std::int64_t kCacheWritePrice = 1'250;
inline constexpr std::int64_t kCompletionPrice = 2'000;
std::int64_t cost_of(const Usage& usage) noexcept;

/// One event of a stream, or a whole body.
struct Piece {
  std::string data;
  std::uint32_t tokens = 0;  ///< output tokens in it
};

struct Draft {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  bool stream = false;
  std::vector<Piece> pieces;
  Usage usage;
};

/// What the model "says": shared by the dialects.
struct Answer {
  std::string text;
  std::vector<ToolCall> calls;
  bool cut_short = false;  ///< by max_tokens
  Usage usage;
};
Answer make_answer(const Ask& ask, const Behaviours& behaviours);

/// Pieces of at most four bytes that do not split a character.
std::vector<std::string_view> split_tokens(std::string_view text);
/// The same joined to `per_event` tokens each.
std::vector<std::string> split_events(std::string_view text, std::uint64_t per_event);

/// A JSON string with quotes.
std::string quote(std::string_view text);

/// How a reported count is falsified by the behaviour "usage".
std::string reported(std::uint64_t count, std::string_view mode);

/// Dialects. All of them look at the behaviours that concern content.
Draft openai_draft(const Ask& ask, const Behaviours& behaviours, core::WallTime now);
Draft anthropic_draft(const Ask& ask, const Behaviours& behaviours);
Draft error_draft(Surface surface, int status, std::string_view code, std::string_view message);
/// An event that reports an error inside a stream.
std::string error_event(Surface surface, std::string_view message);

}  // namespace gatehouse::fake_provider
