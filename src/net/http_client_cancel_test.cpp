// The end of a call in each of its states: cancellation, deadline, destruction; and the addresses
// that may be dialled.

#include <gtest/gtest.h>

#include "http_client_test_support.hpp"

namespace gatehouse::net {
namespace {

using core::Cancellation;
using core::Errc;
using core::Millis;
using testing::Call;
using testing::HttpClientTest;
using testing::kNoError;
using testing::Listener;
using testing::Outcome;
using testing::ScriptedServer;
using testing::ServerSide;

class HttpClientEnds : public HttpClientTest {
 protected:
  /// Cancels from a later turn, when the call is under way.
  Outcome cancelled_call(const Endpoint& endpoint, Call what = {}) {
    Timer timer([this] { cancellation_.request(Cancellation::Reason::client_left); });
    loop().arm(timer, clock_.monotonic() + Millis(12));
    const auto start = clock_.monotonic();
    Outcome outcome = call(endpoint, std::move(what));
    EXPECT_LT(clock_.monotonic() - start, core::Seconds(1));
    EXPECT_EQ(client_->counts().busy, 0U);
    EXPECT_EQ(client_->counts().idle, 0U);
    return outcome;
  }
  Outcome expired_call(const Endpoint& endpoint, Call what = {}) {
    what.deadline = Millis(16);
    return call(endpoint, std::move(what));
  }
  enum class End { cancel, deadline };
  Errc end_of(End end, const Endpoint& endpoint, const Call& what) {
    return end == End::cancel ? cancelled_call(endpoint, what).code()
                              : expired_call(endpoint, what).code();
  }
  static Errc expected(End end) {
    return end == End::cancel ? Errc::cancelled : Errc::deadline_exceeded;
  }
};

class HttpClientEndsBoth : public HttpClientEnds, public ::testing::WithParamInterface<int> {
 protected:
  End end() const { return GetParam() == 0 ? End::cancel : End::deadline; }
};
INSTANTIATE_TEST_SUITE_P(CancelAndDeadline, HttpClientEndsBoth, ::testing::Values(0, 1));

TEST_P(HttpClientEndsBoth, WhileConnecting) {
  const Listener listener;
  ::listen(listener.fd(), 0);
  std::array<int, 3> fillers{};
  for (int& fd : fillers) fd = testing::start_connect(listener.port());
  const Endpoint endpoint = endpoint_of(listener.port());
  EXPECT_EQ(end_of(end(), endpoint, {}), expected(end()));
  for (const int fd : fillers) ::close(fd);
}

TEST_P(HttpClientEndsBoth, WhileTheTlsHandshakeWaits) {
  make_client({}, TlsClientContext::create().value());
  ScriptedServer server({[](ServerSide& side) {
    std::string hello;
    while (!(hello = side.receive(1)).empty()) continue;
  }});
  const Endpoint endpoint = endpoint_of(server.port(), "https");
  EXPECT_EQ(end_of(end(), endpoint, {}), expected(end()));
}

TEST_P(HttpClientEndsBoth, WhileSendingToAServerThatDoesNotRead) {
  ScriptedServer server({[](ServerSide& side) { EXPECT_TRUE(side.hung_up_by_client()); }});
  const Endpoint endpoint = endpoint_of(server.port());
  EXPECT_EQ(end_of(end(), endpoint, {.body = {std::string(9'000'000, 'x')}}), expected(end()));
}

TEST_P(HttpClientEndsBoth, WhileWaitingForTheHead) {
  ScriptedServer server({[](ServerSide& side) {
    side.request();
    EXPECT_TRUE(side.closed_by_client());
  }});
  const Endpoint endpoint = endpoint_of(server.port());
  EXPECT_EQ(end_of(end(), endpoint, {}), expected(end()));
}

TEST_P(HttpClientEndsBoth, WhileReadingTheBody) {
  ScriptedServer server({[](ServerSide& side) {
    side.request();
    side.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
    EXPECT_TRUE(side.closed_by_client());
  }});
  const Endpoint endpoint = endpoint_of(server.port());
  EXPECT_EQ(end_of(end(), endpoint, {.piecewise = true}), expected(end()));
}

TEST_F(HttpClientEnds, CancelledBeforeTheStartSendsNothing) {
  cancellation_.request(Cancellation::Reason::shutdown);
  const Listener listener;
  const Endpoint endpoint = endpoint_of(listener.port());
  const Outcome outcome = call(endpoint);
  EXPECT_EQ(outcome.code(), Errc::cancelled);
  EXPECT_EQ(outcome.send_error->progress, SendProgress::not_sent);
  EXPECT_TRUE(resolver_.asked.empty());
}

TEST_F(HttpClientEnds, DestroyingTheResponseEarlyClosesTheConnectionAtOnce) {
  bool closed = false;
  ScriptedServer server({[&](ServerSide& side) {
    side.request();
    side.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    closed = side.closed_by_client();
  }});
  const Endpoint endpoint = endpoint_of(server.port());
  const auto scenario = [](HttpClient* client, EventLoop* loop,
                           const Endpoint* target) -> core::Task<void> {
    Cancellation cancellation;
    core::CallContext context{.deadline = loop->clock().monotonic() + core::Seconds(5),
                              .cancellation = cancellation,
                              .call_id = "test"};
    ClientRequest request{.endpoint = *target, .path = "/x", .headers = {}, .body = {}};
    {
      auto response = co_await client->send(request, context);
      EXPECT_TRUE(response.has_value());
      EXPECT_EQ(client->counts().busy, 1U);
    }
    EXPECT_EQ(client->counts().busy, 0U);
    EXPECT_EQ(client->counts().idle, 0U);
    cancellation.request(Cancellation::Reason::client_left);  // nobody listens any more
  };
  run(scenario(client_.get(), &loop(), &endpoint));
  server.finish();
  EXPECT_TRUE(closed);
}

TEST_F(HttpClientEnds, ErrorOfABodyStaysTheSameOnLaterReads) {
  ScriptedServer server({[](ServerSide& side) {
    side.request();
    side.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  }});
  const Endpoint endpoint = endpoint_of(server.port());
  const auto scenario = [](HttpClient* client, EventLoop* loop,
                           const Endpoint* target) -> core::Task<void> {
    Cancellation cancellation;
    core::CallContext context{.deadline = loop->clock().monotonic() + core::Seconds(5),
                              .cancellation = cancellation,
                              .call_id = "test"};
    ClientRequest request{.endpoint = *target, .path = "/x", .headers = {}, .body = {}};
    auto response = co_await client->send(request, context);
    EXPECT_TRUE(response.has_value());
    core::Result<std::string_view> piece = co_await (*response)->read();
    EXPECT_EQ(piece.value_or(""), "half");
    for (int i = 0; i < 2; ++i) {
      core::Result<std::string_view> end = co_await (*response)->read();
      EXPECT_TRUE(!end && end.error().code == Errc::upstream_failed);
    }
    std::string rest;
    core::Result<void> all = co_await (*response)->read_all(rest, 100);
    EXPECT_TRUE(!all && all.error().code == Errc::upstream_failed);
  };
  run(scenario(client_.get(), &loop(), &endpoint));
}

TEST_F(HttpClientEnds, SlowReaderHoldsBackTheServer) {
  // 40 MB offered; while the caller does not read, only the kernel's buffers fill.
  std::atomic<std::size_t> sent = 0;
  std::atomic<bool> enough = false;
  ScriptedServer server({[&](ServerSide& side) {
    side.request();
    side.send("HTTP/1.1 200 OK\r\n\r\n");
    const std::string block(64 * 1024, 'x');
    for (int i = 0; i < 640 && !enough; ++i) {
      pollfd room{.fd = side.fd(), .events = POLLOUT, .revents = 0};
      if (::poll(&room, 1, 60) != 1) break;
      const ssize_t now = ::send(side.fd(), block.data(), block.size(), MSG_DONTWAIT);
      if (now > 0) sent += static_cast<std::size_t>(now);
    }
    enough = true;
  }});
  const Endpoint endpoint = endpoint_of(server.port());
  const auto scenario = [](HttpClient* client, EventLoop* loop, const Endpoint* target,
                           std::atomic<bool>* stalled) -> core::Task<void> {
    Cancellation cancellation;
    core::CallContext context{.deadline = loop->clock().monotonic() + core::Seconds(9),
                              .cancellation = cancellation,
                              .call_id = "test"};
    ClientRequest request{.endpoint = *target, .path = "/x", .headers = {}, .body = {}};
    auto response = co_await client->send(request, context);
    EXPECT_TRUE(response.has_value());
    while (!*stalled) (void)co_await loop->sleep_until(loop->now() + Millis(4), cancellation);
    std::size_t largest = 0;
    for (;;) {
      core::Result<std::string_view> piece = co_await (*response)->read();
      if (!piece || piece->empty()) break;
      largest = std::max(largest, piece->size());
    }
    EXPECT_LE(largest, 16U * 1024);
  };
  run(scenario(client_.get(), &loop(), &endpoint, &enough));
  EXPECT_LT(sent.load(), 30'000'000U);
}

class HttpClientAddresses : public HttpClientTest {
 protected:
  HttpClientAddresses() { make_client({}, TlsClientContext::create().value()); }

