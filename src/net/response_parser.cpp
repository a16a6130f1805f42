#include "field_parser.hpp"
#include "gatehouse/net/http_codec.hpp"

namespace gatehouse::net {
namespace {

std::unexpected<HttpViolation> refuse(std::string_view reason) {
  return std::unexpected(HttpViolation{502, reason});
}

struct StatusLine {
  int status = 0;
  bool http10 = false;
};

/// version SP status SP [reason], where the second space may be missing with the reason (RFC 9112
/// section 4 asks clients to accept that).
std::expected<StatusLine, HttpViolation> parse_status_line(std::string_view line) {
  StatusLine result;
  if (line.starts_with("HTTP/1.0 ")) {
    result.http10 = true;
  } else if (!line.starts_with("HTTP/1.1 ")) {
    return refuse("invalid status line");
  }
  line.remove_prefix(9);
  if (line.size() < 3 || (line.size() > 3 && line[3] != ' ')) return refuse("invalid status line");
  for (const char c : line.substr(0, 3)) {
    if (c < '0' || c > '9') return refuse("invalid status code");
    result.status = result.status * 10 + (c - '0');
  }
  if (result.status < 100 || result.status > 599) return refuse("invalid status code");
  if (result.status == 101) return refuse("unexpected switch of protocols");
  return result;
}

}  // namespace

std::expected<HeadState, HttpViolation> ResponseParser::parse(std::string_view buffer,
                                                              bool to_head) {
  const auto state = scanner_.scan(buffer, {.first_line = limits_.max_head_bytes,
                                            .head = limits_.max_head_bytes,
                                            .lines = limits_.max_header_count + 1});
  if (!state || *state == HeadState::need_more) return state;
  head_ = ResponseHead{};
  const auto lines = scanner_.lines();
  const auto line = parse_status_line(buffer.substr(lines[0].begin, lines[0].end - lines[0].begin));
  if (!line) return std::unexpected(line.error());
  FramingFields framing;
  if (auto ok = parse_fields(buffer, lines.subspan(1), fields_, framing); !ok) {
    return refuse(ok.error().reason);
  }
  if (framing.chunked && line->http10) return refuse("Transfer-Encoding in HTTP/1.0");

  head_.status = line->status;
  head_.headers = HeaderList(fields_);
  head_.keep_alive = !framing.close && (!line->http10 || framing.keep_alive);
  head_.content_length = framing.content_length.value_or(0);
  const bool bodiless = to_head || head_.status < 200 || head_.status == 204 || head_.status == 304;
  if (bodiless || framing.content_length == 0) {
    head_.framing = BodyFraming::none;
  } else if (framing.chunked) {
    head_.framing = BodyFraming::chunked;
  } else if (framing.content_length) {
    head_.framing = BodyFraming::length;
  } else {
    head_.framing = BodyFraming::until_close;
    head_.keep_alive = false;
  }
  return HeadState::done;
}

}  // namespace gatehouse::net
