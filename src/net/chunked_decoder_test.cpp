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
  std::string data;
  std::size_t consumed = 0;

  bool operator==(const Outcome&) const = default;
};

void feed(ChunkedDecoder& decoder, std::string_view piece, Outcome& out) {
  while (!out.done && !out.refused) {
    const auto step = decoder.next(piece);
    if (!step) {
      out.refused = true;
      out.reason = step.error().reason;
      out.consumed = 0;  // how far the decoder got before the violation does not matter
      return;
    }
    out.data += step->data;
    out.consumed += step->consumed;
    piece.remove_prefix(step->consumed);
    out.done = step->kind == ChunkedDecoder::Step::Kind::done;
    if (step->kind == ChunkedDecoder::Step::Kind::need_more) {
      EXPECT_TRUE(piece.empty());
      return;
    }
  }
}

Outcome decode(std::string_view bytes, std::size_t cut) {
  ChunkedDecoder decoder{HttpLimits{}};
  Outcome out;
  feed(decoder, bytes.substr(0, cut), out);
  feed(decoder, bytes.substr(cut), out);
  return out;
}

struct Case {
  const char* name;
  bool accepted;
  std::string bytes;
  std::string data = {};
};

std::string flood(int chunks, int extension) {
  std::string out;
  for (int i = 0; i < chunks; ++i) out += "1;" + std::string(extension, 'e') + "\r\nx\r\n";
  return out + "0\r\n\r\n";
}

std::vector<Case> cases() {
  const std::string end = "0\r\n\r\n";
  return {
      {"empty", true, end},
      {"one", true, "5\r\nhello\r\n" + end, "hello"},
      {"two", true, "5\r\nhello\r\n6\r\n world\r\n" + end, "hello world"},
      {"hex in both cases", true, "A\r\n0123456789\r\na\r\nabcdefghij\r\n" + end,
       "0123456789abcdefghij"},
      {"leading zeros", true, "005\r\nhello\r\n000\r\n\r\n", "hello"},
      {"CR LF as data", true, "4\r\n\r\n\r\n\r\n" + end, "\r\n\r\n"},
      {"extension", true, "5;a=b\r\nhello\r\n0;last\r\n\r\n", "hello"},
      {"quoted extension", true, "5;a=\"b c\"\r\nhello\r\n" + end, "hello"},
      {"trailer", true, "5\r\nhello\r\n0\r\nX-Sum: 12\r\nY:\r\n\r\n", "hello"},
      {"next message behind", true, "5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n", "hello"},
      {"negative", false, "-5\r\nhello\r\n" + end},
      {"plus", false, "+5\r\nhello\r\n" + end},
      {"0x", false, "0x5\r\nhello\r\n" + end},
      {"empty size", false, "\r\nhello\r\n" + end},
      {"only an extension", false, ";a\r\nhello\r\n" + end},
      {"leading space", false, " 5\r\nhello\r\n" + end},
      {"trailing space", false, "5 \r\nhello\r\n" + end},
      {"tab", false, "5\t\r\nhello\r\n" + end},
      {"not hex", false, "g\r\nhello\r\n" + end},
      {"underscore", false, "1_0\r\n0123456789abcdef\r\n" + end},
      {"2^63", false, "8000000000000000\r\nx"},
      {"2^64", false, "10000000000000000\r\nx"},
      {"2^64 + 5", false, "10000000000000005\r\nhello\r\n" + end},
      {"many digits", false, "00000000000000000000000000005\r\nhello\r\n" + end},
      {"bare LF after the size", false, "5\nhello\r\n" + end},
      {"CR without LF after the size", false,
       "5\r"
       "hello\r\n" +
           end},
      {"bare LF after the data", false, "5\r\nhello\n" + end},
      {"no end of chunk", false, "5\r\nhello" + end},
      {"data too long", false, "5\r\nhello!\r\n" + end},
      {"data too short", false, "5\r\nhell\r\n" + end},
      {"bare CR after the data", false, "5\r\nhello\r0\r\n\r\n"},
      {"bare LF in an extension", false, "5;a\nhello\r\n" + end},
      {"control in an extension", false, "5;a\x01\r\nhello\r\n" + end},
      {"NUL in an extension", false, std::string("5;a\0\r\nhello\r\n0\r\n\r\n", 18)},
      {"CR in an extension", false, "5;a\rb\r\nhello\r\n" + end},
      {"extension of 256", true, "5;" + std::string(256, 'e') + "\r\nhello\r\n" + end, "hello"},
      {"extension of 257", false, "5;" + std::string(257, 'e') + "\r\nhello\r\n" + end},
      {"extension of 1 MiB", false, "5;" + std::string(1 << 20, 'e') + "\r\nhello\r\n" + end},
      {"flood of extensions", false, flood(100, 200)},
      {"some extensions", true, flood(50, 200), std::string(50, 'x')},
      {"LF at the end", false, "5\r\nhello\r\n0\r\n\n"},
      {"text at the end", false, "5\r\nhello\r\n0\r\nabc\r\n\r\n"},
      {"CR CR at the end", false, "5\r\nhello\r\n0\r\n\r\r"},
      {"trailer with length", false, "0\r\nContent-Length: 5\r\n\r\n"},
      {"trailer with coding", false, "0\r\nX: y\r\ntransfer-encoding: chunked\r\n\r\n"},
      {"trailer with Host", false, "0\r\nHost: b\r\n\r\n"},
      {"trailer with underscore", false, "0\r\nContent_Length: 5\r\n\r\n"},
      {"trailer with longer name", true, "0\r\nContent-Lengthy: 5\r\n\r\n"},
      {"trailer with a very long name", true,
       "0\r\ncontent-encoding" + std::string(40, 'x') + ": 5\r\n\r\n"},
      {"trailer with space before the colon", false, "0\r\nX : 5\r\n\r\n"},
      {"trailer without a name", false, "0\r\n: 5\r\n\r\n"},
      {"folded trailer", false, "0\r\nX: 5\r\n 6\r\n\r\n"},
      {"trailer with bare LF", false, "0\r\nX: 5\n\r\n"},
      {"trailer with bare CR", false, "0\r\nX: 5\rY: 6\r\n\r\n"},
      {"trailer with a control character", false, "0\r\nX: \x02\r\n\r\n"},
      {"trailer of 8 KiB", false, "0\r\nX: " + std::string(8192, 'x') + "\r\n\r\n"},
  };
}

