/// Usage reports with distrust: faults.md E10.

#include "test_support.hpp"

#include "gatehouse/providers/passthrough.hpp"

namespace gatehouse::providers {
namespace {

std::optional<core::TokenUsage> usage_of(WireFormat format, std::string_view reply) {
  json::Scanner scanner;
  auto outline = scanner.scan_copy(reply);
  EXPECT_TRUE(outline.has_value()) << reply;
  return read_usage(format, *outline);
}

std::optional<core::TokenUsage> openai(const std::string& usage) {
  return usage_of(WireFormat::openai_chat, R"({"choices":[],"usage":)" + usage + "}");
}
std::optional<core::TokenUsage> anthropic(const std::string& usage) {
  return usage_of(WireFormat::anthropic_messages, R"({"content":[],"usage":)" + usage + "}");
}

TEST(UsageTest, ReadsFixtures) {
  EXPECT_EQ(usage_of(WireFormat::openai_chat, test::fixture("openai/fixtures/chat_reply.json")),
            (core::TokenUsage{.prompt = 19, .completion = 10, .cache_read = 4, .reasoning = 3}));
  EXPECT_EQ(usage_of(WireFormat::openai_embeddings,
                     test::fixture("openai/fixtures/embeddings_reply.json")),
            (core::TokenUsage{.prompt = 8}));
  EXPECT_EQ(usage_of(WireFormat::anthropic_messages,
                     test::fixture("anthropic/fixtures/messages_reply.json")),
            (core::TokenUsage{.prompt = 142,
                              .completion = 6,
                              .cache_read = 100,
                              .cache_write = 20,
                              .cache_write_1h = 10}));
  EXPECT_EQ(usage_of(WireFormat::anthropic_count_tokens, R"({"input_tokens":5})"), std::nullopt);
}

TEST(UsageTest, IgnoresNonsense) {
  for (
      const char* usage :
      {"null", "5", "[]", "{}", R"("many")", R"({"prompt_tokens":-1,"completion_tokens":2})",
       R"({"prompt_tokens":1e30,"completion_tokens":2})",
       R"({"prompt_tokens":1000000000000000000000000000000,"completion_tokens":2})",
       R"({"prompt_tokens":"12","completion_tokens":2})",
       R"({"prompt_tokens":12,"completion_tokens":"two"})",
       R"({"prompt_tokens":12,"completion_tokens":-0.5})",
       R"({"prompt_tokens":12,"completion_tokens":2.5})",
       R"({"prompt_tokens":12,"completion_tokens":1000000001})",
       R"({"prompt_tokens":12,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":-3}})",
       R"({"prompt_tokens":12,"completion_tokens":1,"total_tokens":"x"})",
       R"({"completion_tokens":2})", R"({"prompt_tokens":null,"completion_tokens":2})",
       R"({"prompt_tokens":true,"completion_tokens":2})"}) {
    EXPECT_EQ(openai(usage), std::nullopt) << usage;
  }
  for (const char* usage :
       {"null", "5", "{}", R"({"input_tokens":-1,"output_tokens":5})", R"({"input_tokens":1e30})",
        R"({"output_tokens":"5"})",
        R"({"input_tokens":3,"cache_creation":{"ephemeral_1h_input_tokens":-1}})"}) {
    EXPECT_EQ(anthropic(usage), std::nullopt) << usage;
  }
  EXPECT_EQ(usage_of(WireFormat::openai_chat, R"({"choices":[]})"), std::nullopt);
}

TEST(UsageTest, ZeroIsZero) {
  EXPECT_EQ(openai(R"({"prompt_tokens":0,"completion_tokens":0,"total_tokens":0})"),
            core::TokenUsage{});
  EXPECT_EQ(anthropic(R"({"input_tokens":0,"output_tokens":0})"), core::TokenUsage{});
}

TEST(UsageTest, ReadsVendorsOwnWays) {
  // Whole numbers with a fraction of zero.
  EXPECT_EQ(openai(R"({"prompt_tokens":12.0,"completion_tokens":2e0})"),
            (core::TokenUsage{.prompt = 12, .completion = 2}));
  // DeepSeek's cache.
  EXPECT_EQ(openai(R"({"prompt_tokens":12,"completion_tokens":2,"prompt_cache_hit_tokens":8})"),
            (core::TokenUsage{.prompt = 12, .completion = 2, .cache_read = 8}));
  // xAI counts reasoning beside the completion.
  EXPECT_EQ(openai(R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":35,
                       "completion_tokens_details":{"reasoning_tokens":20}})"),
            (core::TokenUsage{.prompt = 10, .completion = 25, .reasoning = 20}));
  // More cached than prompted: never more than there is.
  EXPECT_EQ(openai(R"({"prompt_tokens":10,"completion_tokens":5,
                       "prompt_tokens_details":{"cached_tokens":50}})"),
            (core::TokenUsage{.prompt = 10, .completion = 5, .cache_read = 10}));
  // Repeated in one object: the last one, not lowered.
  EXPECT_EQ(usage_of(WireFormat::openai_chat,
                     R"({"usage":{"prompt_tokens":10,"completion_tokens":5},
                         "usage":{"prompt_tokens":3,"completion_tokens":7}})"),
            (core::TokenUsage{.prompt = 10, .completion = 7}));
  EXPECT_EQ(usage_of(WireFormat::openai_chat,
                     R"({"x_groq":{"usage":{"prompt_tokens":10,"completion_tokens":5}}})"),
            (core::TokenUsage{.prompt = 10, .completion = 5}));
}

}  // namespace
}  // namespace gatehouse::providers
