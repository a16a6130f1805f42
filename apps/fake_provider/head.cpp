// The head of an answer, well-formed or not.
#include "gatehouse/core/text.hpp"
#include "gatehouse/net/headers.hpp"
#include "reply.hpp"

namespace gatehouse::fake_provider {

namespace {

std::string retry_after(std::string_view text, core::WallTime now) {
  for (const auto& [prefix, sign] : {std::pair{"date+", 1}, std::pair{"date-", -1}}) {
    if (!text.starts_with(prefix)) continue;
    const auto seconds = core::parse_u64(text.substr(5)).value_or(0);
    return core::format_http_date(now + sign * core::Seconds(seconds));
  }
  return std::string(text);
}

void add_framing(std::string& out, const Behaviours& behaviours, Framing framing,
                 std::uint64_t length) {
  if (behaviours.has("length")) {
    out += "content-length: " + std::string(behaviours.text("length")) + "\r\n";
    return;
  }
  if (framing == Framing::chunked) out += "transfer-encoding: chunked\r\n";
  if (framing == Framing::length || behaviours.has("length-and-chunked")) {
    out += "content-length: " + std::to_string(length) + "\r\n";
  }
  if (behaviours.has("length-twice")) {
    out += "content-length: " + std::to_string(length / 2) + "\r\n";
  }
}

void add_strange_fields(std::string& out, const Behaviours& behaviours) {
  for (std::uint64_t i = 0, count = behaviours.number("headers", 0); i < count; ++i) {
    out += "x-filler-" + std::to_string(i) + ": value\r\n";
  }
  if (behaviours.has("header-bytes")) {
    out += "x-long: " + std::string(behaviours.number("header-bytes", 1 << 20), 'l') + "\r\n";
  }
  if (behaviours.has("fold")) out += "x-folded: first\r\n second\r\n";
}

std::string status_line(int status, const Behaviours& behaviours) {
  if (behaviours.has("status-line")) return std::string(behaviours.text("status-line")) + "\r\n";
  return std::string(behaviours.has("http10") ? "HTTP/1.0 " : "HTTP/1.1 ") +
         std::to_string(status) + " " + std::string(net::reason_phrase(status)) + "\r\n";
}

}  // namespace

std::string build_head(const Draft& draft, const Behaviours& behaviours, Framing framing,
                       std::uint64_t length, core::WallTime now) {
  std::string out = status_line(draft.status, behaviours);
  out += "date: " + core::format_http_date(now) + "\r\n";
  out += "content-type: " +
         (behaviours.has("content-type") ? std::string(behaviours.text("content-type"))
                                         : draft.content_type) +
         "\r\n";
  out += "x-request-id: req_" + std::string(kIdSlot) + "\r\n";
  out += "x-ratelimit-remaining-requests: 9999\r\n";
  for (const auto& [name, value] : draft.headers) {
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (behaviours.has("retry-after")) {
    out += "retry-after: " + retry_after(behaviours.text("retry-after"), now) + "\r\n";
  }
  if (behaviours.has("close") || framing == Framing::until_close) out += "connection: close\r\n";
  add_framing(out, behaviours, framing, length);
  add_strange_fields(out, behaviours);
  out += "\r\n";
  if (behaviours.has("bare-lf")) std::erase(out, '\r');
  return out;
}

}  // namespace gatehouse::fake_provider
