/// Streams that go through unchanged, and what is read from them: faults.md E3, E8, E10.

#include "test_support.hpp"

#include "gatehouse/providers/passthrough.hpp"

namespace gatehouse::providers {
namespace {

using Verdict = StreamRelay::Verdict;
using test::fixture;

constexpr WireFormat kChat = WireFormat::openai_chat;
constexpr WireFormat kMessages = WireFormat::anthropic_messages;

struct Relayed {
  std::string out;
  std::vector<Verdict> verdicts;
  std::optional<core::TokenUsage> usage;
  bool reported = false;
  std::uint64_t generated = 0;
  std::string error;
  std::string id;
  bool failed = false;
};

/// `whole`: the events come with their own bytes, as when each lies in one piece.
Relayed relay(WireFormat format, std::string_view stream, RelayOptions options = {},
              bool whole = true) {
  json::Scanner scanner;
  const auto relay = make_stream_relay(format, std::move(options), scanner);
  Relayed relayed;
  for (const test::Event& event : test::events_of(stream)) {
    const std::string_view raw = whole ? std::string_view(event.raw) : std::string_view();
    const auto verdict = relay->relay({event.type, event.data, {}, raw}, relayed.out);
    if (!verdict) {
      EXPECT_EQ(verdict.error().code, core::Errc::upstream_failed);
      relayed.failed = true;
      break;
    }
    relayed.verdicts.push_back(*verdict);
  }
  relayed.usage = relay->usage();
  relayed.reported = relay->usage_is_reported();
  relayed.generated = relay->generated_bytes();
  relayed.error = relay->error_message();
  relayed.id = relay->response_id();
  return relayed;
}

TEST(RelayTest, KnowsTheAnswersIdFromItsFirstEventOn) {
  const auto first_event = [](const std::string& stream) {
    return stream.substr(0, stream.find("\n\n") + 2);
  };
  EXPECT_EQ(relay(kChat, first_event(fixture("openai/fixtures/chat_stream.sse"))).id,
            "chatcmpl-123");
  EXPECT_EQ(relay(kMessages, first_event(fixture("anthropic/fixtures/messages_stream.sse"))).id,
            "msg_1nZdL29xx5MUA1yADyHTEsnR8uuvGzszyY");
  EXPECT_EQ(relay(kChat, "data: {\"choices\":[]}\n\n").id, "");
}

TEST(RelayTest, LeavesBytesAlone) {
  for (const auto& [format, name] :
       {std::pair(kChat, "openai/fixtures/chat_stream.sse"),
        std::pair(kChat, "openai/fixtures/tools_stream.sse"),
        std::pair(WireFormat::openai_completions, "openai/fixtures/completion_stream.sse"),
        std::pair(kMessages, "anthropic/fixtures/messages_stream.sse"),
        std::pair(kMessages, "anthropic/fixtures/tools_stream.sse")}) {
    const std::string stream = fixture(name);
    const Relayed whole = relay(format, stream);
    EXPECT_EQ(whole.out, stream) << name;
    EXPECT_EQ(whole.verdicts.back(), Verdict::end) << name;
    EXPECT_EQ(relay(format, stream, {}, false).out, stream) << name;
  }
}

TEST(RelayTest, ReadsUsageAndLength) {
  const Relayed chat = relay(kChat, fixture("openai/fixtures/chat_stream.sse"));
  EXPECT_EQ(chat.usage, (core::TokenUsage{.prompt = 9, .completion = 4, .cache_read = 2}));
  EXPECT_EQ(chat.generated, 3U + 10U);  // escapes count one each, surrogates two
  const Relayed tools = relay(kMessages, fixture("anthropic/fixtures/tools_stream.sse"));
  EXPECT_EQ(tools.usage, (core::TokenUsage{.prompt = 472, .completion = 89}));
  EXPECT_EQ(tools.generated, 11U + 4U + 12U + 9U);
}

TEST(RelayTest, KnowsWhetherAllOfTheUsageWasReported) {
  const auto last_events_cut = [](std::string stream, int count) {
    for (int i = 0; i <= count; ++i) stream.resize(stream.rfind("\n\n"));
    return stream + "\n\n";
  };
  const std::string chat = fixture("openai/fixtures/chat_stream.sse");
  EXPECT_TRUE(relay(kChat, chat).reported);
  EXPECT_TRUE(relay(kChat, last_events_cut(chat, 1)).reported);   // without [DONE]
  EXPECT_FALSE(relay(kChat, last_events_cut(chat, 2)).reported);  // and without the usage
  const std::string messages = fixture("anthropic/fixtures/messages_stream.sse");
  EXPECT_TRUE(relay(kMessages, messages).reported);
  EXPECT_TRUE(relay(kMessages, last_events_cut(messages, 1)).reported);  // without message_stop
  const Relayed broken = relay(kMessages, last_events_cut(messages, 2));
  EXPECT_TRUE(broken.usage);
  EXPECT_FALSE(broken.reported);
}

TEST(RelayTest, RenamesTheModel) {
  const std::string stream = fixture("openai/fixtures/chat_stream.sse");
  std::string expected = stream;
  for (std::size_t at = 0; (at = expected.find("gpt-4o-mini", at)) != std::string::npos;) {
    expected.replace(at, 11, "alias \\\"1\\\"");
  }
  EXPECT_EQ(relay(kChat, stream, {.model = "alias \"1\""}).out, expected);

  const std::string messages = fixture("anthropic/fixtures/messages_stream.sse");
  const std::string renamed = relay(kMessages, messages, {.model = "alias"}).out;
  EXPECT_NE(renamed.find(R"("model": "alias")"), std::string::npos);
  EXPECT_EQ(renamed.find("claude"), std::string::npos);
  EXPECT_EQ(renamed.substr(0, 21), "event: message_start\n");
}

TEST(RelayTest, HidesUsageThatTheClientDidNotAskFor) {
  const Relayed hidden =
      relay(kChat, fixture("openai/fixtures/chat_stream.sse"), {.model = {}, .hide_usage = true});
  EXPECT_EQ(hidden.out.find("usage"), std::string::npos);
  EXPECT_EQ(hidden.verdicts[4], Verdict::withheld);
  EXPECT_EQ(hidden.verdicts[5], Verdict::end);
  EXPECT_EQ(hidden.usage->completion, 4U);

  // Wherever the member stands, the rest stays valid JSON.
  for (const char* data :
       {R"({"usage":null,"choices":[{}],"a":1})", R"({ "usage" : null , "choices":[{}]})",
        R"({"choices":[{}],"usage":null})", R"({"usage":null})",
        R"({"usage":null,"usage":null,"choices":[{}]})",
        R"({"choices":[{}],"usage":null,"usage":{"prompt_tokens":1}})"}) {
    const Relayed relayed =
        relay(kChat, "data: " + std::string(data) + "\n\n", {.model = {}, .hide_usage = true});
    EXPECT_EQ(relayed.out.find("usage"), std::string::npos) << data;
    const auto events = test::events_of(relayed.out);
    ASSERT_EQ(events.size(), 1U) << data;
    json::Scanner scanner;
    EXPECT_TRUE(scanner.scan_copy(events[0].data).has_value()) << events[0].data;
  }
}

TEST(RelayTest, EditsDataOfSeveralLines) {
  const Relayed relayed =
      relay(kChat, "data: {\"model\":\ndata: \"m\",\"choices\":[{\"delta\":{}}]}\n\n",
            {.model = "alias"});
  EXPECT_EQ(relayed.out, "data: {\"model\":\ndata: \"alias\",\"choices\":[{\"delta\":{}}]}\n\n");
}

TEST(RelayTest, ReportsErrorEvents) {
  const Relayed chat = relay(kChat, fixture("openai/fixtures/error_stream.sse"));
  EXPECT_EQ(chat.verdicts.back(), Verdict::error);
  EXPECT_EQ(chat.error, "The server had an error while processing your request.");
  EXPECT_EQ(chat.out, fixture("openai/fixtures/error_stream.sse"));
  const Relayed messages = relay(kMessages, fixture("anthropic/fixtures/error_stream.sse"));
  EXPECT_EQ(messages.verdicts.back(), Verdict::error);
  EXPECT_EQ(messages.error, "Overloaded");
  EXPECT_EQ(messages.out.find("message_stop"), std::string::npos);
  EXPECT_EQ(relay(kChat, "data: {\"error\":\"no\\nroom\"}\n\n").error, "no\\x0aroom");
}

TEST(RelayTest, RefusesDataThatIsNotAnObject) {
  for (const char* data : {"{", "hello", "[1]", "1", "{\"a\":01}", "{\"a\":1}}", "\"[DONE]\"",
                           "{\"choices\":[{\"delta\":{\"content\":\"\xff\"}}]}"}) {
    const std::string stream = "data: " + std::string(data) + "\n\n";
    EXPECT_TRUE(relay(kChat, stream).failed) << data;
    EXPECT_TRUE(relay(kMessages, stream).failed) << data;
    EXPECT_EQ(relay(kChat, stream).out, "") << data;
  }
}

TEST(RelayTest, NothingFollowsTheEnd) {
  const Relayed chat = relay(kChat, "data: [DONE]\n\ndata: {\"x\":1}\n\ndata: [DONE]\n\n");
  EXPECT_EQ(chat.out, "data: [DONE]\n\n");
  EXPECT_EQ(chat.verdicts, (std::vector{Verdict::end, Verdict::withheld, Verdict::withheld}));
}

std::string usage_chunks(std::initializer_list<std::string_view> usages) {
  std::string stream;
  for (const std::string_view usage : usages) {
    stream += R"(data: {"choices":[],"usage":)" + std::string(usage) + "}\n\n";
  }
  return stream;
}

TEST(RelayTest, RepeatedAndLowerUsageNeverLowersTheSum) {
  const auto usage = [](std::initializer_list<std::string_view> usages) {
    return relay(kChat, usage_chunks(usages)).usage;
  };
  constexpr std::string_view kTen = R"({"prompt_tokens":10,"completion_tokens":5})";
  EXPECT_EQ(usage({kTen, kTen})->total(), 15U);
  EXPECT_EQ(usage({kTen, R"({"prompt_tokens":10,"completion_tokens":7})"})->total(), 17U);
  EXPECT_EQ(usage({kTen, R"({"prompt_tokens":2,"completion_tokens":1})"})->total(), 15U);
  EXPECT_EQ(usage({kTen, R"({"prompt_tokens":-2,"completion_tokens":1})"})->total(), 15U);
  EXPECT_EQ(usage({kTen, R"({"prompt_tokens":1e30,"completion_tokens":1})"})->total(), 15U);
  EXPECT_EQ(usage({kTen, "null"})->total(), 15U);
  EXPECT_EQ(usage({R"("text")"}), std::nullopt);
  EXPECT_EQ(usage({R"({"prompt_tokens":0,"completion_tokens":0})"}), core::TokenUsage{});
}

TEST(RelayTest, EstimatesABrokenMessageStream) {
  // The prompt is told at the start, the output only at the end, which never comes.
  const std::string stream = fixture("anthropic/fixtures/messages_stream.sse");
  const std::string cut = stream.substr(0, stream.find("event: content_block_stop"));
  EXPECT_EQ(relay(kMessages, cut).usage,
            (core::TokenUsage{.prompt = 30, .completion = 3, .cache_read = 5}));
}

TEST(RelayTest, FormatsWithoutStreamsHaveNoRelay) {
  json::Scanner scanner;
  EXPECT_EQ(make_stream_relay(WireFormat::openai_embeddings, {}, scanner), nullptr);
  EXPECT_EQ(make_stream_relay(WireFormat::anthropic_count_tokens, {}, scanner), nullptr);
}

}  // namespace
}  // namespace gatehouse::providers
