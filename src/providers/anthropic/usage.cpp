#include "anthropic/usage.hpp"

#include <algorithm>

#include "gatehouse/json/writer.hpp"
#include "json_view.hpp"
#include "token_count.hpp"

namespace gatehouse::providers::anthropic {
namespace {

/// False when the member is nonsense.
bool raise(const json::Member& member, std::uint64_t& count, bool& any) {
  const TokenCount read = read_count(member);
  if (!read.sane) return false;
  if (read.present) any = true;
  count = std::max(count, read.value);
  return true;
}

}  // namespace

bool UsageSum::read(const json::Member& usage, Counts& counts, bool& any) {
  for (const json::Member& member : Children(usage)) {
    bool sane = true;
    if (key_is(member, "input_tokens")) {
      sane = raise(member, counts.input, any);
    } else if (key_is(member, "output_tokens")) {
      sane = raise(member, counts.output, any);
    } else if (key_is(member, "cache_read_input_tokens")) {
      sane = raise(member, counts.cache_read, any);
    } else if (key_is(member, "cache_creation_input_tokens")) {
      sane = raise(member, counts.cache_write, any);
    } else if (key_is(member, "cache_creation")) {
      if (const auto hour = find(member, "ephemeral_1h_input_tokens")) {
        sane = raise(*hour, counts.cache_write_1h, any);
      }
    }
    if (!sane) return false;
  }
  return true;
}

void UsageSum::take(const json::Member& usage) {
  if (!is_object(usage)) return;
  Counts next = counts_;
  bool any = false;
  if (!read(usage, next, any) || !any) return;
  counts_ = next;
  known_ = true;
}

std::optional<core::TokenUsage> UsageSum::total() const {
  if (!known_) return std::nullopt;
  core::TokenUsage usage;
  usage.cache_read = counts_.cache_read;
  usage.cache_write_1h = counts_.cache_write_1h;
  const std::uint64_t written = std::max(counts_.cache_write, counts_.cache_write_1h);
  usage.cache_write = written - counts_.cache_write_1h;
  usage.prompt = counts_.input + counts_.cache_read + written;
  usage.completion = counts_.output;
  return usage;
}

std::optional<core::TokenUsage> read_usage(const json::Member& usage) {
  UsageSum sum;
  sum.take(usage);
  return sum.total();
}

std::optional<core::TokenUsage> read_reply_usage(const json::Outline& reply) {
  UsageSum sum;
  for (const json::Member& member : reply.members()) {
    if (key_is(member, "usage")) sum.take(member);
  }
  return sum.total();
}

void append_usage(std::string& out, const core::TokenUsage& usage) {
  const std::uint64_t written = usage.cache_write + usage.cache_write_1h;
  const std::uint64_t cached = usage.cache_read + written;
  json::Writer writer(out);
  writer.begin_object();
  writer.key("input_tokens").number(usage.prompt - std::min(cached, usage.prompt));
  writer.key("cache_creation_input_tokens").number(written);
  writer.key("cache_read_input_tokens").number(usage.cache_read);
  if (written > 0) {
    writer.key("cache_creation").begin_object();
    writer.key("ephemeral_5m_input_tokens").number(usage.cache_write);
    writer.key("ephemeral_1h_input_tokens").number(usage.cache_write_1h);
    writer.end_object();
  }
  writer.key("output_tokens").number(usage.completion);
  writer.end_object();
}

}  // namespace gatehouse::providers::anthropic
