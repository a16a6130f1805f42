// The OpenAI dialect: chat, completions, embeddings, models.
#include <algorithm>
#include <bit>
#include <cstring>

#include "books.hpp"
#include "draft.hpp"

namespace gatehouse::fake_provider {

namespace {

struct Context {
  const Ask& ask;
  const Behaviours& behaviours;
  std::string created;
  Answer answer;
};

std::string finish_reason(const Context& context) {
  if (context.behaviours.has("finish")) return std::string(context.behaviours.text("finish"));
  if (!context.answer.calls.empty()) return "tool_calls";
  return context.answer.cut_short ? "length" : "stop";
}

std::string usage_object(const Usage& usage, std::string_view mode) {
  if (mode == "empty") return "{}";
  const auto count = [mode](std::uint64_t value) { return reported(value, mode); };
  return R"({"prompt_tokens":)" + count(usage.prompt) + R"(,"completion_tokens":)" +
         count(usage.completion) + R"(,"total_tokens":)" + count(usage.prompt + usage.completion) +
         R"(,"prompt_tokens_details":{"cached_tokens":)" + count(usage.cached) +
         R"(,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":)" +
         count(usage.reasoning) +
         R"(,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}})";
}

/// The member with its comma, or nothing.
std::string usage_member(const Usage& usage, std::string_view mode) {
  if (mode == "absent") return "";
  if (mode == "null") return R"(,"usage":null)";
  return R"(,"usage":)" + usage_object(usage, mode);
}

std::string call_json(const ToolCall& call, std::size_t index, std::size_t choice, bool with_index,
                      bool with_arguments) {
  std::string out = "{";
  if (with_index) out += R"("index":)" + std::to_string(index) + ",";
  out += R"("id":"call_)" + std::string(kIdSlot) + "_" + std::to_string(choice) + "_" +
         std::to_string(index) + R"(","type":"function","function":{"name":)" + quote(call.name) +
         R"(,"arguments":)" + (with_arguments ? quote(call.arguments) : "\"\"") + "}}";
  return out;
}

std::string logprobs_json(const Ask& ask, std::string_view text) {
  if (!ask.logprobs) return "null";
  std::string out = R"({"content":[)";
  bool first = true;
  for (std::string_view token : split_tokens(text)) {
    if (!std::exchange(first, false)) out += ',';
    out += R"({"token":)" + quote(token) + R"(,"logprob":-0.25,"bytes":null,"top_logprobs":[]})";
  }
  return out + R"(],"refusal":null})";
}

std::string chat_message(const Context& context, std::size_t choice) {
  const Answer& answer = context.answer;
  std::string out = R"({"role":"assistant","content":)";
  out += answer.calls.empty() ? quote(answer.text) : "null";
  if (!answer.calls.empty()) {
    out += R"(,"tool_calls":[)";
    for (std::size_t i = 0; i < answer.calls.size(); ++i) {
      if (i > 0) out += ',';
      out += call_json(answer.calls[i], i, choice, false, true);
    }
    out += ']';
  }
  return out + R"(,"refusal":null,"annotations":[]})";
}

std::string head_members(const Context& context, std::string_view prefix, std::string_view object) {
  return R"({"id":")" + std::string(prefix) + std::string(kIdSlot) + R"(","object":")" +
         std::string(object) + R"(","created":)" + context.created + R"(,"model":)" +
         quote(context.ask.model);
}

Piece chat_body(const Context& context) {
  std::string out = head_members(context, "chatcmpl-", "chat.completion") + R"(,"choices":[)";
  for (std::size_t i = 0; i < context.ask.choices; ++i) {
    if (i > 0) out += ',';
    out += R"({"index":)" + std::to_string(i) + R"(,"message":)" + chat_message(context, i) +
           R"(,"logprobs":)" + logprobs_json(context.ask, context.answer.text) +
           R"(,"finish_reason":")" + finish_reason(context) + "\"}";
  }
  out += "]" + usage_member(context.answer.usage, context.behaviours.text("usage")) +
         R"(,"service_tier":"default","system_fingerprint":"fp_fake"})";
  return {std::move(out), static_cast<std::uint32_t>(context.answer.usage.completion)};
}

