#include <algorithm>

#include "field_parser.hpp"
#include "gatehouse/net/http_codec.hpp"

namespace gatehouse::net::detail {
namespace {

std::unexpected<HttpViolation> refuse(std::string_view reason, int status = 400) {
  return std::unexpected(HttpViolation{status, reason});
}

}  // namespace

std::expected<HeadState, HttpViolation> HeadScanner::scan(std::string_view buffer,
                                                          const Bounds& bounds) {
  if (head_bytes_ != 0) return HeadState::done;
  for (;;) {
    const bool first = lines_.empty();
    const std::size_t bound = first ? std::min(bounds.first_line, bounds.head) : bounds.head;
    const std::size_t window = std::min(buffer.size(), bound);
    const char* const end = buffer.data() + window;
    scanned_ =
        static_cast<std::size_t>(find_control(buffer.data() + scanned_, end) - buffer.data());
    if (scanned_ < window && buffer[scanned_] != '\r') {
      return refuse(buffer[scanned_] == '\n' ? "bare line feed" : "control character in the head");
    }
    if (scanned_ + 1 >= window) {  // nothing found, or a CR whose LF is not here yet
      if (window < bound) return HeadState::need_more;
      if (first && bounds.first_line < bounds.head) {
        return refuse("request target too long", 414);
      }
      return refuse("header fields too large", 431);
    }
    if (buffer[scanned_ + 1] != '\n') return refuse("bare carriage return");
    const std::size_t line_end = scanned_;
    scanned_ += 2;
    if (line_end == line_begin_) {
      const bool leading = first && line_end == 0;  // RFC 9112 section 2.2 asks for leniency here
      if (first && !leading) return refuse("empty request line");
      line_begin_ = scanned_;
      if (leading) continue;
      head_bytes_ = scanned_;
      return HeadState::done;
    }
    if (lines_.size() == bounds.lines) {
      return refuse("too many header fields", 431);
    }
    lines_.push_back(
        {static_cast<std::uint32_t>(line_begin_), static_cast<std::uint32_t>(line_end)});
    line_begin_ = scanned_;
  }
}

void HeadScanner::reset() noexcept {
  lines_.clear();
  line_begin_ = scanned_ = head_bytes_ = 0;
}

}  // namespace gatehouse::net::detail
