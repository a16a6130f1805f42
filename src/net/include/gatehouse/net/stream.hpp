#pragma once
/// A connected byte stream, plain TCP or TLS, on one event loop.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/core/error.hpp"
#include "gatehouse/core/task.hpp"
#include "gatehouse/net/event_loop.hpp"

namespace gatehouse::net {

class TlsServerContext;
class TlsClientContext;

/// At most one reader and one writer at a time. Pinned; one thread. All waits end with
/// Errc::deadline_exceeded when the deadline set by `set_*_deadline` passes and with
/// Errc::cancelled after cancel().
class Stream {
 public:
  /// Takes over a connected or connecting non-blocking socket and sets TCP_NODELAY.
  static core::Result<std::unique_ptr<Stream>> adopt(EventLoop& loop, int fd);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// TLS handshakes; afterwards reads and writes are encrypted.
  core::Task<core::Result<void>> accept_tls(TlsServerContext& context);
  /// Verifies the chain and `host` (RFC 6125) and sends SNI; an IP literal is verified as such.
  core::Task<core::Result<void>> connect_tls(TlsClientContext& context, const std::string& host);

  /// Waits until the pending connect() of an adopted socket is done.
  core::Task<core::Result<void>> finish_connect();

  /// Reads at least one byte; 0 means that the peer closed its side in an orderly way.
  core::Task<core::Result<std::size_t>> read_some(std::span<char> into);

  /// Writes all pieces in order with as few system calls as possible; suspends while the peer's
  /// window is full.
  core::Task<core::Result<void>> write(std::span<const std::string_view> pieces);

  void set_read_deadline(core::MonotonicTime deadline);
  void set_write_deadline(core::MonotonicTime deadline);
  void clear_deadlines() noexcept;

  /// Calls `on_hang_up` once when the peer closes or resets while nobody reads; data that
  /// arrives meanwhile stays unread. Null removes the watch.
  void watch_hang_up(std::function<void()> on_hang_up);

  /// True when an idle pooled connection may carry another request: open, nothing unread.
  bool reusable() noexcept;

  /// Ends every present and future wait with Errc::cancelled.
  void cancel() noexcept;
  /// Sends a reset instead of an orderly close when destroyed.
  void abort_on_close() noexcept;
  /// Half-closes the sending side (TLS: close_notify first).
  void shutdown_send() noexcept;

  std::string peer_address() const;  ///< numeric, without port
  EventLoop& loop() noexcept;

  struct State;  ///< for net's own sources

 private:
  explicit Stream(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace gatehouse::net
