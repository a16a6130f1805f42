/// What requests keep, what is refused by name, what may be dropped.

#include <set>

#include "test_support.hpp"

namespace gatehouse::providers {
namespace {

constexpr WireFormat kOpenAi = WireFormat::openai_chat;
constexpr WireFormat kCompletions = WireFormat::openai_completions;
constexpr WireFormat kAnthropic = WireFormat::anthropic_messages;

core::Result<EncodedRequest> translate(WireFormat from, WireFormat to, const std::string& body,
                                       bool drop = false) {
  auto request = chat_codec(from)->decode_request(body);
  if (!request) return core::pass(request);
  return chat_codec(to)->encode_request(*request, {.upstream_model = "up", .drop_params = drop});
}

std::string error_of(const core::Result<EncodedRequest>& result) {
  return result ? "translated: " + result->body : result.error().public_message;
}

std::string chat(const std::string& members) {
  return R"({"model":"m","messages":[{"role":"user","content":"hi"}])" +
         (members.empty() ? "" : "," + members) + "}";
}
std::string messages(const std::string& members) {
  return R"({"model":"m","max_tokens":50,"messages":[{"role":"user","content":"hi"}])" +
         (members.empty() ? "" : "," + members) + "}";
}

struct Refusal {
  std::string members;
  std::string named;
};

TEST(RequestCodecTest, NamesWhatAnthropicLacksOrDropsIt) {
  const Refusal rows[] = {
      {R"("n":2)", "n"},
      {R"("logprobs":true)", "logprobs"},
      {R"("top_logprobs":3)", "top_logprobs"},
      {R"("presence_penalty":0.5)", "presence_penalty"},
      {R"("frequency_penalty":-1)", "frequency_penalty"},
      {R"("seed":1)", "seed"},
      {R"("logit_bias":{"50256":-100})", "logit_bias"},
      {R"("audio":{"voice":"alloy","format":"mp3"})", "audio"},
      {R"("modalities":["text","audio"])", "modalities"},
      {R"("response_format":{"type":"json_object"})", "response_format"},
      {R"("temperature":1.2)", "temperature"},
      {R"("prediction":{"type":"content","content":"x"})", "prediction"},
      {R"("store":true)", "store"},
      {R"("service_tier":"flex")", "service_tier"},
      {R"("verbosity":"low")", "verbosity"},
      {R"("web_search_options":{"a":1})", "web_search_options"},
      {R"("functions":[{"name":"f"}])", "functions"},
      {R"("function_call":"auto")", "function_call"},
      {R"("tools":[{"type":"custom","custom":{"name":"x"}}])", "tools[0]"},
      {R"("reasoning_effort":"high","max_tokens":1000)", "reasoning_effort"},
      {R"("reasoning_effort":"high","temperature":0.5)", "temperature"},
      {R"("reasoning_effort":"high","tools":[{"type":"function","function":{"name":"f"}}],)"
       R"("tool_choice":"required")",
       "reasoning_effort"},
      {R"("unheard_of":1)", "unheard_of"},
  };
  for (const Refusal& row : rows) {
    const auto refused = translate(kOpenAi, kAnthropic, chat(row.members));
    ASSERT_FALSE(refused.has_value()) << row.members;
    EXPECT_EQ(refused.error().code, core::Errc::invalid_argument);
    EXPECT_TRUE(error_of(refused).starts_with(row.named + ": ")) << error_of(refused);
    const auto dropped = translate(kOpenAi, kAnthropic, chat(row.members), true);
    ASSERT_TRUE(dropped.has_value()) << error_of(dropped);
    EXPECT_EQ(dropped->dropped, std::vector<std::string>{row.named});
  }
}

TEST(RequestCodecTest, MembersThatAskForNothingAreNoReasonToRefuse) {
  const auto encoded = translate(
      kOpenAi, kAnthropic,
      chat(R"("n":1,"logprobs":false,"top_logprobs":0,"presence_penalty":0,"frequency_penalty":0.0,
              "logit_bias":{},"modalities":["text"],"store":false,"service_tier":"auto",
              "seed":null,"tools":[],"reasoning_effort":"none","response_format":{"type":"text"},
              "prompt_cache_key":"k","num_retries":2,"litellm_trace_id":"t","timeout":3)"));
  ASSERT_TRUE(encoded.has_value()) << error_of(encoded);
  EXPECT_EQ(encoded->body,
            R"({"model":"up","max_tokens":4096,"messages":[{"role":"user","content":)"
            R"([{"type":"text","text":"hi"}]}]})");
}

TEST(RequestCodecTest, NamesWhatOpenAiLacksOrDropsIt) {
  const Refusal rows[] = {
      {R"("top_k":5)", "top_k"},
      {R"("container":"c")", "container"},
      {R"("mcp_servers":[{"url":"x"}])", "mcp_servers"},
      {R"("thinking":{"type":"adaptive"})", "thinking"},
      {R"("context_management":{"edits":[1]})", "context_management"},
      {R"("tools":[{"type":"web_search_20250305","name":"web_search"}])", "tools[0]"},
      {R"("service_tier":"standard_only")", "service_tier"},
  };
  for (const Refusal& row : rows) {
    const auto refused = translate(kAnthropic, kOpenAi, messages(row.members));
    ASSERT_FALSE(refused.has_value()) << row.members;
    EXPECT_TRUE(error_of(refused).starts_with(row.named + ": ")) << error_of(refused);
    const auto dropped = translate(kAnthropic, kOpenAi, messages(row.members), true);
    ASSERT_TRUE(dropped.has_value()) << error_of(dropped);
    EXPECT_EQ(dropped->dropped, std::vector<std::string>{row.named});
  }
  EXPECT_TRUE(translate(kAnthropic, kOpenAi, messages(R"("service_tier":"auto")")).has_value());
}

TEST(RequestCodecTest, NamesMalformedMembersOfChatRequests) {
  const Refusal rows[] = {
      {R"({"messages":[{"role":"user","content":"x"}],"messages":[]})", "messages"},
      {R"({"messages":[{"role":"user","content":"x"}],"Model":"a","model":"b"})", "model"},
      {R"({"model":"m"})", "messages"},
      {R"({"messages":[]})", "messages"},
      {R"({"messages":{}})", "messages"},
      {R"({"messages":[5]})", "messages[0]"},
      {R"({"messages":[{"content":"x"}]})", "messages[0].role"},
      {R"({"messages":[{"role":"king","content":"x"}]})", "messages[0].role"},
      {R"({"messages":[{"role":"user"}]})", "messages[0].content"},
      {R"({"messages":[{"role":"user","content":5}]})", "messages[0].content"},
      {R"({"messages":[{"role":"user","content":"x","content":"y"}]})", "messages[0].content"},
      {R"({"messages":[{"role":"user","content":[{}]}]})", "messages[0].content[0].type"},
      {R"({"messages":[{"role":"user","content":[{"type":"text"}]}]})",
       "messages[0].content[0].text"},
      {R"({"messages":[{"role":"user","content":[{"type":"text","text":1}]}]})",
       "messages[0].content[0].text"},
      {R"({"messages":[{"role":"user","content":[{"type":"image_url"}]}]})",
       "messages[0].content[0].image_url"},
      {R"({"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]})",
       "messages[0].content[0].input_audio.data"},
      {R"({"messages":[{"role":"tool","content":"x"}]})", "messages[0].tool_call_id"},
      {R"({"messages":[{"role":"assistant","tool_calls":[{"function":{}}]}]})",
       "messages[0].tool_calls[0].function.name"},
      {chat(R"("temperature":"hot")"), "temperature"},
      {chat(R"("max_tokens":-1)"), "max_tokens"},
      {chat(R"("max_tokens":1.5)"), "max_tokens"},
      {chat(R"("n":"2")"), "n"},
      {chat(R"("seed":99999999999999999999)"), "seed"},
      {chat(R"("stop":[1])"), "stop[0]"},
      {chat(R"("stop":5)"), "stop"},
      {chat(R"("stream":"yes")"), "stream"},
      {chat(R"("stream_options":{"include_usage":1})"), "stream_options.include_usage"},
      {chat(R"("tools":[{"type":"function","function":{"name":5}}])"), "tools[0].function.name"},
      {chat(R"("tools":[{"type":"function","function":{"name":"f","parameters":[]}}])"),
       "tools[0].function.parameters"},
      {chat(R"("tool_choice":"maybe")"), "tool_choice"},
      {chat(R"("response_format":{"type":"json_schema"})"), "response_format.json_schema"},
      {R"([])", "the request body"},
      {R"({"messages":)", ""},
  };
  for (const Refusal& row : rows) {
    const auto request = chat_codec(kOpenAi)->decode_request(row.members);
    ASSERT_FALSE(request.has_value()) << row.members;
    EXPECT_EQ(request.error().code, core::Errc::invalid_argument) << row.members;
    EXPECT_TRUE(request.error().public_message.starts_with(row.named))
        << row.members << " -> " << request.error().public_message;
  }
}

