#include "openai/chat_stream_encoder.hpp"

#include <type_traits>

#include "openai/finish_reason.hpp"
#include "openai/usage.hpp"

namespace gatehouse::providers::openai {

const std::string& ChatStreamEncoder::head() {
  if (head_.empty()) start({});
  return head_;
}

void ChatStreamEncoder::start(const StartDelta& delta) {
  if (delta.usage) usage_ = delta.usage;
  head_ = "data: ";
  json::Writer writer(head_);
  writer.begin_object().member("id", delta.id.empty() ? options_.fallback_id : delta.id);
  writer.member("object", "chat.completion.chunk");
  writer.key("created").number(delta.created != 0 ? delta.created : options_.created);
  writer.member("model", options_.model.empty() ? delta.model : options_.model);
  writer.key("choices").begin_array();
}

template <class Body>
void ChatStreamEncoder::chunk(std::uint32_t choice, std::string& out, Body body,
                              std::optional<FinishReason> finish, const std::string& logprobs) {
  out += head();
  json::Writer writer(out);
  writer.begin_object().key("index").number(std::uint64_t{choice}).key("delta").begin_object();
  if (choice >= role_sent_.size()) role_sent_.resize(std::size_t{choice} + 1);
  if (!role_sent_[choice]) {
    role_sent_[choice] = true;
    writer.member("role", "assistant");
  }
  body(writer);
  writer.end_object();
  writer.member_raw_if("logprobs", logprobs).key("finish_reason");
  finish ? writer.text(finish_word(*finish)) : writer.null();
  out += "}]}\n\n";
}

void ChatStreamEncoder::write_tool_start(const ToolUseStart& delta, std::string& out) {
  chunk(delta.choice, out, [&](json::Writer& writer) {
    writer.key("tool_calls").begin_array().begin_object();
    writer.key("index").number(std::uint64_t{delta.index});
    writer.member("id", delta.id).member("type", "function");
    writer.key("function").begin_object().member("name", delta.name).member("arguments", "");
    writer.end_object().end_object().end_array();
  });
}

void ChatStreamEncoder::write_thinking(const ThinkingDelta& delta, std::string& out) {
  chunk(delta.choice, out, [&](json::Writer& writer) {
    if (!delta.text.empty()) writer.member("reasoning_content", delta.text);
    if (delta.signature.empty() && delta.redacted.empty()) return;
    writer.key("thinking_blocks").begin_array().begin_object();
    if (!delta.redacted.empty()) {
      writer.member("type", "redacted_thinking").member("data", delta.redacted);
    } else {
      writer.member("type", "thinking").member("thinking", "");
      writer.member("signature", delta.signature);
    }
    writer.end_object().end_array();
  });
}

void ChatStreamEncoder::write_error(const ErrorDelta& error, std::string& out) {
  ended_ = true;
  out += "data: ";
  json::Writer writer(out);
  writer.begin_object().key("error").begin_object().member("message", error.message);
  writer.member("type", error.type.empty() ? "upstream_error" : error.type);
  writer.key("param").null().key("code").null().end_object().end_object();
  out += "\n\n";
}

void ChatStreamEncoder::finish_stream(std::string& out) {
  ended_ = true;
  if (options_.include_usage && usage_) {
    out += head();
    out += "],\"usage\":";
    append_usage(out, *usage_);
    out += "}\n\n";
  }
  out += "data: [DONE]\n\n";
}

void ChatStreamEncoder::encode(const Delta& delta, std::string& out) {
  if (ended_) return;
  if (const auto* begin = std::get_if<StartDelta>(&delta)) {
    start(*begin);
  } else if (const auto* text = std::get_if<TextDelta>(&delta)) {
    chunk(
        text->choice, out, [&](json::Writer& writer) { writer.member("content", text->text); }, {},
        text->logprobs);
  } else if (const auto* thinking = std::get_if<ThinkingDelta>(&delta)) {
    write_thinking(*thinking, out);
  } else if (const auto* refusal = std::get_if<RefusalDelta>(&delta)) {
    chunk(refusal->choice, out,
          [&](json::Writer& writer) { writer.member("refusal", refusal->text); });
  } else if (const auto* tool = std::get_if<ToolUseStart>(&delta)) {
    write_tool_start(*tool, out);
  } else if (const auto* arguments = std::get_if<ToolUseDelta>(&delta)) {
    chunk(arguments->choice, out, [&](json::Writer& writer) {
      writer.key("tool_calls").begin_array().begin_object();
      writer.key("index").number(std::uint64_t{arguments->index}).key("function").begin_object();
      writer.member("arguments", arguments->arguments).end_object().end_object().end_array();
    });
  } else if (const auto* finish = std::get_if<FinishDelta>(&delta)) {
    chunk(finish->choice, out, [](json::Writer&) {}, finish->reason);
  } else if (const auto* usage = std::get_if<UsageDelta>(&delta)) {
    usage_ = usage->usage;
  } else if (const auto* error = std::get_if<ErrorDelta>(&delta)) {
    write_error(*error, out);
  } else {
    finish_stream(out);
  }
}

}  // namespace gatehouse::providers::openai
