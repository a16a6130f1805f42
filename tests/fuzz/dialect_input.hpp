#pragma once
/// What the fuzz targets of the dialects share.

#include <string_view>
#include <vector>

#include "fuzz_input.hpp"
#include "gatehouse/json/scan.hpp"
#include "gatehouse/net/sse.hpp"
#include "gatehouse/providers/codec.hpp"

namespace gatehouse::fuzz {

inline void require_json(std::string_view text, const char* what) {
  // A little deeper than what is read, for what is wrapped around it.
  json::Scanner scanner(json::ScanLimits{.max_depth = 300});
  require(scanner.scan_copy(text).has_value(), what);
}

/// Whatever one format can read as a request, every format writes as JSON, or refuses by name.
inline void check_request(providers::WireFormat format, std::string_view body) {
  using providers::WireFormat;
  const auto request = providers::chat_codec(format)->decode_request(body);
  if (!request) {
    require(request.error().code == core::Errc::invalid_argument, "a request's error");
    return;
  }
  for (const WireFormat to : {WireFormat::openai_chat, WireFormat::anthropic_messages}) {
    for (const bool drop : {false, true}) {
      const auto encoded =
          providers::chat_codec(to)->encode_request(*request, {.drop_params = drop});
      require(!drop || encoded.has_value(), "dropping never fails");
      if (encoded) require_json(encoded->body, "an encoded request is JSON");
    }
  }
}

inline void check_reply(providers::WireFormat format, std::string_view body) {
  using providers::WireFormat;
  const auto reply = providers::chat_codec(format)->decode_reply(body);
  if (!reply) {
    require(reply.error().code == core::Errc::upstream_failed, "a reply's error");
    return;
  }
  for (const WireFormat to :
       {WireFormat::openai_chat, WireFormat::anthropic_messages, WireFormat::openai_completions}) {
    require_json(providers::chat_codec(to)->encode_reply(*reply), "an encoded reply is JSON");
  }
}

/// The events of `bytes` in every other format: each is JSON, and one end is enough.
inline void check_stream(providers::WireFormat format, std::string_view bytes) {
  using providers::WireFormat;
  for (const WireFormat to :
       {WireFormat::openai_chat, WireFormat::anthropic_messages, WireFormat::openai_completions}) {
    const auto decoder = providers::chat_codec(format)->make_stream_decoder();
    const auto encoder = providers::chat_codec(to)->make_stream_encoder(
        {.model = "m", .include_usage = true, .fallback_id = "i"});
    std::string out;
    net::SseDecoder events;
    (void)events.feed(bytes, [&](const net::SseEvent& event) -> core::Result<void> {
      std::vector<providers::Delta> deltas;
      auto decoded = decoder->decode(event.type, event.data, deltas);
      for (const providers::Delta& delta : deltas) encoder->encode(delta, out);
      return decoded;
    });
    int ends = 0;
    net::SseDecoder check;
    const auto checked = check.feed(out, [&](const net::SseEvent& event) -> core::Result<void> {
      require(ends == 0, "nothing follows the end");
      if (event.data == "[DONE]" || event.type == "message_stop") ++ends;
      if (event.data != "[DONE]") require_json(event.data, "an encoded event is JSON");
      return {};
    });
    require(checked.has_value() && check.finish().has_value(), "encoded events are events");
  }
}

}  // namespace gatehouse::fuzz
