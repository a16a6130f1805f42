#include <cstring>

#include "field_parser.hpp"
#include "gatehouse/core/text.hpp"
#include "gatehouse/net/http_codec.hpp"
#include "request_target.hpp"

namespace gatehouse::net {
namespace {

constexpr std::size_t kMaxMethodBytes = 32;
/// Method, two spaces, version, CR LF and one leading empty line, with a little to spare.
constexpr std::size_t kRequestLineOverhead = kMaxMethodBytes + 16;

using Check = std::expected<void, HttpViolation>;

std::unexpected<HttpViolation> refuse(std::string_view reason, int status = 400) {
  return std::unexpected(HttpViolation{status, reason});
}

Check parse_version(std::string_view version, RequestHead& head) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (version == "HTTP/1.1") return {};
  if (version == "HTTP/1.0") {
    head.http10 = true;
    return {};
  }
  const bool other = version.size() == 8 && version.starts_with("HTTP/") && digit(version[5]) &&
                     version[6] == '.' && digit(version[7]);
  return other ? refuse("unsupported HTTP version", 505) : refuse("invalid request line");
}

/// method SP target SP version (RFC 9112 section 3).
Check parse_request_line(std::string_view line, const HttpLimits& limits, RequestHead& head) {
  const auto first = line.find(' ');
  const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos) return refuse("invalid request line");
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, second - first - 1);
  if (head.method.size() > kMaxMethodBytes || !is_token(head.method)) {
    return refuse("invalid method");
  }
  if (Check ok = parse_version(line.substr(second + 1), head); !ok) return ok;
  if (head.target.size() > limits.max_target_bytes) return refuse("request target too long", 414);
  return {};
}

Check check_host(const FramingFields& framing, std::string_view authority, bool http10) {
  if (framing.host_count > 1) return refuse("repeated Host");
  if (framing.host_count == 0) return http10 ? Check{} : refuse("missing Host");
  if (!is_valid_host(framing.host)) return refuse("invalid Host");
  if (!authority.empty() && !core::iequals(authority, framing.host)) {
    return refuse("Host differs from the request target");
  }
  return {};
}

/// Takes over what the fields say about the body and the connection.
Check apply_framing(const FramingFields& framing, const HttpLimits& limits, RequestHead& head) {
  head.keep_alive = !framing.close && (!head.http10 || framing.keep_alive);
  if (framing.chunked) {
    if (head.http10) return refuse("Transfer-Encoding in HTTP/1.0");
    head.framing = BodyFraming::chunked;
  }
  if (framing.content_length) {
    head.content_length = *framing.content_length;
    head.framing = head.content_length == 0 ? BodyFraming::none : BodyFraming::length;
  }
  if (framing.expect_other) return refuse("unknown expectation", 417);
  head.expect_continue =
      framing.expect_continue && !head.http10 && head.framing != BodyFraming::none;
  if (framing.content_coded) return refuse("content codings of requests are not supported", 415);
  if (head.content_length > limits.max_body_bytes) return refuse("request body too large", 413);
  return {};
}

/// Values may end up in logs and records, which are UTF-8.
bool is_text(std::string_view head) noexcept {
  constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;
  std::uint64_t bits = 0;
  std::uint64_t word = 0;
  std::size_t at = 0;
  for (; at + sizeof word <= head.size(); at += sizeof word) {
    std::memcpy(&word, head.data() + at, sizeof word);
    bits |= word;
  }
  for (; at < head.size(); ++at) bits |= static_cast<unsigned char>(head[at]);
  return (bits & kHighBits) == 0 || core::is_utf8(head);
}

}  // namespace

std::expected<HeadState, HttpViolation> RequestParser::parse(std::string_view buffer) {
  const auto state =
      scanner_.scan(buffer, {.first_line = limits_.max_target_bytes + kRequestLineOverhead,
                             .head = limits_.max_head_bytes,
                             .lines = limits_.max_header_count + 1});
  if (!state || *state == HeadState::need_more) return state;
  head_ = RequestHead{};
  if (!is_text(buffer.substr(0, head_bytes()))) return refuse("the head is not UTF-8");
  const auto lines = scanner_.lines();
  const std::string_view line = buffer.substr(lines[0].begin, lines[0].end - lines[0].begin);
  if (Check ok = parse_request_line(line, limits_, head_); !ok) return std::unexpected(ok.error());
  const auto target = parse_target(head_.target);
  if (!target) return std::unexpected(target.error());
  head_.path = target->path;
  head_.query = target->query;

  FramingFields framing;
  if (Check ok = parse_fields(buffer, lines.subspan(1), fields_, framing); !ok) {
    return std::unexpected(ok.error());
  }
  head_.headers = HeaderList(fields_);
  if (Check ok = check_host(framing, target->authority, head_.http10); !ok) {
    return std::unexpected(ok.error());
  }
  if (Check ok = apply_framing(framing, limits_, head_); !ok) return std::unexpected(ok.error());
  return HeadState::done;
}

}  // namespace gatehouse::net
