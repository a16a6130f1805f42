/// Translations of recorded shapes against files that were checked by eye once.
///
/// A fixture `x.json` of one vendor has its translation beside it as `x.to_<format>.json`.

#include <string>

#include "test_support.hpp"

namespace gatehouse::providers {
namespace {

using test::fixture;
using test::minified;

struct Golden {
  std::string file;  // without extension
  WireFormat from;
  WireFormat to;
};

std::string golden_name(const Golden& golden, std::string_view extension) {
  return golden.file + ".to_" + std::string(name_of(golden.to)) + std::string(extension);
}

void PrintTo(const Golden& golden, std::ostream* out) {
  *out << golden.file;
}

class RequestGolden : public testing::TestWithParam<Golden> {};

TEST_P(RequestGolden, IsTranslated) {
  const Golden& golden = GetParam();
  auto request = chat_codec(golden.from)->decode_request(fixture(golden.file + ".json"));
  ASSERT_TRUE(request.has_value()) << request.error().public_message;
  auto encoded = chat_codec(golden.to)->encode_request(*request, {.upstream_model = "upstream"});
  ASSERT_TRUE(encoded.has_value()) << encoded.error().public_message;
  EXPECT_EQ(minified(encoded->body), minified(fixture(golden_name(golden, ".json"))));
  EXPECT_TRUE(encoded->dropped.empty());
}

constexpr WireFormat kOpenAi = WireFormat::openai_chat;
constexpr WireFormat kCompletions = WireFormat::openai_completions;
constexpr WireFormat kAnthropic = WireFormat::anthropic_messages;

INSTANTIATE_TEST_SUITE_P(
    Requests, RequestGolden,
    testing::Values(Golden{"openai/fixtures/chat_request", kOpenAi, kAnthropic},
                    Golden{"openai/fixtures/tools_request", kOpenAi, kAnthropic},
                    Golden{"openai/fixtures/images_request", kOpenAi, kAnthropic},
                    Golden{"openai/fixtures/json_schema_request", kOpenAi, kAnthropic},
                    Golden{"openai/fixtures/reasoning_request", kOpenAi, kAnthropic},
                    Golden{"openai/fixtures/completion_request", kCompletions, kOpenAi},
                    Golden{"openai/fixtures/completion_request", kCompletions, kAnthropic},
                    Golden{"anthropic/fixtures/messages_request", kAnthropic, kOpenAi},
                    Golden{"anthropic/fixtures/tools_request", kAnthropic, kOpenAi},
                    Golden{"anthropic/fixtures/images_request", kAnthropic, kOpenAi}));

class ReplyGolden : public testing::TestWithParam<Golden> {};

TEST_P(ReplyGolden, IsTranslated) {
  const Golden& golden = GetParam();
  auto reply = chat_codec(golden.from)->decode_reply(fixture(golden.file + ".json"));
  ASSERT_TRUE(reply.has_value()) << reply.error().internal_detail;
  EXPECT_EQ(minified(chat_codec(golden.to)->encode_reply(*reply)),
            minified(fixture(golden_name(golden, ".json"))));
}

INSTANTIATE_TEST_SUITE_P(
    Replies, ReplyGolden,
    testing::Values(Golden{"openai/fixtures/chat_reply", kOpenAi, kAnthropic},
                    Golden{"openai/fixtures/chat_reply", kOpenAi, kCompletions},
                    Golden{"openai/fixtures/tools_reply", kOpenAi, kAnthropic},
                    Golden{"anthropic/fixtures/messages_reply", kAnthropic, kOpenAi},
                    Golden{"anthropic/fixtures/tools_reply", kAnthropic, kOpenAi},
                    Golden{"anthropic/fixtures/json_answer_reply", kAnthropic, kOpenAi}));

class StreamGolden : public testing::TestWithParam<Golden> {};

TEST_P(StreamGolden, IsTranslated) {
  const Golden& golden = GetParam();
  EXPECT_EQ(test::translate_stream(fixture(golden.file + ".sse"), golden.from, golden.to),
            fixture(golden_name(golden, ".sse")));
}

INSTANTIATE_TEST_SUITE_P(
    Streams, StreamGolden,
    testing::Values(Golden{"openai/fixtures/chat_stream", kOpenAi, kAnthropic},
                    Golden{"openai/fixtures/chat_stream", kOpenAi, kCompletions},
                    Golden{"openai/fixtures/tools_stream", kOpenAi, kAnthropic},
                    Golden{"openai/fixtures/error_stream", kOpenAi, kAnthropic},
                    Golden{"openai/fixtures/completion_stream", kCompletions, kOpenAi},
                    Golden{"anthropic/fixtures/messages_stream", kAnthropic, kOpenAi},
                    Golden{"anthropic/fixtures/messages_stream", kAnthropic, kCompletions},
                    Golden{"anthropic/fixtures/tools_stream", kAnthropic, kOpenAi},
                    Golden{"anthropic/fixtures/json_answer_stream", kAnthropic, kOpenAi},
                    Golden{"anthropic/fixtures/error_stream", kAnthropic, kOpenAi}));

}  // namespace
}  // namespace gatehouse::providers