TEST(RequestCodecTest, NamesMalformedMembersOfMessageRequests) {
  const Refusal rows[] = {
      {R"({"max_tokens":1})", "messages"},
      {messages(R"("max_tokens":2)"), "max_tokens"},
      {R"({"messages":[{"role":"system","content":"x"}]})", "messages[0].role"},
      {R"({"messages":[{"role":"user","content":[{"type":"image"}]}]})",
       "messages[0].content[0].source"},
      {R"({"messages":[{"role":"user","content":[{"type":"image","source":{"type":"file"}}]}]})",
       "messages[0].content[0].source"},
      {R"({"messages":[{"role":"user","content":[{"type":"tool_result"}]}]})",
       "messages[0].content[0].tool_use_id"},
      {R"({"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"b",
          "input":"c"}]}]})",
       "messages[0].content[0].input"},
      {messages(R"("tool_choice":{"type":"perhaps"})"), "tool_choice.type"},
      {messages(R"("tool_choice":{"type":"tool"})"), "tool_choice.name"},
      {messages(R"("stop_sequences":"x")"), "stop_sequences"},
      {messages(R"("tools":[{"input_schema":{}}])"), "tools[0].name"},
      {messages(R"("system":5)"), "system"},
  };
  for (const Refusal& row : rows) {
    const auto request = chat_codec(kAnthropic)->decode_request(row.members);
    ASSERT_FALSE(request.has_value()) << row.members;
    EXPECT_TRUE(request.error().public_message.starts_with(row.named))
        << row.members << " -> " << request.error().public_message;
  }
}

