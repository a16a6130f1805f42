/// Streams that stop anywhere, come in unusual orders, or are broken: faults.md E3, E8.

#include <set>

#include "json_view.hpp"
#include "test_support.hpp"

namespace gatehouse::providers {
namespace {

using test::fixture;

constexpr WireFormat kChat = WireFormat::openai_chat;
constexpr WireFormat kMessages = WireFormat::anthropic_messages;

std::vector<Delta> deltas_of(WireFormat format, const std::vector<std::string>& datas) {
  const auto decoder = chat_codec(format)->make_stream_decoder();
  std::vector<Delta> deltas;
  for (const std::string& data : datas) {
    const auto decoded = decoder->decode({}, data, deltas);
    EXPECT_TRUE(decoded.has_value()) << data;
  }
  return deltas;
}

std::string encoded(WireFormat format, const std::vector<Delta>& deltas, bool usage = true) {
  const auto encoder = chat_codec(format)->make_stream_encoder(
      {.model = "alias", .include_usage = usage, .fallback_id = "id", .created = 7});
  std::string out;
  for (const Delta& delta : deltas) encoder->encode(delta, out);
  return out;
}

/// Checks that events form what Anthropic's documentation calls a message stream, as far as it
/// goes; returns whether it is complete.
bool check_message_stream(const std::string& stream) {
  std::string expected_next = "message_start";
  std::optional<std::uint64_t> open;
  std::uint64_t next_index = 0;
  bool complete = false;
  for (const test::Event& event : test::events_of(stream)) {
    EXPECT_FALSE(complete) << "an event behind the end";
    const auto root = parse_json(event.data);
    EXPECT_TRUE(root.has_value()) << event.data;
    EXPECT_EQ(find_text(*root, "type"), event.type);
    if (!expected_next.empty()) {
      EXPECT_EQ(event.type, expected_next);
    }
    expected_next.clear();
    const auto index_member = find(*root, "index");
    const auto index = index_member ? json::as_uint(*index_member) : std::nullopt;
    if (event.type == "content_block_start") {
      EXPECT_FALSE(open.has_value()) << "two open blocks";
      EXPECT_EQ(index, next_index);
      open = next_index++;
    } else if (event.type == "content_block_delta") {
      EXPECT_EQ(index, open) << event.data;
    } else if (event.type == "content_block_stop") {
      EXPECT_EQ(index, open);
      open.reset();
    } else if (event.type == "message_delta") {
      EXPECT_FALSE(open.has_value());
      expected_next = "message_stop";
    } else if (event.type == "message_stop") {
      complete = true;
    }
  }
  return complete;
}

TEST(StreamCodecTest, CutAtEachEventNeverLooksComplete) {
  for (const auto& [from, name] : {std::pair(kChat, "openai/fixtures/chat_stream.sse"),
                                   std::pair(kChat, "openai/fixtures/tools_stream.sse"),
                                   std::pair(kMessages, "anthropic/fixtures/messages_stream.sse"),
                                   std::pair(kMessages, "anthropic/fixtures/tools_stream.sse")}) {
    const auto events = test::events_of(fixture(name));
    for (std::size_t count = 0; count <= events.size(); ++count) {
      std::string head;
      for (std::size_t i = 0; i < count; ++i) head += events[i].raw;
      const bool whole = count == events.size();
      const std::string messages = test::translate_stream(head, from, kMessages);
      EXPECT_EQ(check_message_stream(messages), whole) << name << " " << count;
      const std::string chat = test::translate_stream(head, from, kChat);
      EXPECT_EQ(chat.ends_with("data: [DONE]\n\n"), whole) << name << " " << count;
    }
  }
}

TEST(StreamCodecTest, RoundTripsKeepEveryDelta) {
  for (const char* name : {"openai/fixtures/chat_stream.sse", "openai/fixtures/tools_stream.sse"}) {
    const std::string once = test::translate_stream(fixture(name), kChat, kMessages);
    const std::string direct = test::translate_stream(fixture(name), kChat, kChat);
    const std::string back = test::translate_stream(once, kMessages, kChat);
    const auto content = [](const std::string& stream) {
      std::string text;
      for (const test::Event& event : test::events_of(stream)) {
        const std::size_t at = event.data.find("\"choices\"");
        if (at != std::string::npos) text += event.data.substr(at) + "\n";
      }
      return text;
    };
    EXPECT_EQ(content(back), content(direct)) << name;
  }
}

TEST(StreamCodecTest, InterleavedToolCallsBecomeBlocksInARow) {
  const std::vector<Delta> deltas = {StartDelta{.id = "x", .model = "m"},
                                     ToolUseStart{.index = 0, .id = "a", .name = "f"},
                                     ToolUseStart{.index = 1, .id = "b", .name = "g"},
                                     ToolUseDelta{.index = 1, .arguments = "{\"y\":"},
                                     ToolUseDelta{.index = 0, .arguments = "{\"x\":"},
                                     ToolUseDelta{.index = 1, .arguments = "2}"},
                                     ToolUseDelta{.index = 0, .arguments = "1}"},
                                     FinishDelta{.reason = FinishReason::tool_calls},
                                     EndDelta{}};
  const std::string stream = encoded(kMessages, deltas);
  EXPECT_TRUE(check_message_stream(stream));
  const std::string back = test::translate_stream(stream, kMessages, kChat);
  std::string arguments[2];
  for (const Delta& delta : deltas_of(kChat, [&] {
         std::vector<std::string> datas;
         for (const test::Event& event : test::events_of(back)) datas.push_back(event.data);
         return datas;
       }())) {
    if (const auto* piece = std::get_if<ToolUseDelta>(&delta)) {
      ASSERT_LT(piece->index, 2U);
      arguments[piece->index] += piece->arguments;
    }
  }
  EXPECT_EQ(arguments[0], "{\"x\":1}");
  EXPECT_EQ(arguments[1], "{\"y\":2}");
}

TEST(StreamCodecTest, BlocksChangeInAnyOrder) {
  const std::string stream =
      encoded(kMessages, {ThinkingDelta{.text = "a"}, TextDelta{.text = "b"},
                          ThinkingDelta{.text = "c", .signature = "s"},
                          ThinkingDelta{.text = {}, .redacted = "r"}, TextDelta{.text = "d"},
                          ToolUseStart{.id = "1", .name = "f"}, TextDelta{.text = "e"},
                          RefusalDelta{.text = "no"}, EndDelta{}});
  EXPECT_TRUE(check_message_stream(stream));
  EXPECT_NE(stream.find(R"("type":"redacted_thinking","data":"r")"), std::string::npos);
  EXPECT_NE(stream.find(R"("signature":"s")"), std::string::npos);
  EXPECT_NE(stream.find(R"("stop_reason":"tool_use")"), std::string::npos);
}

TEST(StreamCodecTest, AnEmptyStreamIsStillWellFormed) {
  EXPECT_TRUE(check_message_stream(encoded(kMessages, {EndDelta{}})));
  EXPECT_EQ(encoded(kChat, {EndDelta{}}), "data: [DONE]\n\n");
}

TEST(StreamCodecTest, NothingFollowsEndOrError) {
  for (const WireFormat format : {kChat, kMessages, WireFormat::openai_completions}) {
    const std::string ended = encoded(format, {TextDelta{.text = "a"}, EndDelta{}});
    EXPECT_EQ(encoded(format, {TextDelta{.text = "a"}, EndDelta{}, TextDelta{.text = "b"},
                               ErrorDelta{}, EndDelta{}}),
              ended);
    const std::string failed =
        encoded(format, {TextDelta{.text = "a"}, ErrorDelta{.type = {}, .message = "m"}});
    EXPECT_EQ(encoded(format,
                      {TextDelta{.text = "a"}, ErrorDelta{.type = {}, .message = "m"}, EndDelta{}}),
              failed);
    EXPECT_EQ(failed.find("[DONE]"), std::string::npos);
    EXPECT_EQ(failed.find("message_stop"), std::string::npos);
  }
}

TEST(StreamCodecTest, UsageIsToldToWhomItIsDue) {
  const std::vector<Delta> deltas = {TextDelta{.text = "a"}, UsageDelta{{.prompt = 1}}, EndDelta{}};
  EXPECT_NE(encoded(kChat, deltas).find("\"usage\""), std::string::npos);
  EXPECT_EQ(encoded(kChat, deltas, false).find("\"usage\""), std::string::npos);
}

TEST(StreamCodecTest, BrokenEventsAreTheUpstreamsFailure) {
  const auto code = [](WireFormat format, const std::string& data) {
    std::vector<Delta> deltas;
    const auto decoded = chat_codec(format)->make_stream_decoder()->decode({}, data, deltas);
    return decoded ? std::optional<core::Errc>() : decoded.error().code;
  };
  for (const char* data : {"{", "x", "[]", "1", "{\"a\":1,}", "\xff"}) {
    for (const WireFormat format : {kChat, kMessages, WireFormat::openai_completions}) {
      EXPECT_EQ(code(format, data), core::Errc::upstream_failed) << data;
    }
  }
  EXPECT_EQ(code(kChat, R"({"choices":[{"index":-1,"delta":{"content":"x"}}]})"),
            core::Errc::upstream_failed);
  EXPECT_EQ(code(kChat, R"({"choices":[{"index":4294967296,"delta":{"content":"x"}}]})"),
            core::Errc::upstream_failed);
  EXPECT_EQ(code(kChat, R"({"choices":[{"delta":{"tool_calls":[{"index":0}]}}]})"),
            core::Errc::upstream_failed);
  EXPECT_EQ(code(kMessages, R"({"type":"content_block_delta","index":0,"delta":{}})"),
            core::Errc::upstream_failed);
  EXPECT_EQ(code(kChat, R"({"choices":null})"), std::nullopt);
  EXPECT_EQ(code(kMessages, R"({"type":"something_new"})"), std::nullopt);
}

TEST(StreamCodecTest, VendorsOwnWaysOfToolCalls) {
  // No index, whole arguments as an object (Ollama), the same index twice with other ids (Gemini).
  const auto deltas = deltas_of(
      kChat,
      {R"({"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":{"x":1.0}}}]}}]})",
       R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"b","function":{"name":"g","arguments":"{}"}}]}}]})",
       R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"b","function":{"name":"g","arguments":" "}}]},"finish_reason":"stop"}]})"});
  std::vector<std::string> names;
  std::string arguments;
  for (const Delta& delta : deltas) {
    if (const auto* tool = std::get_if<ToolUseStart>(&delta)) {
      names.push_back(tool->id + std::to_string(tool->index));
    }
    if (const auto* piece = std::get_if<ToolUseDelta>(&delta)) {
      arguments += std::to_string(piece->index) + piece->arguments;
    }
  }
  EXPECT_EQ(names, (std::vector<std::string>{"a0", "b1"}));
  EXPECT_EQ(arguments, R"(0{"x":1.0}1{}1 )");
}

TEST(StreamCodecTest, LineBreaksInPassedJsonCannotForgeEvents) {
  const auto deltas = deltas_of(
      kChat, {"{\"choices\":[{\"delta\":{\"content\":\"x\"},\"logprobs\":{\n\"a\":\r\n1}}]}"});
  const std::string stream = encoded(kChat, deltas);
  const auto events = test::events_of(stream);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(parse_json(events[0].data).has_value()) << stream;
}

TEST(StreamCodecTest, SeveralChoicesStayApart) {
  const auto deltas = deltas_of(
      kChat,
      {R"({"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]})",
       R"({"choices":[{"index":1,"delta":{},"finish_reason":"length"}]})"});
  const std::string stream = encoded(kChat, deltas);
  EXPECT_NE(stream.find(R"({"index":1,"delta":{"role":"assistant","content":"b"})"),
            std::string::npos);
  EXPECT_NE(stream.find(R"({"index":1,"delta":{},"finish_reason":"length"})"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::providers
