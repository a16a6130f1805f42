#include "gatehouse/gateway/pipeline.hpp"

#include "pipeline_test_support.hpp"

namespace gatehouse::gateway {
namespace {

using providers::WireFormat;

constexpr std::string_view kHello =
    R"({"model":"m","messages":[{"role":"user","content":"Hello"}]})";

std::string with(std::string_view members) {
  return R"({"model":"m","messages":[{"role":"user","content":"Hello"}],)" + std::string(members) +
         "}";
}

TEST_F(PipelineTest, AnswersAndSettlesOnce) {
  build({entry("m")});
  const RecordingSink sink = run(std::string(kHello));
  ASSERT_FALSE(sink.refusal) << sink.refusal->message;
  EXPECT_NE(sink.body.find(R"("model":"m")"), std::string::npos) << sink.body;
  EXPECT_TRUE(sink.settled_before_end);
  ASSERT_EQ(observer.settled.size(), 1U);
  const CallRecord& record = observer.settled[0].record;
  EXPECT_EQ(record.outcome, Outcome::answered);
  EXPECT_EQ(record.usage_source, core::UsageSource::reported);
  EXPECT_EQ(record.cost.nano_usd(),
            static_cast<std::int64_t>(record.usage.prompt * 1000 + record.usage.completion * 2000));
  EXPECT_NE(sink.headers.find("x-litellm-response-cost: " + record.cost.to_usd()),
            std::string::npos);
  EXPECT_NE(sink.headers.find("x-litellm-model-group: m"), std::string::npos);
}

TEST_F(PipelineTest, RefusalsAreSettledLikeAnswers) {
  build({entry("m")});
  struct Case {
    std::string body;
    int status;
    std::string_view text;
  };
  const std::vector<Case> cases{
      {"{", 400, "Invalid JSON"},
      {"[1]", 400, "must be a JSON object"},
      {R"({"messages":[]})", 400, "model is missing"},
      {R"({"model":7})", 400, "Invalid value for 'model'"},
      {R"({"model":"m","model":"n"})", 400, "repeated or spelled"},
      {R"({"model":"m","Model":"n"})", 400, "repeated or spelled"},
      {with(R"("Stream":true)"), 400, "repeated or spelled"},
      {R"({"model":"unknown"})", 400, "Invalid model name passed in model=unknown"},
      {with(R"("stream":"yes")"), 400, "'stream'"},
      {with(R"("stream_options":1)"), 400, "'stream_options'"},
      {with(R"("timeout":-1)"), 400, "'timeout'"},
      {with(R"("num_retries":1.5)"), 400, "'num_retries'"},
      {with(R"("fallbacks":[{"model":"x"}])"), 400, "'fallbacks'"},
  };
  for (const Case& c : cases) {
    observer = {};
    const RecordingSink sink = run(c.body);
    ASSERT_TRUE(sink.refusal) << c.body;
    EXPECT_EQ(sink.refusal->status, c.status) << c.body;
    EXPECT_NE(sink.refusal->message.find(c.text), std::string::npos) << sink.refusal->message;
    ASSERT_EQ(observer.settled.size(), 1U);
    EXPECT_EQ(observer.settled[0].record.outcome, Outcome::refused);
    EXPECT_EQ(observer.settled[0].record.cost.nano_usd(), 0);
  }
}

TEST_F(PipelineTest, WrongKeysAreRefusedBeforeTheBodyIsRead) {
  build({entry("m")});
  const RecordingSink sink = run("not json at all", WireFormat::openai_chat, "sk-wrong-key-123");
  ASSERT_TRUE(sink.refusal);
  EXPECT_EQ(sink.refusal->status, 401);
  EXPECT_EQ(sink.refusal->type, "token_not_found_in_db");
}

TEST_F(PipelineTest, UnpricedModelsAreNeverSilentlyFree) {
  models::ModelListEntry unpriced = entry("m");
  unpriced.overrides.clear();
  build({unpriced});
  const RecordingSink sink = run(std::string(kHello));
  ASSERT_TRUE(sink.refusal);
  EXPECT_EQ(sink.refusal->status, 400);
  EXPECT_NE(sink.refusal->message.find("allow_unpriced"), std::string::npos);
}

TEST_F(PipelineTest, StreamsEndWithDoneAfterTheSettlement) {
  build({entry("m")});
  const RecordingSink sink = run(with(R"("stream":true)"));
  EXPECT_TRUE(sink.streaming);
  EXPECT_TRUE(sink.ended);
  EXPECT_TRUE(sink.body.ends_with("data: [DONE]\n\n"));
  EXPECT_TRUE(sink.settled_before_end);
  // We asked for usage, the client did not.
  EXPECT_EQ(sink.body.find("prompt_tokens"), std::string::npos);
  ASSERT_EQ(observer.settled.size(), 1U);
  EXPECT_EQ(observer.settled[0].record.usage_source, core::UsageSource::reported);
  EXPECT_TRUE(observer.settled[0].record.time_to_first_token);
}

TEST_F(PipelineTest, StreamsCarryUsageWhenAskedTo) {
  build({entry("m")});
  const RecordingSink sink = run(with(R"("stream":true,"stream_options":{"include_usage":true})"));
  EXPECT_NE(sink.body.find("prompt_tokens"), std::string::npos);
}

TEST_F(PipelineTest, ClientThatLeavesMidStreamIsBilledForWhatItGot) {
  build({entry("m")});
  const RecordingSink sink =
      run(with(R"("stream":true)"), WireFormat::openai_chat, kKey, /*client_leaves_after=*/1);
  EXPECT_FALSE(sink.ended);
  ASSERT_EQ(observer.settled.size(), 1U);
  const CallRecord& record = observer.settled[0].record;
  EXPECT_GT(record.cost.nano_usd(), 0);
  EXPECT_GT(record.usage.prompt, 0U);
}

TEST_F(PipelineTest, WhatAnthropicHasNotReportedYetIsAnEstimate) {
  limits.abandoned_grace = core::Millis(0);
  build({entry("m")});
  const std::string body =
      R"({"model":"m","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"Hi"}]})";
  const RecordingSink left =
      run(body, WireFormat::anthropic_messages, kKey, /*client_leaves_after=*/1);
  EXPECT_FALSE(left.ended);
  (void)run(body, WireFormat::anthropic_messages);
  ASSERT_EQ(observer.settled.size(), 2U);
  const CallRecord& broken = observer.settled[0].record;
  const CallRecord& whole = observer.settled[1].record;
  EXPECT_EQ(broken.outcome, Outcome::interrupted);
  // The prompt was told at the start, the output is not: the bill may say another sum.
  EXPECT_EQ(broken.usage.prompt, whole.usage.prompt);
  EXPECT_LT(broken.usage.completion, whole.usage.completion);
  EXPECT_EQ(broken.usage_source, core::UsageSource::estimated);
  EXPECT_EQ(whole.usage_source, core::UsageSource::reported);
}

