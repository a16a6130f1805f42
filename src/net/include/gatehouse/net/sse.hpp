#pragma once
/// Server-sent events (WHATWG HTML, "Server-sent events") as sans-IO state machines.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "gatehouse/core/error.hpp"

namespace gatehouse::net {

/// One event. Views are valid during the callback.
struct SseEvent {
  std::string_view type;  ///< "event:" field, empty when absent
  std::string_view data;  ///< "data:" lines joined with \n
  std::string_view id;
  /// The event's own bytes incl. the blank line, when it lay in one fed piece; else empty.
  std::string_view raw;
};

/// Splits a byte stream into events at LF, CR or CRLF, wherever the pieces are cut.
class SseDecoder {
 public:
  explicit SseDecoder(std::size_t max_event_bytes = 4 * 1024 * 1024) : limit_(max_event_bytes) {}

  /// Calls `emit` for each event that the bytes complete; stops at the first error that `emit`
  /// returns. Errc::protocol when an event exceeds the limit.
  core::Result<void> feed(std::string_view bytes,
                          const std::function<core::Result<void>(const SseEvent&)>& emit);
  /// Call at the end of the stream: an error if it stops inside an event that has data.
  core::Result<void> finish();

 private:
  core::Result<void> line(std::string_view text,
                          const std::function<core::Result<void>(const SseEvent&)>& emit);

  std::size_t limit_;
  std::string partial_;  // a line that is not complete yet
  std::string type_;
  std::string data_;
  std::string id_;
  bool has_data_ = false;
  bool skip_lf_ = false;
  bool at_start_ = true;
};

/// Appends one event to `out`. `data` may contain line breaks; `type` must not.
void append_sse(std::string& out, std::string_view data, std::string_view type = {});

}  // namespace gatehouse::net
