#pragma once
/// For tests: a server on its own thread that plays one script per connection, in order.

#include <sys/time.h>

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "socket_test_support.hpp"

namespace gatehouse::net::testing {

/// The server's end of one connection, blocking, with time-outs so that no test hangs.
class ServerSide : public Peer {
 public:
  explicit ServerSide(int fd) : Peer(fd) {
    const timeval limit{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }

  /// Head and body (by Content-Length) of the next request; empty at the end of the connection.
  std::string request() {
    for (;;) {
      const std::size_t head = buffer_.find("\r\n\r\n");
      if (head != std::string::npos) {
        const std::size_t field = buffer_.find("Content-Length: ");
        const std::size_t length = field < head ? std::stoul(buffer_.substr(field + 16)) : 0;
        const std::size_t whole = head + 4 + length;
        if (buffer_.size() >= whole) {
          std::string found = buffer_.substr(0, whole);
          buffer_.erase(0, whole);
          return found;
        }
      }
      std::array<char, 16'384> chunk;
      const ssize_t got = ::recv(fd(), chunk.data(), chunk.size(), 0);
      if (got <= 0) return {};
      buffer_.append(chunk.data(), static_cast<std::size_t>(got));
    }
  }
  /// True when the client closes, in order or not, before it sends anything more.
  bool closed_by_client() {
    char byte = 0;
    const ssize_t got = ::recv(fd(), &byte, 1, 0);
    return got == 0 || (got < 0 && errno != EAGAIN);
  }
  /// The same without reading what the client sent before.
  bool hung_up_by_client() const {
    pollfd gone{.fd = fd(), .events = POLLRDHUP, .revents = 0};
    return ::poll(&gone, 1, 5'000) == 1;
  }

 private:
  std::string buffer_;
};

class ScriptedServer {
 public:
  using Script = std::function<void(ServerSide&)>;

  explicit ScriptedServer(std::vector<Script> scripts)
      : scripts_(std::move(scripts)), thread_([this] { serve(); }) {}
  ~ScriptedServer() { finish(); }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  /// Waits for the scripts; afterwards what they wrote may be read.
  void finish() {
    if (!thread_.joinable()) return;
    ::shutdown(listener_.fd(), SHUT_RDWR);  // ends an accept() under way
    thread_.join();
  }
  std::uint16_t port() const { return listener_.port(); }
  int accepted() const { return accepted_.load(); }

 private:
  void serve() {
    for (const Script& script : scripts_) {
      const int fd = listener_.accept();
      if (fd < 0) return;
      ++accepted_;
      ServerSide side(fd);
      script(side);
    }
  }

  Listener listener_;
  std::vector<Script> scripts_;
  std::atomic<int> accepted_ = 0;
  std::thread thread_;
};

}  // namespace gatehouse::net::testing
