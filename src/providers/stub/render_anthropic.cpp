#include "gatehouse/json/writer.hpp"
#include "stub/stub_render.hpp"

namespace gatehouse::providers::stub {
namespace {

constexpr std::string_view kEventStream = "text/event-stream; charset=utf-8";

std::string_view stop_reason(const StubAnswer& answer) {
  if (answer.calls_tool()) return "tool_use";
  return answer.cut ? "max_tokens" : "end_turn";
}

void write_usage(json::Writer& writer, std::uint64_t input, std::uint64_t output) {
  writer.key("usage").begin_object();
  writer.key("input_tokens").number(input);
  writer.key("cache_creation_input_tokens").number(std::uint64_t{0});
  writer.key("cache_read_input_tokens").number(std::uint64_t{0});
  writer.key("output_tokens").number(output);
  writer.end_object();
}

void write_head(json::Writer& writer, const StubRequest& request, const StubAnswer& answer) {
  writer.member("id", "msg_stub_" + answer.id).member("type", "message");
  writer.member("role", "assistant").member("model", request.model);
}

template <class Body>
void add_event(MemoryReply& reply, std::string_view type, Body body) {
  std::string event = "event: ";
  event += type;
  event += "\ndata: ";
  json::Writer writer(event);
  writer.begin_object().member("type", type);
  body(writer);
  writer.end_object();
  event += "\n\n";
  reply.pieces.push_back(std::move(event));
}

void add_block(MemoryReply& reply, const StubAnswer& answer) {
  constexpr std::uint64_t kIndex = 0;
  const bool tool = answer.calls_tool();
  add_event(reply, "content_block_start", [&](json::Writer& writer) {
    writer.key("index").number(kIndex).key("content_block").begin_object();
    if (tool) {
      writer.member("type", "tool_use").member("id", "toolu_" + answer.id);
      writer.member("name", answer.tool_name).key("input").begin_object().end_object();
    } else {
      writer.member("type", "text").member("text", "");
    }
    writer.end_object();
  });
  for (const std::string_view piece :
       split_into_pieces(tool ? answer.tool_arguments : answer.text)) {
    add_event(reply, "content_block_delta", [&](json::Writer& writer) {
      writer.key("index").number(kIndex).key("delta").begin_object();
      writer.member("type", tool ? "input_json_delta" : "text_delta");
      writer.member(tool ? "partial_json" : "text", piece).end_object();
    });
  }
  add_event(reply, "content_block_stop",
            [&](json::Writer& writer) { writer.key("index").number(kIndex); });
}

MemoryReply message_stream(const StubRequest& request, const StubAnswer& answer) {
  MemoryReply reply{.content_type = kEventStream, .pieces = {}};
  add_event(reply, "message_start", [&](json::Writer& writer) {
    writer.key("message").begin_object();
    write_head(writer, request, answer);
    writer.key("content").begin_array().end_array();
    writer.key("stop_reason").null().key("stop_sequence").null();
    write_usage(writer, request.prompt_tokens, 1);
    writer.end_object();
  });
  add_event(reply, "ping", [](json::Writer&) {});
  add_block(reply, answer);
  add_event(reply, "message_delta", [&](json::Writer& writer) {
    writer.key("delta").begin_object().member("stop_reason", stop_reason(answer));
    writer.key("stop_sequence").null().end_object();
    writer.key("usage").begin_object();
    writer.key("output_tokens").number(answer.completion_tokens).end_object();
  });
  add_event(reply, "message_stop", [](json::Writer&) {});
  return reply;
}

}  // namespace

MemoryReply render_messages(const StubRequest& request, const StubAnswer& answer) {
  if (request.stream) return message_stream(request, answer);
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  write_head(writer, request, answer);
  writer.key("content").begin_array().begin_object();
  if (answer.calls_tool()) {
    writer.member("type", "tool_use").member("id", "toolu_" + answer.id);
    writer.member("name", answer.tool_name).member_raw("input", answer.tool_arguments);
  } else {
    writer.member("type", "text").member("text", answer.text);
  }
  writer.end_object().end_array();
  writer.member("stop_reason", stop_reason(answer)).key("stop_sequence").null();
  write_usage(writer, request.prompt_tokens, answer.completion_tokens);
  writer.end_object();
  return {.pieces = {std::move(body)}};
}

MemoryReply render_count(const StubRequest& request) {
  return {.pieces = {"{\"input_tokens\":" + std::to_string(request.prompt_tokens) + "}"}};
}

MemoryReply render_error(WireFormat format, std::string_view message) {
  const bool anthropic =
      format == WireFormat::anthropic_messages || format == WireFormat::anthropic_count_tokens;
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  if (anthropic) writer.member("type", "error");
  writer.key("error").begin_object();
  writer.member("message", message).member("type", "invalid_request_error");
  if (!anthropic) writer.key("param").null().key("code").null();
  writer.end_object().end_object();
  return {.status = 400, .pieces = {std::move(body)}};
}

}  // namespace gatehouse::providers::stub
