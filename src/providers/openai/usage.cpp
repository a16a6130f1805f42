#include "openai/usage.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "gatehouse/json/writer.hpp"
#include "json_view.hpp"
#include "token_count.hpp"

namespace gatehouse::providers::openai {
namespace {

struct Counts {
  TokenCount prompt, completion, total, cached, cache_write, audio_in, audio_out, reasoning;
};

using Slot = std::pair<std::string_view, TokenCount*>;

/// False when a count is nonsense.
bool read_counts(const json::Member& object, std::initializer_list<Slot> slots) {
  for (const json::Member& member : Children(object)) {
    for (const auto& [name, slot] : slots) {
      if (!key_is(member, name)) continue;
      const TokenCount count = read_count(member);
      if (!count.sane) return false;
      if (count.present) *slot = count;
    }
  }
  return true;
}

bool read_all(const json::Member& usage, Counts& counts) {
  if (!read_counts(usage, {{"prompt_tokens", &counts.prompt},
                           {"completion_tokens", &counts.completion},
                           {"total_tokens", &counts.total},
                           {"prompt_cache_hit_tokens", &counts.cached}})) {
    return false;
  }
  if (const auto details = find(usage, "prompt_tokens_details")) {
    if (!read_counts(*details, {{"cached_tokens", &counts.cached},
                                {"cache_write_tokens", &counts.cache_write},
                                {"audio_tokens", &counts.audio_in}})) {
      return false;
    }
  }
  if (const auto details = find(usage, "completion_tokens_details")) {
    if (!read_counts(*details, {{"reasoning_tokens", &counts.reasoning},
                                {"audio_tokens", &counts.audio_out}})) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<core::TokenUsage> read_usage(const json::Member& usage) {
  if (!is_object(usage)) return std::nullopt;
  Counts counts;
  if (!read_all(usage, counts) || !counts.prompt.present) return std::nullopt;
  core::TokenUsage read;
  read.prompt = counts.prompt.value;
  read.completion = counts.completion.value;
  if (!counts.completion.present && counts.total.value > read.prompt) {
    read.completion = counts.total.value - read.prompt;
  }
  // xAI counts the reasoning beside the completion; the total tells.
  if (counts.reasoning.value > 0 &&
      counts.total.value >= read.prompt + read.completion + counts.reasoning.value) {
    read.completion += counts.reasoning.value;
  }
  read.cache_read = std::min(counts.cached.value, read.prompt);
  read.cache_write = std::min(counts.cache_write.value, read.prompt - read.cache_read);
  read.audio_prompt = std::min(counts.audio_in.value, read.prompt);
  read.reasoning = std::min(counts.reasoning.value, read.completion);
  read.audio_completion = std::min(counts.audio_out.value, read.completion);
  return read;
}

std::optional<core::TokenUsage> read_reply_usage(const json::Outline& reply) {
  std::optional<core::TokenUsage> known;
  for (const json::Member& member : reply.members()) {
    if (key_is(member, "usage")) {
      if (const auto usage = read_usage(member)) take_later_usage(known, *usage);
    } else if (key_is(member, "x_groq")) {
      const auto nested = find(member, "usage");
      const auto usage = nested ? read_usage(*nested) : std::nullopt;
      if (usage) take_later_usage(known, *usage);
    }
  }
  return known;
}

void append_usage(std::string& out, const core::TokenUsage& usage) {
  json::Writer writer(out);
  writer.begin_object();
  writer.key("prompt_tokens").number(usage.prompt);
  writer.key("completion_tokens").number(usage.completion);
  writer.key("total_tokens").number(usage.total());
  writer.key("prompt_tokens_details").begin_object();
  writer.key("cached_tokens").number(usage.cache_read);
  writer.key("audio_tokens").number(usage.audio_prompt);
  if (usage.cache_write + usage.cache_write_1h > 0) {
    writer.key("cache_write_tokens").number(usage.cache_write + usage.cache_write_1h);
  }
  writer.end_object();
  writer.key("completion_tokens_details").begin_object();
  writer.key("reasoning_tokens").number(usage.reasoning);
  writer.key("audio_tokens").number(usage.audio_completion);
  writer.end_object();
  writer.end_object();
}

}  // namespace gatehouse::providers::openai
