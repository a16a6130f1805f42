/// The stub's answers, byte for byte, against files that were checked by eye once.
///
/// A question `x_request.json` has its answer beside it as `x_reply.json` or `x_stream.sse`.

#include <string>

#include "stub/stub_test_support.hpp"

namespace gatehouse::providers::stub {
namespace {

struct Golden {
  std::string name;
  WireFormat format;
  int status = 200;
  bool streamed = false;
};

void PrintTo(const Golden& golden, std::ostream* out) {
  *out << golden.name;
}

class StubGolden : public test::StubCallTest, public testing::WithParamInterface<Golden> {};

TEST_P(StubGolden, AnswersAsRecorded) {
  const Golden& golden = GetParam();
  const std::string path = "stub/fixtures/" + golden.name;
  const test::Answer answer =
      ask(golden.format, test::fixture(path + "_request.json"), golden.streamed);
  EXPECT_EQ(answer.status, golden.status);
  EXPECT_EQ(answer.content_type,
            golden.streamed ? "text/event-stream; charset=utf-8" : "application/json");
  EXPECT_EQ(answer.body, test::fixture(path + (golden.streamed ? "_stream.sse" : "_reply.json")));
}

constexpr WireFormat kChat = WireFormat::openai_chat;
constexpr WireFormat kCompletions = WireFormat::openai_completions;
constexpr WireFormat kEmbeddings = WireFormat::openai_embeddings;
constexpr WireFormat kMessages = WireFormat::anthropic_messages;

INSTANTIATE_TEST_SUITE_P(
    OpenAi, StubGolden,
    testing::Values(Golden{"chat", kChat}, Golden{"chat_streamed", kChat, 200, true},
                    Golden{"chat_tools", kChat}, Golden{"chat_tools_streamed", kChat, 200, true},
                    Golden{"chat_image", kChat}, Golden{"chat_json_schema", kChat},
                    Golden{"chat_cut", kChat}, Golden{"chat_error", kChat, 400},
                    Golden{"completion", kCompletions},
                    Golden{"completion_streamed", kCompletions, 200, true},
                    Golden{"embedding", kEmbeddings}, Golden{"embedding_error", kEmbeddings, 400}));

INSTANTIATE_TEST_SUITE_P(
    Anthropic, StubGolden,
    testing::Values(Golden{"messages", kMessages},
                    Golden{"messages_streamed", kMessages, 200, true},
                    Golden{"messages_tools", kMessages},
                    Golden{"messages_tools_streamed", kMessages, 200, true},
                    Golden{"messages_image", kMessages}, Golden{"messages_error", kMessages, 400},
                    Golden{"count_tokens", WireFormat::anthropic_count_tokens}));

}  // namespace
}  // namespace gatehouse::providers::stub
