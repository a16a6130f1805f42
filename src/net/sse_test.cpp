#include "gatehouse/net/sse.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace gatehouse::net {
namespace {

struct Event {
  std::string type, data, id;
  bool operator==(const Event&) const = default;
};

struct Outcome {
  std::vector<Event> events;
  bool failed = false;
  bool finished = false;
  bool operator==(const Outcome&) const = default;
};

Outcome decode(const std::vector<std::string_view>& pieces, std::size_t limit = 1 << 20) {
  SseDecoder decoder(limit);
  Outcome out;
  for (const std::string_view piece : pieces) {
    const std::string copy(piece);  // so that a view kept too long is seen by the sanitizer
    const auto ok = decoder.feed(copy, [&](const SseEvent& event) -> core::Result<void> {
      out.events.push_back(
          {std::string(event.type), std::string(event.data), std::string(event.id)});
      return {};
    });
    if (!ok) {
      EXPECT_EQ(ok.error().code, core::Errc::protocol);
      out.failed = true;
      return out;
    }
  }
  out.finished = decoder.finish().has_value();
  return out;
}

struct Case {
  const char* name;
  std::string bytes;
  std::vector<Event> events;
  bool finished = true;
};

std::vector<Case> cases() {
  return {
      {"empty", "", {}},
      {"one", "data: a\n\n", {{"", "a", ""}}},
      {"no space", "data:a\n\n", {{"", "a", ""}}},
      {"one space removed", "data:  a\n\n", {{"", " a", ""}}},
      {"several lines", "data: a\ndata: b\ndata\ndata:\n\n", {{"", "a\nb\n\n", ""}}},
      {"empty data", "data:\n\n", {{"", "", ""}}},
      {"type", "event: ping\ndata: {}\n\n", {{"ping", "{}", ""}}},
      {"type behind data", "data: {}\nevent: ping\n\n", {{"ping", "{}", ""}}},
      {"type twice", "event: a\nevent: b\ndata: 1\n\n", {{"b", "1", ""}}},
      {"type is per event", "event: a\ndata: 1\n\ndata: 2\n\n", {{"a", "1", ""}, {"", "2", ""}}},
      {"type without data", "event: a\n\ndata: 1\n\n", {{"", "1", ""}}},
      {"id lasts",
       "id: 7\ndata: 1\n\ndata: 2\n\nid\ndata: 3\n\n",
       {{"", "1", "7"}, {"", "2", "7"}, {"", "3", ""}}},
      {"id with NUL", std::string("id: 7\0\ndata: 1\n\n", 16), {{"", "1", ""}}},
      {"comments", ": hello\n\n:\ndata: 1\n: x\ndata: 2\n\n", {{"", "1\n2", ""}}},
      {"unknown fields", "retry: 5\nfoo: bar\nfoo\ndata: 1\n\n", {{"", "1", ""}}},
      {"names are exact", "Data: x\n data: y\ndata : z\n\n", {}},
      {"many blank lines", "\n\n\ndata: 1\n\n\n\ndata: 2\n\n", {{"", "1", ""}, {"", "2", ""}}},
      {"CRLF",
       "event: a\r\ndata: 1\r\ndata: 2\r\n\r\ndata: 3\r\n\r\n",
       {{"a", "1\n2", ""}, {"", "3", ""}}},
      {"CR", "event: a\rdata: 1\rdata: 2\r\rdata: 3\r\r", {{"a", "1\n2", ""}, {"", "3", ""}}},
      {"mixed",
       "data: 1\r\ndata: 2\rdata: 3\n\r\ndata: 4\n\r",
       {{"", "1\n2\n3", ""}, {"", "4", ""}}},
      {"LF CR is two breaks", "data: 1\n\rdata: 2\n\n", {{"", "1", ""}, {"", "2", ""}}},
      {"byte order mark",
       "\xef\xbb\xbf"
       "data: 1\n\n",
       {{"", "1", ""}}},
      {"second mark is text",
       "\xef\xbb\xbf\xef\xbb\xbf"
       "data: 1\n\n",
       {}},
      {"later mark is text",
       "data: 1\n\n\xef\xbb\xbf"
       "data: 2\n\n",
       {{"", "1", ""}}},
      {"mark alone", "\xef\xbb\xbf\ndata: 1\n\n", {{"", "1", ""}}},
      {"UTF-8",
       "data: caf\xc3\xa9 \xf0\x9f\x98\x80 \xe2\x80\xa8\n\n",
       {{"", "caf\xc3\xa9 \xf0\x9f\x98\x80 \xe2\x80\xa8", ""}}},
      {"colons", "data: a: b:c\n\n", {{"", "a: b:c", ""}}},
      {"NUL in data", std::string("data: a\0b\n\n", 11), {{"", std::string("a\0b", 3), ""}}},
      {"chat",
       "data: {\"x\":1}\n\ndata: {\"x\":2}\n\ndata: [DONE]\n\n",
       {{"", "{\"x\":1}", ""}, {"", "{\"x\":2}", ""}, {"", "[DONE]", ""}}},
      {"cut inside an event", "data: 1\n\ndata: 2\n", {{"", "1", ""}}, false},
      {"cut inside a line", "data: 1\n\ndata: 2", {{"", "1", ""}}, false},
      {"cut inside a comment", "data: 1\n\n: keep", {{"", "1", ""}}, true},
      {"cut behind a type", "data: 1\n\nevent: x\n", {{"", "1", ""}}, true},
  };
}

TEST(SseDecoder, Matrix) {
  for (const Case& entry : cases()) {
    const Outcome outcome = decode({entry.bytes});
    EXPECT_EQ(outcome.events, entry.events) << entry.name;
    EXPECT_EQ(outcome.finished, entry.finished) << entry.name;
    EXPECT_FALSE(outcome.failed) << entry.name;
  }
}

TEST(SseDecoder, SameEventsWhereverTheBytesAreCut) {
  for (const Case& entry : cases()) {
    const std::string_view bytes = entry.bytes;
    const Outcome whole = decode({bytes});
    for (std::size_t first = 0; first <= bytes.size(); ++first) {
      for (std::size_t second = first; second <= bytes.size(); ++second) {
        ASSERT_EQ(decode({bytes.substr(0, first), bytes.substr(first, second - first),
                          bytes.substr(second)}),
                  whole)
            << entry.name << " cut at " << first << " and " << second;
      }
    }
    std::vector<std::string_view> single;
    for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
    ASSERT_EQ(decode(single), whole) << entry.name;
  }
}

std::vector<std::string> raws(const std::vector<std::string_view>& pieces) {
  SseDecoder decoder;
  std::vector<std::string> out;
  for (const std::string_view piece : pieces) {
    EXPECT_TRUE(decoder.feed(piece, [&](const SseEvent& event) -> core::Result<void> {
      out.emplace_back(event.raw);
      return {};
    }));
  }
  return out;
}

TEST(SseDecoder, RawIsTheEventsOwnBytes) {
  EXPECT_EQ(raws({"event: a\ndata: 1\n\n: c\n\ndata: 2\n\n"}),
            (std::vector<std::string>{"event: a\ndata: 1\n\n", "data: 2\n\n"}));
  EXPECT_EQ(raws({"data: 1\r\n\r\ndata: 2\r\r"}),
            (std::vector<std::string>{"data: 1\r\n\r\n", "data: 2\r\r"}));
  EXPECT_EQ(raws({"\xef\xbb\xbf"
                  "data: 1\n\n"}),
            (std::vector<std::string>{"data: 1\n\n"}));
}

TEST(SseDecoder, RawIsEmptyForAnEventInTwoPieces) {
  EXPECT_EQ(raws({"data: 1\n", "\ndata: 2\n\n"}), (std::vector<std::string>{"", "data: 2\n\n"}));
  EXPECT_EQ(raws({": c\n", "data: 1\n\n"}), (std::vector<std::string>{""}));
  EXPECT_EQ(raws({"da", "ta: 1\n\n"}), (std::vector<std::string>{""}));
  EXPECT_EQ(raws({"data: 1\r\n\r", "\ndata: 2\n\n"}),
            (std::vector<std::string>{"data: 1\r\n\r", "data: 2\n\n"}));
}

TEST(SseDecoder, DataOfAWholeEventIsNotCopied) {
  const std::string bytes = "event: delta\ndata: {\"a\":1}\n\n";
  SseDecoder decoder;
  const char* data = nullptr;
  ASSERT_TRUE(decoder.feed(bytes, [&](const SseEvent& event) -> core::Result<void> {
    data = event.data.data();
    return {};
  }));
  EXPECT_EQ(data, bytes.data() + bytes.find('{'));
}

TEST(SseDecoder, StopsAtTheFirstErrorOfTheSink) {
  SseDecoder decoder;
  int calls = 0;
  const auto result = decoder.feed("data: 1\n\ndata: 2\n\n", [&](const SseEvent&) {
    ++calls;
    return core::Result<void>(core::fail(core::Errc::cancelled, "stop"));
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, core::Errc::cancelled);
  EXPECT_EQ(calls, 1);
}

TEST(SseDecoder, BoundsEventsAndLines) {
  const std::string at_limit = "data:" + std::string(95, 'x') + "\n\n";
  const std::string over = "data:" + std::string(96, 'x') + "\n\n";
  const std::string many = "data: a\ndata: b\n" + std::string(90, 'x') + "\n\n";
  const std::string comment = ":" + std::string(100, 'x') + "\n";
  std::string comments;
  for (int i = 0; i < 100; ++i) comments += ":\n";
  for (std::size_t cut = 0; cut <= 100; ++cut) {
    const auto fails = [&](std::string_view bytes) {
      return decode({bytes.substr(0, cut), bytes.substr(cut)}, 100).failed;
    };
    EXPECT_FALSE(fails(at_limit)) << cut;
    EXPECT_TRUE(fails(over)) << cut;
    EXPECT_TRUE(fails(many)) << cut;
    EXPECT_TRUE(fails(comment)) << cut;
    EXPECT_FALSE(fails(comments)) << cut;
  }
  EXPECT_TRUE(decode({std::string(101, 'x')}, 100).failed);
}

TEST(SseDecoder, MayMoveBetweenPieces) {
  SseDecoder first;
  std::string type;
  const auto sink = [&](const SseEvent& event) -> core::Result<void> {
    type = event.type;
    return {};
  };
  ASSERT_TRUE(first.feed("event: a\ndata: 1\n", sink));
  SseDecoder second = std::move(first);
  ASSERT_TRUE(second.feed("\n", sink));
  EXPECT_EQ(type, "a");
}

TEST(AppendSse, WritesWhatTheDecoderReads) {
  const std::array<std::string_view, 7> texts = {"", "a", "a\nb", "a\r\nb", "\n", "\r\r", " a: b"};
  for (const std::string_view text : texts) {
    std::string bytes;
    append_sse(bytes, text, "delta");
    append_sse(bytes, "next");
    std::string expected;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool cr = text[i] == '\r';
      if (cr && i + 1 < text.size() && text[i + 1] == '\n') continue;
      expected.push_back(cr ? '\n' : text[i]);
    }
    const Outcome outcome = decode({bytes});
    ASSERT_EQ(outcome.events.size(), 2U) << text;
    EXPECT_EQ(outcome.events[0], (Event{"delta", expected, ""}));
    EXPECT_EQ(outcome.events[1], (Event{"", "next", ""}));
  }
}

TEST(AppendSse, TypesCannotForgeLines) {
  std::string bytes;
  append_sse(bytes, "1", "a\ndata: forged");
  EXPECT_EQ(bytes, "event: a\ndata: 1\n\n");
}

}  // namespace
}  // namespace gatehouse::net
