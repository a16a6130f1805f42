#include "gatehouse/net/resolver.hpp"

#include <netdb.h>

#include <cstring>

#include "caching_resolver.hpp"

namespace gatehouse::net {

namespace {
core::Result<std::vector<SocketAddress>> look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (failure != 0) {
    return core::fail(core::Errc::upstream_failed, "the provider's host name cannot be resolved",
                      host + ": " + ::gai_strerror(failure));
  }
  std::vector<SocketAddress> addresses;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
    SocketAddress& address = addresses.emplace_back();
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.length = one->ai_addrlen;
  }
  ::freeaddrinfo(found);
  return addresses;
}
}  // namespace

std::unique_ptr<Resolver> make_system_resolver() {
  return std::make_unique<CachingResolver>(look_up, CachingResolver::Options{});
}

}  // namespace gatehouse::net
