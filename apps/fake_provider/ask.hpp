#pragma once
/// What a client asks of a provider, read from path and body.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::fake_provider {

enum class Surface : std::uint8_t {
  chat,
  completions,
  embeddings,
  models,
  messages,
  count_tokens,
  unknown
};

/// By the end of the path, whatever base path stands before it.
Surface surface_of(std::string_view path) noexcept;
constexpr bool is_anthropic(Surface surface) noexcept {
  return surface == Surface::messages || surface == Surface::count_tokens;
}

struct ToolCall {
  std::string name;
  std::string arguments;  ///< JSON text that fits the tool's schema
};

struct Ask {
  Surface surface = Surface::unknown;
  bool valid = false;  ///< the body is a JSON object
  std::string model;
  bool stream = false;
  bool include_usage = false;
  bool logprobs = false;
  std::uint64_t choices = 1;
  std::optional<std::uint64_t> max_tokens;
  std::string last_user_text;
  std::uint64_t prompt_tokens = 0;
  std::vector<ToolCall> tools;             ///< one call for each offered tool, the chosen one first
  bool wants_tool = false;                 ///< tools are offered and no result has come yet
  std::optional<std::string> forced_json;  ///< JSON mode: the text to answer
  std::uint64_t inputs = 1;                ///< embeddings: how many texts
  std::uint64_t dimensions = 8;
  bool base64 = false;
};

/// Reads `body`; an invalid one gives an Ask that says so.
Ask read_ask(std::string_view path, std::string_view body);

}  // namespace gatehouse::fake_provider
