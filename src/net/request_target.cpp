#include "request_target.hpp"

#include <array>

#include "gatehouse/core/text.hpp"
#include "gatehouse/net/router.hpp"

namespace gatehouse::net {
namespace {

constexpr std::uint8_t kPath = 1;
constexpr std::uint8_t kQuery = 2;
constexpr std::uint8_t kHost = 4;

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  // Browsers leave some characters of a query raw that RFC 3986 wants encoded; none is ambiguous.
  for (unsigned c = 0x21; c < 0x7f; ++c) classes[c] = kQuery;
  classes['#'] = 0;
  const auto mark = [&](unsigned char c, std::uint8_t bits) { classes[c] |= bits; };
  for (unsigned char c = '0'; c <= '9'; ++c) mark(c, kPath | kHost);
  for (unsigned char c = 'a'; c <= 'z'; ++c) mark(c, kPath | kHost);
  for (unsigned char c = 'A'; c <= 'Z'; ++c) mark(c, kPath | kHost);
  for (const char c : std::string_view("-._~")) mark(static_cast<unsigned char>(c), kPath | kHost);
  for (const char c : std::string_view("!$&'()*+,;=:@")) mark(static_cast<unsigned char>(c), kPath);
  return classes;
}
constexpr auto kClasses = make_classes();

bool is_a(char c, std::uint8_t kind) noexcept {
  return (kClasses[static_cast<unsigned char>(c)] & kind) != 0;
}

std::unexpected<HttpViolation> bad(std::string_view reason) {
  return std::unexpected(HttpViolation{400, reason});
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = core::ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The byte behind the '%' at `at`, or -1.
int triplet_at(std::string_view text, std::size_t at) noexcept {
  return text.size() - at < 3 ? -1 : decode_triplet(text[at + 1], text[at + 2]);
}

/// What the decoded characters of one path segment look like so far.
struct Segment {
  std::size_t dots = 0;
  bool other = false;

  void add(char c) noexcept { c == '.' ? void(++dots) : void(other = true); }
  bool empty() const noexcept { return dots == 0 && !other; }
  bool is_dots() const noexcept { return !other && (dots == 1 || dots == 2); }
};

/// `high` becomes true when a triplet stands for a byte beyond ASCII.
std::expected<void, HttpViolation> check_path(std::string_view path, bool& high) {
  Segment segment;
  for (std::size_t i = 1; i < path.size(); ++i) {
    char c = path[i];
    if (c == '/') {
      if (segment.empty()) return bad("empty path segment");
      if (segment.is_dots()) return bad("dot segment in the path");
      segment = {};
      continue;
    }
    if (c == '%') {
      const int byte = triplet_at(path, i);
      if (byte < 0) return bad("invalid percent-encoding");
      if (byte == '/' || byte == '\\' || byte < 0x20 || byte == 0x7f) {
        return bad("forbidden percent-encoded character in the path");
      }
      high |= byte >= 0x80;
      c = static_cast<char>(byte);
      i += 2;
    } else if (!is_a(c, kPath)) {
      return bad("invalid character in the path");
    }
    segment.add(c);
  }
  if (segment.is_dots()) return bad("dot segment in the path");
  return {};
}

std::expected<void, HttpViolation> check_query(std::string_view query, bool& high) {
  for (std::size_t i = 0; i < query.size(); ++i) {
    if (!is_a(query[i], kQuery)) return bad("invalid character in the query");
    if (query[i] != '%') continue;
    const int byte = triplet_at(query, i);
    if (byte < 0) return bad("invalid percent-encoding");
    if (byte == 0) return bad("NUL in the query");
    high |= byte >= 0x80;
    i += 2;
  }
  return {};
}

}  // namespace

int decode_triplet(char high, char low) noexcept {
  const int upper = hex_value(high);
  const int lower = hex_value(low);
  return upper < 0 || lower < 0 ? -1 : upper * 16 + lower;
}

bool is_valid_host(std::string_view host) noexcept {
  std::size_t end = 0;
  if (host.starts_with('[')) {
    end = host.find(']');
    if (end == std::string_view::npos || end < 3) return false;
    for (const char c : host.substr(1, end - 1)) {
      if (hex_value(c) < 0 && c != ':' && c != '.') return false;
    }
    ++end;
  } else {
    while (end < host.size() && is_a(host[end], kHost)) ++end;
    if (end == 0) return false;
  }
  if (end == host.size()) return true;
  if (host[end] != ':') return false;
  const std::string_view port = host.substr(end + 1);
  const auto number = core::parse_u64(port);
  return port.size() <= 5 && number && *number <= 65'535;
}

std::expected<RequestTarget, HttpViolation> parse_target(std::string_view target) {
  RequestTarget result;
  if (!target.starts_with('/')) {
    std::size_t scheme = 0;
    if (core::istarts_with(target, "http://")) scheme = 7;
    if (core::istarts_with(target, "https://")) scheme = 8;
    if (scheme == 0) return bad("request target is neither a path nor an http URL");
    target.remove_prefix(scheme);
    result.authority = target.substr(0, target.find_first_of("/?"));
    if (!is_valid_host(result.authority)) return bad("invalid authority in the request target");
    target.remove_prefix(result.authority.size());
  }
  const auto question = target.find('?');
  result.path = target.substr(0, question);
  if (question != std::string_view::npos) result.query = target.substr(question + 1);
  bool high = false;
  if (auto ok = check_query(result.query, high); !ok) return std::unexpected(ok.error());
  if (result.path.empty()) {
    result.path = "/";
  } else if (auto ok = check_path(result.path, high); !ok) {
    return std::unexpected(ok.error());
  }
  if (high && !(percent_decode(result.path, false) && percent_decode(result.query, false))) {
    return bad("percent-encoded text is not UTF-8");
  }
  return result;
}

}  // namespace gatehouse::net
