#pragma once
/// For tests: an HttpServer on a thread of its own, a handler that shows what it got, and a raw
/// client socket.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/task_group.hpp"
#include "gatehouse/net/http_server.hpp"

namespace gatehouse::net::testing {

/// Counters are read by the test's thread.
class TestHandler final : public RequestHandler {
 public:
  explicit TestHandler(EventLoop& loop) : loop_(loop) {}

  core::Task<void> handle(Exchange& exchange) override {
    ++requests;
    const std::string path(exchange.head().path);
    if (path == "/echo") co_await echo(exchange);
    if (path == "/head") co_await show_head(exchange);
    if (path == "/stream") co_await stream(exchange);
    if (path == "/flood") co_await flood(exchange);
    if (path == "/hang") co_await hang(exchange);
    if (path == "/big") co_await big(exchange);
    if (path == "/empty") co_await no_content(exchange);
    if (path == "/twice") co_await twice(exchange);
    if (path == "/throw") throw std::runtime_error("bug");
    if (path == "/half" || path == "/half-throw") co_await half(exchange, path == "/half-throw");
    ++finished;
  }

  std::string refusal_body(int status, std::string_view why) override {
    return "{\"status\":" + std::to_string(status) + ",\"reason\":\"" + std::string(why) + "\"}";
  }

  std::atomic<int> requests = 0;
  std::atomic<int> finished = 0;
  std::atomic<int> running = 0;
  std::atomic<core::Cancellation::Reason> reason = core::Cancellation::Reason::none;
  std::atomic<std::uint64_t> flooded = 0;
  std::atomic<core::Errc> flood_error = core::Errc::internal;

 private:
  static core::Task<void> echo(Exchange& exchange) {
    HeaderBlock headers;
    headers.add("Content-Type", "text/plain");
    // Reads what lies behind the body, as a SIMD scanner would.
    unsigned sum = 0;
    for (int i = 0; i < 64; ++i) sum += static_cast<unsigned char>(*(exchange.body().end() + i));
    headers.add("X-Sum", std::uint64_t{sum > 0 ? 1U : 0U});
    const core::Result<void> sent = co_await exchange.respond(200, headers, exchange.body());
    EXPECT_TRUE(sent);
  }
  static core::Task<void> show_head(Exchange& exchange) {
    const RequestHead& head = exchange.head();
    std::string text(head.method);
    text.append(" ").append(head.path).append("?").append(head.query).append("\n");
    for (const auto& field : head.headers) {
      text.append(field.name).append("=").append(field.value).append("\n");
    }
    text.append(exchange.peer_address()).append("\n").append(exchange.body());
    const core::Result<void> sent = co_await exchange.respond(201, HeaderBlock(), text);
    EXPECT_TRUE(sent);
  }
  static core::Task<void> stream(Exchange& exchange) {
    EXPECT_FALSE(exchange.answered());
    const core::Result<void> begun = co_await exchange.begin_stream(200, HeaderBlock());
    EXPECT_TRUE(begun);
    EXPECT_TRUE(exchange.answered());
    const core::Result<void> nothing = co_await exchange.write("");
    EXPECT_TRUE(nothing);
    const std::array<std::string_view, 3> pieces = {"one ", "", "two "};
    const core::Result<void> some = co_await exchange.write(pieces);
    EXPECT_TRUE(some);
    const core::Result<void> last = co_await exchange.write("three");
    EXPECT_TRUE(last);
    const core::Result<void> ended = co_await exchange.end_stream();
    EXPECT_TRUE(ended);
  }
  core::Task<void> flood(Exchange& exchange) {
    const std::string piece(16 * 1024, 'f');
    core::Result<void> sent = co_await exchange.begin_stream(200, HeaderBlock());
    while (sent) {
      sent = co_await exchange.write(piece);
      if (sent) flooded += piece.size();
    }
    flood_error = sent.error().code;
  }
  core::Task<void> hang(Exchange& exchange) {
    ++running;
    const core::Result<void> slept =
        co_await loop_.sleep_until(loop_.now() + core::Seconds(30), exchange.cancellation());
    EXPECT_FALSE(slept);
    reason = exchange.cancellation().reason();
    --running;
  }
  static core::Task<void> big(Exchange& exchange) {
    const std::string body(8 * 1024 * 1024, 'b');
    [[maybe_unused]] const core::Result<void> sent =
        co_await exchange.respond(200, HeaderBlock(), body);
  }
  static core::Task<void> no_content(Exchange& exchange) {
    const core::Result<void> sent = co_await exchange.respond(204, HeaderBlock(), "not sent");
    EXPECT_TRUE(sent);
  }
  static core::Task<void> twice(Exchange& exchange) {
    const core::Result<void> first = co_await exchange.respond(200, HeaderBlock(), "first");
    EXPECT_TRUE(first);
    const core::Result<void> second = co_await exchange.respond(500, HeaderBlock(), "second");
    EXPECT_FALSE(second);
    const core::Result<void> third = co_await exchange.write("third");
    EXPECT_FALSE(third);
  }
  static core::Task<void> half(Exchange& exchange, bool fail) {
    const core::Result<void> begun = co_await exchange.begin_stream(200, HeaderBlock());
    EXPECT_TRUE(begun);
    const core::Result<void> sent = co_await exchange.write("half");
    EXPECT_TRUE(sent);
    if (fail) throw std::runtime_error("bug");
  }

