#include "openai/chat_reply.hpp"

#include "gatehouse/json/writer.hpp"
#include "json_view.hpp"
#include "openai/chat_messages.hpp"
#include "openai/content_parts.hpp"
#include "openai/finish_reason.hpp"
#include "openai/usage.hpp"

namespace gatehouse::providers::openai {
namespace {

std::unexpected<core::Error> not_a_reply(std::string detail) {
  return core::fail(core::Errc::upstream_failed, "the provider's answer is not a chat completion",
                    std::move(detail));
}

core::Result<Message> decode_message(const json::Member& raw) {
  Message message{.role = Role::assistant, .parts = {}};
  std::vector<std::pair<std::string, std::string>> unknown;
  decode_reasoning(raw, message.parts);
  const FieldPath path;
  if (const auto content = find_set(raw, "content")) {
    const bool empty = content->value == "\"\"";
    auto read = empty ? core::Result<void>()
                      : decode_content(*content, path / "content", message.parts, unknown);
    if (!read) return not_a_reply(read.error().public_message);
  }
  if (std::string refusal = find_text(raw, "refusal"); !refusal.empty()) {
    message.parts.emplace_back(RefusalPart{std::move(refusal)});
  }
  if (const auto calls = find_set(raw, "tool_calls")) {
    auto read = decode_tool_calls(*calls, path / "tool_calls", message.parts, unknown);
    if (!read) return not_a_reply(read.error().public_message);
  }
  return message;
}

core::Result<ChatChoice> decode_choice(const json::Member& raw) {
  const auto message = find_set(raw, "message");
  if (!message || !is_object(*message)) return not_a_reply("a choice without message");
  ChatChoice choice;
  auto decoded = decode_message(*message);
  if (!decoded) return core::pass(decoded);
  choice.message = std::move(*decoded);
  choice.finish = parse_finish(find_text(raw, "finish_reason"));
  choice.stop_sequence = find_text(raw, "stop_reason");  // vLLM
  if (const auto logprobs = find_set(raw, "logprobs")) choice.logprobs = logprobs->value;
  return choice;
}

void write_message(json::Writer& writer, const Message& message) {
  writer.key("message").begin_object().member("role", "assistant");
  std::string refusal;
  bool has_text = false;
  bool has_calls = false;
  for (const Part& part : message.parts) {
    has_text = has_text || std::holds_alternative<TextPart>(part);
    has_calls = has_calls || std::holds_alternative<ToolUsePart>(part);
    if (const auto* refused = std::get_if<RefusalPart>(&part)) refusal += refused->text;
  }
  writer.key("content");
  if (has_text || (!has_calls && refusal.empty())) {
    writer.text(joined_text(message));
  } else {
    writer.null();
  }
  writer.key("refusal");
  refusal.empty() ? writer.null() : writer.text(refusal);
  write_reasoning(writer, message);
  write_tool_calls(writer, message);
  if (!has_calls) writer.key("tool_calls").null();
  writer.key("function_call").null().end_object();
}

}  // namespace

std::string joined_text(const Message& message) {
  std::string text;
  for (const Part& part : message.parts) {
    if (const auto* piece = std::get_if<TextPart>(&part)) text += piece->text;
  }
  return text;
}

core::Result<ChatReply> decode_chat_reply(std::string_view body) {
  auto root = parse_json(body);
  if (!root) return not_a_reply(root.error().public_message);
  const auto choices = find_set(*root, "choices");
  if (!choices || !is_array(*choices)) return not_a_reply("no choices");
  ChatReply reply;
  reply.id = find_text(*root, "id");
  reply.model = find_text(*root, "model");
  if (const auto created = find(*root, "created")) {
    reply.created = json::as_int(*created).value_or(0);
  }
  for (const json::Member& raw : Children(*choices)) {
    if (reply.choices.size() == 1024) return not_a_reply("too many choices");
    auto choice = decode_choice(raw);
    if (!choice) return core::pass(choice);
    reply.choices.push_back(std::move(*choice));
  }
  if (const auto usage = find(*root, "usage")) reply.usage = read_usage(*usage);
  return reply;
}

std::string encode_chat_reply(const ChatReply& reply) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("id", reply.id).member("object", "chat.completion");
  writer.key("created").number(reply.created).member("model", reply.model);
  writer.key("choices").begin_array();
  std::uint64_t index = 0;
  for (const ChatChoice& choice : reply.choices) {
    writer.begin_object().key("index").number(index++);
    write_message(writer, choice.message);
    writer.key("logprobs");
    choice.logprobs.empty() ? writer.null() : writer.raw(choice.logprobs);
    writer.member("finish_reason", finish_word(choice.finish)).end_object();
  }
  writer.end_array();
  if (reply.usage) {
    writer.key("usage");
    append_usage(body, *reply.usage);
  }
  writer.end_object();
  return body;
}

}  // namespace gatehouse::providers::openai
