#include "gatehouse/providers/token_estimate.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::providers {
namespace {

std::uint64_t prompt_of(WireFormat format, const std::string& body) {
  json::Scanner scanner;
  const auto outline = scanner.scan_copy(body);
  EXPECT_TRUE(outline.has_value()) << body;
  return estimate_prompt_tokens(format, *outline);
}

TEST(TokenEstimateTest, CountsByAlphabet) {
  EXPECT_EQ(estimate_tokens(""), 0U);
  EXPECT_EQ(estimate_tokens("word"), 1U);
  EXPECT_EQ(estimate_tokens("words"), 2U);
  EXPECT_EQ(estimate_tokens("привет"), 3U);
  EXPECT_EQ(estimate_tokens("日本語"), 3U);
  EXPECT_EQ(estimate_tokens("😀"), 1U);
  EXPECT_EQ(estimate_tokens("\xff\xfe"), 2U);
}

TEST(TokenEstimateTest, CountsTheTextsOfAPrompt) {
  const auto chat = [](const std::string& body) {
    return prompt_of(WireFormat::openai_chat, body);
  };
  const std::uint64_t one = chat(R"({"messages":[{"role":"user","content":"four"}]})");
  EXPECT_EQ(one, 3U + 4U + 1U + 1U);
  EXPECT_EQ(chat(R"({"temperature":1,"messages":[{"role":"user","content":"four"}],"stop":"x"})"),
            one);
  EXPECT_GT(chat(R"({"messages":[{"role":"user","content":"four"}],"tools":[{"name":"abcd"}]})"),
            one);
  const std::string prose(4000, 'a');
  const std::string text = "the quick brown fox " + prose;
  EXPECT_NEAR(
      static_cast<double>(chat(R"({"messages":[{"role":"user","content":")" + text + R"("}]})")),
      1010.0, 10.0);
}

TEST(TokenEstimateTest, ImagesCountFlat) {
  const std::string data(400'000, 'A');
  const std::uint64_t inline_url =
      prompt_of(WireFormat::openai_chat,
                R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":)"
                R"("data:image/png;base64,)" +
                    data + R"("}}]}]})");
  EXPECT_GT(inline_url, 1'500U);
  EXPECT_LT(inline_url, 1'550U);
  const std::uint64_t block = prompt_of(
      WireFormat::anthropic_messages,
      R"({"messages":[{"role":"user","content":[{"source":{"data":")" + data + R"("}}]}]})");
  EXPECT_LT(block, 1'550U);
}

TEST(TokenEstimateTest, OtherFormats) {
  EXPECT_EQ(prompt_of(WireFormat::openai_embeddings, R"({"input":["four","eightttt"]})"), 3U);
  EXPECT_EQ(prompt_of(WireFormat::openai_embeddings, R"({"input":[[1,22,333],[4]]})"), 4U);
  EXPECT_EQ(prompt_of(WireFormat::openai_completions, R"({"prompt":"four"})"), 4U);
  EXPECT_EQ(prompt_of(WireFormat::anthropic_messages,
                      R"({"system":"four","messages":[{"role":"user","content":"a\"b"}]})"),
            3U + 1U + 4U + 1U + 1U);
}

PromptBound bound_of(const std::string& body) {
  json::Scanner scanner;
  const auto outline = scanner.scan_copy(body);
  EXPECT_TRUE(outline.has_value()) << body;
  return bound_prompt(*outline);
}

TEST(PromptBoundTest, IsNeverBelowAByteEach) {
  const std::string text(3000, 'x');
  EXPECT_GE(bound_of(R"({"messages":[{"role":"user","content":")" + text + R"("}]})").tokens,
            3000U);
  // Ideographs and emoji may take several tokens each, never more than their bytes.
  EXPECT_GE(bound_of(R"({"prompt":"日本語😀"})").tokens, 13U);
  EXPECT_GE(bound_of(R"({"input":[[1,22,333],[4]]})").tokens, 4U);
  const std::string body =
      R"({"system":"four","tools":[{"name":"f","input_schema":{"type":"object"}}],)"
      R"("messages":[{"role":"user","content":"a\"b"}]})";
  EXPECT_GE(bound_of(body).tokens, prompt_of(WireFormat::anthropic_messages, body));
}

TEST(PromptBoundTest, ATextIsNoFileHoweverItLooks) {
  const std::string text = "data:" + std::string(100'000, 'A');
  EXPECT_GT(bound_of(R"({"messages":[{"role":"user","content":")" + text + R"("}]})").tokens,
            100'000U);
  EXPECT_GT(
      bound_of(R"({"messages":[{"content":[{"type":"text","text":")" + text + R"("}]}]})").tokens,
      100'000U);
}

TEST(PromptBoundTest, FilesCountFlat) {
  const std::string data(400'000, 'A');
  const auto inlined = bound_of(R"({"messages":[{"content":[{"type":"image_url","image_url":)"
                                R"({"url":"data:image/png;base64,)" +
                                data + R"("}}]}]})");
  EXPECT_GT(inlined.tokens, 1'500U);
  EXPECT_LT(inlined.tokens, 6'000U);
  const auto linked =
      bound_of(R"({"messages":[{"content":[{"image_url":{"url":"https://x/y"}}]}]})");
  EXPECT_GT(linked.tokens, 1'500U);
}

TEST(PromptBoundTest, TellsWhatElseMayBeBilled) {
  const auto plain = bound_of(R"({"messages":[{"role":"user","content":"cache_control audio"}]})");
  EXPECT_FALSE(plain.cache_writes);
  EXPECT_FALSE(plain.audio);
  EXPECT_TRUE(
      bound_of(R"({"system":[{"text":"x","cache_control":{"type":"ephemeral"}}]})").cache_writes);
  EXPECT_TRUE(bound_of(R"({"audio":{"voice":"alloy"},"messages":[]})").audio);
  EXPECT_TRUE(
      bound_of(R"({"messages":[{"content":[{"type":"input_audio","input_audio":{}}]}]})").audio);
}

}  // namespace
}  // namespace gatehouse::providers