TEST_F(PipelineTest, AbandonedStreamsAreFinishedForTheirBillWhereAskedTo) {
  limits.abandoned = AbandonedCalls::finish_all;
  build({entry("m")});
  (void)run(with(R"("stream":true)"));
  const RecordingSink left =
      run(with(R"("stream":true)"), WireFormat::openai_chat, kKey, /*client_leaves_after=*/1);
  EXPECT_FALSE(left.ended);
  ASSERT_EQ(observer.settled.size(), 2U);
  const CallRecord& whole = observer.settled[0].record;
  const CallRecord& abandoned = observer.settled[1].record;
  EXPECT_EQ(abandoned.outcome, Outcome::interrupted);
  EXPECT_EQ(abandoned.usage_source, core::UsageSource::reported);
  EXPECT_EQ(abandoned.usage, whole.usage);
  EXPECT_EQ(abandoned.cost, whole.cost);
}

TEST_F(PipelineTest, WhatIsOnItsWayWhenTheClientLeavesIsRead) {
  build({entry("m")});
  (void)run(with(R"("stream":true)"));
  (void)run(with(R"("stream":true)"), WireFormat::openai_chat, kKey, /*client_leaves_after=*/1);
  ASSERT_EQ(observer.settled.size(), 2U);
  EXPECT_EQ(observer.settled[1].record.outcome, Outcome::interrupted);
  EXPECT_EQ(observer.settled[1].record.usage_source, core::UsageSource::reported);
  EXPECT_EQ(observer.settled[1].record.cost, observer.settled[0].record.cost);
}

TEST_F(PipelineTest, AnthropicClientsGetTheirOwnFormat) {
  build({entry("m")});
  const RecordingSink sink =
      run(R"({"model":"m","max_tokens":64,"messages":[{"role":"user","content":"Hi"}]})",
          WireFormat::anthropic_messages);
  ASSERT_FALSE(sink.refusal) << sink.refusal->message;
  EXPECT_NE(sink.body.find(R"("type":"message")"), std::string::npos) << sink.body;
}

TEST_F(PipelineTest, FallsBackToAnotherGroup) {
  models::ModelListEntry broken = entry("m", "openai/gpt-4o");
  broken.api_base = "http://127.0.0.1:1/v1";  // nobody listens on port 1
  broken.api_key = core::Secret("sk-upstream");
  models::RouterSettings settings;
  settings.num_retries = 0;
  settings.fallbacks = {{"m", {"spare"}}};
  build({broken, entry("spare")}, settings);
  const RecordingSink sink = run(std::string(kHello));
  ASSERT_FALSE(sink.refusal) << sink.refusal->message;
  EXPECT_NE(sink.headers.find("x-litellm-attempted-fallbacks: 1"), std::string::npos)
      << sink.headers;
  EXPECT_EQ(observer.failures, std::vector<std::string>{"connection"});
  ASSERT_EQ(observer.settled.size(), 1U);
}

TEST_F(PipelineTest, UnreachableProviderIsTheUpstreamsFault) {
  models::ModelListEntry broken = entry("m", "openai/gpt-4o");
  broken.api_base = "http://127.0.0.1:1/v1";
  broken.api_key = core::Secret("sk-upstream");
  models::RouterSettings settings;
  settings.num_retries = 0;
  build({broken}, settings);
  const RecordingSink sink = run(std::string(kHello));
  ASSERT_TRUE(sink.refusal);
  EXPECT_GE(sink.refusal->status, 500);
  EXPECT_NE(sink.refusal->message.find("Received Model Group=m"), std::string::npos);
  EXPECT_EQ(sink.refusal->message.find("sk-upstream"), std::string::npos);
  EXPECT_EQ(observer.settled[0].record.outcome, Outcome::failed);
}

}  // namespace
}  // namespace gatehouse::gateway
