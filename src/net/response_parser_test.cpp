#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gatehouse/net/http_codec.hpp"

namespace gatehouse::net {
namespace {

struct Outcome {
  bool refused = false;
  bool done = false;
  std::string reason;
  int status = 0;
  BodyFraming framing = BodyFraming::none;
  std::uint64_t length = 0;
  bool keep_alive = false;
  std::size_t fields = 0;
  std::size_t head_bytes = 0;

  bool operator==(const Outcome&) const = default;
};

/// Shows the parser growing prefixes of `bytes`, `step` bytes more each time.
Outcome parse(std::string_view bytes, std::size_t step, bool to_head = false) {
  ResponseParser parser{HttpLimits{}};
  Outcome out;
  std::size_t shown = 0;
  while (shown < bytes.size() && !out.refused && !out.done) {
    shown = std::min(bytes.size(), shown + step);
    const std::string moved(bytes.substr(0, shown));
    const auto state = parser.parse(moved, to_head);
    if (!state) {
      out.refused = true;
      out.reason = state.error().reason;
    } else if (*state == HeadState::done) {
      const ResponseHead& head = parser.head();
      out = {false,
             true,
             "",
             head.status,
             head.framing,
             head.content_length,
             head.keep_alive,
             head.headers.size(),
             parser.head_bytes()};
    }
  }
  return out;
}

Outcome parse_head(const std::string& bytes, bool to_head = false) {
  return parse(bytes, bytes.size(), to_head);
}

struct Case {
  const char* name;
  bool accepted;
  std::string bytes;
};

std::vector<Case> cases() {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  std::string many = ok;
  for (int i = 0; i < 10'000; ++i) many += "A: b\r\n";
  return {
      {"plain", true, ok + "Content-Length: 2\r\n\r\nhi"},
      {"chunked", true, ok + "Transfer-Encoding: chunked\r\n\r\n"},
      {"until close", true, ok + "\r\n"},
      {"HTTP/1.0", true, "HTTP/1.0 200 OK\r\n\r\n"},
      {"empty reason", true, "HTTP/1.1 200 \r\n\r\n"},
      {"no reason", true, "HTTP/1.1 200\r\n\r\n"},
      {"reason in UTF-8", true, "HTTP/1.1 200 caf\xc3\xa9\r\n\r\n"},
      {"interim", true, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"},
      {"status 529", true, "HTTP/1.1 529 Overloaded\r\nContent-Length: 0\r\n\r\n"},
      {"status 99", false, "HTTP/1.1 099 X\r\n\r\n"},
      {"status 600", false, "HTTP/1.1 600 X\r\n\r\n"},
      {"status of two digits", false, "HTTP/1.1 20 OK\r\n\r\n"},
      {"status of four digits", false, "HTTP/1.1 2000 OK\r\n\r\n"},
      {"status with a sign", false, "HTTP/1.1 +20 OK\r\n\r\n"},
      {"status with letters", false, "HTTP/1.1 2xx OK\r\n\r\n"},
      {"two spaces", false, "HTTP/1.1  200 OK\r\n\r\n"},
      {"HTTP/2", false, "HTTP/2 200 OK\r\n\r\n"},
      {"HTTP/1.2", false, "HTTP/1.2 200 OK\r\n\r\n"},
      {"lower case", false, "http/1.1 200 OK\r\n\r\n"},
      {"garbage", false, "garbage\r\n\r\n"},
      {"SSH", false, "SSH-2.0-OpenSSH\r\n\r\n"},
      {"switch of protocols", false, "HTTP/1.1 101 X\r\n\r\n"},
      {"bare LF", false, "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi"},
      {"folded", false, ok + "A: b\r\n c\r\n\r\n"},
      {"space before the colon", false, ok + "Content-Length : 2\r\n\r\n"},
      {"length and chunked", false, ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"length twice", false, ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n"},
      {"length list", false, ok + "Content-Length: 2, 2\r\n\r\n"},
      {"negative length", false, ok + "Content-Length: -2\r\n\r\n"},
      {"gzip, chunked", false, ok + "Transfer-Encoding: gzip, chunked\r\n\r\n"},
      {"identity", false, ok + "Transfer-Encoding: identity\r\n\r\n"},
      {"chunked in HTTP/1.0", false, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"control character", false, ok + "A: \x1b\r\n\r\n"},
      {"NUL in the reason", false, std::string("HTTP/1.1 200 O\0K\r\n\r\n", 20)},
      {"10000 fields", false, many + "\r\n"},
      {"field of 1 MiB", false, ok + "A: " + std::string(1 << 20, 'x') + "\r\n\r\n"},
      {"status line of 1 MiB", false, "HTTP/1.1 200 " + std::string(1 << 20, 'x') + "\r\n\r\n"},
  };
}

TEST(ResponseParser, Matrix) {
  for (const Case& entry : cases()) {
    const Outcome outcome = parse_head(entry.bytes);
    EXPECT_EQ(outcome.done, entry.accepted) << entry.name << ": " << outcome.reason;
    EXPECT_EQ(outcome.refused, !entry.accepted) << entry.name;
  }
}

TEST(ResponseParser, SameResultWhereverTheBytesAreCut) {
  for (const Case& entry : cases()) {
    const Outcome whole = parse_head(entry.bytes);
    const std::size_t first = entry.bytes.size() > 1000 ? 911 : 1;
    for (std::size_t step = first; step < first + 40; ++step) {
      ASSERT_EQ(parse(entry.bytes, step), whole) << entry.name << " in steps of " << step;
    }
  }
}

TEST(ResponseParser, Framing) {
  Outcome head = parse_head("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n");
  EXPECT_EQ(head.framing, BodyFraming::length);
  EXPECT_EQ(head.length, 12U);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_EQ(head.fields, 1U);

  head = parse_head("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(head.framing, BodyFraming::none);
  EXPECT_TRUE(head.keep_alive);

  head = parse_head("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(head.framing, BodyFraming::until_close);
  EXPECT_FALSE(head.keep_alive);

  EXPECT_EQ(parse_head("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n").framing,
            BodyFraming::chunked);
}

TEST(ResponseParser, AnswersWithoutBody) {
  for (const char* status : {"204 No Content", "304 Not Modified", "100 Continue"}) {
    const Outcome head =
        parse_head("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 5\r\n\r\n");
    EXPECT_TRUE(head.done) << status;
    EXPECT_EQ(head.framing, BodyFraming::none) << status;
    EXPECT_TRUE(head.keep_alive) << status;
  }
  const Outcome head = parse_head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true);
  EXPECT_EQ(head.framing, BodyFraming::none);
  EXPECT_TRUE(head.keep_alive);
}

TEST(ResponseParser, KeepAlive) {
  const std::string body = "Content-Length: 1\r\n\r\n";
  EXPECT_FALSE(parse_head("HTTP/1.1 200 OK\r\nConnection: close\r\n" + body).keep_alive);
  EXPECT_FALSE(parse_head("HTTP/1.0 200 OK\r\n" + body).keep_alive);
  EXPECT_TRUE(parse_head("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + body).keep_alive);
}

}  // namespace
}  // namespace gatehouse::net
