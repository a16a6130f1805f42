/// What goes through unchanged: edited requests stay JSON and keep every member that is not
/// edited; relayed streams stay streams of JSON; refusals of any shape are read.

#include "dialect_input.hpp"
#include "gatehouse/providers/passthrough.hpp"
#include "gatehouse/providers/provider.hpp"
#include "gatehouse/providers/token_estimate.hpp"

namespace gatehouse::fuzz {
namespace {

using providers::WireFormat;

void check_edit(WireFormat format, std::string_view body) {
  std::string padded(body);
  padded.reserve(body.size() + json::kPadding);
  json::Scanner scanner;
  const auto outline = scanner.scan(padded);
  if (!outline) return;
  (void)providers::estimate_prompt_tokens(format, *outline);
  (void)providers::read_usage(format, *outline);
  for (const bool drop : {false, true}) {
    providers::EditedBody edited;
    const auto done = providers::edit_request(
        format, padded, *outline,
        {.upstream_model = "m\"", .ask_usage = true, .drop_stream_options = drop}, edited);
    if (!done) continue;
    std::string text;
    for (const std::string_view piece : edited.pieces()) text += piece;
    require(text.size() == edited.size(), "size");
    json::Scanner check;
    const auto again = check.scan_copy(text);
    require(again.has_value(), "an edited request is JSON");
    const json::Member* model = again->find("model");
    require(model != nullptr && json::as_string(*model) == "m\"", "the model is the upstream's");
    require(again->find("api_key") == nullptr, "members for the gateway are gone");
  }
}

void check_relay(WireFormat format, std::string_view bytes, bool hide) {
  json::Scanner scanner;
  const auto relay =
      providers::make_stream_relay(format, {.model = "alias", .hide_usage = hide}, scanner);
  std::string out;
  net::SseDecoder events;
  (void)events.feed(bytes, [&](const net::SseEvent& event) -> core::Result<void> {
    const std::size_t before = out.size();
    const auto verdict = relay->relay(event, out);
    if (!verdict) return core::fail(verdict.error().code, "");
    require(*verdict != providers::StreamRelay::Verdict::withheld || out.size() == before,
            "withheld events leave nothing");
    return {};
  });
  net::SseDecoder check;
  const auto checked = check.feed(out, [&](const net::SseEvent& event) -> core::Result<void> {
    if (event.data != "[DONE]") require_json(event.data, "relayed data is JSON");
    return {};
  });
  require(checked.has_value(), "relayed events are events");
}

}  // namespace
}  // namespace gatehouse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const auto format :
       {providers::WireFormat::openai_chat, providers::WireFormat::anthropic_messages,
        providers::WireFormat::openai_embeddings}) {
    fuzz::check_edit(format, bytes);
  }
  for (const bool hide : {false, true}) {
    fuzz::check_relay(providers::WireFormat::openai_chat, bytes, hide);
    fuzz::check_relay(providers::WireFormat::anthropic_messages, bytes, hide);
  }
  const auto failure = providers::find_provider("openai")->read_failure(400, {}, bytes, {});
  fuzz::require(failure.message.size() < 1200, "bounded message");
  return 0;
}
