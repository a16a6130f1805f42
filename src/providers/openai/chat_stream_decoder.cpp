#include "openai/chat_stream_decoder.hpp"

#include <algorithm>

#include "gatehouse/core/text.hpp"
#include "json_view.hpp"
#include "openai/finish_reason.hpp"
#include "openai/usage.hpp"

namespace gatehouse::providers::openai {
namespace {

constexpr std::uint64_t kMaxChoice = 1024;
constexpr std::size_t kMaxCalls = 4096;

std::unexpected<core::Error> broken(std::string_view what) {
  return core::fail(core::Errc::upstream_failed, "the provider's stream is not a chat completion",
                    std::string(what));
}

ErrorDelta read_error(const json::Member& error) {
  ErrorDelta delta;
  if (is_string(error)) {
    delta.message = core::printable(json::as_string(error).value_or(""), 500);
  } else {
    delta.message = core::printable(find_text(error, "message"), 500);
    delta.type = core::printable(find_text(error, "type"), 100);
  }
  if (delta.message.empty()) delta.message = "the provider reported an error without a message";
  return delta;
}

}  // namespace

core::Result<void> ChatStreamDecoder::decode(std::string_view, std::string_view data,
                                             std::vector<Delta>& out) {
  if (data.empty()) return {};
  if (data == "[DONE]") {
    out.emplace_back(EndDelta{});
    return {};
  }
  auto root = parse_json(data);
  if (!root || !is_object(*root)) return broken("data that is not a JSON object");
  return decode_chunk(*root, out);
}

core::Result<void> ChatStreamDecoder::decode_chunk(const json::Member& root,
                                                   std::vector<Delta>& out) {
  if (const auto error = find_set(root, "error")) {
    out.emplace_back(read_error(*error));
    return {};
  }
  if (!started_) {
    started_ = true;
    StartDelta start{.id = find_text(root, "id"), .model = find_text(root, "model")};
    if (const auto created = find(root, "created")) {
      start.created = json::as_int(*created).value_or(0);
    }
    out.emplace_back(std::move(start));
  }
  for (const json::Member& member : Children(root)) {
    if (key_is(member, "choices")) {
      for (const json::Member& choice : Children(member)) {
        if (auto read = decode_choice(choice, out); !read) return read;
      }
    } else if (key_is(member, "usage")) {
      if (const auto usage = read_usage(member)) out.emplace_back(UsageDelta{*usage});
    } else if (key_is(member, "x_groq")) {
      const auto nested = find(member, "usage");
      const auto usage = nested ? read_usage(*nested) : std::nullopt;
      if (usage) out.emplace_back(UsageDelta{*usage});
    }
  }
  return {};
}

core::Result<void> ChatStreamDecoder::decode_choice(const json::Member& raw,
                                                    std::vector<Delta>& out) {
  std::uint32_t choice = 0;
  if (const auto index = find(raw, "index")) {
    const auto value = json::as_uint(*index);
    if (!value || *value >= kMaxChoice) return broken("a choice with a wrong index");
    choice = static_cast<std::uint32_t>(*value);
  }
  std::string logprobs;
  if (const auto member = find_set(raw, "logprobs")) {
    logprobs = member->value;
    // A line break, which JSON allows between tokens, would end the line of an event.
    std::ranges::replace_if(logprobs, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  }
  if (const auto delta = find_set(raw, "delta")) {
    if (auto read = decode_delta(*delta, choice, logprobs, out); !read) return read;
  }
  if (const std::string finish = find_text(raw, "finish_reason"); !finish.empty()) {
    out.emplace_back(FinishDelta{.choice = choice,
                                 .reason = parse_finish(finish),
                                 .stop_sequence = find_text(raw, "stop_reason")});
  }
  return {};
}

core::Result<void> ChatStreamDecoder::decode_delta(const json::Member& delta, std::uint32_t choice,
                                                   const std::string& logprobs,
                                                   std::vector<Delta>& out) {
  bool thought = false;
  bool said = false;
  for (const json::Member& member : Children(delta)) {
    if (key_is(member, "tool_calls")) {
      std::uint64_t position = 0;
      for (const json::Member& call : Children(member)) {
        if (auto read = decode_call(call, choice, position++, out); !read) return read;
      }
      continue;
    }
    if (!is_string(member) || member.value == "\"\"") continue;
    std::string text = json::as_string(member).value_or("");
    if (key_is(member, "content")) {
      out.emplace_back(TextDelta{.choice = choice, .text = std::move(text), .logprobs = logprobs});
      said = true;
    } else if (key_is(member, "refusal")) {
      out.emplace_back(RefusalDelta{.choice = choice, .text = std::move(text)});
    } else if (!thought && (key_is(member, "reasoning_content") || key_is(member, "reasoning"))) {
      out.emplace_back(ThinkingDelta{.choice = choice, .text = std::move(text)});
      thought = true;
    }
  }
  if (!said && !logprobs.empty()) {
    out.emplace_back(TextDelta{.choice = choice, .text = {}, .logprobs = logprobs});
  }
  return {};
}

ChatStreamDecoder::Call* ChatStreamDecoder::find_call(std::uint32_t choice,
                                                      std::uint64_t wire_index) {
  // The latest one: some servers number all calls of a turn 0.
  const auto found = std::find_if(calls_.rbegin(), calls_.rend(), [&](const Call& call) {
    return call.choice == choice && call.wire_index == wire_index;
  });
  return found == calls_.rend() ? nullptr : &*found;
}

core::Result<void> ChatStreamDecoder::decode_call(const json::Member& raw, std::uint32_t choice,
                                                  std::uint64_t position, std::vector<Delta>& out) {
  const auto index_member = find_set(raw, "index");
  const std::uint64_t wire_index =
      index_member ? json::as_uint(*index_member).value_or(position) : position;
  std::string id = find_text(raw, "id");
  const json::Member function = find(raw, "function").value_or(json::Member{});
  std::string name = find_text(function, "name");

  Call* call = find_call(choice, wire_index);
  const bool another = call != nullptr && !id.empty() && id != call->id;
  if (call == nullptr || another) {
    if (name.empty()) return broken("a tool call without a name");
    if (calls_.size() == kMaxCalls) return broken("too many tool calls");
    const auto count = std::ranges::count(calls_, choice, &Call::choice);
    const auto index = static_cast<std::uint32_t>(count);
    calls_.push_back({choice, wire_index, index, id});
    call = &calls_.back();
    out.emplace_back(ToolUseStart{.choice = choice, .index = index, .id = id, .name = name});
  }
  const auto arguments = find_set(function, "arguments");
  if (!arguments) return {};
  std::string piece = is_object(*arguments) ? std::string(arguments->value)
                                            : json::as_string(*arguments).value_or("");
  if (!piece.empty()) {
    out.emplace_back(
        ToolUseDelta{.choice = choice, .index = call->index, .arguments = std::move(piece)});
  }
  return {};
}

}  // namespace gatehouse::providers::openai
