#include "gatehouse/providers/token_estimate.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace gatehouse::providers {
namespace {

constexpr std::uint64_t kInlineDataTokens = 1'500;
constexpr std::uint64_t kFrameTokens = 4;
constexpr std::size_t kShortestInlineData = 512;

constexpr std::array<std::string_view, 8> kPromptMembers = {
    "messages", "system", "tools", "functions", "response_format", "prompt", "input", "suffix"};

/// True for base64 data and data URLs: long, and without a space where prose would have one.
bool is_inline_data(std::string_view text) noexcept {
  if (text.size() < kShortestInlineData) return false;
  if (text.starts_with("data:")) return true;
  return std::ranges::all_of(text.substr(0, kShortestInlineData), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/' || c == '=';
  });
}

/// The closing quote of the string whose text starts at `at`.
const char* closing_quote(const char* at, const char* end) noexcept {
  const char* const start = at;
  while (at < end) {
    const void* found = std::memchr(at, '"', static_cast<std::size_t>(end - at));
    if (found == nullptr) return end;
    const char* quote = static_cast<const char*>(found);
    const char* before = quote;
    while (before > start && before[-1] == '\\') --before;
    if ((quote - before) % 2 == 0) return quote;
    at = quote + 1;
  }
  return end;
}

/// Counts the strings of a valid JSON text that are values, and its objects.
std::uint64_t estimate_json(std::string_view json) noexcept {
  std::uint64_t tokens = 0;
  const char* at = json.data();
  const char* const end = at + json.size();
  while (at < end) {
    const char c = *at++;
    if (c == '{') tokens += kFrameTokens;
    if (c >= '0' && c <= '9') ++tokens;  // token arrays: a token per number, generously
    while (at < end && c >= '0' && c <= '9' && *at >= '0' && *at <= '9') ++at;
    if (c != '"') continue;
    const char* const quote = closing_quote(at, end);
    const std::string_view text(at, static_cast<std::size_t>(quote - at));
    at = std::min(quote + 1, end);
    if (at < end && *at == ':') continue;  // a name
    tokens += is_inline_data(text) ? kInlineDataTokens : estimate_tokens(text);
  }
  return tokens;
}

/// Names of members that say what a part of the prompt is.
void note_member(std::string_view name, PromptBound& bound) noexcept {
  if (name == "image_url" || name == "file_id" || name == "url") bound.tokens += kInlineDataTokens;
  if (name == "cache_control") bound.cache_writes = true;
  if (name == "input_audio" || name == "audio") bound.audio = true;
}

/// Inline data counts flat only where the formats put files: any other text without spaces is prose
/// to a tokenizer, however it looks.
bool is_file(std::string_view name, std::string_view text) noexcept {
  if (name == "url" || name == "image_url") return text.starts_with("data:");
  if (name == "file_data" && text.starts_with("data:")) return true;
  return (name == "data" || name == "file_data") && is_inline_data(text);
}

/// Walks the strings of a valid JSON text.
void bound_json(std::string_view json, PromptBound& bound) noexcept {
  std::string_view name;
  const char* at = json.data();
  const char* const end = at + json.size();
  while (at < end) {
    const char c = *at++;
    bound.tokens += c == '{' ? kFrameTokens : 1;
    if (c != '"') continue;
    const char* const quote = closing_quote(at, end);
    const std::string_view text(at, static_cast<std::size_t>(quote - at));
    at = std::min(quote + 1, end);
    if (at < end && *at == ':') {
      name = text;
      note_member(text, bound);
      bound.tokens += text.size();
    } else {
      bound.tokens += is_file(name, text) ? kInlineDataTokens : text.size();
    }
  }
}

}  // namespace

std::uint64_t estimate_tokens(std::string_view text) noexcept {
  std::uint64_t ascii = 0;
  std::uint64_t two_byte = 0;
  std::uint64_t longer = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    ascii += byte < 0x80;
    two_byte += byte >= 0xC0 && byte < 0xE0;
    longer += byte >= 0xE0;
  }
  return (ascii + 3) / 4 + (two_byte + 1) / 2 + longer;
}

std::uint64_t estimate_prompt_tokens(WireFormat format, const json::Outline& request) noexcept {
  std::uint64_t tokens = format == WireFormat::openai_embeddings ? 0 : 3;
  for (const json::Member& member : request.members()) {
    if (std::ranges::find(kPromptMembers, member.key) != kPromptMembers.end()) {
      tokens += estimate_json(member.value);
    }
  }
  return tokens;
}

PromptBound bound_prompt(const json::Outline& request) noexcept {
  PromptBound bound{.tokens = kFrameTokens};
  for (const json::Member& member : request.members()) {
    note_member(member.key, bound);
    if (std::ranges::find(kPromptMembers, member.key) != kPromptMembers.end()) {
      bound_json(member.value, bound);
    }
  }
  return bound;
}

}  // namespace gatehouse::providers
