#pragma once
/// Shared by this module's tests: fixtures, events, translations.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/net/sse.hpp"
#include "gatehouse/providers/codec.hpp"

namespace gatehouse::providers::test {

/// The text of src/providers/<name>.
inline std::string fixture(const std::string& name) {
  std::ifstream file(std::string(GATEHOUSE_SOURCE_DIR) + "/src/providers/" + name);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// JSON without white space between its tokens; numbers and escapes stay as they are.
inline std::string minified(std::string_view json) {
  std::string out;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      out += c;
      if (c == '\\' && i + 1 < json.size()) out += json[++i];
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
      out += c;
    } else if (c != ' ' && c != '\n' && c != '\t' && c != '\r') {
      out += c;
    }
  }
  return out;
}

struct Event {
  std::string type;
  std::string data;
  std::string raw;
};

inline std::vector<Event> events_of(std::string_view stream) {
  std::vector<Event> events;
  net::SseDecoder decoder;
  const auto fed = decoder.feed(stream, [&](const net::SseEvent& event) -> core::Result<void> {
    events.push_back({std::string(event.type), std::string(event.data), std::string(event.raw)});
    return {};
  });
  EXPECT_TRUE(fed.has_value());
  return events;
}

/// The whole stream in another format; a failure of the decoder ends it.
inline std::string translate_stream(std::string_view stream, WireFormat from, WireFormat to) {
  const auto decoder = chat_codec(from)->make_stream_decoder();
  const auto encoder = chat_codec(to)->make_stream_encoder({.model = "alias",
                                                            .include_usage = true,
                                                            .fallback_id = "fallback",
                                                            .created = 1'700'000'000});
  std::string out;
  for (const Event& event : events_of(stream)) {
    std::vector<Delta> deltas;
    const auto decoded = decoder->decode(event.type, event.data, deltas);
    EXPECT_TRUE(decoded.has_value()) << event.data;
    for (const Delta& delta : deltas) encoder->encode(delta, out);
  }
  return out;
}

}  // namespace gatehouse::providers::test