TEST(RequestCodecTest, CompletionsTakeOneText) {
  const auto error = [](const std::string& body) {
    return error_of(translate(kCompletions, kOpenAi, body));
  };
  EXPECT_TRUE(error(R"({"prompt":[1,2]})").starts_with("prompt: given as tokens"));
  EXPECT_TRUE(error(R"({"prompt":[[1,2]]})").starts_with("prompt: given as tokens"));
  EXPECT_TRUE(error(R"({"prompt":["a","b"]})").starts_with("prompt: with several texts"));
  EXPECT_TRUE(error(R"({"prompt":[]})").starts_with("prompt: must not be empty"));
  EXPECT_TRUE(error(R"({"model":"m"})").starts_with("prompt: is required"));
  EXPECT_TRUE(error(R"({"prompt":"a","echo":true})").starts_with("echo: "));
  EXPECT_TRUE(error(R"({"prompt":"a","suffix":"x"})").starts_with("suffix: "));
  EXPECT_TRUE(error(R"({"prompt":"a","best_of":3})").starts_with("best_of: "));
  EXPECT_TRUE(error(R"({"prompt":"a","logprobs":3})").starts_with("logprobs: "));
  EXPECT_EQ(error(R"({"prompt":["a"],"logit_bias":{"5":1.0}})"),
            R"(translated: {"model":"up","messages":[{"role":"user","content":"a"}],)"
            R"("logit_bias":{"5":1.0}})");
}

