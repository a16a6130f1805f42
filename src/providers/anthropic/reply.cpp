#include "anthropic/reply.hpp"

#include <algorithm>

#include "anthropic/codec.hpp"
#include "anthropic/content_blocks.hpp"
#include "anthropic/stop_reason.hpp"
#include "anthropic/usage.hpp"
#include "json_view.hpp"

namespace gatehouse::providers::anthropic {
namespace {

std::unexpected<core::Error> not_a_reply(std::string detail) {
  return core::fail(core::Errc::upstream_failed, "the provider's answer is not a message",
                    std::move(detail));
}

bool has_call(const Message& message) {
  return std::ranges::any_of(
      message.parts, [](const Part& part) { return std::holds_alternative<ToolUsePart>(part); });
}

/// The call of our own answer tool is the answer.
void unwrap_answer(ChatChoice& choice) {
  bool unwrapped = false;
  for (Part& part : choice.message.parts) {
    auto* call = std::get_if<ToolUsePart>(&part);
    if (call == nullptr || call->name != kAnswerTool) continue;
    std::string arguments = std::move(call->arguments);
    part = TextPart{.text = std::move(arguments)};
    unwrapped = true;
  }
  if (!unwrapped) return;
  // Words around a JSON answer would spoil it.
  std::erase_if(choice.message.parts, [](const Part& part) {
    const auto* text = std::get_if<TextPart>(&part);
    return text != nullptr && !text->text.starts_with('{');
  });
  if (choice.finish == FinishReason::tool_calls && !has_call(choice.message)) {
    choice.finish = FinishReason::stop;
  }
}

}  // namespace

core::Result<ChatReply> decode_reply(std::string_view body) {
  auto root = parse_json(body);
  if (!root) return not_a_reply(root.error().public_message);
  const auto content = find_set(*root, "content");
  if (!content || !is_array(*content)) return not_a_reply("no content");
  ChatReply reply;
  reply.id = find_text(*root, "id");
  reply.model = find_text(*root, "model");
  ChatChoice choice;
  choice.message.role = Role::assistant;
  std::vector<std::pair<std::string, std::string>> unknown;
  auto read = decode_content(*content, FieldPath() / "content", choice.message.parts, unknown);
  if (!read) return not_a_reply(read.error().public_message);
  choice.finish = parse_stop(find_text(*root, "stop_reason"));
  choice.stop_sequence = find_text(*root, "stop_sequence");
  unwrap_answer(choice);
  reply.choices.push_back(std::move(choice));
  if (const auto usage = find(*root, "usage")) reply.usage = read_usage(*usage);
  return reply;
}

std::string encode_reply(const ChatReply& reply) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("id", reply.id).member("type", "message");
  writer.member("role", "assistant").member("model", reply.model);
  writer.key("content").begin_array();
  static const ChatChoice kNone;
  const ChatChoice& choice = reply.choices.empty() ? kNone : reply.choices.front();
  LackList lacks("anthropic", true);
  for (const Part& part : choice.message.parts) {
    const auto* thinking = std::get_if<ThinkingPart>(&part);
    if (thinking != nullptr && thinking->redacted.empty()) {
      // Other vendors do not sign their thinking; the member must be there all the same.
      writer.begin_object().member("type", "thinking").member("thinking", thinking->text);
      writer.member("signature", thinking->signature).end_object();
      continue;
    }
    // Dropping never fails.
    (void)write_block(writer, part, {}, lacks);
  }
  writer.end_array();
  const bool by_sequence = !choice.stop_sequence.empty();
  writer.member("stop_reason", stop_word(choice.finish, has_call(choice.message), by_sequence));
  writer.key("stop_sequence");
  by_sequence ? writer.text(choice.stop_sequence) : writer.null();
  writer.key("usage");
  append_usage(body, reply.usage.value_or(core::TokenUsage{}));
  writer.end_object();
  return body;
}

}  // namespace gatehouse::providers::anthropic
