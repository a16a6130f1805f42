#include "openai/completions_stream.hpp"

#include "gatehouse/core/text.hpp"
#include "gatehouse/json/writer.hpp"
#include "json_view.hpp"
#include "openai/finish_reason.hpp"
#include "openai/usage.hpp"

namespace gatehouse::providers::openai {
namespace {

void decode_choice(const json::Member& raw, std::vector<Delta>& out) {
  std::uint32_t choice = 0;
  if (const auto index = find(raw, "index")) {
    choice = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(json::as_uint(*index).value_or(0), 1023));
  }
  if (std::string text = find_text(raw, "text"); !text.empty()) {
    out.emplace_back(TextDelta{.choice = choice, .text = std::move(text)});
  }
  if (const std::string finish = find_text(raw, "finish_reason"); !finish.empty()) {
    out.emplace_back(FinishDelta{.choice = choice, .reason = parse_finish(finish)});
  }
}

}  // namespace

core::Result<void> CompletionStreamDecoder::decode(std::string_view, std::string_view data,
                                                   std::vector<Delta>& out) {
  if (data.empty()) return {};
  if (data == "[DONE]") {
    out.emplace_back(EndDelta{});
    return {};
  }
  auto root = parse_json(data);
  if (!root || !is_object(*root)) {
    return core::fail(core::Errc::upstream_failed, "the provider's stream is not a completion");
  }
  if (const auto error = find_set(*root, "error")) {
    out.emplace_back(ErrorDelta{.type = core::printable(find_text(*error, "type"), 100),
                                .message = core::printable(find_text(*error, "message"), 500)});
    return {};
  }
  if (!started_) {
    started_ = true;
    out.emplace_back(StartDelta{.id = find_text(*root, "id"), .model = find_text(*root, "model")});
  }
  if (const auto choices = find_set(*root, "choices")) {
    for (const json::Member& choice : Children(*choices)) decode_choice(choice, out);
  }
  if (const auto usage = find_set(*root, "usage")) {
    if (const auto read = read_usage(*usage)) out.emplace_back(UsageDelta{*read});
  }
  return {};
}

void CompletionStreamEncoder::start(const StartDelta& delta) {
  if (delta.usage) usage_ = delta.usage;
  head_ = "data: ";
  json::Writer writer(head_);
  writer.begin_object().member("id", delta.id.empty() ? options_.fallback_id : delta.id);
  writer.member("object", "text_completion");
  writer.key("created").number(delta.created != 0 ? delta.created : options_.created);
  writer.member("model", options_.model.empty() ? delta.model : options_.model);
  writer.key("choices").begin_array();
}

void CompletionStreamEncoder::chunk(std::uint32_t choice, std::string_view text,
                                    std::optional<FinishReason> finish, std::string& out) {
  if (head_.empty()) start({});
  out += head_;
  json::Writer writer(out);
  writer.begin_object().member("text", text).key("index").number(std::uint64_t{choice});
  writer.key("logprobs").null().key("finish_reason");
  finish ? writer.text(finish_word(*finish)) : writer.null();
  out += "}]}\n\n";
}

void CompletionStreamEncoder::finish_stream(std::string& out) {
  ended_ = true;
  if (options_.include_usage && usage_) {
    if (head_.empty()) start({});
    out += head_;
    out += "],\"usage\":";
    append_usage(out, *usage_);
    out += "}\n\n";
  }
  out += "data: [DONE]\n\n";
}

void CompletionStreamEncoder::write_error(const ErrorDelta& error, std::string& out) {
  ended_ = true;
  out += "data: ";
  json::Writer writer(out);
  writer.begin_object().key("error").begin_object().member("message", error.message);
  writer.member("type", error.type.empty() ? "upstream_error" : error.type);
  writer.key("param").null().key("code").null().end_object().end_object();
  out += "\n\n";
}

void CompletionStreamEncoder::encode(const Delta& delta, std::string& out) {
  if (ended_) return;
  if (const auto* begin = std::get_if<StartDelta>(&delta)) {
    start(*begin);
  } else if (const auto* text = std::get_if<TextDelta>(&delta)) {
    if (!text->text.empty()) chunk(text->choice, text->text, {}, out);
  } else if (const auto* refusal = std::get_if<RefusalDelta>(&delta)) {
    chunk(refusal->choice, refusal->text, {}, out);
  } else if (const auto* finish = std::get_if<FinishDelta>(&delta)) {
    chunk(finish->choice, "", finish->reason, out);
  } else if (const auto* usage = std::get_if<UsageDelta>(&delta)) {
    usage_ = usage->usage;
  } else if (const auto* error = std::get_if<ErrorDelta>(&delta)) {
    write_error(*error, out);
  } else if (std::holds_alternative<EndDelta>(delta)) {
    finish_stream(out);
  }
}

}  // namespace gatehouse::providers::openai