TEST(ChunkedDecoder, Matrix) {
  for (const Case& entry : cases()) {
    const Outcome outcome = decode(entry.bytes, entry.bytes.size());
    EXPECT_EQ(outcome.done, entry.accepted) << entry.name << ": " << outcome.reason;
    EXPECT_EQ(outcome.refused, !entry.accepted) << entry.name;
    if (entry.accepted) {
      EXPECT_EQ(outcome.data, entry.data) << entry.name;
    }
  }
}

TEST(ChunkedDecoder, SameResultWhereverTheBytesAreCut) {
  for (const Case& entry : cases()) {
    const Outcome whole = decode(entry.bytes, entry.bytes.size());
    const std::size_t step = entry.bytes.size() > 4000 ? 131 : 1;
    for (std::size_t cut = 0; cut < entry.bytes.size(); cut += step) {
      ASSERT_EQ(decode(entry.bytes, cut), whole) << entry.name << " cut at " << cut;
    }
  }
}

TEST(ChunkedDecoder, LeavesTheNextMessageAlone) {
  const std::string body = "5\r\nhello\r\n0\r\n\r\n";
  const Outcome outcome = decode(body + "GET / HTTP/1.1\r\n", body.size());
  EXPECT_TRUE(outcome.done);
  EXPECT_EQ(outcome.consumed, body.size());
}

TEST(ChunkedDecoder, CutBodyIsNeverDone) {
  const std::string body = "5;x\r\nhello\r\n0\r\nA: b\r\n\r\n";
  for (std::size_t length = 0; length < body.size(); ++length) {
    ChunkedDecoder decoder{HttpLimits{}};
    Outcome outcome;
    feed(decoder, std::string_view(body).substr(0, length), outcome);
    EXPECT_FALSE(outcome.done) << length;
    EXPECT_FALSE(outcome.refused) << length;
  }
}

TEST(ChunkedDecoder, ResetStartsANewBody) {
  ChunkedDecoder decoder{HttpLimits{}};
  for (int i = 0; i < 2; ++i) {
    Outcome outcome;
    feed(decoder, "2\r\nok\r\n0\r\nA: b\r\n\r\n", outcome);
    EXPECT_TRUE(outcome.done);
    EXPECT_EQ(outcome.data, "ok");
    decoder.reset();
  }
}

}  // namespace
}  // namespace gatehouse::net
