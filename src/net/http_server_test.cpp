#include "gatehouse/net/http_server.hpp"

#include <gtest/gtest.h>

#include "http_server_test_support.hpp"

namespace gatehouse::net {
namespace {

using testing::body_of;
using testing::eventually;
using testing::RawClient;
using testing::status_of;
using testing::TestServer;

std::string get(const std::string& path, const std::string& fields = {}) {
  return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}
std::string post(const std::string& body, const std::string& fields = {}) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + fields + "\r\n" + body;
}
std::string chunked(const std::string& chunks) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks;
}

TEST(HttpServer, AnswersWithDateLengthAndBody) {
  TestServer server;
  RawClient client(server.port());
  client.send(post("hello"));
  const std::string answer = client.read_answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\nDate: ")) << answer;
  EXPECT_NE(answer.find(" GMT\r\n"), std::string::npos);
  EXPECT_NE(answer.find("Content-Type: text/plain\r\n"), std::string::npos);
  EXPECT_NE(answer.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_EQ(answer.find("Connection:"), std::string::npos);
  EXPECT_EQ(body_of(answer), "hello");
}

TEST(HttpServer, HandsOverHeadAndPeer) {
  TestServer server;
  RawClient client(server.port());
  client.send("PUT /head?a=b HTTP/1.1\r\nHost: a\r\nX-Y: z\r\nContent-Length: 2\r\n\r\nhi");
  const std::string answer = client.read_answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 201 Created\r\n"));
  EXPECT_EQ(body_of(answer), "PUT /head?a=b\nHost=a\nX-Y=z\nContent-Length=2\n127.0.0.1\nhi");
}

TEST(HttpServer, KeepsTheConnection) {
  TestServer server;
  RawClient client(server.port());
  for (int i = 0; i < 20; ++i) {
    client.send(post(std::to_string(i)));
    EXPECT_EQ(body_of(client.read_answer()), std::to_string(i));
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST(HttpServer, ClosesWhenAsked) {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/echo", "Connection: close\r\n"));
  const std::string answer = client.read_all();
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST(HttpServer, ServesHttp10) {
  TestServer server;
  RawClient once(server.port());
  once.send("POST /echo HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi");
  const std::string answer = once.read_all();
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(body_of(answer), "hi");

  RawClient kept(server.port());
  for (int i = 0; i < 2; ++i) {
    kept.send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const std::string again = kept.read_answer();
    EXPECT_NE(again.find("Connection: keep-alive\r\n"), std::string::npos) << i;
  }
}

TEST(HttpServer, PipelinedRequestsAreServedInOrder) {
  TestServer server;
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 300; ++i) requests += post("number " + std::to_string(i));
  client.send(requests);
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(body_of(client.read_answer()), "number " + std::to_string(i));
  }
}

TEST(HttpServer, PipelinedBehindAChunkedBody) {
  TestServer server;
  RawClient client(server.port());
  client.send(chunked("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n") + post("next") + get("/head"));
  EXPECT_EQ(body_of(client.read_answer()), "hello world");
  EXPECT_EQ(body_of(client.read_answer()), "next");
  EXPECT_EQ(status_of(client.read_answer()), 201);
}

TEST(HttpServer, RequestsInSmallPieces) {
  TestServer server;
  RawClient client(server.port());
  for (const std::string& request :
       {post("hello"), chunked("2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nA: b\r\n\r\n")}) {
    for (const char c : request) ASSERT_TRUE(client.send({&c, 1}));
    EXPECT_EQ(body_of(client.read_answer()), "hello");
  }
}

TEST(HttpServer, BigBodiesArriveWhole) {
  TestServer server;
  RawClient client(server.port());
  std::string body(5'000'000, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  client.send(post(body, "X-Marker: here\r\n"));
  EXPECT_EQ(body_of(client.read_answer()), body);
  std::string chunks;
  for (std::size_t at = 0; at < body.size(); at += 100'000) {
    chunks += "186a0\r\n" + body.substr(at, 100'000) + "\r\n";
  }
  client.send(chunked(chunks + "0\r\n\r\n"));
  EXPECT_EQ(body_of(client.read_answer()), body);
  client.send(post("small"));
  EXPECT_EQ(body_of(client.read_answer()), "small");
}

TEST(HttpServer, HeadSurvivesAMovingBuffer) {
  TestServer server;
  RawClient client(server.port());
  const std::string body(100'000, 'x');
  client.send("POST /head?q=1 HTTP/1.1\r\nHost: a\r\nX-Long: " + std::string(3'000, 'y') +
              "\r\nContent-Length: 100000\r\n\r\n");
  client.send(body);
  EXPECT_EQ(body_of(client.read_answer()),
            "POST /head?q=1\nHost=a\nX-Long=" + std::string(3'000, 'y') +
                "\nContent-Length=100000\n127.0.0.1\n" + body);
}

TEST(HttpServer, BodyLimitByLengthAndChunked) {
  ServerOptions options;
  options.limits.max_body_bytes = 10'000;
  TestServer server(options);
  const std::string at_limit(10'000, 'x');
  RawClient client(server.port());
  client.send(post(at_limit));
  EXPECT_EQ(body_of(client.read_answer()), at_limit);
  client.send(chunked("2710\r\n" + at_limit + "\r\n0\r\n\r\n"));
  EXPECT_EQ(body_of(client.read_answer()), at_limit);

  for (const std::string& request :
       {post(at_limit + "x"), chunked("2711\r\n" + at_limit + "x\r\n0\r\n\r\n"),
        chunked("2710\r\n" + at_limit + "\r\n1\r\nx\r\n0\r\n\r\n")}) {
    RawClient other(server.port());
    other.send(request);
    const std::string answer = other.read_all();
    EXPECT_EQ(status_of(answer), 413);
    EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
    EXPECT_FALSE(other.reset());
  }
  EXPECT_EQ(server.handler().requests, 2);
}

TEST(HttpServer, RefusesByLengthBeforeTheBodyArrives) {
  TestServer server;
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n");
  EXPECT_EQ(status_of(client.read_answer()), 413);
}

TEST(HttpServer, ClientThatSendsOnStillReadsTheRefusal) {
  ServerOptions options;
  options.limits.max_body_bytes = 1'000;
  TestServer server(options);
  RawClient client(server.port());
  EXPECT_TRUE(client.send(post(std::string(3'000'000, 'x'))));
  EXPECT_EQ(status_of(client.read_all()), 413);
  EXPECT_FALSE(client.reset());
}

TEST(HttpServer, ContinueComesBeforeTheBody) {
  TestServer server;
  RawClient client(server.port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_answer(true), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  EXPECT_EQ(body_of(client.read_answer()), "hi");

  client.send(post("here already", "Expect: 100-continue\r\n"));
  EXPECT_EQ(body_of(client.read_answer()), "here already");

  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(status_of(client.read_answer()), 413);
}

TEST(HttpServer, RefusesAndCloses) {
  TestServer server;
  const std::vector<std::pair<int, std::string>> cases = {
      {400, "GARBAGE\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\n\r\n"},
      {400, "GET / HTTP/1.1\nHost: a\n\n"},
      {400, post("x", "Transfer-Encoding: chunked\r\n")},
      {400, post("x", "Content-Length: 1\r\n")},
      {400, get("/a/../b")},
      {400, get("//echo")},
      {400, get("/a%2fb")},
      {400, chunked("zz\r\n")},
      {400, chunked("5\r\nhello!\r\n0\r\n\r\n")},
      {400, chunked("0\r\nContent-Length: 5\r\n\r\n")},
      {414, get("/" + std::string(9'000, 'x'))},
      {415, post("x", "Content-Encoding: gzip\r\n")},
      {417, post("x", "Expect: something\r\n")},
      {431, get("/", "X: " + std::string(40'000, 'x') + "\r\n")},
      {505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
  };
  for (const auto& [status, request] : cases) {
    RawClient client(server.port());
    client.send(request + get("/echo"));
    const std::string answer = client.read_all();
    EXPECT_EQ(status_of(answer), status) << request.substr(0, 200);
    EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
    EXPECT_NE(answer.find("Content-Type: application/json\r\n"), std::string::npos);
    EXPECT_TRUE(body_of(answer).starts_with("{\"status\":" + std::to_string(status))) << answer;
    EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << "a second answer: " << answer;
    EXPECT_FALSE(client.reset());
  }
  EXPECT_EQ(server.handler().requests, 0);
}

TEST(HttpServer, TooManyFields) {
  TestServer server;
  std::string fields;
  for (int i = 0; i < 100; ++i) fields += "A: b\r\n";
  RawClient client(server.port());
  client.send(get("/echo", fields));
  EXPECT_EQ(status_of(client.read_all()), 431);
  EXPECT_EQ(server.handler().requests, 0);
}

TEST(HttpServer, HeadHasNoBody) {
  TestServer server;
  RawClient client(server.port());
  client.send("HEAD /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody" + post("x"));
  const std::string answer = client.read_answer(true);
  EXPECT_NE(answer.find("Content-Length: 4\r\n"), std::string::npos);
  EXPECT_EQ(body_of(client.read_answer()), "x");
  client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n" + post("y"));
  EXPECT_NE(client.read_answer(true).find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(body_of(client.read_answer()), "y");
  client.send("HEAD /throw HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(body_of(client.read_all()), "");
}

TEST(HttpServer, NoContentHasNoLength) {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/empty") + post("x"));
  const std::string answer = client.read_answer();
  EXPECT_EQ(status_of(answer), 204);
  EXPECT_EQ(answer.find("Content-Length"), std::string::npos);
  EXPECT_EQ(body_of(client.read_answer()), "x");
}

TEST(HttpServer, StreamsInChunks) {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/stream") + post("x"));
  EXPECT_EQ(body_of(client.read_answer()), "8\r\none two \r\n5\r\nthree\r\n0\r\n\r\n");
  EXPECT_EQ(body_of(client.read_answer()), "x");
}

TEST(HttpServer, StreamsUntilCloseForHttp10) {
  TestServer server;
  RawClient client(server.port());
  client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_EQ(answer.find("Transfer-Encoding"), std::string::npos);
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(body_of(answer), "one two three");
}

TEST(HttpServer, HandlerThatThrowsOrForgetsBecomes500) {
  TestServer server;
  for (const char* path : {"/throw", "/forgets"}) {
    RawClient client(server.port());
    client.send(get(path));
    const std::string answer = client.read_all();
    EXPECT_EQ(status_of(answer), 500) << path;
    EXPECT_EQ(body_of(answer), "{\"status\":500,\"reason\":\"internal error\"}");
  }
}

TEST(HttpServer, HalfAnswersEndInAReset) {
  TestServer server;
  for (const char* path : {"/half", "/half-throw"}) {
    RawClient client(server.port());
    client.send(get(path));
    const std::string answer = client.read_all();
    EXPECT_TRUE(client.reset()) << path;
    EXPECT_EQ(answer.find("0\r\n\r\n"), std::string::npos) << path;
  }
}

TEST(HttpServer, AnswersOnlyOnce) {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/twice") + post("x"));
  EXPECT_EQ(body_of(client.read_answer()), "first");
  EXPECT_EQ(body_of(client.read_answer()), "x");
}

TEST(HttpServer, HangUpCancelsTheHandler) {
  TestServer server;
  {
    RawClient client(server.port());
    client.send(get("/hang"));
    ASSERT_TRUE(eventually([&] { return server.handler().running == 1; }));
  }
  ASSERT_TRUE(eventually([&] { return server.handler().running == 0; }));
  EXPECT_EQ(server.handler().reason, core::Cancellation::Reason::client_left);
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST(HttpServer, HangUpBehindAnotherRequestCancelsTheHandler) {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/hang") + get("/echo"));
  client.half_close();
  ASSERT_TRUE(eventually(
      [&] { return server.handler().reason == core::Cancellation::Reason::client_left; }));
  EXPECT_EQ(server.handler().requests, 1);
}

}  // namespace
}  // namespace gatehouse::net
