/// A format decoded and encoded again means the same; texts survive whatever they contain.

#include "json_view.hpp"
#include "test_support.hpp"

namespace gatehouse::providers {
namespace {

using test::fixture;
using test::minified;

constexpr WireFormat kChat = WireFormat::openai_chat;
constexpr WireFormat kMessages = WireFormat::anthropic_messages;

/// Encoded once more after decoding it: a fixed point when nothing is lost on the way.
std::string again(WireFormat format, const std::string& body) {
  const auto request = chat_codec(format)->decode_request(body);
  EXPECT_TRUE(request.has_value()) << request.error().public_message;
  const auto encoded = chat_codec(format)->encode_request(*request, {});
  EXPECT_TRUE(encoded.has_value()) << encoded.error().public_message;
  return encoded ? encoded->body : std::string();
}

TEST(RoundTripTest, RequestsAreFixedPoints) {
  for (const auto& [format, name] :
       {std::pair(kChat, "openai/fixtures/chat_request.json"),
        std::pair(kChat, "openai/fixtures/tools_request.json"),
        std::pair(kChat, "openai/fixtures/images_request.json"),
        std::pair(kChat, "openai/fixtures/json_schema_request.json"),
        std::pair(kMessages, "anthropic/fixtures/messages_request.json"),
        std::pair(kMessages, "anthropic/fixtures/tools_request.json"),
        std::pair(kMessages, "anthropic/fixtures/images_request.json")}) {
    const std::string once = again(format, fixture(name));
    EXPECT_EQ(again(format, once), once) << name;
  }
}

TEST(RoundTripTest, MembersOfTheSameFormatSurvive) {
  const std::string chat =
      R"({"model":"m","messages":[{"role":"user","content":"x","name":"ann"}],"max_tokens":5,)"
      R"("temperature":1.5,"presence_penalty":-0.5,"frequency_penalty":0.25,"seed":-7,"n":2,)"
      R"("logprobs":true,"top_logprobs":3,"reasoning_effort":"low","top_k":4,)"
      R"("logit_bias":{"50256":-100.0},"store":false,"metadata":{"a":"b"},"guided_json":{"x":1.0},)"
      R"("big":123456789012345678901234567890})";
  EXPECT_EQ(again(kChat, chat), chat);
  const std::string messages =
      R"({"model":"m","max_tokens":5,"messages":[{"role":"user","content":[{"type":"text",)"
      R"("text":"x","cache_control":{"type":"ephemeral","ttl":"1h"}}]}],"tools":[{"name":"f",)"
      R"("input_schema":{"type":"object"},"strict":true}],"tool_choice":{"type":"none"},)"
      R"("top_k":3,"thinking":{"type":"enabled","budget_tokens":2000},)"
      R"("output_config":{"effort":"low","format":{"type":"json_schema","schema":{"a":1.0}}},)"
      R"("container":"c","mcp_servers":[{"url":"https://x"}]})";
  EXPECT_EQ(again(kMessages, messages), messages);
}

TEST(RoundTripTest, ToolsKeepTheirBytesThroughBothFormats) {
  const auto there = [](WireFormat from, WireFormat to, const std::string& body) {
    const auto request = chat_codec(from)->decode_request(body);
    EXPECT_TRUE(request.has_value());
    return chat_codec(to)->encode_request(*request, {})->body;
  };
  const std::string original = again(kChat, fixture("openai/fixtures/tools_request.json"));
  const std::string back = there(kMessages, kChat, there(kChat, kMessages, original));
  for (const char* bytes :
       {R"("maximum": 7.0)", R"("default": 12345678901234567890)",
        R"({\"city\": \"Paris\", \"days\": 1.0})", R"(\"seed\":12345678901234567890)"}) {
    EXPECT_NE(original.find(bytes), std::string::npos) << bytes;
    EXPECT_NE(back.find(bytes), std::string::npos) << bytes;
  }
}

TEST(RoundTripTest, RepliesAreFixedPoints) {
  for (const auto& [format, name] : {std::pair(kChat, "openai/fixtures/chat_reply.json"),
                                     std::pair(kChat, "openai/fixtures/tools_reply.json"),
                                     std::pair(kMessages, "anthropic/fixtures/messages_reply.json"),
                                     std::pair(kMessages, "anthropic/fixtures/tools_reply.json")}) {
    const ChatCodec& codec = *chat_codec(format);
    const std::string once = codec.encode_reply(codec.decode_reply(fixture(name)).value());
    EXPECT_EQ(codec.encode_reply(codec.decode_reply(once).value()), once) << name;
    EXPECT_EQ(codec.decode_reply(once)->usage, codec.decode_reply(fixture(name))->usage) << name;
  }
}

TEST(RoundTripTest, SeveralChoicesWithLogprobsSurvive) {
  const ChatCodec& codec = *chat_codec(kChat);
  const auto reply = codec.decode_reply(
      R"({"id":"i","created":5,"model":"m","choices":[
          {"index":0,"message":{"role":"assistant","content":"a"},"logprobs":{"content":[{"logprob":-1.0}]},"finish_reason":"stop"},
          {"index":1,"message":{"role":"assistant","content":null,"refusal":"no"},"logprobs":null,"finish_reason":"content_filter"}]})");
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(minified(codec.encode_reply(*reply)),
            R"({"id":"i","object":"chat.completion","created":5,"model":"m","choices":[)"
            R"({"index":0,"message":{"role":"assistant","content":"a","refusal":null,)"
            R"("tool_calls":null,"function_call":null},"logprobs":{"content":[{"logprob":-1.0}]},)"
            R"("finish_reason":"stop"},{"index":1,"message":{"role":"assistant","content":null,)"
            R"("refusal":"no","tool_calls":null,"function_call":null},"logprobs":null,)"
            R"("finish_reason":"content_filter"}]})");
}

