#pragma once
/// Server-sent events (WHATWG HTML, "Server-sent events") as sans-IO state machines.

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "gatehouse/core/error.hpp"

namespace gatehouse::net {

/// One event. Views are valid during the callback.
struct SseEvent {
  std::string_view type;  ///< "event:" field, empty when absent
  std::string_view data;  ///< "data:" lines joined with \n
  std::string_view id;    ///< the last "id:" field of the stream so far
  /// The event's own bytes incl. the blank line, when it lay in one fed piece; else empty.
  std::string_view raw;
};

/// What an SseDecoder calls for each event: a reference to any callable, so that a lambda with
/// many captures costs no allocation. The callable must outlive the call that it is passed to.
class SseSink {
 public:
  template <class Callable>
    requires(!std::same_as<std::remove_cvref_t<Callable>, SseSink> &&
             std::is_invocable_r_v<core::Result<void>, Callable&, const SseEvent&>)
  SseSink(Callable&& callable) noexcept  // NOLINT: made to be implicit
      : callable_(const_cast<void*>(static_cast<const void*>(std::addressof(callable)))),
        call_([](void* target, const SseEvent& event) -> core::Result<void> {
          return (*static_cast<std::remove_reference_t<Callable>*>(target))(event);
        }) {}

  core::Result<void> operator()(const SseEvent& event) const { return call_(callable_, event); }

 private:
  void* callable_;
  core::Result<void> (*call_)(void*, const SseEvent&);
};

/// Splits a byte stream into events at LF, CR or CRLF, wherever the pieces are cut. An event that
/// lies in one piece is handed on without copying.
class SseDecoder {
 public:
  /// `max_event_bytes` bounds one event's fields together and any single line.
  explicit SseDecoder(std::size_t max_event_bytes = 4 * 1024 * 1024) : limit_(max_event_bytes) {}

  /// Calls `emit` for each event that the bytes complete; stops at the first error that `emit`
  /// returns. Errc::protocol when an event exceeds the limit. The decoder is of no further use
  /// after an error.
  core::Result<void> feed(std::string_view bytes, SseSink emit);
  /// Call at the end of the stream: Errc::protocol if it stops inside an event that has data or
  /// inside a line other than a comment.
  core::Result<void> finish();

 private:
  /// `borrowed`: the text stays where it is until the end of feed().
  core::Result<void> on_line(std::string_view text, bool borrowed);
  void on_field(std::string_view name, std::string_view value, bool borrowed);
  void add_data(std::string_view value, bool borrowed);
  core::Result<void> dispatch(std::string_view raw, const SseSink& emit);
  core::Result<void> keep(std::string_view rest);

  std::size_t limit_;
  std::string partial_;  // a line that is not complete yet
  std::string type_;
  std::string data_;
  std::string id_;
  std::string_view type_view_;  // into the bytes being fed, while type_borrowed_
  std::string_view data_view_;  // into the bytes being fed, while data_borrowed_
  std::size_t event_bytes_ = 0;
  bool has_data_ = false;
  bool data_borrowed_ = false;
  bool type_borrowed_ = false;
  bool inside_ = false;  // an earlier piece holds bytes of the current event
  bool skip_lf_ = false;
  bool at_start_ = true;
};

/// Appends one event to `out`. `data` may contain line breaks; a `type` must not, and one that
/// does is cut at the break.
void append_sse(std::string& out, std::string_view data, std::string_view type = {});

}  // namespace gatehouse::net