  Outcome public_call(std::vector<std::string> answers) {
    resolver_.addresses.clear();
    for (const std::string& answer : answers) resolver_.answer(answer, 443);
    const Endpoint endpoint =
        Endpoint::parse("https://api.example.com/v1", AddressPolicy::public_only).value();
    return call(endpoint, {.timeouts = {.connect = Millis(1)}, .deadline = Millis(4)});
  }
};

TEST_F(HttpClientAddresses, E19NamesThatResolveToPrivateAddressesAreNotDialled) {
  for (const char* answer : {"127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00:ec2::254",
                             "::ffff:127.0.0.1", "64:ff9b::7f00:1"}) {
    const Outcome outcome = public_call({answer});
    EXPECT_EQ(outcome.code(), Errc::upstream_failed) << answer;
    EXPECT_EQ(outcome.send_error->error.public_message, "the provider's address is not allowed");
  }
}

TEST_F(HttpClientAddresses, E19OnePrivateAddressAmongPublicOnesRefusesTheName) {
  const Outcome outcome = public_call({"203.0.114.7", "192.168.0.1"});
  EXPECT_EQ(outcome.code(), Errc::upstream_failed);
  EXPECT_EQ(client_->counts().opened, 0U);
}

TEST_F(HttpClientAddresses, E19NameIsResolvedOnceSoThatTheCheckedAddressIsTheOneDialled) {
  ScriptedServer server({[](ServerSide& side) {
    side.request();
    side.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  }});
  const Endpoint endpoint = endpoint_of(server.port());
  EXPECT_EQ(call(endpoint).body, "ok");
  EXPECT_EQ(resolver_.asked.size(), 1U);
}

TEST_F(HttpClientAddresses, E19ResolverWithoutAnswerIsUpstreamFailed) {
  const Outcome outcome = public_call({});
  EXPECT_EQ(outcome.code(), Errc::upstream_failed);
  EXPECT_EQ(outcome.send_error->progress, SendProgress::not_sent);
}

}  // namespace
}  // namespace gatehouse::net
