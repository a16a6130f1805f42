#pragma once
/// Inside of Stream, shared by its plain and its TLS half.

#include <sys/types.h>
#include <sys/uio.h>

#include <coroutine>
#include <functional>
#include <memory>

#include "file_descriptor.hpp"
#include "gatehouse/net/stream.hpp"

struct ssl_st;

namespace gatehouse::net {

struct SslDeleter {
  void operator()(ssl_st* ssl) const noexcept;
};

/// One direction's suspended coroutine and deadline.
struct Waiter {
  explicit Waiter(std::function<void()> on_expiry) : timer(std::move(on_expiry)) {}

  std::coroutine_handle<> handle;
  core::MonotonicTime deadline = core::MonotonicTime::max();
  /// Stays armed when a wait ends early and looks again when it runs out, so that a busy
  /// connection does not touch the wheel at each wait.
  Timer timer;
  core::MonotonicTime timer_due = core::MonotonicTime::max();
};

/// Flags instead of system calls: edges set them, a short read or write clears them.
struct Stream::State final : ReadinessSink {
  State(EventLoop& the_loop, FileDescriptor the_fd);
  ~State() override;

  void on_ready(Readiness edges) override;

  /// One recv() or sendmsg(). Without a system call -1 and EAGAIN when the flag is clear.
  ssize_t receive(char* into, std::size_t size) noexcept;
  ssize_t send(iovec* pieces, std::size_t count, std::size_t bytes) noexcept;

  core::Task<core::Result<std::size_t>> read_plain(std::span<char> into);
  core::Task<core::Result<void>> write_plain(std::span<const std::string_view> pieces);

  /// `context`: an SSL_CTX.
  core::Result<void> begin_tls(void* context);
  core::Task<core::Result<void>> handshake();
  core::Task<core::Result<std::size_t>> read_tls(std::span<char> into);
  core::Task<core::Result<void>> write_tls(std::span<const std::string_view> pieces);
  core::Task<core::Result<void>> write_tls_bytes(std::string_view bytes);
  core::Error tls_error(int result, const char* step);
  bool tls_idle() noexcept;
  void send_close_notify() noexcept;

  bool refuses(const Waiter& waiter) const noexcept;
  core::Error refusal() const;
  void suspend(Waiter& waiter, std::coroutine_handle<> handle);
  void set_deadline(Waiter& waiter, core::MonotonicTime deadline);
  void on_expiry(Waiter& waiter);
  void look_for_hang_up();

  EventLoop& loop;
  FileDescriptor fd;
  std::unique_ptr<ssl_st, SslDeleter> ssl;
  bool readable = false;
  bool writable = false;
  bool hung_up = false;
  bool ended = false;  ///< the end of the peer's bytes was read
  bool cancelled = false;
  bool reset_on_close = false;
  bool tls_broken = false;  ///< the TLS state allows no further call
  bool* destroyed = nullptr;
  Waiter reader;
  Waiter writer;
  std::function<void()> on_hang_up;
};

/// Awaiter: resumes when `flag` is set, or when the waiter's deadline passes or the stream is
/// cancelled. A named local of the waiting coroutine; afterwards the flag tells which it was.
class ReadinessWait {
 public:
  ReadinessWait(Stream::State& stream, Waiter& waiter, const bool& flag) noexcept
      : stream_(stream), waiter_(waiter), flag_(flag) {}
  ReadinessWait(const ReadinessWait&) = delete;
  ReadinessWait& operator=(const ReadinessWait&) = delete;
  ~ReadinessWait() {
    if (suspended_) waiter_.handle = {};  // the coroutine was destroyed while it waited
  }

  bool await_ready() const noexcept { return flag_ || stream_.refuses(waiter_); }
  void await_suspend(std::coroutine_handle<> handle) {
    suspended_ = true;
    stream_.suspend(waiter_, handle);
  }
  void await_resume() noexcept { suspended_ = false; }

 private:
  Stream::State& stream_;
  Waiter& waiter_;
  const bool& flag_;
  bool suspended_ = false;
};

}  // namespace gatehouse::net
