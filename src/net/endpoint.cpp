#include <algorithm>
#include <string>

#include "gatehouse/core/text.hpp"
#include "gatehouse/net/http_client.hpp"
#include "gatehouse/net/resolver.hpp"

namespace gatehouse::net {

namespace {
using core::Errc;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_alnum(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::unexpected<core::Error> refuse(const char* why) {
  return core::fail(Errc::invalid_argument, std::string("base URL: ") + why);
}

/// WHATWG URL, "ends in a number": such a host is an address in some notation, which resolvers
/// read as decimal, octal or hex forms of one.
bool ends_in_number(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);  // npos + 1 == 0
  if (std::all_of(last.begin(), last.end(), is_digit)) return true;
  return last.starts_with("0x") && std::all_of(last.begin() + 2, last.end(), is_hex);
}

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  std::size_t label = 0;
  for (const char c : host) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
      continue;
    }
    if (!is_alnum(c) && c != '-' && c != '_') return false;
    if (++label > 63) return false;
  }
  return label != 0;
}

/// Unreserved characters, sub-delimiters, ':', '@' and escapes, in segments that are neither
/// empty nor dots (RFC 3986 section 3.3).
bool is_base_path(std::string_view path) {
  std::size_t at = 0;
  while (at < path.size()) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view segment = path.substr(at + 1, end - at - 1);
    if (segment.empty() || segment == "." || segment == "..") return false;
    for (std::size_t i = 0; i < segment.size(); ++i) {
      const char c = segment[i];
      if (c == '%') {
        if (i + 2 >= segment.size() || !is_hex(segment[i + 1]) || !is_hex(segment[i + 2])) {
          return false;
        }
        const std::string_view code = segment.substr(i + 1, 2);
        if (core::iequals(code, "2f") || core::iequals(code, "2e") || code == "00") return false;
        i += 2;
      } else if (!is_alnum(c) &&
                 std::string_view("-._~!$&'()*+,;=:@").find(c) == std::string_view::npos) {
        return false;
      }
    }
    at = end;
  }
  return true;
}

struct HostPort {
  std::string host;
  std::optional<std::uint16_t> port;
  bool ipv6 = false;
};

core::Result<HostPort> parse_authority(std::string_view authority) {
  HostPort result;
  std::string_view rest;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return refuse("unclosed bracket in the host");
    result.host = core::to_lower(authority.substr(1, close - 1));
    result.ipv6 = true;
    rest = authority.substr(close + 1);
    const auto literal = parse_ip_literal(result.host, 0);
    if (!literal || literal->storage.ss_family != AF_INET6) return refuse("invalid IPv6 address");
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    result.host = core::to_lower(authority.substr(0, colon));
    rest = authority.substr(colon);
    if (!is_host_name(result.host)) return refuse("invalid host name");
    if (ends_in_number(result.host) && !parse_ip_literal(result.host, 0)) {
      return refuse("an IPv4 address is four decimal numbers");
    }
  }
  if (rest.empty()) return result;
  const auto port = core::parse_u64(rest.substr(1));
  if (rest.front() != ':' || rest.size() > 6 || !port || rest[1] == '0' || *port > 65'535) {
    return refuse("invalid port");
  }
  result.port = static_cast<std::uint16_t>(*port);
  return result;
}

std::string authority_of(const HostPort& parsed, std::uint16_t port, bool is_default) {
  std::string text = parsed.ipv6 ? "[" + parsed.host + "]" : parsed.host;
  if (!is_default) text += ":" + std::to_string(port);
  return text;
}
}  // namespace

core::Result<Endpoint> Endpoint::parse(std::string_view base_url, AddressPolicy policy) {
  Endpoint endpoint;
  endpoint.policy = policy;
  const bool public_only = policy == AddressPolicy::public_only;
  std::string_view rest = base_url;
  if (core::istarts_with(rest, "https://")) {
    endpoint.tls = true;
    rest.remove_prefix(8);
  } else if (core::istarts_with(rest, "http://") && !public_only) {
    rest.remove_prefix(7);
  } else {
    return refuse(public_only ? "must begin with https://" : "must begin with http:// or https://");
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  std::string_view path = rest.substr(slash);
  if (authority.find('@') != std::string_view::npos) return refuse("user info is not allowed");
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return refuse("a query or fragment is not allowed");
  }
  if (path.ends_with('/')) path.remove_suffix(1);
  if (!is_base_path(path)) return refuse("invalid path");

  core::Result<HostPort> parsed = parse_authority(authority);
  if (!parsed) return pass(parsed);
  const std::uint16_t default_port = endpoint.tls ? 443 : 80;
  endpoint.port = parsed->port.value_or(default_port);
  endpoint.host = parsed->host;
  endpoint.base_path = path;
  endpoint.authority = authority_of(*parsed, endpoint.port, endpoint.port == default_port);
  endpoint.pool_key = std::string(endpoint.tls ? "https://" : "http://") +
                      authority_of(*parsed, endpoint.port, false) + (public_only ? " public" : "");
  if (public_only) {
    const auto literal = parse_ip_literal(endpoint.host, endpoint.port);
    if (literal && !is_public_address(*literal)) return refuse("the address is not public");
  }
  return endpoint;
}

}  // namespace gatehouse::net
