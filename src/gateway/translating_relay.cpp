#include "translating_relay.hpp"

#include <algorithm>
#include <variant>

namespace gatehouse::gateway {

namespace p = providers;

TranslatingRelay::TranslatingRelay(const p::ChatCodec& from, const p::ChatCodec& to,
                                   p::StreamEncodeOptions options)
    : decoder_(from.make_stream_decoder()), encoder_(to.make_stream_encoder(std::move(options))) {}

core::Result<p::StreamRelay::Verdict> TranslatingRelay::relay(const net::SseEvent& event,
                                                              std::string& out) {
  deltas_.clear();
  if (auto decoded = decoder_->decode(event.type, event.data, deltas_); !decoded) {
    return core::pass(decoded);
  }
  const std::size_t before = out.size();
  for (const p::Delta& delta : deltas_) {
    const Verdict verdict = take(delta);
    encoder_->encode(delta, out);
    if (verdict == Verdict::error || verdict == Verdict::end) return verdict;
  }
  return out.size() > before ? Verdict::relayed : Verdict::withheld;
}

std::optional<core::TokenUsage> TranslatingRelay::usage() const {
  std::optional<core::TokenUsage> usage = usage_;
  if (usage && !final_usage_) {
    usage->completion = std::max(usage->completion, (generated_bytes_ + 3) / 4);
  }
  return usage;
}

p::StreamRelay::Verdict TranslatingRelay::take(const p::Delta& delta) {
  if (const auto* start = std::get_if<p::StartDelta>(&delta)) {
    if (start->usage) usage_ = start->usage;
    response_id_ = start->id;
  } else if (const auto* text = std::get_if<p::TextDelta>(&delta)) {
    generated_bytes_ += text->text.size();
  } else if (const auto* thinking = std::get_if<p::ThinkingDelta>(&delta)) {
    generated_bytes_ += thinking->text.size();
  } else if (const auto* refusal = std::get_if<p::RefusalDelta>(&delta)) {
    generated_bytes_ += refusal->text.size();
  } else if (const auto* arguments = std::get_if<p::ToolUseDelta>(&delta)) {
    generated_bytes_ += arguments->arguments.size();
  } else if (const auto* usage = std::get_if<p::UsageDelta>(&delta)) {
    usage_ = usage->usage;
    final_usage_ = true;
  } else if (const auto* error = std::get_if<p::ErrorDelta>(&delta)) {
    error_message_ = error->message;
    return Verdict::error;
  } else if (std::holds_alternative<p::EndDelta>(delta)) {
    return Verdict::end;
  }
  return Verdict::relayed;
}

}  // namespace gatehouse::gateway
