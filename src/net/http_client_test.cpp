#include "gatehouse/net/http_client.hpp"

#include <gtest/gtest.h>

#include "http_client_test_support.hpp"

namespace gatehouse::net {
namespace {

using core::Errc;
using core::Millis;
using testing::Call;
using testing::HttpClientTest;
using testing::kNoError;
using testing::Outcome;
using testing::ScriptedServer;
using testing::ServerSide;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST_F(HttpClientTest, SendsHeadAndBodyInOnePiece) {
  std::string seen;
  const Outcome outcome = call_against({[&](ServerSide& side) {
    seen = side.request();
    side.send(kOk);
  }});
  EXPECT_EQ(outcome.code(), kNoError);
  EXPECT_EQ(outcome.status, 200);
  EXPECT_EQ(outcome.body, "ok");
  EXPECT_EQ(seen.substr(0, seen.find("\r\n")), "POST /v1/chat HTTP/1.1");
  EXPECT_NE(seen.find("\r\nHost: upstream.test:"), std::string::npos);
  EXPECT_NE(seen.find("\r\nContent-Length: 7\r\n"), std::string::npos);
  EXPECT_TRUE(seen.ends_with("\r\ncontent-type: application/json\r\n\r\n{\"a\":1}")) << seen;
}

TEST_F(HttpClientTest, GetWithoutBodyHasNoLengthAndPostHasZero) {
  std::vector<std::string> seen;
  ScriptedServer server({[&](ServerSide& side) {
    for (int i = 0; i < 2; ++i) {
      seen.push_back(side.request());
      side.send(kOk);
    }
  }});
  const Endpoint endpoint = endpoint_of(server.port());
  EXPECT_EQ(call(endpoint, {.method = "GET", .path = "/models?limit=1", .body = {}}).body, "ok");
  EXPECT_EQ(call(endpoint, {.body = {}}).body, "ok");
  server.finish();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_TRUE(seen[0].starts_with("GET /v1/models?limit=1 HTTP/1.1\r\n"));
  EXPECT_EQ(seen[0].find("Content-Length"), std::string::npos);
  EXPECT_NE(seen[1].find("\r\nContent-Length: 0\r\n"), std::string::npos);
}

TEST_F(HttpClientTest, TellsBeforeTheFirstByteOnceTheConnectionStands) {
  const std::uint16_t closed = testing::Listener().port();
  EXPECT_EQ(call(endpoint_of(closed)).told, 0) << "nobody is there";
  const Outcome answered = call_against({[](ServerSide& side) {
    side.request();
    side.send(kOk);
  }});
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.told, 1);
}

TEST_F(HttpClientTest, PathThatCouldSplitTheRequestIsRefusedUnsent) {
  const Endpoint endpoint = Endpoint::parse("http://127.0.0.1:9/v1", AddressPolicy::any).value();
  for (const char* path : {"/a b", "/a\r\nX: y", "/a\tb", "/a#b"}) {
    const Outcome outcome = call(endpoint, {.path = path});
    EXPECT_EQ(outcome.code(), Errc::invalid_argument) << path;
    EXPECT_EQ(outcome.send_error->progress, SendProgress::not_sent);
  }
  EXPECT_TRUE(resolver_.asked.empty());
}

TEST_F(HttpClientTest, ConnectionIsReusedForTheNextCall) {
  ScriptedServer server({[](ServerSide& side) {
    while (!side.request().empty()) side.send(kOk);
  }});
  const Endpoint endpoint = endpoint_of(server.port());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(call(endpoint).body, "ok");
  EXPECT_EQ(server.accepted(), 1);
  EXPECT_EQ(client_->counts().opened, 1U);
  EXPECT_EQ(client_->counts().idle, 1U);
  EXPECT_EQ(client_->counts().busy, 0U);
  client_.reset();
}

TEST_F(HttpClientTest, EveryFramingIsReadWholeAndPiecewise) {
  struct Case {
    std::string bytes;
    std::string body;
  };
  const std::string large(700'000, 'L');
  const std::vector<Case> cases{
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
      {"HTTP/1.1 204 No Content\r\n\r\n", ""},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
       "abcde"},
      {"HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end"},
      {"HTTP/1.0 200 OK\r\n\r\nold", "old"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 700000\r\n\r\n" + large, large},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\naae60\r\n" + large + "\r\n0\r\n\r\n",
       large},
      {"HTTP/1.1 200 OK\r\n\r\n" + large, large},
      {"HTTP/1.1 200 OK\r\nX-Long: " + std::string(15'000, 'h') +
           "\r\nContent-Length: 700000\r\n\r\n" + large,
       large},
  };
  for (const bool piecewise : {false, true}) {
    for (const Case& one : cases) {
      const Outcome outcome = call_answered_by(one.bytes, {.piecewise = piecewise});
      EXPECT_EQ(outcome.code(), kNoError) << one.bytes.substr(0, 80);
      EXPECT_TRUE(outcome.body == one.body) << one.bytes.substr(0, 80);
    }
  }
}

TEST_F(HttpClientTest, AnswerCutAtEveryByteIsAnErrorOrTheSameBody) {
  const std::string whole =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwxyz\r\n0\r\n\r\n";
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    const Outcome outcome = call_answered_by(whole.substr(0, cut));
    EXPECT_EQ(outcome.code(), Errc::upstream_failed) << cut;
  }
  EXPECT_EQ(call_answered_by(whole).body, "wxyz");
}

TEST_F(HttpClientTest, AnswerInSingleBytesIsPutTogether) {
  const Outcome outcome = call_against({[](ServerSide& side) {
    side.request();
    const std::string_view bytes =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: "
        "chunked\r\n\r\n4\r\nwxyz\r\n0\r\n\r\n";
    for (const char c : bytes) side.send({&c, 1});
  }});
  EXPECT_EQ(outcome.body, "wxyz");
}

TEST_F(HttpClientTest, InterimHeadsAreSkippedUpToEight) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  EXPECT_EQ(call_answered_by(bytes + std::string(kOk)).body, "ok");
  bytes += "HTTP/1.1 103 Early Hints\r\n\r\n";
  EXPECT_EQ(call_answered_by(bytes + std::string(kOk)).code(), Errc::upstream_failed);
}