class ChatStream {
 public:
  explicit ChatStream(const Context& context) : context_(context) {}

  std::vector<Piece> pieces() {
    const std::uint64_t choices = context_.ask.choices;
    for (std::uint64_t i = 0; i < choices; ++i) {
      delta(i, R"({"role":"assistant","content":"","refusal":null})", 0);
    }
    const std::uint64_t per_event =
        std::max<std::uint64_t>(context_.behaviours.number("chunk", 1), 1);
    for (const std::string& text : split_events(context_.answer.text, per_event)) {
      const auto tokens = static_cast<std::uint32_t>(split_tokens(text).size());
      for (std::uint64_t i = 0; i < choices; ++i) {
        delta(i, R"({"content":)" + quote(text) + "}", tokens, "null",
              logprobs_json(context_.ask, text));
      }
    }
    for (std::uint64_t i = 0; i < choices; ++i) calls(i);
    for (std::uint64_t i = 0; i < choices; ++i) {
      delta(i, "{}", 0, "\"" + finish_reason(context_) + "\"");
    }
    usage();
    if (!context_.behaviours.has("no-end")) out_.push_back({"data: [DONE]\n\n", 0});
    return std::move(out_);
  }

 private:
  void delta(std::uint64_t choice, const std::string& json, std::uint32_t tokens,
             const std::string& finish = "null", const std::string& logprobs = "null") {
    std::string event = "data: " + head() + R"(,"choices":[{"index":)" + std::to_string(choice) +
                        R"(,"delta":)" + json + R"(,"logprobs":)" + logprobs +
                        R"(,"finish_reason":)" + finish + "}]";
    if (context_.ask.include_usage) event += R"(,"usage":null)";
    out_.push_back({event + "}\n\n", tokens});
  }

  void calls(std::uint64_t choice) {
    for (std::size_t i = 0; i < context_.answer.calls.size(); ++i) {
      const ToolCall& call = context_.answer.calls[i];
      delta(choice, R"({"tool_calls":[)" + call_json(call, i, choice, true, false) + "]}", 1);
      for (const std::string& part : split_events(call.arguments, 1)) {
        delta(choice,
              R"({"tool_calls":[{"index":)" + std::to_string(i) + R"(,"function":{"arguments":)" +
                  quote(part) + "}}]}",
              1);
      }
    }
  }

  void usage() {
    const std::string_view mode = context_.behaviours.text("usage");
    if (!context_.ask.include_usage || mode == "absent") return;
    const Usage& usage = context_.answer.usage;
    usage_event(usage, mode);
    if (mode == "repeated") usage_event(usage, mode);
    if (mode == "lower") {
      Usage lower = usage;
      lower.prompt /= 2;
      lower.completion /= 2;
      usage_event(lower, mode);
    }
  }

  void usage_event(const Usage& usage, std::string_view mode) {
    out_.push_back(
        {"data: " + head() + R"(,"choices":[])" + usage_member(usage, mode) + "}\n\n", 0});
  }

  std::string head() const {
    return head_members(context_, "chatcmpl-", "chat.completion.chunk") +
           R"(,"service_tier":"default","system_fingerprint":"fp_fake")";
  }

  const Context& context_;
  std::vector<Piece> out_;
};

std::string completion_choice(std::uint64_t index, std::string_view text,
                              const std::string& finish) {
  return R"({"text":)" + quote(text) + R"(,"index":)" + std::to_string(index) +
         R"(,"logprobs":null,"finish_reason":)" + finish + "}";
}

