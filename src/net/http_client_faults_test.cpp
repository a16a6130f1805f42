// Rows E1-E5 and E14-E19 of the fault list, as far as a client alone can meet them.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "http_client_test_support.hpp"

namespace gatehouse::net {
namespace {

using core::Errc;
using core::Millis;
using testing::Call;
using testing::HttpClientTest;
using testing::kNoError;
using testing::Listener;
using testing::Outcome;
using testing::ScriptedServer;
using testing::ServerSide;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

class HttpClientFaults : public HttpClientTest {};

/// A port whose accept queue is full: connections to it stay without an answer.
class SilentPort {
 public:
  SilentPort() {
    ::listen(listener_.fd(), 0);
    for (int& fd : fillers_) fd = testing::start_connect(listener_.port());
    // The kernel has to have put the fillers into the queue before others come.
    while (true) {
      pollfd ready{.fd = fillers_[0], .events = POLLOUT, .revents = 0};
      if (::poll(&ready, 1, 1'000) == 1) break;
    }
  }
  ~SilentPort() {
    for (const int fd : fillers_) ::close(fd);
  }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  std::uint16_t port() const { return listener_.port(); }

 private:
  Listener listener_;
  std::array<int, 3> fillers_{};
};

std::uint16_t closed_port() {
  const Listener listener;
  return listener.port();
}

TEST_F(HttpClientFaults, E1ConnectionRefused) {
  const Endpoint endpoint = endpoint_of(closed_port());
  const Outcome outcome = call(endpoint);
  EXPECT_EQ(outcome.code(), Errc::upstream_failed);
  EXPECT_EQ(outcome.send_error->progress, SendProgress::not_sent);
  EXPECT_NE(outcome.send_error->error.internal_detail.find("127.0.0.1"), std::string::npos);
  EXPECT_EQ(client_->counts().busy, 0U);
}

TEST_F(HttpClientFaults, E1SilentAddressEndsWithTheConnectTimeout) {
  const SilentPort silent;
  const Endpoint endpoint = endpoint_of(silent.port());
  const auto start = clock_.monotonic();
  const Outcome outcome = call(endpoint, {.timeouts = {.connect = Millis(30)}});
  EXPECT_EQ(outcome.code(), Errc::upstream_timeout);
  EXPECT_EQ(outcome.send_error->progress, SendProgress::not_sent);
  EXPECT_GE(clock_.monotonic() - start, Millis(30));
  EXPECT_LT(clock_.monotonic() - start, core::Seconds(2));
}

TEST_F(HttpClientFaults, E1NextAddressIsTriedWithinTheSameTime) {
  const SilentPort silent;
  ScriptedServer server({[](ServerSide& side) {
    side.request();
    side.send(kOk);
  }});
  const Endpoint endpoint = endpoint_of(silent.port());
  resolver_.answer("127.0.0.1", closed_port());
  resolver_.answer("127.0.0.1", server.port());
  EXPECT_EQ(call(endpoint, {.timeouts = {.connect = Millis(90)}}).body, "ok");
}

TEST_F(HttpClientFaults, E2SilenceBeforeAndInsideTheHeadEndsWithTheFirstByteTimeout) {
  for (const char* begun : {"", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 100 Continue\r\n\r\n"}) {
    const Outcome outcome = call_against({[begun](ServerSide& side) {
                                           side.request();
                                           side.send(begun);
                                           EXPECT_TRUE(side.closed_by_client());
                                         }},
                                         {.timeouts = {.first_byte = Millis(25)}});
    EXPECT_EQ(outcome.code(), Errc::upstream_timeout) << begun;
    EXPECT_EQ(outcome.send_error->progress, SendProgress::maybe_sent);
  }
}

TEST_F(HttpClientFaults, E2SilenceInsideTheBodyEndsWithTheIdleTimeout) {
  const std::string length = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n";
  for (const std::string& begun : {length, chunked}) {
    for (const bool piecewise : {false, true}) {
      const Outcome outcome =
          call_against({[begun](ServerSide& side) {
                         side.request();
                         side.send(begun);
                         EXPECT_TRUE(side.closed_by_client());
                       }},
                       {.timeouts = {.idle = Millis(20)}, .piecewise = piecewise});
      EXPECT_EQ(outcome.status, 200);
      EXPECT_EQ(outcome.code(), Errc::upstream_timeout);
      EXPECT_EQ(outcome.body, "half");
    }
  }
}

TEST_F(HttpClientFaults, E3HalfCloseAndResetInsideTheBodyAreErrors) {
  for (const bool reset : {false, true}) {
    const Outcome outcome = call_against({[reset](ServerSide& side) {
      side.request();
      side.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
      if (reset) side.reset();
    }});
    EXPECT_EQ(outcome.code(), Errc::upstream_failed) << reset;
    EXPECT_EQ(client_->counts().idle, 0U);
  }
}

TEST_F(HttpClientFaults, E3ResetInsideABodyThatEndsWithTheConnectionIsAnError) {
  const Outcome outcome = call_against({[](ServerSide& side) {
    side.request();
    side.send("HTTP/1.1 200 OK\r\n\r\nhalf");
    side.reset();
  }});
  EXPECT_EQ(outcome.code(), Errc::upstream_failed);
}

TEST_F(HttpClientFaults, E4GarbageAndOtherProtocolsAreRefused) {
  const std::vector<std::string> answers{
      "\x15\x03\x01\x00\x02\x02\x46",
      "SSH-2.0-OpenSSH_9.2\r\n\r\n",
      std::string("\x00\x00\x12\x04\x00\x00\x00\x00\x00", 9) + "\r\n\r\n",
      "HTTP/2 200\r\n\r\n",
      "HTTP/1.1 99999 No\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
      "200 OK\r\n\r\n",
      "{\"error\":\"plain\"}",
      std::string(100'000, '\xff'),
  };
  for (const std::string& answer : answers) {
    const Outcome outcome = call_answered_by(answer);
    EXPECT_EQ(outcome.code(), Errc::upstream_failed) << answer.substr(0, 40);
    EXPECT_TRUE(outcome.send_error.has_value());
  }
  EXPECT_EQ(client_->counts().idle, 0U);
}

TEST_F(HttpClientFaults, E4PublicMessageHoldsNothingOfTheAnswer) {
  const Outcome outcome = call_answered_by("CANARY-4711 hello\r\n\r\n");
  EXPECT_EQ(outcome.code(), Errc::upstream_failed);
  EXPECT_EQ(outcome.send_error->error.public_message.find("4711"), std::string::npos);
}

TEST_F(HttpClientFaults, E5BadChunksAreRefused) {
  const std::vector<std::string> bodies{
      "8000000000000000\r\n",
      "ffffffffffffffffff\r\nx",
      "-1\r\nx\r\n0\r\n\r\n",
      "+1\r\nx\r\n0\r\n\r\n",
      "0x1\r\nx\r\n0\r\n\r\n",
      "\r\n",
      "1\nx\n0\n\n",
      "1\r\nxy\r\n0\r\n\r\n",
      "1;" + std::string(1 << 20, 'e') + "\r\nx\r\n0\r\n\r\n",
  };
  for (const std::string& body : bodies) {
    const Outcome outcome =
        call_answered_by("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
    EXPECT_EQ(outcome.code(), Errc::upstream_failed) << body.substr(0, 20);
  }
  EXPECT_EQ(client_->counts().idle, 0U);
}

TEST_F(HttpClientFaults, E7BodyBeyondTheLimitIsCut) {
  const std::string measured = "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\nx";
  const std::string endless = "HTTP/1.1 200 OK\r\n\r\n" + std::string(300'000, 'x');
  for (const std::string& answer : {measured, endless}) {
    const Outcome outcome = call_against({[answer](ServerSide& side) {
                                           side.request();
                                           side.send(answer);
                                           EXPECT_TRUE(side.closed_by_client());
                                         }},
                                         {.limit = 200'000});
    EXPECT_EQ(outcome.code(), Errc::too_large);
    EXPECT_LE(outcome.body.capacity(), 1'000'000U);
  }
}

TEST_F(HttpClientFaults, E14RedirectIsReturnedAndNotFollowed) {
  const Listener target;
  ScriptedServer server({[&](ServerSide& side) {
    side.request();
    side.send("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:" +
              std::to_string(target.port()) + "/\r\nContent-Length: 0\r\n\r\n");
  }});
  const Endpoint endpoint = endpoint_of(server.port());
  const Outcome outcome = call(endpoint, {.headers = "authorization: Bearer canary\r\n"});
  EXPECT_EQ(outcome.status, 307);
  EXPECT_TRUE(outcome.location.starts_with("http://127.0.0.1:"));
  pollfd knock{.fd = target.fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&knock, 1, 0), 0);
}

TEST_F(HttpClientFaults, E15ContentCodingsAreRefused) {
  for (const char* coding : {"gzip", "br", "deflate", "x-unknown", "identity, gzip"}) {
    const Outcome outcome =
        call_answered_by("HTTP/1.1 200 OK\r\nContent-Encoding: " + std::string(coding) +
                         "\r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_EQ(outcome.code(), Errc::upstream_failed) << coding;
    EXPECT_EQ(outcome.body, "");
  }
  EXPECT_EQ(call_answered_by("HTTP/1.1 200 OK\r\nContent-Encoding: Identity\r\n"
                             "Content-Length: 3\r\n\r\nabc")
                .body,
            "abc");
}

TEST_F(HttpClientFaults, E16HeadBombsAreRefused) {
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 10'000; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  const std::string large = "HTTP/1.1 200 OK\r\nX: " + std::string(1 << 20, 'y') + "\r\n\r\n";
  std::string interim;
  for (int i = 0; i < 10'000; ++i) interim += "HTTP/1.1 102 Processing\r\n\r\n";
  for (const std::string& answer : {many + "\r\n", large, interim}) {
    const Outcome outcome = call_against({[answer](ServerSide& side) {
      side.request();
      // The client closes before it has taken everything.
      (void)::send(side.fd(), answer.data(), answer.size(), MSG_NOSIGNAL);
    }});
    EXPECT_EQ(outcome.code(), Errc::upstream_failed) << answer.substr(0, 40);
  }
}

TEST_F(HttpClientFaults, E17ConnectionWithBytesBehindTheAnswerIsNotReused) {
  const std::vector<std::string> answers{
      std::string(kOk) + "X",
      std::string(kOk) + std::string(kOk),
      "HTTP/1.1 204 No Content\r\n\r\nX",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nX",
  };
  for (const std::string& answer : answers) {
    std::string second;
    ScriptedServer server({[&](ServerSide& side) {
                             side.request();
                             side.send(answer);
                             second = side.request();
                           },
                           [](ServerSide& side) {
                             side.request();
                             side.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfresh");
                           }});
    const Endpoint endpoint = endpoint_of(server.port());
    EXPECT_EQ(call(endpoint).code(), kNoError);
    EXPECT_EQ(call(endpoint).body, "fresh") << answer;
    server.finish();
    EXPECT_EQ(second, "");
  }
}

TEST_F(HttpClientFaults, E17UnaskedAnswerOnAnIdleConnectionIsNeverReadAsOne) {
  ScriptedServer server({[](ServerSide& side) {
                           side.request();
                           side.send(kOk);
                           side.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
                           EXPECT_EQ(side.request(), "");
                         },
                         [](ServerSide& side) {
                           side.request();
                           side.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfresh");
                         }});
  const Endpoint endpoint = endpoint_of(server.port());
  EXPECT_EQ(call(endpoint).code(), kNoError);
  // The second answer arrives at latest with this sleep's turns.
  const auto wait = [](EventLoop* loop) -> core::Task<void> {
    core::Cancellation never;
    (void)co_await loop->sleep_until(loop->now() + Millis(8), never);
  };
  run(wait(&loop()));
  EXPECT_EQ(call(endpoint).body, "fresh");
}

TEST_F(HttpClientFaults, E17EarlyRefusalOfALargeRequestIsReturnedAndNotReused) {
  const std::string large(6'000'000, 'b');
  for (const bool closes : {false, true}) {
    const Outcome outcome =
        call_against({[closes](ServerSide& side) {
                       (void)side.receive(1'000);
                       side.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
                       if (closes) {
                         side.close();
                       } else {
                         EXPECT_TRUE(side.hung_up_by_client());
                       }
                     }},
                     {.body = {large}});
    EXPECT_EQ(outcome.status, 413) << closes;
    EXPECT_EQ(outcome.body, "big");
    EXPECT_EQ(client_->counts().idle, 0U);
  }
}

TEST_F(HttpClientFaults, AnswerOfAServerThatClosedBeforeReadingIsStillReturned) {
  const Outcome outcome = call_against({[](ServerSide& side) {
    side.send("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy");
    side.shutdown_send();
    (void)side.request();
  }});
  EXPECT_EQ(outcome.status, 503);
  EXPECT_EQ(outcome.body, "busy");
}

TEST_F(HttpClientFaults, PooledConnectionThatTurnsOutDeadIsReplacedOnce) {
  for (const bool reset : {false, true}) {
    ScriptedServer server({[&](ServerSide& side) {
                             side.request();
                             side.send(kOk);
                             side.request();  // the next call is on its way: now close
                             if (reset) side.reset();
                           },
                           [](ServerSide& side) {
                             side.request();
                             side.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfresh");
                           }});
    const Endpoint endpoint = endpoint_of(server.port());
    EXPECT_EQ(call(endpoint).body, "ok");
    EXPECT_EQ(call(endpoint).body, "fresh");
    EXPECT_EQ(server.accepted(), 2);
    make_client({});
  }
}

TEST_F(HttpClientFaults, DeadReplacementAndFreshConnectionsAreNotReplaced) {
  const auto dead = [](ServerSide& side) { side.request(); };
  ScriptedServer server({[&](ServerSide& side) {
                           side.request();
                           side.send(kOk);
                           side.request();
                         },
                         dead, dead});
  const Endpoint endpoint = endpoint_of(server.port());
  EXPECT_EQ(call(endpoint).body, "ok");
  const Outcome replaced = call(endpoint);
  EXPECT_EQ(replaced.code(), Errc::upstream_failed);
  EXPECT_EQ(replaced.send_error->progress, SendProgress::maybe_sent);
  EXPECT_EQ(server.accepted(), 2);
  EXPECT_EQ(call(endpoint).code(), Errc::upstream_failed);
  EXPECT_EQ(server.accepted(), 3);
}

TEST_F(HttpClientFaults, ConnectionThatDiesInsideTheAnswerIsNotReplaced) {
  ScriptedServer server({[](ServerSide& side) {
    side.request();
    side.send(kOk);
    side.request();
    side.send("HTTP/1.1 200 O");
  }});
  const Endpoint endpoint = endpoint_of(server.port());
  EXPECT_EQ(call(endpoint).body, "ok");
  EXPECT_EQ(call(endpoint).code(), Errc::upstream_failed);
  EXPECT_EQ(server.accepted(), 1);
}

TEST_F(HttpClientFaults, H2LackOfDescriptorsIsAnErrorValue) {
  const Listener listener;
  const Endpoint endpoint = endpoint_of(listener.port());
  rlimit saved{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &saved), 0);
  const rlimit none{.rlim_cur = 3, .rlim_max = saved.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const Outcome outcome = call(endpoint);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &saved), 0);
  EXPECT_EQ(outcome.code(), Errc::unavailable);
  EXPECT_EQ(outcome.send_error->progress, SendProgress::not_sent);
}

}  // namespace
}  // namespace gatehouse::net
