// The Anthropic dialect: messages and count_tokens.
#include <algorithm>

#include "draft.hpp"

namespace gatehouse::fake_provider {

namespace {

constexpr std::string_view kThought = "I should think about this first.";
constexpr std::string_view kSignature = "c2lnbmF0dXJl";

std::string stop_reason(const Answer& answer, const Behaviours& behaviours) {
  if (behaviours.has("finish")) return std::string(behaviours.text("finish"));
  if (!answer.calls.empty()) return "tool_use";
  return answer.cut_short ? "max_tokens" : "end_turn";
}

/// Anthropic counts cached tokens beside input_tokens, not within.
std::string usage_object(const Usage& usage, std::uint64_t output, std::string_view mode) {
  if (mode == "empty") return "{}";
  const auto count = [mode](std::uint64_t value) { return reported(value, mode); };
  return R"({"input_tokens":)" + count(usage.prompt - usage.cached - usage.cache_write) +
         R"(,"cache_creation_input_tokens":)" + count(usage.cache_write) +
         R"(,"cache_read_input_tokens":)" + count(usage.cached) + R"(,"output_tokens":)" +
         count(output) + R"(,"service_tier":"standard"})";
}

std::string usage_member(const Usage& usage, std::uint64_t output, std::string_view mode) {
  if (mode == "absent") return "";
  if (mode == "null") return R"(,"usage":null)";
  return R"(,"usage":)" + usage_object(usage, output, mode);
}

std::string tool_id(std::size_t index) {
  return "toolu_" + std::string(kIdSlot) + "_" + std::to_string(index);
}

std::string content_blocks(const Answer& answer, const Behaviours& behaviours) {
  std::string out;
  if (behaviours.has("thinking")) {
    out += R"({"type":"thinking","thinking":)" + quote(kThought) + R"(,"signature":)" +
           quote(kSignature) + "},";
  }
  for (std::size_t i = 0; i < answer.calls.size(); ++i) {
    out += R"({"type":"tool_use","id":")" + tool_id(i) + R"(","name":)" +
           quote(answer.calls[i].name) + R"(,"input":)" + answer.calls[i].arguments + "},";
  }
  if (answer.calls.empty()) out += R"({"type":"text","text":)" + quote(answer.text) + "},";
  out.pop_back();
  return out;
}

std::string message_head(const Ask& ask) {
  return R"({"id":"msg_)" + std::string(kIdSlot) +
         R"(","type":"message","role":"assistant","model":)" + quote(ask.model);
}

Piece message_body(const Ask& ask, const Behaviours& behaviours, const Answer& answer) {
  std::string out = message_head(ask) + R"(,"content":[)" + content_blocks(answer, behaviours) +
                    R"(],"stop_reason":")" + stop_reason(answer, behaviours) +
                    R"(","stop_sequence":null)" +
                    usage_member(answer.usage, answer.usage.completion, behaviours.text("usage"));
  return {out + "}", static_cast<std::uint32_t>(answer.usage.completion)};
}

class MessageStream {
 public:
  MessageStream(const Ask& ask, const Behaviours& behaviours, const Answer& answer)
      : ask_(ask), behaviours_(behaviours), answer_(answer) {}

  std::vector<Piece> pieces() {
    const std::string_view mode = behaviours_.text("usage");
    event("message_start", R"("message":)" + message_head(ask_) +
                               R"(,"content":[],"stop_reason":null,"stop_sequence":null)" +
                               usage_member(answer_.usage, 1, mode) + "}");
    event("ping", "");
    if (behaviours_.has("thinking")) thinking();
    for (std::size_t i = 0; i < answer_.calls.size(); ++i) tool_use(i);
    if (answer_.calls.empty()) text();
    end(answer_.usage.completion, mode);
    if (mode == "repeated") end(answer_.usage.completion, mode);
    if (mode == "lower") end(answer_.usage.completion / 2, mode);
    if (!behaviours_.has("no-end")) event("message_stop", "");
    return std::move(out_);
  }

 private:
  void event(std::string_view type, std::string_view members, std::uint32_t tokens = 0) {
    std::string out = "event: " + std::string(type) + "\ndata: {\"type\":\"" + std::string(type);
    out += members.empty() ? "\"" : "\",";
    out += members;
    out_.push_back({out + "}\n\n", tokens});
  }

  std::string index() const { return R"("index":)" + std::to_string(block_); }

  void start_block(std::string_view block) {
    event("content_block_start", index() + R"(,"content_block":)" + std::string(block));
  }
  void delta(std::string_view json, std::uint32_t tokens) {
    event("content_block_delta", index() + R"(,"delta":)" + std::string(json), tokens);
  }
  void stop_block() {
    event("content_block_stop", index());
    ++block_;
  }

  void thinking() {
    start_block(R"({"type":"thinking","thinking":"","signature":""})");
    for (const std::string& part : split_events(kThought, 2)) {
      delta(R"({"type":"thinking_delta","thinking":)" + quote(part) + "}", 0);
    }
    delta(R"({"type":"signature_delta","signature":)" + quote(kSignature) + "}", 0);
    stop_block();
  }

  void tool_use(std::size_t call) {
    start_block(R"({"type":"tool_use","id":")" + tool_id(call) + R"(","name":)" +
                quote(answer_.calls[call].name) + R"(,"input":{}})");
    delta(R"({"type":"input_json_delta","partial_json":""})", 1);
    for (const std::string& part : split_events(answer_.calls[call].arguments, 1)) {
      delta(R"({"type":"input_json_delta","partial_json":)" + quote(part) + "}", 1);
    }
    stop_block();
  }

  void text() {
    start_block(R"({"type":"text","text":""})");
    const std::uint64_t per_event = std::max<std::uint64_t>(behaviours_.number("chunk", 1), 1);
    for (const std::string& part : split_events(answer_.text, per_event)) {
      delta(R"({"type":"text_delta","text":)" + quote(part) + "}",
            static_cast<std::uint32_t>(split_tokens(part).size()));
    }
    stop_block();
  }

  void end(std::uint64_t output, std::string_view mode) {
    event("message_delta", R"("delta":{"stop_reason":")" + stop_reason(answer_, behaviours_) +
                               R"(","stop_sequence":null})" +
                               usage_member(answer_.usage, output, mode));
  }

  const Ask& ask_;
  const Behaviours& behaviours_;
  const Answer& answer_;
  std::uint64_t block_ = 0;
  std::vector<Piece> out_;
};

}  // namespace

Draft anthropic_draft(const Ask& ask, const Behaviours& behaviours) {
  Answer answer = make_answer(ask, behaviours);
  Draft draft;
  draft.headers = {{"request-id", "req_" + std::string(kIdSlot)}};
  if (ask.surface == Surface::count_tokens) {
    draft.pieces.push_back({R"({"input_tokens":)" + std::to_string(answer.usage.prompt) + "}", 0});
    return draft;
  }
  if (ask.stream) {
    draft.stream = true;
    draft.content_type = "text/event-stream; charset=utf-8";
    draft.pieces = MessageStream(ask, behaviours, answer).pieces();
  } else {
    draft.pieces.push_back(message_body(ask, behaviours, answer));
  }
  draft.usage = answer.usage;
  return draft;
}

}  // namespace gatehouse::fake_provider
