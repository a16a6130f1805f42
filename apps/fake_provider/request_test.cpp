#include "request.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace gatehouse::fake_provider {
namespace {

void feed(RequestReader& reader, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto [begin, size] = reader.space();
    const std::size_t step = std::min(size, bytes.size());
    std::ranges::copy(bytes.substr(0, step), begin);
    reader.grown(step);
    bytes.remove_prefix(step);
  }
}

bool complete(RequestReader& reader) {
  const auto head = reader.head();
  EXPECT_TRUE(head);
  if (!head || !*head) return false;
  const auto body = reader.body();
  EXPECT_TRUE(body);
  return body && *body;
}

TEST(RequestReader, ReadsPipelinedRequestsWhereverTheyAreCut) {
  const std::string first = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  const std::string second = "GET /b HTTP/1.1\r\nX-Y:  z \r\n\r\n";
  const std::string both = first + second;
  for (std::size_t cut = 0; cut <= both.size(); ++cut) {
    RequestReader reader;
    feed(reader, both.substr(0, cut));
    if (cut < first.size()) {
      EXPECT_FALSE(complete(reader)) << cut;
    }
    feed(reader, both.substr(cut));
    ASSERT_TRUE(complete(reader)) << cut;
    EXPECT_EQ(reader.request().method, "POST");
    EXPECT_EQ(reader.request().target, "/a");
    EXPECT_EQ(reader.request().body, "abc");
    reader.next();
    ASSERT_TRUE(complete(reader)) << cut;
    EXPECT_EQ(reader.request().target, "/b");
    EXPECT_EQ(reader.request().header("x-y"), "z");
    reader.next();
    EXPECT_TRUE(reader.idle());
  }
}

TEST(RequestReader, DecodesChunks) {
  RequestReader reader;
  feed(reader,
       "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n"
       "\r\nGET ");
  ASSERT_TRUE(complete(reader));
  EXPECT_EQ(reader.request().body, "abc0123456789");
  reader.next();
  EXPECT_FALSE(reader.idle());
}

TEST(RequestReader, KeepsViewsValidWhileALongBodyGrows) {
  RequestReader reader;
  const std::string body(100'000, 'b');
  feed(reader, "POST /long HTTP/1.1\r\nContent-Length: 100000\r\n\r\n");
  EXPECT_FALSE(complete(reader));
  feed(reader, body);
  ASSERT_TRUE(complete(reader));
  EXPECT_EQ(reader.request().target, "/long");
  EXPECT_EQ(reader.request().body, body);
}

TEST(RequestReader, RefusesABadLength) {
  RequestReader reader;
  feed(reader, "POST /a HTTP/1.1\r\nContent-Length: -1\r\n\r\n");
  EXPECT_FALSE(reader.head());
}

}  // namespace
}  // namespace gatehouse::fake_provider
