#include "draft.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace gatehouse::fake_provider {

namespace {

constexpr std::string_view kSpeech =
    "The quick brown fox jumps over the lazy dog while the five boxing wizards jump quickly, and "
    "pack my box with five dozen liquor jugs before the night is over. ";

std::string_view openai_error_type(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "invalid_request_error";
    case 429:
      return "rate_limit_error";
    default:
      return status >= 500 ? "server_error" : "invalid_request_error";
  }
}

std::string_view anthropic_error_type(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 529:
      return "overloaded_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

std::string spoken_text(const Ask& ask, const Behaviours& behaviours) {
  if (ask.forced_json) return *ask.forced_json;
  if (behaviours.has("echo")) return ask.last_user_text;
  const std::uint64_t tokens = behaviours.number("tokens", kSpeech.size() / 4);
  std::string text;
  text.reserve(tokens * 4);
  while (text.size() < tokens * 4) text += kSpeech;
  text.resize(tokens * 4);
  return text;
}

}  // namespace

std::int64_t cost_of(const Usage& usage) noexcept {
  const auto plain = static_cast<std::int64_t>(usage.prompt - usage.cached - usage.cache_write);
  return plain * kPromptPrice + static_cast<std::int64_t>(usage.cached) * kCachedPrice +
         static_cast<std::int64_t>(usage.cache_write) * kCacheWritePrice +
         static_cast<std::int64_t>(usage.completion) * kCompletionPrice;
}

std::string quote(std::string_view text) {
  return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

std::vector<std::string_view> split_tokens(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    std::size_t size = std::min<std::size_t>(4, text.size());
    // Continuation bytes belong to the character before them.
    while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) ++size;
    out.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return out;
}

std::vector<std::string> split_events(std::string_view text, std::uint64_t per_event) {
  std::vector<std::string> out;
  std::uint64_t in_event = per_event;
  for (std::string_view token : split_tokens(text)) {
    if (in_event >= per_event) {
      out.emplace_back();
      in_event = 0;
    }
    out.back() += token;
    ++in_event;
  }
  return out;
}

std::string reported(std::uint64_t count, std::string_view mode) {
  if (mode == "zero") return "0";
  if (mode == "negative") return "-5";
  if (mode == "huge") return "1e30";
  if (mode == "text") return "\"many\"";
  if (mode == "float") return "12.5";
  return std::to_string(count);
}

Answer make_answer(const Ask& ask, const Behaviours& behaviours) {
  Answer answer;
  const std::uint64_t calls = behaviours.number("calls", ask.wants_tool ? 1 : 0);
  for (std::uint64_t i = 0; i < calls && i < ask.tools.size(); ++i) {
    answer.calls.push_back(ask.tools[i]);
  }
  if (answer.calls.empty()) answer.text = spoken_text(ask, behaviours);

  const auto tokens = split_tokens(answer.text);
  std::uint64_t said = tokens.size();
  if (ask.max_tokens && said > *ask.max_tokens) {
    said = *ask.max_tokens;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < said; ++i) bytes += tokens[i].size();
    answer.text.resize(bytes);
    answer.cut_short = true;
  }
  for (const ToolCall& call : answer.calls) said += split_tokens(call.arguments).size() + 1;

  Usage& usage = answer.usage;
  usage.prompt = std::max<std::uint64_t>(ask.prompt_tokens, 1);
  usage.cached = std::min(behaviours.number("cached", 0), usage.prompt);
  usage.cache_write = std::min(behaviours.number("cache-write", 0), usage.prompt - usage.cached);
  usage.reasoning = behaviours.number("reasoning", 0);
  usage.completion = said * ask.choices + usage.reasoning;
  return answer;
}

Draft error_draft(Surface surface, int status, std::string_view code, std::string_view message) {
  Draft draft;
  draft.status = status;
  std::string body;
  if (is_anthropic(surface)) {
    body = R"({"type":"error","error":{"type":)" +
           quote(code.empty() ? anthropic_error_type(status) : code) + R"(,"message":)" +
           quote(message) + R"(},"request_id":"req_fake_)" + std::string(kIdSlot) + "\"}";
  } else {
    body = R"({"error":{"message":)" + quote(message) + R"(,"type":)" +
           quote(openai_error_type(status)) + R"(,"param":null,"code":)" +
           (code.empty() ? "null" : quote(code)) + "}}";
  }
  draft.pieces.push_back({std::move(body), 0});
  return draft;
}

std::string error_event(Surface surface, std::string_view message) {
  if (is_anthropic(surface)) {
    return "event: error\ndata: "
           R"({"type":"error","error":{"type":"overloaded_error","message":)" +
           quote(message) + "}}\n\n";
  }
  return R"(data: {"error":{"message":)" + quote(message) +
         R"(,"type":"server_error","param":null,"code":null}})"
         "\n\n";
}

}  // namespace gatehouse::fake_provider
