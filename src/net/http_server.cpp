#include "gatehouse/net/http_server.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "file_descriptor.hpp"
#include "gatehouse/core/task_group.hpp"
#include "gatehouse/net/resolver.hpp"
#include "http_session.hpp"

namespace gatehouse::net {

// Not in the header: with link-time optimisation GCC 12 sees the coroutine frames of several
// translation units as different types.
core::Task<core::Result<void>> Exchange::respond(int status, const HeaderBlock& headers,
                                                 std::string_view body) {
  co_return co_await respond(status, headers, std::span(&body, 1));
}

core::Task<core::Result<void>> Exchange::write(std::string_view piece) {
  co_return co_await write(std::span(&piece, 1));
}
namespace {

/// Bounds how long a flood of new connections keeps the loop from serving the others.
constexpr int kAcceptsPerTurn = 64;
constexpr std::size_t kMostCutAtOnce = 512;
/// Pause after running out of descriptors or memory, instead of spinning.
constexpr core::Millis kAcceptPause{100};
/// What the kernel may hold per connection for a client that does not read (it doubles this).
constexpr int kSendBufferBytes = 128 * 1024;
/// From the cancellation of the last requests in a drain to the end of their connections.
constexpr core::Millis kStopGrace{2'000};

core::Result<FileDescriptor> open_listener(const ServerOptions& options) {
  const auto address = parse_ip_literal(options.address, options.port);
  if (!address) {
    return core::fail(core::Errc::invalid_argument,
                      "The listening address must be an IP address: " + options.address);
  }
  FileDescriptor fd(
      ::socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const std::string where = options.address + " port " + std::to_string(options.port);
  if (!fd.valid()) return fail_errno("Cannot listen on " + where, "socket");
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &kSendBufferBytes, sizeof kSendBufferBytes);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address->storage), address->length) !=
      0) {
    return fail_errno("Cannot listen on " + where, "bind");
  }
  if (::listen(fd.get(), options.backlog) != 0) {
    return fail_errno("Cannot listen on " + where, "listen");
  }
  return fd;
}

std::uint16_t local_port(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return 0;
  const bool v6 = storage.ss_family == AF_INET6;
  return ntohs(v6 ? reinterpret_cast<const sockaddr_in6&>(storage).sin6_port
                  : reinterpret_cast<const sockaddr_in&>(storage).sin_port);
}

}  // namespace

struct HttpServer::State final : ReadinessSink {
  State(EventLoop& loop, ServerOptions options, RequestHandler& handler, FileDescriptor fd)
      : host{.loop = loop,
             .options = std::move(options),
             .handler = handler,
             .date = {},
             .idle = {},
             .busy = {}},
        listener(std::move(fd)),
        port(local_port(listener.get())),
        accept_timer([this] { accept_some(); }) {}
  ~State() override { close_listener(); }

  void on_ready(Readiness) override { accept_some(); }
  void accept_some();
  /// False when there is nothing to accept for now.
  bool accept_one();
  bool somebody_waits() const noexcept;
  void make_room();
  void admit(FileDescriptor fd, const SocketAddress& peer);
  static core::Task<void> serve(State& state, std::unique_ptr<HttpSession> session);
  void on_session_end();
  std::size_t connections() const noexcept { return host.idle.size() + host.busy.size(); }
  void close_listener() noexcept;

  SessionHost host;
  FileDescriptor listener;
  std::uint16_t port;
  Timer accept_timer;
  bool full = false;  ///< connections wait in the backlog for one of ours to end
  core::TaskGroup tasks;
};

void HttpServer::State::accept_some() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    if (!listener.valid() || accept_timer.armed()) return;
    if (connections() >= host.options.max_connections) {
      full = true;
      if (somebody_waits()) make_room();
      return;
    }
    if (!accept_one()) return;
  }
  host.loop.arm(accept_timer, host.loop.now());
}

bool HttpServer::State::accept_one() {
  SocketAddress peer;
  peer.length = sizeof peer.storage;
  FileDescriptor fd(::accept4(listener.get(), reinterpret_cast<sockaddr*>(&peer.storage),
                              &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd.valid()) {
    admit(std::move(fd), peer);
    return true;
  }
  switch (errno) {
    case EAGAIN:
      return false;
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
      return true;  // that connection is gone, the next one may be fine
    default:
      host.loop.arm(accept_timer, host.loop.now() + kAcceptPause);
      return false;
  }
}

bool HttpServer::State::somebody_waits() const noexcept {
  pollfd waiting{.fd = listener.get(), .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, 0) > 0;
}

/// Connections that were opened and never used must not keep out those that mean business: the
/// ones that have been idle longest go, several at once so that a flood cannot outrun this.
void HttpServer::State::make_room() {
  std::size_t count = std::min(kMostCutAtOnce, host.idle.size() / 8 + 1);
  for (HttpSession* session : host.idle) {
    if (count-- == 0) return;
    session->cut();
  }
}

void HttpServer::State::admit(FileDescriptor fd, const SocketAddress& peer) {
  auto stream = Stream::adopt(host.loop, fd.release());
  if (!stream) return;
  tasks.spawn(serve(*this, std::make_unique<HttpSession>(host, std::move(*stream), peer.text())));
}

core::Task<void> HttpServer::State::serve(State& state, std::unique_ptr<HttpSession> session) {
  try {
    co_await session->run();
  } catch (const std::bad_alloc&) {
    // Only this connection is given up.
  }
  session.reset();
  state.on_session_end();
}

void HttpServer::State::on_session_end() {
  if (!full) return;
  full = false;
  if (!accept_timer.armed()) host.loop.arm(accept_timer, host.loop.now());
}

void HttpServer::State::close_listener() noexcept {
  if (!listener.valid()) return;
  accept_timer.disarm();
  host.loop.remove(listener.get(), *this);
  listener.reset();
}

core::Result<std::unique_ptr<HttpServer>> HttpServer::listen(EventLoop& loop, ServerOptions options,
                                                             RequestHandler& handler) {
  auto listener = open_listener(options);
  if (!listener) return pass(listener);
  auto state = std::make_unique<State>(loop, std::move(options), handler, std::move(*listener));
  core::Result<void> added = loop.add(state->listener.get(), *state);
  if (!added) return pass(added);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const noexcept {
  return state_->port;
}

std::size_t HttpServer::connections() const noexcept {
  return state_->connections();
}

core::Task<void> HttpServer::drain() {
  State& state = *state_;
  SessionHost& host = state.host;
  host.draining = true;
  state.close_listener();
  for (HttpSession* session : host.idle) session->cut();
  Timer stop([&host] {
    for (HttpSession* session : host.busy) session->request_stop();
  });
  Timer cut([&host] {
    for (HttpSession* session : host.busy) session->cut();
  });
  host.loop.arm(stop, host.loop.now() + host.options.drain_timeout);
  host.loop.arm(cut, host.loop.now() + host.options.drain_timeout + kStopGrace);
  co_await state.tasks.join();
}

}  // namespace gatehouse::net
