#include "test_support.hpp"

#include "gatehouse/providers/passthrough.hpp"

namespace gatehouse::providers {
namespace {

struct Edited {
  std::string text;
  std::size_t pieces = 0;
  std::string error;
};

Edited edit(WireFormat format, const std::string& body, const RequestEditOptions& options) {
  std::string padded = body;
  padded.reserve(body.size() + json::kPadding);
  json::Scanner scanner;
  auto outline = scanner.scan(padded);
  EXPECT_TRUE(outline.has_value()) << body;
  EditedBody out;
  const auto done = edit_request(format, padded, *outline, options, out);
  if (!done) return {.text = {}, .error = done.error().public_message};
  Edited edited{.text = {}, .pieces = out.pieces().size(), .error = {}};
  for (const std::string_view piece : out.pieces()) edited.text += piece;
  EXPECT_EQ(edited.text.size(), out.size());
  json::Scanner check;
  EXPECT_TRUE(check.scan_copy(edited.text).has_value()) << edited.text;
  return edited;
}

constexpr WireFormat kChat = WireFormat::openai_chat;

struct Row {
  std::string before;
  RequestEditOptions options;
  std::string after;
  WireFormat format = kChat;
};

TEST(RequestEditTest, EditsPointwise) {
  const RequestEditOptions rename{.upstream_model = "m2"};
  const RequestEditOptions usage{.upstream_model = "m2", .ask_usage = true};
  const Row rows[] = {
      // The model alone changes; unknown members, order and white space stay.
      {R"({ "zeta" : 1.0 , "model" : "m1" , "big":12345678901234567890 })", rename,
       R"({ "zeta" : 1.0 , "model" : "m2" , "big":12345678901234567890 })"},
      {R"({"model":"m2"})", rename, R"({"model":"m2"})"},
      {R"({"model":"m1"})", {}, R"({"model":"m1"})"},
      {R"({"messages":[]})", rename, R"({"model":"m2","messages":[]})"},
      {R"({})", rename, R"({"model":"m2"})"},
      {R"({"mod\u0065l":"m1"})", rename, R"({"mod\u0065l":"m2"})"},
      // Usage is asked for.
      {R"({"model":"m1","stream":true})", usage,
       R"({"model":"m2","stream":true,"stream_options":{"include_usage":true}})"},
      {R"({"model":"m1","stream_options":null})", usage,
       R"({"model":"m2","stream_options":{"include_usage":true}})"},
      {R"({"model":"m1","stream_options":{"include_usage":true, "x":1}})", usage,
       R"({"model":"m2","stream_options":{"include_usage":true, "x":1}})"},
      {R"({"model":"m1","stream_options":{"include_usage":false,"x":1.0}})", usage,
       R"({"model":"m2","stream_options":{"x":1.0,"include_usage":true}})"},
      {R"({"model":"m1","stream_options":5})", usage, R"({"model":"m2","stream_options":5})"},
      {R"({"model":"m1","stream_options":{"include_usage":true}, "a":1})",
       {.upstream_model = "m2", .ask_usage = true, .drop_stream_options = true},
       R"({"model":"m2", "a":1})"},
      // Members for the gateway go, with one comma each.
      {R"({"num_retries":3,"model":"m1"})", rename, R"({"model":"m2"})"},
      {R"({"num_retries":3, "timeout":1,"model":"m1"})", rename, R"({"model":"m2"})"},
      {R"({"model":"m1","num_retries":3})", rename, R"({"model":"m2"})"},
      {R"({"model":"m1", "tags":["a"], "fallbacks":["b"]})", rename, R"({"model":"m2"})"},
      {R"({"model":"m1","api_key":"sk-x","x":1,"litellm_session_id":"s"})", rename,
       R"({"model":"m2","x":1})"},
      {R"({"timeout":1})", rename, R"({"model":"m2"})"},
      {R"({"timeout":1})", {}, R"({})"},
      {R"({"timeout":1})", {.ask_usage = true}, R"({"stream_options":{"include_usage":true}})"},
      {R"({"model":"m1","timeout":1})", usage,
       R"({"model":"m2","stream_options":{"include_usage":true}})"},
      // metadata stays as far as the format defines it.
      {R"({"model":"m1","metadata":{"a":"b"}})", rename, R"({"model":"m2","metadata":{"a":"b"}})"},
      {R"({"model":"m1","metadata":{"tags":["b"]}})", rename, R"({"model":"m2"})"},
      {R"({"model":"m1","metadata":{"user_id":"u","tags":["b"]}})", rename,
       R"({"model":"m2","metadata":{"user_id":"u"}})", WireFormat::anthropic_messages},
      {R"({"model":"m1","metadata":{"user_id":"u"}})", rename,
       R"({"model":"m2","metadata":{"user_id":"u"}})", WireFormat::anthropic_messages},
      {R"({"model":"m1","metadata":{"tags":["b"]}})", rename, R"({"model":"m2"})",
       WireFormat::anthropic_messages},
      {R"({"model":"m1","metadata":{"a":"b"}})", rename, R"({"model":"m2"})",
       WireFormat::openai_embeddings},
      // A bound on the output replaces the client's or is added.
      {R"({"model":"m1","max_tokens":500})",
       {.upstream_model = "m2", .output_limit = 7},
       R"({"model":"m2","max_tokens":7})"},
      {R"({"max_completion_tokens":500,"model":"m1","max_tokens":null})",
       {.upstream_model = "m2", .output_limit = 7},
       R"({"max_completion_tokens":7,"model":"m2","max_tokens":7})"},
      {R"({"model":"m1"})",
       {.upstream_model = "m2", .output_limit = 7, .output_limit_member = "max_completion_tokens"},
       R"({"max_completion_tokens":7,"model":"m2"})"},
      {R"({})", {.output_limit = 7}, R"({"max_tokens":7})"},
      // More edits than pieces: one rebuilt copy.
      {R"({"a":1,"tags":1,"b":1,"timeout":1,"c":1,"cache":1,"model":"m1","d":1,"api_base":1,"e":1})",
       usage,
       R"({"a":1,"b":1,"c":1,"model":"m2","d":1,"e":1,"stream_options":{"include_usage":true}})"},
  };
  for (const Row& row : rows) {
    const Edited edited = edit(row.format, row.before, row.options);
    EXPECT_EQ(edited.text, row.after) << row.before;
    EXPECT_EQ(edited.error, "") << row.before;
    EXPECT_LE(edited.pieces, 7U);
  }
}

TEST(RequestEditTest, NeedsNoCopyForTheUsualEdits) {
  const Edited edited = edit(kChat, R"({"model":"m1","messages":[],"stream":true})",
                             {.upstream_model = "m2", .ask_usage = true});
  EXPECT_EQ(edited.pieces, 5U);
}

TEST(RequestEditTest, RefusesRepeatedMembersThatItWouldEdit) {
  const RequestEditOptions options{.upstream_model = "m2", .ask_usage = true};
  EXPECT_EQ(edit(kChat, R"({"model":"a","model":"b"})", options).error,
            "model: given more than once");
  EXPECT_EQ(edit(kChat, R"({"model":"a","MODEL":"b"})", options).error,
            "model: given more than once");
  EXPECT_EQ(edit(kChat, R"({"stream_options":{},"stream_options":{}})", options).error,
            "stream_options: given more than once");
  EXPECT_EQ(edit(kChat, R"([1])", options).error, "the request body must be a JSON object");
}

TEST(RequestEditTest, QuotesTheModelsName) {
  EXPECT_EQ(edit(kChat, R"({"model":"a"})", {.upstream_model = "a\"b\n"}).text,
            R"({"model":"a\"b\n"})");
}

TEST(RequestEditTest, CanBeUsedAgain) {
  json::Scanner scanner;
  EditedBody out;
  for (const std::string_view name : {"first", "second"}) {
    const std::string body = R"({"model":"x","a":1})" + std::string(json::kPadding, ' ');
    auto outline = scanner.scan(std::string_view(body).substr(0, 19));
    ASSERT_TRUE(outline.has_value());
    ASSERT_TRUE(edit_request(kChat, std::string_view(body).substr(0, 19), *outline,
                             {.upstream_model = name}, out)
                    .has_value());
    std::string text;
    for (const std::string_view piece : out.pieces()) text += piece;
    EXPECT_EQ(text, "{\"model\":\"" + std::string(name) + "\",\"a\":1}");
  }
}

}  // namespace
}  // namespace gatehouse::providers
