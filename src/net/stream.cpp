#include "gatehouse/net/stream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "gatehouse/net/resolver.hpp"
#include "stream_state.hpp"

namespace gatehouse::net {

namespace {
constexpr std::size_t kPiecesPerCall = 64;

core::Error io_error(const char* call, int error) {
  const bool gone = error == ECONNRESET || error == EPIPE || error == ENOTCONN;
  const core::Errc code = gone ? core::Errc::closed : core::Errc::io;
  return {.code = code,
          .public_message = gone ? "the peer closed the connection" : "the connection failed",
          .internal_detail = errno_text(call, error)};
}

/// Position in a list of pieces, moved forward by bytes sent.
class Cursor {
 public:
  explicit Cursor(std::span<const std::string_view> pieces) : pieces_(pieces) { skip_empty(); }

  bool at_end() const noexcept { return pieces_.empty(); }

  struct Batch {
    std::size_t count = 0;
    std::size_t bytes = 0;
  };
  Batch fill(std::array<iovec, kPiecesPerCall>& out) const noexcept {
    Batch batch;
    std::size_t offset = offset_;
    for (const std::string_view piece : pieces_) {
      if (batch.count == out.size()) break;
      const std::string_view rest = piece.substr(offset);
      offset = 0;
      if (rest.empty()) continue;
      out[batch.count++] = {const_cast<char*>(rest.data()), rest.size()};
      batch.bytes += rest.size();
    }
    return batch;
  }

  void advance(std::size_t bytes) noexcept {
    while (bytes > 0) {
      const std::size_t step = std::min(bytes, pieces_.front().size() - offset_);
      offset_ += step;
      bytes -= step;
      skip_empty();
    }
  }

 private:
  void skip_empty() noexcept {
    while (!pieces_.empty() && offset_ == pieces_.front().size()) {
      pieces_ = pieces_.subspan(1);
      offset_ = 0;
    }
  }

  std::span<const std::string_view> pieces_;
  std::size_t offset_ = 0;
};
}  // namespace

Stream::State::State(EventLoop& the_loop, FileDescriptor the_fd)
    : loop(the_loop),
      fd(std::move(the_fd)),
      reader([this] { on_expiry(reader); }),
      writer([this] { on_expiry(writer); }) {}

Stream::State::~State() {
  if (destroyed != nullptr) *destroyed = true;
  if (reset_on_close) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  } else {
    send_close_notify();
  }
  loop.remove(fd.get(), *this);
}

void Stream::State::on_ready(Readiness edges) {
  readable |= edges.readable;
  writable |= edges.writable;
  hung_up |= edges.hang_up;
  bool gone = false;  // a resumed coroutine may destroy the stream
  destroyed = &gone;
  if (writable && writer.handle) std::exchange(writer.handle, {}).resume();
  if (gone) return;
  if (readable && reader.handle) {
    std::exchange(reader.handle, {}).resume();
  } else {
    look_for_hang_up();
  }
  if (!gone) destroyed = nullptr;
}

void Stream::State::look_for_hang_up() {
  if (!hung_up || reader.handle || !on_hang_up) return;
  const auto callback = std::exchange(on_hang_up, nullptr);
  callback();
}

bool Stream::State::refuses(const Waiter& waiter) const noexcept {
  return cancelled || waiter.deadline <= loop.now();
}

core::Error Stream::State::refusal() const {
  if (cancelled) return {.code = core::Errc::cancelled, .public_message = "cancelled"};
  return {.code = core::Errc::deadline_exceeded, .public_message = "the peer was too slow"};
}

void Stream::State::suspend(Waiter& waiter, std::coroutine_handle<> handle) {
  waiter.handle = handle;
  set_deadline(waiter, waiter.deadline);
}

void Stream::State::set_deadline(Waiter& waiter, core::MonotonicTime deadline) {
  waiter.deadline = deadline;
  if (!waiter.handle || deadline == core::MonotonicTime::max()) return;
  if (waiter.timer.armed() && waiter.timer_due <= deadline) return;
  waiter.timer_due = deadline;
  loop.arm(waiter.timer, deadline);
}

void Stream::State::on_expiry(Waiter& waiter) {
  if (!waiter.handle) {
    if (&waiter == &reader) look_for_hang_up();
    return;
  }
  if (!refuses(waiter)) return set_deadline(waiter, waiter.deadline);
  std::exchange(waiter.handle, {}).resume();
}

