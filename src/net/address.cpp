#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>

#include "gatehouse/net/resolver.hpp"

namespace gatehouse::net {

namespace {
using Bytes = std::span<const std::uint8_t>;

struct BlockV4 {
  std::array<std::uint8_t, 4> prefix;
  unsigned bits;
};
struct BlockV6 {
  std::array<std::uint8_t, 16> prefix;
  unsigned bits;
};

/// IANA's registry of special-purpose IPv4 addresses (RFC 6890), multicast and reserved space.
/// Most clouds serve metadata in link-local, carrier-grade NAT or protocol-assignment space.
constexpr std::array kRefusedV4{
    BlockV4{{0, 0, 0, 0}, 8},         // this network
    BlockV4{{10, 0, 0, 0}, 8},        // private
    BlockV4{{100, 64, 0, 0}, 10},     // carrier-grade NAT
    BlockV4{{127, 0, 0, 0}, 8},       // loopback
    BlockV4{{168, 63, 129, 16}, 32},  // platform services inside Azure
    BlockV4{{169, 254, 0, 0}, 16},    // link-local
    BlockV4{{172, 16, 0, 0}, 12},     // private
    BlockV4{{192, 0, 0, 0}, 24},      // protocol assignments
    BlockV4{{192, 0, 2, 0}, 24},      // documentation
    BlockV4{{192, 88, 99, 0}, 24},    // 6to4 relays
    BlockV4{{192, 168, 0, 0}, 16},    // private
    BlockV4{{198, 18, 0, 0}, 15},     // benchmarks
    BlockV4{{198, 51, 100, 0}, 24},   // documentation
    BlockV4{{203, 0, 113, 0}, 24},    // documentation
    BlockV4{{224, 0, 0, 0}, 3},       // multicast, reserved, broadcast
};

/// Parts of 2000::/3, the only global unicast space, that are not public either.
constexpr std::array kRefusedV6{
    BlockV6{{0x20, 0x01, 0x00}, 23},        // protocol assignments, Teredo included
    BlockV6{{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    BlockV6{{0x20, 0x02}, 16},              // 6to4, which embeds any IPv4 address
    BlockV6{{0x3f, 0xff}, 20},              // documentation
};
constexpr BlockV6 kGlobalUnicast{{0x20}, 3};
constexpr BlockV6 kMappedV4{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};
constexpr BlockV6 kNat64{{0x00, 0x64, 0xff, 0x9b}, 96};  // RFC 6052

template <class Block>
bool holds(const Block& block, Bytes address) noexcept {
  const std::size_t whole = block.bits / 8;
  const Bytes prefix(block.prefix);
  if (std::memcmp(address.data(), prefix.data(), whole) != 0) return false;
  const unsigned rest = block.bits % 8;
  if (rest == 0) return true;
  return (address[whole] >> (8 - rest)) == (prefix[whole] >> (8 - rest));
}

template <class Table>
bool any_holds(const Table& table, Bytes address) noexcept {
  return std::any_of(table.begin(), table.end(),
                     [&](const auto& block) { return holds(block, address); });
}

bool is_public_v4(Bytes address) noexcept {
  return !any_holds(kRefusedV4, address);
}

bool is_public_v6(Bytes address) noexcept {
  if (holds(kMappedV4, address) || holds(kNat64, address)) return is_public_v4(address.last(4));
  return holds(kGlobalUnicast, address) && !any_holds(kRefusedV6, address);
}

const sockaddr_in& as_v4(const SocketAddress& address) {
  return reinterpret_cast<const sockaddr_in&>(address.storage);
}
const sockaddr_in6& as_v6(const SocketAddress& address) {
  return reinterpret_cast<const sockaddr_in6&>(address.storage);
}
}  // namespace

std::string SocketAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  const char* done = nullptr;
  if (storage.ss_family == AF_INET) {
    done = ::inet_ntop(AF_INET, &as_v4(*this).sin_addr, out.data(), out.size());
  } else if (storage.ss_family == AF_INET6) {
    done = ::inet_ntop(AF_INET6, &as_v6(*this).sin6_addr, out.data(), out.size());
  }
  return done == nullptr ? std::string() : std::string(done);
}

std::optional<SocketAddress> parse_ip_literal(std::string_view host, std::uint16_t port) {
  if (host.size() >= INET6_ADDRSTRLEN || host.find('\0') != std::string_view::npos) return {};
  const std::string text(host);
  SocketAddress address;
  auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    address.length = sizeof v4;
    return address;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
  if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    address.length = sizeof v6;
    return address;
  }
  return {};
}

bool is_public_address(const SocketAddress& address) noexcept {
  if (address.storage.ss_family == AF_INET) {
    const in_addr& v4 = as_v4(address).sin_addr;
    return is_public_v4({reinterpret_cast<const std::uint8_t*>(&v4), sizeof v4});
  }
  if (address.storage.ss_family == AF_INET6) {
    const in6_addr& v6 = as_v6(address).sin6_addr;
    return is_public_v6({reinterpret_cast<const std::uint8_t*>(&v6), sizeof v6});
  }
  return false;
}

}  // namespace gatehouse::net
