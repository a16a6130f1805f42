#include "translating_relay.hpp"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

using providers::WireFormat;
using Verdict = providers::StreamRelay::Verdict;

/// An Anthropic stream for an OpenAI client.
class TranslatingRelayTest : public testing::Test {
 protected:
  Verdict feed(std::string_view type, std::string_view data) {
    net::SseEvent event;
    event.type = type;
    event.data = data;
    auto verdict = relay.relay(event, out);
    EXPECT_TRUE(verdict) << verdict.error().public_message;
    return verdict ? *verdict : Verdict::error;
  }

  TranslatingRelay relay{*providers::chat_codec(WireFormat::anthropic_messages),
                         *providers::chat_codec(WireFormat::openai_chat),
                         {.model = "m", .include_usage = true, .fallback_id = "x", .created = 1}};
  std::string out;
};

TEST_F(TranslatingRelayTest, TranslatesToTheProperEnd) {
  feed(
      "message_start",
      R"({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[],"stop_reason":null,"usage":{"input_tokens":5,"output_tokens":1}}})");
  EXPECT_EQ(relay.response_id(), "msg_1");
  feed("content_block_start",
       R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})");
  EXPECT_EQ(feed("ping", R"({"type":"ping"})"), Verdict::withheld);
  EXPECT_EQ(
      feed(
          "content_block_delta",
          R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}})"),
      Verdict::relayed);
  // The prompt was told; should the stream break here, the text so far is estimated.
  ASSERT_TRUE(relay.usage());
  EXPECT_EQ(relay.usage()->prompt, 5U);
  EXPECT_EQ(relay.usage()->completion, 2U);
  EXPECT_FALSE(relay.usage_is_reported());
  feed("content_block_stop", R"({"type":"content_block_stop","index":0})");
  feed(
      "message_delta",
      R"({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":7}})");
  EXPECT_EQ(feed("message_stop", R"({"type":"message_stop"})"), Verdict::end);
  EXPECT_NE(out.find(R"("content":"Hello")"), std::string::npos) << out;
  EXPECT_NE(out.find(R"("model":"m")"), std::string::npos);
  EXPECT_TRUE(out.ends_with("data: [DONE]\n\n")) << out;
  ASSERT_TRUE(relay.usage());
  EXPECT_EQ(relay.usage()->prompt, 5U);
  EXPECT_EQ(relay.usage()->completion, 7U);
  EXPECT_TRUE(relay.usage_is_reported());
  EXPECT_EQ(relay.generated_bytes(), 5U);
}

TEST_F(TranslatingRelayTest, TellsErrors) {
  EXPECT_EQ(feed("error",
                 R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"),
            Verdict::error);
  EXPECT_EQ(relay.error_message(), "Overloaded");
}

TEST_F(TranslatingRelayTest, GarbageIsAnError) {
  net::SseEvent event;
  event.data = "{broken";
  EXPECT_FALSE(relay.relay(event, out));
}

}  // namespace
}  // namespace gatehouse::gateway