TEST(RoundTripTest, RepliesThatAreNoneAreTheUpstreamsFailure) {
  for (const char* body : {"", "{", "null", "[]", "{}", R"({"choices":5,"content":5})",
                           R"({"choices":[{}],"content":[5]})",
                           R"({"choices":[{"message":{"content":5}}],"content":[{"type":"text"}]})",
                           "<html>", R"({"error":{"message":"x"}})"}) {
    for (const WireFormat format : {kChat, kMessages}) {
      const auto reply = chat_codec(format)->decode_reply(body);
      ASSERT_FALSE(reply.has_value()) << body;
      EXPECT_EQ(reply.error().code, core::Errc::upstream_failed) << body;
    }
  }
}

TEST(RoundTripTest, ArgumentsThatAreNoObjectReachAnthropicClients) {
  const auto reply = chat_codec(kChat)->decode_reply(
      R"({"choices":[{"message":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{\"x\":"}}]},
          "finish_reason":"length"}]})");
  ASSERT_TRUE(reply.has_value());
  const std::string encoded = chat_codec(kMessages)->encode_reply(*reply);
  EXPECT_NE(encoded.find(R"("input":{"raw_arguments":"{\"x\":"})"), std::string::npos) << encoded;
  EXPECT_NE(encoded.find(R"("stop_reason":"max_tokens")"), std::string::npos);
}

/// The big list of naughty strings, each as it stands in JSON.
std::vector<std::string> naughty_strings() {
  std::ifstream file(std::string(GATEHOUSE_TEST_DATA) + "/big-list-of-naughty-strings/blns.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> strings;
  const auto root = parse_json(text);
  EXPECT_TRUE(root.has_value());
  if (!root) return strings;
  for (const json::Member& element : Children(*root)) strings.emplace_back(element.value);
  EXPECT_GT(strings.size(), 400U);
  return strings;
}

TEST(NaughtyStringTest, PassUnchangedThroughRequests) {
  for (const std::string& quoted : naughty_strings()) {
    const std::string text = json::as_string(first_value(quoted)).value();
    const std::string body =
        R"({"model":"m","messages":[{"role":"system","content":)" + quoted +
        R"(},{"role":"user","content":[{"type":"text","text":)" + quoted +
        R"(}]},{"role":"assistant","content":"ok","tool_calls":[{"id":"c","type":"function",)"
        R"("function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":)" +
        quoted + R"(}],"user":)" + quoted + R"(,"stop":[)" + quoted +
        R"(],"tools":[{"type":"function","function":{"name":"f","description":)" + quoted + "}}]}";
    auto request = chat_codec(kChat)->decode_request(body);
    ASSERT_TRUE(request.has_value()) << body;
    const auto encoded = chat_codec(kMessages)->encode_request(*request, {});
    ASSERT_TRUE(encoded.has_value()) << body;
    const auto back = chat_codec(kMessages)->decode_request(encoded->body);
    ASSERT_TRUE(back.has_value()) << encoded->body;
    EXPECT_EQ(back->user, text);
    EXPECT_EQ(back->stop, std::vector<std::string>{text});
    EXPECT_EQ(back->tools.at(0).description, text);
    const auto chat = chat_codec(kChat)->encode_request(*back, {});
    ASSERT_TRUE(chat.has_value());
    std::size_t count = 0;
    const std::string again = json::quoted(text);
    for (std::size_t at = 0; (at = chat->body.find(again, at)) != std::string::npos; ++at) ++count;
    EXPECT_GE(count, text.empty() ? 1U : 6U) << chat->body;
  }
}

TEST(NaughtyStringTest, PassUnchangedThroughRepliesAndStreams) {
  for (const std::string& quoted : naughty_strings()) {
    const std::string text = json::as_string(first_value(quoted)).value();
    if (text.empty()) continue;
    const ChatReply reply{
        .id = text,
        .model = text,
        .choices = {{.message = {.role = Role::assistant, .parts = {TextPart{.text = text}}}}},
        .usage = {}};
    for (const WireFormat format : {kChat, kMessages, WireFormat::openai_completions}) {
      const ChatCodec& codec = *chat_codec(format);
      const auto decoded = codec.decode_reply(codec.encode_reply(reply));
      ASSERT_TRUE(decoded.has_value()) << text;
      EXPECT_EQ(decoded->id, text);
      EXPECT_EQ(decoded->model, text);
      EXPECT_EQ(std::get<TextPart>(decoded->choices.at(0).message.parts.at(0)).text, text);

      const auto encoder = codec.make_stream_encoder({.model = text, .fallback_id = text});
      std::string stream;
      encoder->encode(TextDelta{.text = text}, stream);
      std::vector<Delta> deltas;
      const auto decoder = codec.make_stream_decoder();
      for (const test::Event& event : test::events_of(stream)) {
        ASSERT_TRUE(decoder->decode(event.type, event.data, deltas).has_value()) << event.data;
      }
      std::string streamed;
      for (const Delta& delta : deltas) {
        if (const auto* piece = std::get_if<TextDelta>(&delta)) streamed += piece->text;
      }
      EXPECT_EQ(streamed, text);
    }
  }
}

}  // namespace
}  // namespace gatehouse::providers