  EventLoop& loop_;
};

/// Runs the loop on a thread; drains the server when destroyed.
class TestServer {
 public:
  explicit TestServer(ServerOptions options = {}) {
    options.address = "127.0.0.1";
    options.port = 0;
    loop_ = EventLoop::create(clock_).value();
    handler_ = std::make_unique<TestHandler>(*loop_);
    server_ = HttpServer::listen(*loop_, std::move(options), *handler_).value();
    port_ = server_->port();
    thread_ = std::thread([this] { loop_->run(); });
  }
  ~TestServer() {
    if (server_) {
      start_drain();
      EXPECT_EQ(drained_.wait_for(std::chrono::seconds(15)), std::future_status::ready);
    }
    loop_->stop();
    thread_.join();
  }

  /// Begins to drain; the server is gone when drained() is ready.
  void start_drain() {
    if (drained_.valid()) return;
    drained_ = done_.get_future();
    loop_->post([this] { tasks_.spawn(drain(*this)); });
  }
  std::future<void>& drained() { return drained_; }

  std::uint16_t port() const { return port_; }
  TestHandler& handler() { return *handler_; }

  std::size_t connections() {
    std::promise<std::size_t> count;
    loop_->post([&] { count.set_value(server_ ? server_->connections() : 0); });
    return count.get_future().get();
  }

 private:
  static core::Task<void> drain(TestServer& self) {
    co_await self.server_->drain();
    self.server_.reset();
    self.done_.set_value();
  }

  core::SystemClock clock_;
  std::unique_ptr<EventLoop> loop_;
  core::TaskGroup tasks_;
  std::unique_ptr<TestHandler> handler_;
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
  std::promise<void> done_;
  std::future<void> drained_;
  std::thread thread_;
};

/// Waits until `condition` holds, at most five seconds.
template <class Condition>
bool eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

/// A blocking client socket whose reads give up after five seconds.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  int fd() const { return fd_; }
  void half_close() { ::shutdown(fd_, SHUT_WR); }

  /// Waits for something to read, at most `patience`.
  bool readable_within(core::Millis patience) const {
    pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, static_cast<int>(patience.count())) > 0;
  }

  /// False when the server does not take it all.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Everything up to the server's end of the stream. `reset` tells of a reset instead.
  std::string read_all() {
    while (receive()) {
    }
    return std::exchange(buffer_, {});
  }
  bool reset() const { return error_ == ECONNRESET; }

  /// One answer with Content-Length or chunked coding, head included, as received.
  std::string read_answer(bool to_head = false) {
    while (buffer_.find("\r\n\r\n") == std::string::npos) {
      if (!receive()) return std::exchange(buffer_, {});
    }
    const std::size_t head = buffer_.find("\r\n\r\n") + 4;
    const std::size_t length_at = buffer_.find("Content-Length: ");
    std::size_t end = head;
    if (!to_head && length_at < head) {
      end += std::stoul(buffer_.substr(length_at + 16));
    } else if (!to_head && buffer_.find("Transfer-Encoding: chunked") < head) {
      while (buffer_.find("\r\n0\r\n\r\n", head) == std::string::npos && receive()) {
      }
      end = buffer_.find("\r\n0\r\n\r\n", head) + 7;
    }
    while (buffer_.size() < end && receive()) {
    }
    std::string answer = buffer_.substr(0, end);
    buffer_.erase(0, answer.size());
    return answer;
  }

  /// True when the connection ends, orderly or not, with nothing more to read.
  bool closed() { return read_all().empty() && error_ != EAGAIN; }

  bool receive() {
    std::array<char, 65536> bytes;
    const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
    error_ = got < 0 ? errno : 0;
    if (got > 0) buffer_.append(bytes.data(), static_cast<std::size_t>(got));
    return got > 0;
  }

 private:
  int fd_;
  int error_ = 0;
  std::string buffer_;
};

inline int status_of(const std::string& answer) {
  return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3));
}
inline std::string body_of(const std::string& answer) {
  const auto end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

}  // namespace gatehouse::net::testing
