#pragma once
/// HTTP/1.1 server: one per thread and listening socket.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/core/cancellation.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/task.hpp"
#include "gatehouse/net/event_loop.hpp"
#include "gatehouse/net/http_codec.hpp"
#include "gatehouse/net/memory_pressure.hpp"

namespace gatehouse::net {

class TlsServerContext;

/// One request and the means to answer it. Lives inside the connection's coroutine; every view
/// is valid until the handler returns. One thread.
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual const RequestHead& head() const = 0;
  /// The whole body. At least 64 bytes beyond its end are readable (for SIMD scanners).
  virtual std::string_view body() const = 0;
  virtual std::string_view peer_address() const = 0;
  /// When the head was complete.
  virtual core::MonotonicTime received_at() const = 0;
  /// Requested with client_left when the peer goes away, with shutdown when a drain runs out.
  virtual core::Cancellation& cancellation() = 0;

  /// Sends a complete answer; Content-Length, Date and Connection are added.
  virtual core::Task<core::Result<void>> respond(int status, const HeaderBlock& headers,
                                                 std::span<const std::string_view> body) = 0;

  /// Streamed answers: begin once, write any number of times, end once. Writing suspends while
  /// the client's window is full and fails with Errc::closed or Errc::deadline_exceeded.
  virtual core::Task<core::Result<void>> begin_stream(int status, const HeaderBlock& headers) = 0;
  virtual core::Task<core::Result<void>> write(std::span<const std::string_view> pieces) = 0;
  virtual core::Task<core::Result<void>> end_stream() = 0;

  /// True once the head of an answer was handed to the kernel.
  virtual bool answered() const = 0;

  core::Task<core::Result<void>> respond(int status, const HeaderBlock& headers,
                                         std::string_view body);
  core::Task<core::Result<void>> write(std::string_view piece);
};

class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  /// Must answer the exchange. An exception, or no answer, becomes a 500 with a fixed text, or a
  /// reset when the answer had begun.
  virtual core::Task<void> handle(Exchange& exchange) = 0;
  /// Body of an answer to a request that the codec refused (`status`), in the surface's error
  /// shape; content type application/json.
  virtual std::string refusal_body(int status, std::string_view reason) = 0;
};

struct ServerOptions {
  std::string address = "0.0.0.0";  ///< an IP literal
  std::uint16_t port = 4000;        ///< 0: any free port
  int backlog = 1024;
  /// Per thread. Further ones wait in the backlog, and those that have been idle longest make way.
  std::size_t max_connections = 20'000;
  HttpLimits limits;
  core::Millis header_timeout{10'000};  ///< from the accept or the head's first byte; TLS too
  /// For the whole body; extended while data flows, by a second for each KiB at most.
  core::Millis body_timeout{30'000};
  core::Millis idle_timeout{75'000};   ///< between two requests
  core::Millis write_timeout{60'000};  ///< for each streamed piece or 256 KiB of an answer
  core::Millis drain_timeout{30'000};
  std::shared_ptr<TlsServerContext> tls;  ///< null: plain
  /// Under pressure requests with large bodies, then with any body, get 503. Null: none is watched.
  const MemoryPressureFlag* memory_pressure = nullptr;
};

/// Binds with SO_REUSEPORT. Runs on its loop's thread. What the codec refuses is answered with
/// RequestHandler::refusal_body() and "Connection: close"; what comes too slowly with 408. Not to
/// be destroyed before drain() is done, unless it never had a connection.
class HttpServer {
 public:
  static core::Result<std::unique_ptr<HttpServer>> listen(EventLoop& loop, ServerOptions options,
                                                          RequestHandler& handler);
  ~HttpServer();

  std::uint16_t port() const noexcept;
  std::size_t connections() const noexcept;

  /// Stops accepting, lets requests finish within the drain time-out, closes idle connections,
  /// then cancels the rest with Reason::shutdown. Completes when no connection is left.
  core::Task<void> drain();

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace gatehouse::net