TEST_F(HttpClientTest, HeadRequestHasNoBodyWhateverTheLengthSays) {
  ScriptedServer server({[](ServerSide& side) {
    while (!side.request().empty()) side.send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n");
  }});
  const Endpoint endpoint = endpoint_of(server.port());
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = call(endpoint, {.method = "HEAD", .body = {}});
    EXPECT_EQ(outcome.code(), kNoError);
    EXPECT_EQ(outcome.body, "");
  }
  EXPECT_EQ(client_->counts().opened, 1U);
  client_.reset();
}

TEST_F(HttpClientTest, LargeRequestIsSentWhole) {
  std::string seen;
  const std::string part(1'000'000, 'p');
  const Outcome outcome = call_against({[&](ServerSide& side) {
                                         seen = side.request();
                                         side.send(kOk);
                                       }},
                                       {.body = {part, "|", part}});
  EXPECT_EQ(outcome.body, "ok");
  EXPECT_TRUE(seen.ends_with(part + "|" + part));
}

TEST_F(HttpClientTest, EndpointsDoNotShareConnections) {
  ScriptedServer first({[](ServerSide& side) {
    while (!side.request().empty()) side.send(kOk);
  }});
  ScriptedServer second({[](ServerSide& side) {
    while (!side.request().empty()) {
      side.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother");
    }
  }});
  const Endpoint one = endpoint_of(first.port());
  EXPECT_EQ(call(one).body, "ok");
  const Endpoint two = endpoint_of(second.port());
  EXPECT_EQ(call(two).body, "other");
  EXPECT_EQ(call(one).body, "ok");
  EXPECT_EQ(client_->counts().opened, 2U);
  EXPECT_EQ(client_->counts().idle, 2U);
  client_.reset();
}

TEST_F(HttpClientTest, IdleConnectionsBeyondTheLimitAreClosed) {
  make_client({.max_idle_per_endpoint = 0});
  const Outcome outcome = call_against({[](ServerSide& side) {
    side.request();
    side.send(kOk);
    EXPECT_TRUE(side.closed_by_client());
  }});
  EXPECT_EQ(outcome.body, "ok");
  EXPECT_EQ(client_->counts().idle, 0U);
}

core::Task<void> wait_until_idle_is(HttpClient* client, EventLoop* loop, std::size_t count) {
  core::Cancellation never;
  for (int i = 0; i < 1'000 && client->counts().idle != count; ++i) {
    (void)co_await loop->sleep_until(loop->now() + Millis(4), never);
  }
  EXPECT_EQ(client->counts().idle, count);
}

TEST_F(HttpClientTest, IdleConnectionsEndWithTheirLifetime) {
  make_client({.idle_connection_lifetime = Millis(20)});
  ScriptedServer server({[](ServerSide& side) {
    side.request();
    side.send(kOk);
    EXPECT_TRUE(side.closed_by_client());
  }});
  const Endpoint endpoint = endpoint_of(server.port());
  EXPECT_EQ(call(endpoint).body, "ok");
  EXPECT_EQ(client_->counts().idle, 1U);
  run(wait_until_idle_is(client_.get(), &loop(), 0));
}

TEST_F(HttpClientTest, IdleConnectionThatTheServerClosesLeavesThePoolByItself) {
  ScriptedServer server({[](ServerSide& side) {
    side.request();
    side.send(kOk);
  }});
  const Endpoint endpoint = endpoint_of(server.port());
  EXPECT_EQ(call(endpoint).body, "ok");
  run(wait_until_idle_is(client_.get(), &loop(), 0));
}

TEST_F(HttpClientTest, ResponseOutlivesItsClient) {
  ScriptedServer server({[](ServerSide& side) {
    side.request();
    side.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
    side.send("cd");
    EXPECT_TRUE(side.closed_by_client());
  }});
  const Endpoint endpoint = endpoint_of(server.port());
  const auto scenario = [](std::unique_ptr<HttpClient>* client, EventLoop* loop,
                           const Endpoint* target) -> core::Task<void> {
    core::Cancellation cancellation;
    core::CallContext context{.deadline = loop->now() + core::Seconds(5),
                              .cancellation = cancellation,
                              .call_id = "test"};
    ClientRequest request{
        .endpoint = *target, .path = "/x", .headers = {}, .body = {}, .timeouts = {}};
    auto response = co_await (*client)->send(request, context);
    EXPECT_TRUE(response.has_value());
    client->reset();
    std::string body;
    core::Result<void> all = co_await (*response)->read_all(body, 100);
    EXPECT_TRUE(all.has_value());
    EXPECT_EQ(body, "abcd");
  };
  run(scenario(&client_, &loop(), &endpoint));
}

}  // namespace
}  // namespace gatehouse::net
