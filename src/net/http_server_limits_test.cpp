#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "gatehouse/net/http_server.hpp"
#include "http_server_test_support.hpp"

namespace gatehouse::net {
namespace {

using core::Millis;
using testing::body_of;
using testing::eventually;
using testing::RawClient;
using testing::status_of;
using testing::TestServer;

constexpr std::string_view kGet = "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kHang = "GET /hang HTTP/1.1\r\nHost: a\r\n\r\n";

core::Nanos since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::steady_clock::now() - begin;
}

TEST(HttpServerLimits, SlowClientSuspendsTheWriter) {
  TestServer server;
  RawClient client(server.port(), 4 * 1024);
  client.send("GET /flood HTTP/1.1\r\nHost: a\r\n\r\n");
  // The kernel's two buffers fill up; then the count stands still.
  const RawClient silent(server.port());
  std::uint64_t before = 0;
  ASSERT_TRUE(eventually([&] {
    const std::uint64_t now = server.handler().flooded;
    const bool still = now > 0 && now == before;
    before = now;
    return !silent.readable_within(Millis(20)) && still;
  }));
  EXPECT_LE(before, 1024U * 1024U);
  RawClient other(server.port());
  other.send(kGet);
  EXPECT_EQ(status_of(other.read_answer()), 200);
  client.close();
  EXPECT_TRUE(eventually([&] { return server.handler().finished == 2; }));
  EXPECT_EQ(server.handler().flood_error, core::Errc::closed);
}

TEST(HttpServerLimits, ClientThatNeverReadsIsCutOff) {
  ServerOptions options;
  options.write_timeout = Millis(50);
  TestServer server(options);
  RawClient client(server.port(), 4 * 1024);
  client.send("GET /flood HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server.handler().finished == 1; }));
  EXPECT_EQ(server.handler().flood_error, core::Errc::deadline_exceeded);
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST(HttpServerLimits, SlowReaderOfABigAnswerGetsItAll) {
  ServerOptions options;
  options.write_timeout = Millis(500);
  TestServer server(options);
  RawClient client(server.port());
  client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(body_of(client.read_answer()).size(), 8U * 1024 * 1024);
}

TEST(HttpServerLimits, ShortOfMemoryRefusesBodiesBeforeTheyAreRead) {
  MemoryPressureFlag pressure{MemoryPressure::none};
  ServerOptions options;
  options.memory_pressure = &pressure;
  TestServer server(options);
  const auto status = [&](std::string_view request) {
    RawClient client(server.port());
    client.send(request);
    return status_of(client.read_answer());
  };
  const std::string small = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
  // Refused by its length: the body never comes.
  const std::string_view large = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";
  EXPECT_EQ(status(small), 200);
  pressure = MemoryPressure::high;
  EXPECT_EQ(status(small), 200);
  EXPECT_EQ(status(large), 503);
  pressure = MemoryPressure::critical;
  EXPECT_EQ(status(small), 503);
  EXPECT_EQ(status(kGet), 200);
  pressure = MemoryPressure::none;
  EXPECT_EQ(status(small), 200);
}

TEST(HttpServerLimits, ShortOfMemoryStopsBodiesThatGrow) {
  MemoryPressureFlag pressure{MemoryPressure::high};
  ServerOptions options;
  options.memory_pressure = &pressure;
  TestServer server(options);
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.send("40000\r\n" + std::string(0x40000, 'x'));
  EXPECT_EQ(status_of(client.read_answer()), 503);
}

TEST(HttpServerLimits, SilentConnectionIsClosed) {
  ServerOptions options;
  options.header_timeout = Millis(30);
  TestServer server(options);
  RawClient client(server.port());
  EXPECT_TRUE(client.closed());
}

TEST(HttpServerLimits, SlowHeadIsRefused) {
  ServerOptions options;
  options.header_timeout = Millis(60);
  TestServer server(options);
  RawClient client(server.port());
  const auto begin = std::chrono::steady_clock::now();
  // A byte now and then does not help.
  for (const char c : std::string_view("GET /echo HTTP/1.1\r\nHost: ")) {
    if (!client.send({&c, 1}) || client.readable_within(Millis(5))) break;
  }
  EXPECT_EQ(status_of(client.read_all()), 408);
  EXPECT_LT(since(begin), core::Seconds(3));
}

TEST(HttpServerLimits, SlowBodyIsRefused) {
  ServerOptions options;
  options.body_timeout = Millis(60);
  TestServer server(options);
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n");
  for (int i = 0; i < 30 && client.send("x") && !client.readable_within(Millis(5)); ++i) {
  }
  EXPECT_EQ(status_of(client.read_all()), 408);
  EXPECT_EQ(server.handler().requests, 0);
}

TEST(HttpServerLimits, BodyThatFlowsMayTakeLonger) {
  ServerOptions options;
  options.body_timeout = Millis(250);
  TestServer server(options);
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n");
  for (int i = 0; i < 39; ++i) {
    client.send(std::string(1'000, 'x'));
    EXPECT_FALSE(client.readable_within(Millis(8)));
  }
  client.send(std::string(1'000, 'x'));
  EXPECT_EQ(status_of(client.read_answer()), 200);
}

TEST(HttpServerLimits, IdleConnectionIsClosed) {
  ServerOptions options;
  options.idle_timeout = Millis(30);
  TestServer server(options);
  RawClient client(server.port());
  client.send(kGet);
  EXPECT_EQ(status_of(client.read_answer()), 200);
  EXPECT_TRUE(client.closed());
}

TEST(HttpServerLimits, BusyConnectionsAboveTheLimitWait) {
  ServerOptions options;
  options.max_connections = 2;
  TestServer server(options);
  RawClient first(server.port());
  RawClient second(server.port());
  first.send(kHang);
  second.send(kHang);
  ASSERT_TRUE(eventually([&] { return server.handler().running == 2; }));
  RawClient third(server.port());
  third.send(kGet);
  EXPECT_EQ(server.connections(), 2U);
  EXPECT_EQ(server.handler().requests, 2);
  first.close();
  EXPECT_EQ(status_of(third.read_answer()), 200);
}

TEST(HttpServerLimits, UnusedConnectionsMakeWay) {
  ServerOptions options;
  options.max_connections = 16;
  TestServer server(options);
  std::vector<std::unique_ptr<RawClient>> unused;
  for (int i = 0; i < 100; ++i) unused.push_back(std::make_unique<RawClient>(server.port()));
  RawClient client(server.port());
  client.send(kGet);
  EXPECT_EQ(status_of(client.read_answer()), 200);
  EXPECT_LE(server.connections(), 16U);
}

TEST(HttpServerLimits, DrainClosesIdleConnectionsAtOnce) {
  TestServer server;
  RawClient idle(server.port());
  RawClient used(server.port());
  used.send(kGet);
  EXPECT_EQ(status_of(used.read_answer()), 200);
  ASSERT_TRUE(eventually([&] { return server.connections() == 2; }));
  server.start_drain();
  EXPECT_EQ(server.drained().wait_for(std::chrono::seconds(5)), std::future_status::ready);
  EXPECT_TRUE(idle.closed());
  EXPECT_TRUE(used.closed());
}

TEST(HttpServerLimits, DrainLetsRequestsFinish) {
  TestServer server;
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
  ASSERT_TRUE(eventually([&] { return server.connections() == 1; }));
  RawClient marker(server.port());  // when it is served, the partial request was read as well
  marker.send(kGet);
  EXPECT_EQ(status_of(marker.read_answer()), 200);
  server.start_drain();
  EXPECT_TRUE(marker.closed());
  client.send("lo");
  const std::string answer = client.read_all();
  EXPECT_EQ(body_of(answer), "hello");
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  client.close();
  EXPECT_EQ(server.drained().wait_for(std::chrono::seconds(5)), std::future_status::ready);
}

TEST(HttpServerLimits, DrainCancelsWhatTakesTooLong) {
  ServerOptions options;
  options.drain_timeout = Millis(30);
  TestServer server(options);
  RawClient client(server.port());
  client.send(kHang);
  ASSERT_TRUE(eventually([&] { return server.handler().running == 1; }));
  server.start_drain();
  EXPECT_EQ(server.drained().wait_for(std::chrono::seconds(5)), std::future_status::ready);
  EXPECT_EQ(server.handler().reason, core::Cancellation::Reason::shutdown);
}

TEST(HttpServerLimits, DrainRefusesNewConnections) {
  TestServer server;
  const std::uint16_t port = server.port();
  server.start_drain();
  EXPECT_EQ(server.drained().wait_for(std::chrono::seconds(5)), std::future_status::ready);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_NE(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
}

/// In a child process: few descriptors, more clients than they suffice for.
void serve_with_few_descriptors() {
  TestServer server;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(std::make_unique<RawClient>(server.port()));
  if (!eventually([&] { return server.connections() == 20; })) ::_exit(2);
  const int lowest = ::dup(0);
  ::close(lowest);
  // Room for the client's own socket and not for the server's side of it.
  const rlimit limit{.rlim_cur = static_cast<rlim_t>(lowest) + 1, .rlim_max = 4096};
  ::setrlimit(RLIMIT_NOFILE, &limit);
  RawClient waiting(server.port());

  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  waiting.send(kGet);
  if (waiting.readable_within(Millis(250))) ::_exit(6);
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  const auto micros = [](const rusage& usage) {
    return usage.ru_utime.tv_sec * 1'000'000 + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_sec * 1'000'000 + usage.ru_stime.tv_usec;
  };
  if (micros(after) - micros(before) > 100'000) ::_exit(3);
  clients.clear();  // descriptors come back
  if (status_of(waiting.read_answer()) != 200) ::_exit(4);
  ::_exit(::testing::Test::HasFailure() ? 5 : 0);
}

TEST(HttpServerLimits, AcceptPausesWithoutDescriptorsAndRecovers) {
  const pid_t child = ::fork();
  if (child == 0) serve_with_few_descriptors();
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace gatehouse::net