std::vector<Piece> completion_pieces(const Context& context) {
  const std::string head = head_members(context, "cmpl-", "text_completion");
  const std::string_view mode = context.behaviours.text("usage");
  const std::string finish = "\"" + finish_reason(context) + "\"";
  std::vector<Piece> out;
  if (!context.ask.stream) {
    std::string body = head + R"(,"choices":[)";
    for (std::uint64_t i = 0; i < context.ask.choices; ++i) {
      if (i > 0) body += ',';
      body += completion_choice(i, context.answer.text, finish);
    }
    body += "]" + usage_member(context.answer.usage, mode) + "}";
    out.push_back({body, static_cast<std::uint32_t>(context.answer.usage.completion)});
    return out;
  }
  const std::uint64_t per_event = std::max<std::uint64_t>(context.behaviours.number("chunk", 1), 1);
  for (const std::string& text : split_events(context.answer.text, per_event)) {
    for (std::uint64_t i = 0; i < context.ask.choices; ++i) {
      out.push_back(
          {"data: " + head + R"(,"choices":[)" + completion_choice(i, text, "null") + "]}\n\n",
           static_cast<std::uint32_t>(split_tokens(text).size())});
    }
  }
  for (std::uint64_t i = 0; i < context.ask.choices; ++i) {
    out.push_back(
        {"data: " + head + R"(,"choices":[)" + completion_choice(i, "", finish) + "]}\n\n", 0});
  }
  if (context.ask.include_usage && mode != "absent") {
    out.push_back(
        {"data: " + head + R"(,"choices":[])" + usage_member(context.answer.usage, mode) + "}\n\n",
         0});
  }
  if (!context.behaviours.has("no-end")) out.push_back({"data: [DONE]\n\n", 0});
  return out;
}

std::string vector_json(const Ask& ask, std::uint64_t index) {
  std::string floats;
  std::string bytes;
  for (std::uint64_t i = 0; i < ask.dimensions; ++i) {
    // Multiples of 1/64 are exact in binary and short in decimal.
    const float value = static_cast<float>((index + i) % 64) / 64.0F;
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (unsigned shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(bits >> shift);
    if (i > 0) floats += ',';
    floats += std::to_string(value);
  }
  return ask.base64 ? "\"" + base64_encode(bytes) + "\"" : "[" + floats + "]";
}

Piece embeddings_body(const Context& context) {
  std::string out = R"({"object":"list","data":[)";
  for (std::uint64_t i = 0; i < context.ask.inputs; ++i) {
    if (i > 0) out += ',';
    out += R"({"object":"embedding","index":)" + std::to_string(i) + R"(,"embedding":)" +
           vector_json(context.ask, i) + "}";
  }
  const std::string_view mode = context.behaviours.text("usage");
  out += R"(],"model":)" + quote(context.ask.model);
  if (mode != "absent") {
    out += R"(,"usage":{"prompt_tokens":)" + reported(context.answer.usage.prompt, mode) +
           R"(,"total_tokens":)" + reported(context.answer.usage.prompt, mode) + "}";
  }
  return {out + "}", 0};
}

}  // namespace

Draft openai_draft(const Ask& ask, const Behaviours& behaviours, core::WallTime now) {
  const auto seconds = std::chrono::duration_cast<core::Seconds>(now.time_since_epoch()).count();
  Context context{ask, behaviours, std::to_string(seconds), make_answer(ask, behaviours)};
  Draft draft;
  draft.headers = {{"openai-processing-ms", "1"}, {"openai-version", "2020-10-01"}};
  if (ask.surface == Surface::models) {
    draft.pieces.push_back(
        {R"({"object":"list","data":[{"id":"fake-model","object":"model","created":1,"owned_by":"fake"}]})",
         0});
    return draft;
  }
  if (ask.surface == Surface::embeddings) {
    context.answer.usage.completion = 0;
    draft.pieces.push_back(embeddings_body(context));
  } else if (ask.surface == Surface::completions) {
    draft.pieces = completion_pieces(context);
    draft.stream = ask.stream;
  } else if (ask.stream) {
    draft.pieces = ChatStream(context).pieces();
    draft.stream = true;
  } else {
    draft.pieces.push_back(chat_body(context));
  }
  if (draft.stream) draft.content_type = "text/event-stream; charset=utf-8";
  draft.usage = context.answer.usage;
  return draft;
}

}  // namespace gatehouse::fake_provider
