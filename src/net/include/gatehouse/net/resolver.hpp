#pragma once
/// Name resolution and the check of what may be dialled.

#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/core/call_context.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/task.hpp"
#include "gatehouse/net/event_loop.hpp"

namespace gatehouse::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  std::string text() const;  ///< numeric, without port
};

/// Port: name → addresses. The production implementation runs getaddrinfo on a worker thread and
/// keeps answers for 30 s; tests script it.
class Resolver {
 public:
  virtual ~Resolver() = default;
  /// At most 16 addresses, in the order to try. Resumes on `loop`'s thread. Errc::upstream_failed
  /// when the name does not exist, Errc::upstream_timeout when `deadline` passes.
  virtual core::Task<core::Result<std::vector<SocketAddress>>> resolve(
      EventLoop& loop, const std::string& host, std::uint16_t port, core::MonotonicTime deadline,
      core::Cancellation& cancellation) = 0;
};

/// getaddrinfo on a small pool of threads, shared by all loops. Thread-safe.
std::unique_ptr<Resolver> make_system_resolver();

/// Parses a dotted-quad or IPv6 literal; nothing else (no octal, hex or short forms).
std::optional<SocketAddress> parse_ip_literal(std::string_view host, std::uint16_t port);

/// False for private, loopback, link-local, multicast, reserved, unspecified, IPv4-mapped or
/// NAT64 forms of such (RFC 6890), and for cloud metadata addresses.
bool is_public_address(const SocketAddress& address) noexcept;

}  // namespace gatehouse::net
