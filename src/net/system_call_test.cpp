// The design's point: warm connections make no system call that finds nothing (docs/adr/0003).

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>

#include "gatehouse/net/stream.hpp"
#include "http_client_test_support.hpp"

namespace {
struct Calls {
  int receive = 0;
  int send = 0;
  int control = 0;  ///< epoll_ctl, setsockopt, getsockopt
};
/// Of this thread; the scripted servers run on others.
thread_local Calls calls;

template <class Function>
Function* next_definition(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}
}  // namespace

// The executable's definitions stand before those of the C library.
extern "C" {
ssize_t recv(int fd, void* into, std::size_t size, int flags) {
  static auto* const real = next_definition<ssize_t(int, void*, std::size_t, int)>("recv");
  ++calls.receive;
  return real(fd, into, size, flags);
}
ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static auto* const real = next_definition<ssize_t(int, const msghdr*, int)>("sendmsg");
  ++calls.send;
  return real(fd, message, flags);
}
int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) noexcept {
  static auto* const real = next_definition<int(int, int, int, epoll_event*)>("epoll_ctl");
  ++calls.control;
  return real(epoll, operation, fd, event);
}
int setsockopt(int fd, int level, int name, const void* value, socklen_t size) noexcept {
  static auto* const real =
      next_definition<int(int, int, int, const void*, socklen_t)>("setsockopt");
  ++calls.control;
  return real(fd, level, name, value, size);
}
int getsockopt(int fd, int level, int name, void* value, socklen_t* size) noexcept {
  static auto* const real = next_definition<int(int, int, int, void*, socklen_t*)>("getsockopt");
  ++calls.control;
  return real(fd, level, name, value, size);
}
}

namespace gatehouse::net {
namespace {

using core::Result;
using core::Task;
using testing::HttpClientTest;
using testing::ScriptedServer;
using testing::ServerSide;

using SystemCalls = HttpClientTest;

TEST_F(SystemCalls, ClientRequestOnAPooledConnectionIsOneSendAndOneReceive) {
  ScriptedServer server({[](ServerSide& side) {
    while (!side.request().empty()) {
      side.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    }
  }});
  const Endpoint endpoint = endpoint_of(server.port());
  EXPECT_EQ(call(endpoint).body, "hello");
  calls = {};
  constexpr int kRequests = 20;
  for (int i = 0; i < kRequests; ++i) EXPECT_EQ(call(endpoint).body, "hello");
  EXPECT_EQ(calls.send, kRequests);
  EXPECT_EQ(calls.receive, kRequests);
  EXPECT_EQ(calls.control, 0);
  client_.reset();
}

Task<void> echo(Stream* stream, EventLoop* loop, int rounds) {
  std::array<char, 256> buffer;
  for (int i = 0; i < rounds; ++i) {
    stream->set_read_deadline(loop->now() + core::Seconds(75));
    Result<std::size_t> got = co_await stream->read_some(buffer);
    EXPECT_TRUE(got && *got > 0);
    stream->watch_hang_up([] { FAIL() << "nobody left"; });
    const std::string_view answer(buffer.data(), got.value_or(0));
    stream->set_write_deadline(loop->now() + core::Seconds(60));
    Result<void> sent = co_await stream->write(std::span(&answer, 1));
    EXPECT_TRUE(sent.has_value());
    stream->watch_hang_up(nullptr);
  }
}

TEST_F(SystemCalls, ServedRequestIsOneReceiveAndOneSend) {
  constexpr int kRounds = 20;
  auto [ours, theirs] = testing::tcp_pair();
  auto stream = Stream::adopt(loop(), ours).value();
  std::thread user([fd = theirs] {
    const testing::Peer peer(fd);
    for (int i = 0; i < kRounds; ++i) {
      peer.send("request");
      EXPECT_EQ(peer.receive(7), "request");
    }
  });
  calls = {};
  run(echo(stream.get(), &loop(), kRounds));
  EXPECT_EQ(calls.send, kRounds);
  EXPECT_EQ(calls.receive, kRounds);
  EXPECT_EQ(calls.control, 0);
  user.join();
}

}  // namespace
}  // namespace gatehouse::net
