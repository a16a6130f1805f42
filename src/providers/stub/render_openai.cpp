#include "gatehouse/json/writer.hpp"
#include "stub/stub_render.hpp"

namespace gatehouse::providers::stub {
namespace {

constexpr std::string_view kEventStream = "text/event-stream; charset=utf-8";
// A fixed time keeps the answers the same from run to run: 2026-01-01T00:00:00Z.
constexpr std::uint64_t kCreated = 1'767'225'600;

std::string_view finish_reason(const StubAnswer& answer) {
  if (answer.calls_tool()) return "tool_calls";
  return answer.cut ? "length" : "stop";
}

void write_usage(json::Writer& writer, std::uint64_t prompt, std::uint64_t completion) {
  writer.key("usage").begin_object();
  writer.key("prompt_tokens").number(prompt);
  writer.key("completion_tokens").number(completion);
  writer.key("total_tokens").number(prompt + completion);
  writer.end_object();
}

void write_head(json::Writer& writer, const StubRequest& request, const StubAnswer& answer,
                std::string_view prefix, std::string_view object) {
  writer.member("id", std::string(prefix) + answer.id);
  writer.member("object", object);
  writer.key("created").number(kCreated);
  writer.member("model", request.model);
}

void write_tool_call(json::Writer& writer, const StubAnswer& answer) {
  writer.member("id", "call_" + answer.id).member("type", "function");
  writer.key("function").begin_object();
  writer.member("name", answer.tool_name).member("arguments", answer.tool_arguments).end_object();
}

/// One chunk per event; `body` writes what is between the head and the end.
class ChunkList {
 public:
  ChunkList(const StubRequest& request, const StubAnswer& answer, std::string_view prefix,
            std::string_view object)
      : request_(request), answer_(answer), prefix_(prefix), object_(object) {}

  template <class Body>
  void add(Body body) {
    std::string event = "data: ";
    json::Writer writer(event);
    writer.begin_object();
    write_head(writer, request_, answer_, prefix_, object_);
    writer.key("choices").begin_array();
    body(writer);
    writer.end_object();
    event += "\n\n";
    reply_.pieces.push_back(std::move(event));
  }

  template <class Delta>
  void add_delta(std::uint64_t index, std::string_view finish, Delta delta) {
    add([&](json::Writer& writer) {
      writer.begin_object().key("index").number(index).key("delta").begin_object();
      delta(writer);
      writer.end_object().key("finish_reason");
      finish.empty() ? writer.null() : writer.text(finish);
      writer.end_object().end_array();
    });
  }

  MemoryReply finish() {
    if (request_.include_usage) {
      add([&](json::Writer& writer) {
        writer.end_array();
        write_usage(writer, request_.prompt_tokens, answer_.completion_tokens * request_.n);
      });
    }
    reply_.pieces.emplace_back("data: [DONE]\n\n");
    reply_.content_type = kEventStream;
    return std::move(reply_);
  }

 private:
  const StubRequest& request_;
  const StubAnswer& answer_;
  std::string_view prefix_;
  std::string_view object_;
  MemoryReply reply_;
};

void add_tool_deltas(ChunkList& chunks, std::uint64_t index, const StubAnswer& answer) {
  chunks.add_delta(index, {}, [&](json::Writer& writer) {
    writer.key("tool_calls").begin_array().begin_object().key("index").number(std::uint64_t{0});
    writer.member("id", "call_" + answer.id).member("type", "function");
    writer.key("function").begin_object().member("name", answer.tool_name);
    writer.member("arguments", "").end_object().end_object().end_array();
  });
  for (const std::string_view piece : split_into_pieces(answer.tool_arguments)) {
    chunks.add_delta(index, {}, [&](json::Writer& writer) {
      writer.key("tool_calls").begin_array().begin_object().key("index").number(std::uint64_t{0});
      writer.key("function").begin_object().member("arguments", piece);
      writer.end_object().end_object().end_array();
    });
  }
}

MemoryReply chat_stream(const StubRequest& request, const StubAnswer& answer) {
  ChunkList chunks(request, answer, "chatcmpl-stub-", "chat.completion.chunk");
  for (std::uint64_t index = 0; index < request.n; ++index) {
    chunks.add_delta(index, {}, [](json::Writer& writer) {
      writer.member("role", "assistant").member("content", "");
    });
    if (answer.calls_tool()) {
      add_tool_deltas(chunks, index, answer);
    } else {
      for (const std::string_view piece : split_into_pieces(answer.text)) {
        chunks.add_delta(index, {}, [&](json::Writer& writer) { writer.member("content", piece); });
      }
    }
    chunks.add_delta(index, finish_reason(answer), [](json::Writer&) {});
  }
  return chunks.finish();
}

void write_message(json::Writer& writer, const StubAnswer& answer) {
  writer.key("message").begin_object().member("role", "assistant");
  if (answer.calls_tool()) {
    writer.key("content").null().key("tool_calls").begin_array().begin_object();
    write_tool_call(writer, answer);
    writer.end_object().end_array();
  } else {
    writer.member("content", answer.text);
  }
  writer.key("refusal").null().end_object();
}

MemoryReply completion_stream(const StubRequest& request, const StubAnswer& answer) {
  ChunkList chunks(request, answer, "cmpl-stub-", "text_completion");
  const auto add = [&](std::uint64_t index, std::string_view text, std::string_view finish) {
    chunks.add([&](json::Writer& writer) {
      writer.begin_object().member("text", text).key("index").number(index);
      writer.key("logprobs").null().key("finish_reason");
      finish.empty() ? writer.null() : writer.text(finish);
      writer.end_object().end_array();
    });
  };
  for (std::uint64_t index = 0; index < request.n; ++index) {
    for (const std::string_view piece : split_into_pieces(answer.text)) add(index, piece, {});
    add(index, "", finish_reason(answer));
  }
  return chunks.finish();
}

}  // namespace

MemoryReply render_chat(const StubRequest& request, const StubAnswer& answer) {
  if (request.stream) return chat_stream(request, answer);
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  write_head(writer, request, answer, "chatcmpl-stub-", "chat.completion");
  writer.key("choices").begin_array();
  for (std::uint64_t index = 0; index < request.n; ++index) {
    writer.begin_object().key("index").number(index);
    write_message(writer, answer);
    writer.key("logprobs").null().member("finish_reason", finish_reason(answer)).end_object();
  }
  writer.end_array();
  write_usage(writer, request.prompt_tokens, answer.completion_tokens * request.n);
  writer.end_object();
  return {.pieces = {std::move(body)}};
}

MemoryReply render_completion(const StubRequest& request, const StubAnswer& answer) {
  if (request.stream) return completion_stream(request, answer);
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  write_head(writer, request, answer, "cmpl-stub-", "text_completion");
  writer.key("choices").begin_array();
  for (std::uint64_t index = 0; index < request.n; ++index) {
    writer.begin_object().member("text", answer.text).key("index").number(index);
    writer.key("logprobs").null().member("finish_reason", finish_reason(answer)).end_object();
  }
  writer.end_array();
  write_usage(writer, request.prompt_tokens, answer.completion_tokens * request.n);
  writer.end_object();
  return {.pieces = {std::move(body)}};
}

}  // namespace gatehouse::providers::stub