TEST(RequestCodecTest, AnthropicTurnsAlternate) {
  const auto encoded =
      translate(kOpenAi, kAnthropic,
                R"({"messages":[{"role":"user","content":"a"},{"role":"user","content":"b"},
          {"role":"assistant","content":""},{"role":"assistant","content":"c"},
          {"role":"system","content":"late"},{"role":"user","content":"d"}]})");
  ASSERT_TRUE(encoded.has_value()) << error_of(encoded);
  EXPECT_EQ(
      encoded->body,
      R"({"model":"up","max_tokens":4096,"system":[{"type":"text","text":"late"}],"messages":[)"
      R"({"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},)"
      R"({"role":"assistant","content":[{"type":"text","text":"c"}]},)"
      R"({"role":"user","content":[{"type":"text","text":"d"}]}]})");
}

TEST(RequestCodecTest, ForcedAnswerToolsLeaveTheClientsToolsTheirTurn) {
  const std::string format =
      R"("response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object"}}})";
  const std::string tools = R"("tools":[{"type":"function","function":{"name":"f"}}])";
  const auto body = [&](const std::string& more) {
    return error_of(translate(kOpenAi, kAnthropic, chat(format + "," + tools + more)));
  };
  EXPECT_NE(body("").find(R"("tool_choice":{"type":"any"})"), std::string::npos);
  EXPECT_NE(body(R"(,"tool_choice":"none")")
                .find(R"("tool_choice":{"type":"tool","name":"gatehouse_json_answer"})"),
            std::string::npos);
  EXPECT_EQ(body(R"(,"tool_choice":"required")").find("gatehouse_json_answer"), std::string::npos);
}

TEST(RequestCodecTest, ThinkingKeepsItsRoom) {
  const auto body = [](const std::string& members) {
    return error_of(translate(kOpenAi, kAnthropic, chat(members)));
  };
  EXPECT_NE(body(R"("reasoning_effort":"high","max_tokens":3000)").find(R"("budget_tokens":1500)"),
            std::string::npos);
  EXPECT_NE(
      body(R"("thinking":{"type":"enabled","budget_tokens":8000})").find(R"("max_tokens":9024)"),
      std::string::npos);
  // Calls of tools whose thinking did not come along cannot be followed by thinking.
  const auto after_tools =
      translate(kOpenAi, kAnthropic,
                R"({"reasoning_effort":"high","messages":[{"role":"user","content":"a"},
          {"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]},
          {"role":"tool","tool_call_id":"1","content":"r"}]})");
  EXPECT_EQ(error_of(after_tools).find("thinking"), std::string::npos);
}

TEST(RequestCodecTest, OutputLimitHasTheNameThatTheModelKnows) {
  const auto body = [](const std::string& model) {
    auto request = chat_codec(kAnthropic)->decode_request(messages(""));
    return chat_codec(kOpenAi)->encode_request(*request, {.upstream_model = model})->body;
  };
  for (const char* model : {"o1", "o3-mini", "gpt-5.2", "openai/gpt-5-mini"}) {
    EXPECT_NE(body(model).find(R"("max_completion_tokens":50)"), std::string::npos) << model;
  }
  for (const char* model : {"gpt-4.1", "llama-3.3-70b", "mistral-large-latest"}) {
    EXPECT_NE(body(model).find(R"("max_tokens":50)"), std::string::npos) << model;
  }
}

TEST(RequestCodecTest, StreamsAskForUsageWhereTheVendorTakesIt) {
  auto request = chat_codec(kAnthropic)->decode_request(messages(R"("stream":true)"));
  ASSERT_TRUE(request.has_value());
  const ChatCodec& codec = *chat_codec(kOpenAi);
  EXPECT_NE(codec.encode_request(*request, {})->body.find("include_usage"), std::string::npos);
  EXPECT_EQ(codec.encode_request(*request, {.stream_options = false})->body.find("include_usage"),
            std::string::npos);
}

}  // namespace
}  // namespace gatehouse::providers
