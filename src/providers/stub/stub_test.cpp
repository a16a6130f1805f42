#include <cmath>

#include "json_view.hpp"
#include "stub/sample_value.hpp"
#include "stub/stub_test_support.hpp"

namespace gatehouse::providers::stub {
namespace {

class StubTest : public test::StubCallTest {
 protected:
  ChatReply reply(WireFormat format, const std::string& body) {
    const test::Answer answer = ask(format, body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    auto decoded = chat_codec(format)->decode_reply(answer.body);
    EXPECT_TRUE(decoded.has_value()) << answer.body;
    return decoded ? std::move(*decoded) : ChatReply{};
  }
};

constexpr WireFormat kChat = WireFormat::openai_chat;
constexpr WireFormat kMessages = WireFormat::anthropic_messages;

std::string text_of(const ChatReply& reply) {
  return std::get<TextPart>(reply.choices.at(0).message.parts.at(0)).text;
}

TEST_F(StubTest, EchoesTheLastUserMessageInEveryFormat) {
  const std::string chat = R"({"model":"stub","messages":[{"role":"user","content":"Hello ü"}]})";
  const ChatReply first = reply(kChat, chat);
  EXPECT_TRUE(text_of(first).starts_with("You said: Hello ü\n"));
  EXPECT_EQ(first.model, "stub");
  EXPECT_GT(first.usage.value().prompt, 0U);
  EXPECT_GT(first.usage.value().completion, 10U);
  EXPECT_EQ(ask(kChat, chat).body, ask(kChat, chat).body);

  const ChatReply messages =
      reply(kMessages, R"({"model":"stub","max_tokens":99,"messages":[{"role":"user","content":)"
                       R"([{"type":"text","text":"Hello ü"}]}]})");
  EXPECT_EQ(text_of(messages), text_of(first));
  const ChatReply completion =
      reply(WireFormat::openai_completions, R"({"model":"stub","prompt":"Hello ü"})");
  EXPECT_EQ(text_of(completion), text_of(first));
}

TEST_F(StubTest, StreamsWhatItSaysWhole) {
  for (const WireFormat format : {kChat, WireFormat::openai_completions, kMessages}) {
    const std::string prompt =
        format == WireFormat::openai_completions
            ? R"("prompt":"a b")"
            : R"("max_tokens":400,"messages":[{"role":"user","content":"a b"}])";
    const std::string body = R"({"model":"stub",)" + prompt;
    const ChatReply whole = reply(format, body + "}");
    const test::Answer stream =
        ask(format, body + R"(,"stream":true,"stream_options":{"include_usage":true}})", true);
    EXPECT_EQ(stream.content_type, "text/event-stream; charset=utf-8");
    EXPECT_GT(stream.pieces.size(), 10U);
    const auto decoder = chat_codec(format)->make_stream_decoder();
    std::string text;
    std::optional<core::TokenUsage> usage;
    bool ended = false;
    for (const test::Event& event : test::events_of(stream.body)) {
      std::vector<Delta> deltas;
      ASSERT_TRUE(decoder->decode(event.type, event.data, deltas).has_value()) << event.data;
      for (const Delta& delta : deltas) {
        if (const auto* piece = std::get_if<TextDelta>(&delta)) text += piece->text;
        if (const auto* report = std::get_if<UsageDelta>(&delta)) usage = report->usage;
        ended = std::holds_alternative<EndDelta>(delta);
      }
    }
    EXPECT_EQ(text, text_of(whole)) << name_of(format);
    EXPECT_EQ(usage, whole.usage) << name_of(format);
    EXPECT_TRUE(ended) << name_of(format);
  }
}

TEST_F(StubTest, CallsTheToolThatItMust) {
  const std::string tools =
      R"("tools":[{"type":"function","function":{"name":"book","parameters":{"type":"object",
          "properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":2}}}}}])";
  const std::string body =
      R"({"model":"stub","messages":[{"role":"user","content":"Rome"}],)" + tools;
  EXPECT_EQ(reply(kChat, body + "}").choices.at(0).finish, FinishReason::stop);
  const ChatReply forced = reply(kChat, body + R"(,"tool_choice":"required"})");
  EXPECT_EQ(forced.choices.at(0).finish, FinishReason::tool_calls);
  const auto& use = std::get<ToolUsePart>(forced.choices.at(0).message.parts.at(0));
  EXPECT_EQ(use.name, "book");
  EXPECT_EQ(use.arguments, R"({"city":"Rome","days":2})");

  const ChatReply messages = reply(
      kMessages, R"({"model":"stub","max_tokens":9,"messages":[{"role":"user","content":"Rome"}],)"
                 R"("tools":[{"name":"book","input_schema":{"type":"object"}}],)"
                 R"("tool_choice":{"type":"tool","name":"book"}})");
  EXPECT_EQ(messages.choices.at(0).finish, FinishReason::tool_calls);
  EXPECT_EQ(std::get<ToolUsePart>(messages.choices.at(0).message.parts.at(0)).arguments, "{}");
}

TEST_F(StubTest, AnswersInJsonWhenAsked) {
  const ChatReply answer =
      reply(kChat, R"({"model":"stub","messages":[{"role":"user","content":"x"}],"response_format":
              {"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","properties":
              {"score":{"type":"number"},"tags":{"type":"array","items":{"enum":["a","b"]}}}}}}})");
  EXPECT_EQ(text_of(answer), R"({"score":1,"tags":["a"]})");
}

