#include "client_dial.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "file_descriptor.hpp"

namespace gatehouse::net {

namespace {
using core::Errc;
using StreamResult = core::Result<std::unique_ptr<Stream>>;

bool is_local_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/// A socket whose connect() to `address` has begun.
core::Result<FileDescriptor> begin_connect(const SocketAddress& address) {
  FileDescriptor fd(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) {
    const int error = errno;
    return core::fail(is_local_shortage(error) ? Errc::unavailable : Errc::io,
                      "no connection could be opened", errno_text("socket", error));
  }
  const auto* target = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(fd.get(), target, address.length) != 0 && errno != EINPROGRESS) {
    return fail_errno("the provider could not be reached", "connect");
  }
  return fd;
}

core::Task<StreamResult> connect_one(EventLoop& loop, const SocketAddress& address,
                                     core::MonotonicTime deadline,
                                     core::Cancellation& cancellation) {
  core::Result<FileDescriptor> fd = begin_connect(address);
  if (!fd) co_return pass(fd);
  StreamResult stream = Stream::adopt(loop, fd->release());
  if (!stream) co_return pass(stream);
  Stream& connecting = **stream;
  const core::CancelCallback on_cancel(cancellation, [&connecting] { connecting.cancel(); });
  connecting.set_write_deadline(deadline);
  core::Result<void> connected = co_await connecting.finish_connect();
  if (!connected) co_return pass(connected);
  co_return std::move(stream);
}

core::Task<StreamResult> connect_any(EventLoop& loop, std::vector<SocketAddress> addresses,
                                     core::MonotonicTime deadline,
                                     core::Cancellation& cancellation) {
  StreamResult last = core::fail(Errc::upstream_failed, "the provider has no address");
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    // Each address gets its share of what is left, so that a silent one leaves time for others.
    const core::Nanos left = deadline - loop.now();
    const auto shares = static_cast<std::int64_t>(addresses.size() - i);
    last = co_await connect_one(loop, addresses[i], loop.now() + left / shares, cancellation);
    if (last || last.error().code == Errc::cancelled || last.error().code == Errc::unavailable) {
      break;
    }
    last.error().internal_detail += " (" + addresses[i].text() + ")";
  }
  co_return std::move(last);
}

core::Task<core::Result<void>> begin_tls(Stream& stream, TlsClientContext* tls, std::string host,
                                         core::MonotonicTime deadline,
                                         core::Cancellation& cancellation) {
  if (tls == nullptr) co_return core::fail(Errc::io, "TLS is not configured");
  const core::CancelCallback on_cancel(cancellation, [&stream] { stream.cancel(); });
  stream.set_read_deadline(deadline);
  stream.set_write_deadline(deadline);
  co_return co_await stream.connect_tls(*tls, host);
}

bool all_public(const std::vector<SocketAddress>& addresses) {
  return std::all_of(addresses.begin(), addresses.end(), is_public_address);
}

core::Task<StreamResult> dial_raw(Dialer dialer, const Endpoint& endpoint, core::Nanos timeout,
                                  core::CallContext& context) {
  EventLoop& loop = dialer.loop;
  const core::MonotonicTime deadline = context.limit(loop.now(), timeout);
  core::Result<std::vector<SocketAddress>> addresses = co_await dialer.resolver.resolve(
      loop, endpoint.host, endpoint.port, deadline, context.cancellation);
  if (!addresses) co_return pass(addresses);
  if (endpoint.policy == AddressPolicy::public_only && !all_public(*addresses)) {
    co_return core::fail(Errc::upstream_failed, "the provider's address is not allowed",
                         endpoint.host + " resolves to an address that is not public");
  }
  StreamResult stream =
      co_await connect_any(loop, std::move(*addresses), deadline, context.cancellation);
  if (!stream) co_return std::move(stream);
  if (endpoint.tls) {
    core::Result<void> secured =
        co_await begin_tls(**stream, dialer.tls, endpoint.host, context.limit(loop.now(), timeout),
                           context.cancellation);
    if (!secured) co_return pass(secured);
  }
  (*stream)->clear_deadlines();
  co_return std::move(stream);
}
}  // namespace

core::Error upstream_error(core::Error error, core::MonotonicTime deadline,
                           core::MonotonicTime now) {
  switch (error.code) {
    case Errc::cancelled:
    case Errc::unavailable:
    case Errc::upstream_failed:
    case Errc::too_large:
      return error;
    case Errc::deadline_exceeded:
    case Errc::upstream_timeout:
      if (deadline <= now) {
        error.code = Errc::deadline_exceeded;
        error.public_message = "the request took longer than it may";
        return error;
      }
      error.code = Errc::upstream_timeout;
      error.public_message = "the provider was too slow";
      return error;
    default:
      error.code = Errc::upstream_failed;
      if (error.public_message.empty()) error.public_message = "the provider failed";
      return error;
  }
}

core::Task<StreamResult> dial(Dialer dialer, const Endpoint& endpoint, core::Nanos timeout,
                              core::CallContext& context) {
  StreamResult stream = co_await dial_raw(dialer, endpoint, timeout, context);
  if (!stream) {
    co_return std::unexpected(
        upstream_error(std::move(stream.error()), context.deadline, dialer.loop.now()));
  }
  co_return std::move(stream);
}

}  // namespace gatehouse::net
