/// Refusals of vendors, and when to come again: faults.md E4, E11.

#include "failure.hpp"

#include "test_support.hpp"

namespace gatehouse::providers {
namespace {

const core::WallTime kNow{core::Seconds(1'767'225'600)};  // Thu, 01 Jan 2026 00:00:00 GMT

UpstreamFailure read(int status, std::string_view body) {
  return find_provider("openai")->read_failure(status, {}, body, kNow);
}

std::optional<core::Seconds> retry_after(std::string_view value,
                                         std::string_view name = "Retry-After") {
  const net::HeaderField fields[] = {{"content-type", "x"}, {name, value}};
  return read_error_reply(429, net::HeaderList(fields), "", kNow).retry_after;
}

TEST(FailureTest, ReadsVendorsErrorObjects) {
  const auto context = read(400, test::fixture("openai/fixtures/error_context.json"));
  EXPECT_EQ(context.kind, FailureClass::context_window);
  EXPECT_EQ(context.type, "invalid_request_error");
  EXPECT_EQ(context.code, "context_length_exceeded");
  EXPECT_EQ(context.param, "messages");
  EXPECT_TRUE(context.message.starts_with("This model's maximum context length"));

  const auto overloaded = read(529, test::fixture("anthropic/fixtures/error_overloaded.json"));
  EXPECT_EQ(overloaded.kind, FailureClass::overloaded);
  EXPECT_EQ(overloaded.type, "overloaded_error");
  EXPECT_EQ(overloaded.message, "Overloaded");
  EXPECT_EQ(overloaded.param, std::nullopt);
}

TEST(FailureTest, Classifies) {
  const auto kind = [](int status, const char* name) {
    return read(status, test::fixture(name)).kind;
  };
  EXPECT_EQ(kind(401, "openai/fixtures/error_key.json"), FailureClass::authentication);
  EXPECT_EQ(kind(429, "openai/fixtures/error_quota.json"), FailureClass::rate_limited);
  EXPECT_EQ(kind(400, "openai/fixtures/error_policy.json"), FailureClass::content_policy);
  EXPECT_EQ(kind(400, "anthropic/fixtures/error_context.json"), FailureClass::context_window);
  EXPECT_EQ(kind(400, "anthropic/fixtures/error_credit.json"), FailureClass::rate_limited);
  EXPECT_EQ(kind(401, "anthropic/fixtures/error_key.json"), FailureClass::authentication);

  const std::pair<int, FailureClass> plain[] = {
      {400, FailureClass::bad_request},    {402, FailureClass::rate_limited},
      {403, FailureClass::authentication}, {404, FailureClass::bad_request},
      {408, FailureClass::timeout},        {409, FailureClass::overloaded},
      {413, FailureClass::bad_request},    {422, FailureClass::bad_request},
      {429, FailureClass::rate_limited},   {500, FailureClass::server_error},
      {502, FailureClass::server_error},   {503, FailureClass::overloaded},
      {504, FailureClass::timeout},        {529, FailureClass::overloaded},
      {599, FailureClass::server_error},   {301, FailureClass::garbage},
      {204, FailureClass::garbage}};
  for (const auto& [status, expected] : plain) {
    EXPECT_EQ(read(status, "").kind, expected) << status;
    EXPECT_EQ(read(status, "").status, status);
  }
}

TEST(FailureTest, ReadsOtherShapes) {
  EXPECT_EQ(read(400, R"({"error":"model not found"})").message, "model not found");
  EXPECT_EQ(read(422, R"({"object":"error","message":{"detail":[1]},"code":1500})").message,
            R"({"detail":[1]})");
  EXPECT_EQ(read(422, R"({"message":"no","code":1500})").code, "1500");
  EXPECT_EQ(read(400, R"({"detail":"nope"})").message, "nope");
  EXPECT_EQ(read(400, R"([{"error":{"message":"in an array","code":400}}])").message,
            "in an array");
  EXPECT_EQ(read(500, "upstream connect error").message, "upstream connect error");
  EXPECT_EQ(read(502, "<html>Bad Gateway</html>").message, "the provider answered 502 Bad Gateway");
  EXPECT_EQ(read(500, "").message, "the provider answered 500 Internal Server Error");
  EXPECT_EQ(read(500, "[]").message, "the provider answered 500 Internal Server Error");
  EXPECT_EQ(read(500, "null").message, "the provider answered 500 Internal Server Error");
}

TEST(FailureTest, MessagesArePrintableAndBounded) {
  EXPECT_EQ(read(400, R"({"error":{"message":"a\nb\u001b[31m"}})").message, "a\\x0ab\\x1b[31m");
  const std::string longer = R"({"error":{"message":")" + std::string(50'000, 'x') +
                             R"(","type":")" + std::string(50'000, 'y') + R"("}})";
  EXPECT_LE(read(400, longer).message.size(), 1'010U);
  EXPECT_LE(read(400, longer).type.size(), 110U);
  EXPECT_LE(read(500, std::string(50'000, 'z')).message.size(), 210U);
}

TEST(FailureTest, RepeatsNoCredential) {
  const auto failure = read(401, test::fixture("openai/fixtures/error_key.json"));
  EXPECT_EQ(failure.message.find("abcd"), std::string::npos) << failure.message;
  EXPECT_EQ(failure.message.find("wxyz"), std::string::npos) << failure.message;
  EXPECT_NE(failure.message.find("Incorrect API key provided"), std::string::npos);
  const auto whole = read(403, R"({"error":{"message":"bad key gsk_Zm9vYmFyYmF6cXV4MTIz given"}})");
  EXPECT_EQ(whole.message, "bad key [redacted] given");
}

TEST(RetryAfterTest, ReadsSecondsAndDates) {
  EXPECT_EQ(retry_after("7"), core::Seconds(7));
  EXPECT_EQ(retry_after("0"), core::Seconds(0));
  EXPECT_EQ(retry_after("1.2"), core::Seconds(2));
  EXPECT_EQ(retry_after("60"), core::Seconds(60));
  EXPECT_EQ(retry_after("1000000000"), core::Seconds(60));
  EXPECT_EQ(retry_after("99999999999999999999999999"), core::Seconds(60));
  EXPECT_EQ(retry_after("Thu, 01 Jan 2026 00:00:30 GMT"), core::Seconds(30));
  EXPECT_EQ(retry_after("Thu, 01 Jan 2027 00:00:30 GMT"), core::Seconds(60));
  EXPECT_EQ(retry_after("Wed, 31 Dec 2025 23:59:59 GMT"), core::Seconds(0));
  EXPECT_EQ(retry_after("1500", "Retry-After-Ms"), core::Seconds(2));
  EXPECT_EQ(retry_after("999999999", "retry-after-ms"), core::Seconds(60));
}

TEST(RetryAfterTest, IgnoresNonsense) {
  for (const char* value :
       {"-1", "", "soon", "1e3", "0x10", "1.", ".5", "1.x", "Thu, 32 Jan 2026 00:00:30 GMT",
        "Thu, 01 Foo 2026 00:00:30 GMT", "Thu, 01 Jan 2026 25:00:30 GMT",
        "Thu, 01 Jan 2026 00:00:30 PST", "Thu, 01 Jan 2026 00:00:3x GMT"}) {
    EXPECT_EQ(retry_after(value), std::nullopt) << value;
  }
  EXPECT_EQ(retry_after("5", "X-Other"), std::nullopt);
}

}  // namespace
}  // namespace gatehouse::providers