TEST_F(StubTest, StopsAtTheLimit) {
  const ChatReply answer = reply(
      kChat,
      R"({"model":"stub","max_tokens":2,"n":3,"messages":[{"role":"user","content":"äöü"}]})");
  EXPECT_EQ(answer.choices.size(), 3U);
  EXPECT_EQ(answer.choices.at(0).finish, FinishReason::length);
  EXPECT_EQ(text_of(answer), "You said");
}

TEST_F(StubTest, EmbedsToUnitVectors) {
  const auto vectors = [&](const std::string& members) {
    const test::Answer answer =
        ask(WireFormat::openai_embeddings, R"({"model":"stub-embedding",)" + members + "}");
    EXPECT_EQ(answer.status, 200) << answer.body;
    std::vector<std::vector<double>> found;
    const auto root = parse_json(answer.body);
    const auto data = find(*root, "data");
    for (const json::Member& item : Children(*data)) {
      std::vector<double>& vector = found.emplace_back();
      const auto embedding = find(item, "embedding");
      for (const json::Member& value : Children(*embedding)) vector.push_back(*as_double(value));
    }
    return found;
  };
  const auto dot = [](const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
  };
  const auto found = vectors(R"("input":["the cat sat","the cat ran","quantum flux",""])");
  ASSERT_EQ(found.size(), 4U);
  for (const auto& vector : found) {
    EXPECT_EQ(vector.size(), 1536U);
    EXPECT_NEAR(dot(vector, vector), 1.0, 1e-5);
  }
  EXPECT_GT(dot(found[0], found[1]), dot(found[0], found[2]));
  EXPECT_EQ(vectors(R"("input":"a","dimensions":8)").at(0).size(), 8U);
  const test::Answer coded = ask(WireFormat::openai_embeddings,
                                 R"({"input":"a","dimensions":1,"encoding_format":"base64"})");
  EXPECT_NE(coded.body.find(R"("embedding":"AACAPw==")"), std::string::npos) << coded.body;  // 1.0F
}

TEST_F(StubTest, CountsTokens) {
  const test::Answer answer =
      ask(WireFormat::anthropic_count_tokens,
          R"({"model":"stub","messages":[{"role":"user","content":"four"}]})");
  EXPECT_EQ(answer.body, R"({"input_tokens":9})");
}

TEST_F(StubTest, RefusesLikeItsVendors) {
  for (const char* body : {"{", "[]", R"({"model":"m"})", R"({"messages":[]})",
                           R"({"messages":[{"role":"user","content":"a"}],"n":0})",
                           R"({"messages":[{"role":"user","content":"a"}],"n":1e9})"}) {
    const test::Answer chat = ask(kChat, body);
    EXPECT_EQ(chat.status, 400) << body;
    EXPECT_TRUE(chat.body.starts_with(R"({"error":{"message":")")) << chat.body;
  }
  EXPECT_TRUE(ask(kMessages, "[]").body.starts_with(R"({"type":"error","error":{)"));
  EXPECT_EQ(ask(WireFormat::openai_embeddings, R"({"input":[]})").status, 400);
  EXPECT_EQ(ask(WireFormat::openai_embeddings, R"({"input":"a","dimensions":100000})").status, 400);
}

TEST_F(StubTest, IsCancelledLikeAnyOther) {
  cancellation_.request(core::Cancellation::Reason::client_left);
  EXPECT_EQ(ask(kChat, R"({"messages":[{"role":"user","content":"a"}]})").error,
            core::Errc::cancelled);
}

TEST(SampleValueTest, FollowsTheSchema) {
  EXPECT_EQ(sample_value(R"({"type":"string","minLength":5})", "abc"), R"("abc..")");
  EXPECT_EQ(sample_value(R"({"type":"string","maxLength":2})", "abc"), R"("ab")");
  EXPECT_EQ(sample_value(R"({"const":7.0})", ""), "7.0");
  EXPECT_EQ(sample_value(R"({"enum":[null]})", ""), "null");
  EXPECT_EQ(sample_value(R"({"anyOf":[{"type":"boolean"},{"type":"null"}]})", ""), "true");
  EXPECT_EQ(sample_value(R"({"type":["integer","null"],"exclusiveMinimum":3})", ""), "4");
  EXPECT_EQ(sample_value(R"({"type":"number","maximum":-2.5})", ""), "-2.5");
  EXPECT_EQ(sample_value(R"({"type":"array","minItems":2,"items":{"type":"null"}})", ""),
            "[null,null]");
  EXPECT_EQ(sample_value(R"({"$ref":"#/$defs/A","$defs":{"A":{"type":"integer"}}})", ""), "1");
  EXPECT_EQ(sample_value("{}", "hint"), R"("hint")");
}

TEST(SampleValueTest, EndsOnEndlessSchemas) {
  const std::string endless = sample_value(
      R"({"$ref":"#/$defs/A","$defs":{"A":{"type":"object","properties":{"a":{"$ref":"#/$defs/A"},
          "b":{"$ref":"#/$defs/A"}}}}})",
      "");
  EXPECT_TRUE(parse_json(endless).has_value());
  EXPECT_LT(endless.size(), 256U * 1024);
  EXPECT_EQ(sample_value(R"({"$ref":"#"})", "x"), R"("x")");
}

}  // namespace
}  // namespace gatehouse::providers::stub