ssize_t Stream::State::receive(char* into, std::size_t size) noexcept {
  if (!readable) {
    errno = EAGAIN;
    return -1;
  }
  ssize_t got = 0;
  do {
    got = ::recv(fd.get(), into, size, 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    if (errno == EAGAIN) readable = false;
  } else if (got == 0) {
    ended = true;
  } else if (static_cast<std::size_t>(got) < size && !hung_up) {
    readable = false;  // drained; more bytes, or the end, come with an edge of their own
  }
  return got;
}

ssize_t Stream::State::send(iovec* pieces, std::size_t count, std::size_t bytes) noexcept {
  if (!writable) {
    errno = EAGAIN;
    return -1;
  }
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = count;
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(fd.get(), &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0 ? errno == EAGAIN : static_cast<std::size_t>(sent) < bytes) writable = false;
  return sent;
}

core::Task<core::Result<std::size_t>> Stream::State::read_plain(std::span<char> into) {
  for (;;) {
    if (cancelled) co_return std::unexpected(refusal());
    const ssize_t got = receive(into.data(), into.size());
    if (got >= 0) co_return static_cast<std::size_t>(got);
    if (errno != EAGAIN) co_return std::unexpected(io_error("recv", errno));
    ReadinessWait wait(*this, reader, readable);
    co_await wait;
    if (!readable) co_return std::unexpected(refusal());
  }
}

core::Task<core::Result<void>> Stream::State::write_plain(
    std::span<const std::string_view> pieces) {
  Cursor cursor(pieces);
  if (cursor.at_end()) co_return core::Result<void>();
  SendingPhase phase(loop);
  co_await phase;
  while (!cursor.at_end()) {
    if (cancelled) co_return std::unexpected(refusal());
    std::array<iovec, kPiecesPerCall> batch;
    const Cursor::Batch filled = cursor.fill(batch);
    const ssize_t sent = send(batch.data(), filled.count, filled.bytes);
    if (sent >= 0) {
      cursor.advance(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno != EAGAIN) co_return std::unexpected(io_error("sendmsg", errno));
    ReadinessWait wait(*this, writer, writable);
    co_await wait;
    if (!writable) co_return std::unexpected(refusal());
  }
  co_return core::Result<void>();
}

core::Result<std::unique_ptr<Stream>> Stream::adopt(EventLoop& loop, int fd) {
  FileDescriptor owned(fd);
  const int on = 1;
  // Fails on sockets other than TCP, which have no delay to switch off.
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto state = std::make_unique<State>(loop, std::move(owned));
  core::Result<void> added = loop.add(fd, *state);
  if (!added) return pass(added);
  return std::unique_ptr<Stream>(new Stream(std::move(state)));
}

Stream::Stream(std::unique_ptr<State> state) : state_(std::move(state)) {}
Stream::~Stream() = default;

core::Task<core::Result<void>> Stream::finish_connect() {
  State& state = *state_;
  ReadinessWait wait(state, state.writer, state.writable);
  co_await wait;
  if (state.cancelled || !state.writable) co_return std::unexpected(state.refusal());
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(state.fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) co_return std::unexpected(io_error("connect", error));
  co_return core::Result<void>();
}

core::Task<core::Result<std::size_t>> Stream::read_some(std::span<char> into) {
  return state_->ssl ? state_->read_tls(into) : state_->read_plain(into);
}

core::Task<core::Result<void>> Stream::write(std::span<const std::string_view> pieces) {
  return state_->ssl ? state_->write_tls(pieces) : state_->write_plain(pieces);
}

void Stream::set_read_deadline(core::MonotonicTime deadline) {
  state_->set_deadline(state_->reader, deadline);
}

void Stream::set_write_deadline(core::MonotonicTime deadline) {
  state_->set_deadline(state_->writer, deadline);
}

void Stream::clear_deadlines() noexcept {
  state_->reader.deadline = core::MonotonicTime::max();
  state_->writer.deadline = core::MonotonicTime::max();
}

void Stream::watch_hang_up(std::function<void()> on_hang_up) {
  state_->on_hang_up = std::move(on_hang_up);
  // Called from the loop, never from here: the caller is not ready for it.
  if (state_->on_hang_up && state_->hung_up) {
    state_->reader.timer_due = state_->loop.now();
    state_->loop.arm(state_->reader.timer, state_->reader.timer_due);
  }
}

bool Stream::reusable() noexcept {
  State& state = *state_;
  if (state.hung_up || state.ended || state.cancelled || state.tls_broken) return false;
  if (state.ssl) return state.tls_idle();
  if (!state.readable) return true;
  // The last read filled its buffer to the brim, or an edge came for bytes read already.
  char byte = 0;
  if (::recv(state.fd.get(), &byte, 1, MSG_PEEK) >= 0 || errno != EAGAIN) return false;
  state.readable = false;
  return true;
}

void Stream::cancel() noexcept {
  State& state = *state_;
  state.cancelled = true;
  // Waits end in the next turn: the caller may be inside a callback of what they would destroy.
  for (Waiter* waiter : {&state.reader, &state.writer}) {
    if (!waiter->handle) continue;
    waiter->timer_due = state.loop.now();
    state.loop.arm(waiter->timer, waiter->timer_due);
  }
}

void Stream::abort_on_close() noexcept {
  state_->reset_on_close = true;
}

void Stream::shutdown_send() noexcept {
  state_->send_close_notify();
  ::shutdown(state_->fd.get(), SHUT_WR);
}

std::string Stream::peer_address() const {
  SocketAddress address;
  address.length = sizeof address.storage;
  auto* storage = reinterpret_cast<sockaddr*>(&address.storage);
  if (::getpeername(state_->fd.get(), storage, &address.length) != 0) return {};
  return address.text();
}

EventLoop& Stream::loop() noexcept {
  return state_->loop;
}

}  // namespace gatehouse::net
