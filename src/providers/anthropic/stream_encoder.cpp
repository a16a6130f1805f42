#include "anthropic/stream_encoder.hpp"

#include <algorithm>

#include "anthropic/stop_reason.hpp"
#include "anthropic/usage.hpp"
#include "gatehouse/json/writer.hpp"

namespace gatehouse::providers::anthropic {
namespace {

/// Writes one event; `body` writes its members behind the type.
template <class Body>
void write_event(std::string_view type, std::string& out, Body body) {
  out += "event: ";
  out += type;
  out += "\ndata: ";
  json::Writer writer(out);
  writer.begin_object().member("type", type);
  body(writer);
  writer.end_object();
  out += "\n\n";
}

}  // namespace

void MessageStreamEncoder::start(const StartDelta& delta, std::string& out) {
  if (started_) return;
  started_ = true;
  if (delta.usage) usage_ = *delta.usage;
  write_event("message_start", out, [&](json::Writer& writer) {
    writer.key("message").begin_object();
    writer.member("id", delta.id.empty() ? options_.fallback_id : delta.id);
    writer.member("type", "message").member("role", "assistant");
    writer.member("model", options_.model.empty() ? delta.model : options_.model);
    writer.key("content").begin_array().end_array();
    writer.key("stop_reason").null().key("stop_sequence").null().key("usage");
    append_usage(out, usage_);
    writer.end_object();
  });
}

void MessageStreamEncoder::ensure_started(std::string& out) {
  if (!started_) start({}, out);
}

void MessageStreamEncoder::open_block(Open kind, std::string& out) {
  ensure_started(out);
  close_block(out);
  open_ = kind;
  write_event("content_block_start", out, [&](json::Writer& writer) {
    writer.key("index").number(index_).key("content_block").begin_object();
    if (kind == Open::text) {
      writer.member("type", "text").member("text", "");
    } else {
      writer.member("type", "thinking").member("thinking", "").member("signature", "");
    }
    writer.end_object();
  });
}

void MessageStreamEncoder::open_tool(const ToolUseStart& tool, std::string& out) {
  ensure_started(out);
  close_block(out);
  open_ = Open::tool;
  open_tool_ = tool.index;
  write_event("content_block_start", out, [&](json::Writer& writer) {
    writer.key("index").number(index_).key("content_block").begin_object();
    writer.member("type", "tool_use").member("id", tool.id).member("name", tool.name);
    writer.key("input").begin_object().end_object().end_object();
  });
}

void MessageStreamEncoder::write_delta(std::string_view type, std::string_view member,
                                       std::string_view text, std::string& out) {
  write_event("content_block_delta", out, [&](json::Writer& writer) {
    writer.key("index").number(index_).key("delta").begin_object();
    writer.member("type", type).member(member, text).end_object();
  });
}

void MessageStreamEncoder::close_block(std::string& out) {
  if (open_ == Open::none) return;
  if (open_ == Open::thinking && !signed_) write_delta("signature_delta", "signature", "", out);
  write_event("content_block_stop", out,
              [&](json::Writer& writer) { writer.key("index").number(index_); });
  ++index_;
  open_ = Open::none;
  signed_ = false;
}

void MessageStreamEncoder::on_text(std::string_view text, std::string& out) {
  if (text.empty()) return;
  // Text behind calls of tools: whatever they still had to say has come.
  if (!waiting_.empty()) flush_tools(out);
  if (open_ != Open::text) open_block(Open::text, out);
  write_delta("text_delta", "text", text, out);
}

void MessageStreamEncoder::on_thinking(const ThinkingDelta& delta, std::string& out) {
  if (!delta.redacted.empty()) {
    ensure_started(out);
    close_block(out);
    write_event("content_block_start", out, [&](json::Writer& writer) {
      writer.key("index").number(index_).key("content_block").begin_object();
      writer.member("type", "redacted_thinking").member("data", delta.redacted).end_object();
    });
    open_ = Open::text;  // closed like any other block
    close_block(out);
    return;
  }
  if (delta.text.empty() && delta.signature.empty()) return;
  if (open_ != Open::thinking) open_block(Open::thinking, out);
  if (!delta.text.empty()) write_delta("thinking_delta", "thinking", delta.text, out);
  if (delta.signature.empty()) return;
  write_delta("signature_delta", "signature", delta.signature, out);
  signed_ = true;
  close_block(out);
}

void MessageStreamEncoder::on_tool_start(const ToolUseStart& tool, std::string& out) {
  called_tools_ = true;
  if (open_ == Open::tool) {
    waiting_.push_back({tool, {}});
  } else {
    open_tool(tool, out);
  }
}

void MessageStreamEncoder::on_tool_delta(const ToolUseDelta& delta, std::string& out) {
  if (open_ == Open::tool && open_tool_ == delta.index) {
    write_delta("input_json_delta", "partial_json", delta.arguments, out);
    return;
  }
  for (WaitingTool& tool : waiting_) {
    if (tool.start.index == delta.index) tool.arguments += delta.arguments;
  }
}

void MessageStreamEncoder::flush_tools(std::string& out) {
  for (const WaitingTool& tool : waiting_) {
    open_tool(tool.start, out);
    if (!tool.arguments.empty()) {
      write_delta("input_json_delta", "partial_json", tool.arguments, out);
    }
  }
  waiting_.clear();
  close_block(out);
}

void MessageStreamEncoder::finish_stream(std::string& out) {
  ensure_started(out);
  flush_tools(out);
  ended_ = true;
  const FinishDelta finish = finish_.value_or(FinishDelta{});
  const bool by_sequence = !finish.stop_sequence.empty();
  write_event("message_delta", out, [&](json::Writer& writer) {
    writer.key("delta").begin_object();
    writer.member("stop_reason", stop_word(finish.reason, called_tools_, by_sequence));
    writer.key("stop_sequence");
    by_sequence ? writer.text(finish.stop_sequence) : writer.null();
    writer.end_object().key("usage");
    append_usage(out, usage_);
  });
  write_event("message_stop", out, [](json::Writer&) {});
}

void MessageStreamEncoder::write_error(const ErrorDelta& error, std::string& out) {
  ended_ = true;
  write_event("error", out, [&](json::Writer& writer) {
    writer.key("error").begin_object();
    writer.member("type", error.type.empty() ? "api_error" : error.type);
    writer.member("message", error.message).end_object();
  });
}

void MessageStreamEncoder::encode(const Delta& delta, std::string& out) {
  if (ended_) return;
  if (const auto* begin = std::get_if<StartDelta>(&delta)) {
    start(*begin, out);
  } else if (const auto* text = std::get_if<TextDelta>(&delta)) {
    if (text->choice == 0) on_text(text->text, out);
  } else if (const auto* refusal = std::get_if<RefusalDelta>(&delta)) {
    if (refusal->choice == 0) on_text(refusal->text, out);
  } else if (const auto* thinking = std::get_if<ThinkingDelta>(&delta)) {
    if (thinking->choice == 0) on_thinking(*thinking, out);
  } else if (const auto* tool = std::get_if<ToolUseStart>(&delta)) {
    if (tool->choice == 0) on_tool_start(*tool, out);
  } else if (const auto* arguments = std::get_if<ToolUseDelta>(&delta)) {
    if (arguments->choice == 0) on_tool_delta(*arguments, out);
  } else if (const auto* finish = std::get_if<FinishDelta>(&delta)) {
    if (finish->choice == 0) finish_ = *finish;
  } else if (const auto* usage = std::get_if<UsageDelta>(&delta)) {
    usage_ = usage->usage;
  } else if (const auto* error = std::get_if<ErrorDelta>(&delta)) {
    write_error(*error, out);
  } else {
    finish_stream(out);
  }
}

}  // namespace gatehouse::providers::anthropic
