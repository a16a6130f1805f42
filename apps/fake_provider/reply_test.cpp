#include "reply.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "books.hpp"

namespace gatehouse::fake_provider {
namespace {

constexpr std::string_view kAsk =
    R"({"model":"m","messages":[{"role":"user","content":"Grüße, wörld"}]})";
constexpr std::string_view kStreamAsk =
    R"({"model":"m","stream":true,"stream_options":{"include_usage":true},)"
    R"("messages":[{"role":"user","content":"Grüße, wörld"}]})";

Reply build(std::string_view path, std::string_view body, std::string_view list) {
  const Ask ask = read_ask(path, body);
  const auto behaviours = Behaviours::parse(list);
  EXPECT_TRUE(behaviours);
  Draft draft = is_anthropic(ask.surface) ? anthropic_draft(ask, *behaviours)
                                          : openai_draft(ask, *behaviours, core::WallTime());
  return build_reply(std::move(draft), ask, *behaviours, Verbatim{}, core::WallTime());
}

std::string body_of(const Reply& reply) {
  return reply.bytes.substr(reply.bytes.find("\r\n\r\n") + 4);
}

TEST(Reply, EchoesTheUsersText) {
  const Reply reply = build("/v1/chat/completions", kAsk, "echo");
  std::string body = body_of(reply);
  ASSERT_FALSE(reply.id_slots.empty());
  for (std::size_t at = body.find(kIdSlot); at != std::string::npos; at = body.find(kIdSlot)) {
    body.replace(at, kIdSlot.size(), "0123456789abcdef");
  }
  const auto json = boost::json::parse(body);
  const auto& message = json.at("choices").at(0).at("message");
  EXPECT_EQ(message.at("content").as_string(), "Grüße, wörld");
  EXPECT_EQ(json.at("usage").at("prompt_tokens").as_int64(), 4 + 4);
}

TEST(Ask, TakesWhatIsGrammatical) {
  for (std::string_view value :
       {"1e999999", "-0.4e00669999999999", R"("\ud800")", R"("\uDFFF\\ud800x")", R"("\n\"")"}) {
    const Ask ask = read_ask("/v1/chat/completions",
                             R"({"model":"m","messages":[],"x":)" + std::string(value) + "}");
    EXPECT_TRUE(ask.valid) << value;
    EXPECT_EQ(ask.model, "m");
  }
  EXPECT_FALSE(read_ask("/v1/chat/completions", R"({"model":"m")").valid);
}

TEST(Reply, BillsWhatItStreams) {
  for (std::string_view path : {"/v1/chat/completions", "/v1/messages"}) {
    const Reply reply = build(path, kStreamAsk, "tokens=25;reasoning=5");
    std::uint64_t delivered = 0;
    for (const Step& step : reply.steps) delivered += step.tokens;
    EXPECT_EQ(delivered, 25) << path;
    EXPECT_EQ(reply.usage.completion, 30) << path;
  }
}

TEST(Reply, PacesTokens) {
  const Reply reply = build("/v1/chat/completions", kStreamAsk, "tokens=10;tps=100;ttfb=20");
  EXPECT_EQ(reply.steps.front().at, Micros(20'000));
  EXPECT_EQ(reply.steps.back().at, Micros(20'000 + 100'000));
}

TEST(Reply, CutsAtAByteWithoutChangingTheStream) {
  const auto joined = [](const Reply& reply) {
    std::string out;
    std::string_view rest = reply.bytes;
    rest.remove_prefix(rest.find("\r\n\r\n") + 4);
    while (true) {
      const std::size_t line = rest.find("\r\n");
      const std::size_t size = std::stoul(std::string(rest.substr(0, line)), nullptr, 16);
      if (size == 0) return out;
      out += rest.substr(line + 2, size);
      rest.remove_prefix(line + 2 + size + 2);
    }
  };
  const std::string whole =
      joined(build("/v1/chat/completions", kStreamAsk, "tokens=2;cut-at=1000000"));
  for (std::size_t at = 1; at < whole.size(); ++at) {
    const Reply reply =
        build("/v1/chat/completions", kStreamAsk, "tokens=2;cut-at=" + std::to_string(at));
    EXPECT_EQ(joined(reply), whole) << at;
  }
}

TEST(Reply, RepeatsForEverWhenEndless) {
  const Reply reply = build("/v1/chat/completions", kStreamAsk, "endless=1");
  EXPECT_EQ(reply.steps.back().repeat, kForever);
  EXPECT_EQ(reply.steps.back().every, Micros(1000));
}

TEST(Reply, ReportsNonsenseButBillsTheTruth) {
  const Reply reply = build("/v1/chat/completions", kAsk, "usage=huge");
  EXPECT_NE(reply.bytes.find(R"("prompt_tokens":1e30)"), std::string::npos);
  EXPECT_EQ(reply.usage.prompt, 8);
  EXPECT_GT(cost_of(reply.usage), 8 * kPromptPrice);
}

TEST(Behaviours, RefusesUnknownNames) {
  EXPECT_FALSE(Behaviours::parse("tokens=1;nonsense"));
}

TEST(Base64, RoundTripsEveryLength) {
  std::string text;
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(base64_decode(base64_encode(text)), text);
    text += static_cast<char>(i * 37);
  }
}

}  // namespace
}  // namespace gatehouse::fake_provider
