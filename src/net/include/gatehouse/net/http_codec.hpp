#pragma once
/// HTTP/1.1 framing (RFC 9112) as sans-IO state machines: strict, bounded, no allocation per
/// message once warm. See docs/adr/0004 for why it is our own.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/error.hpp"
#include "gatehouse/net/headers.hpp"

namespace gatehouse::net {

struct HttpLimits {
  std::size_t max_head_bytes = 32 * 1024;  ///< start line and fields together
  std::size_t max_header_count = 100;
  std::size_t max_target_bytes = 8 * 1024;
  std::size_t max_body_bytes = 32 * 1024 * 1024;
  std::size_t max_chunk_extension_bytes = 256;
  std::size_t max_trailer_bytes = 4 * 1024;
};

/// How the message's body is delimited.
enum class BodyFraming : std::uint8_t { none, length, chunked, until_close };

/// Head of a request. Views point into the bytes given to the parser.
struct RequestHead {
  std::string_view method;
  std::string_view target;  ///< as received
  std::string_view path;    ///< origin form, validated: starts with '/', no "//", "..", %2f, %00
  std::string_view query;   ///< without '?', possibly empty
  HeaderList headers;
  BodyFraming framing = BodyFraming::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  bool expect_continue = false;
};

struct ResponseHead {
  int status = 0;
  HeaderList headers;
  BodyFraming framing = BodyFraming::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
};

/// Result of looking at a buffer that may hold a whole head.
enum class HeadState : std::uint8_t { need_more, done };

/// A refusal by the codec: the status to answer with before closing.
struct HttpViolation {
  int status = 400;
  std::string_view reason;  ///< static text
};

/// Parses request heads. Keeps field storage between messages; the head's views are valid until
/// the next parse() or until the buffer changes.
class RequestParser {
 public:
  explicit RequestParser(const HttpLimits& limits) : limits_(limits) {}

  /// Looks for a complete head at the start of `buffer`. On done, `head_bytes()` says where the
  /// body begins. A violation is final for the connection.
  std::expected<HeadState, HttpViolation> parse(std::string_view buffer);
  const RequestHead& head() const noexcept { return head_; }
  std::size_t head_bytes() const noexcept { return head_bytes_; }
  /// Forget progress before the next message.
  void reset() noexcept;

 private:
  HttpLimits limits_;
  RequestHead head_;
  std::vector<HeaderField> fields_;
  std::size_t head_bytes_ = 0;
  std::size_t scanned_ = 0;
};

/// Parses response heads; interim 1xx heads are reported as such (status < 200) and must be
/// skipped by the caller, who bounds their number.
class ResponseParser {
 public:
  explicit ResponseParser(const HttpLimits& limits) : limits_(limits) {}
  /// `to_head` is true when the request was HEAD: such an answer has no body.
  std::expected<HeadState, HttpViolation> parse(std::string_view buffer, bool to_head = false);
  const ResponseHead& head() const noexcept { return head_; }
  std::size_t head_bytes() const noexcept { return head_bytes_; }
  void reset() noexcept;

 private:
  HttpLimits limits_;
  ResponseHead head_;
  std::vector<HeaderField> fields_;
  std::size_t head_bytes_ = 0;
  std::size_t scanned_ = 0;
};

/// Decodes the chunked coding. Feed bytes; each step yields a piece of data, or asks for more,
/// or ends. Trailers are checked, bounded and dropped.
class ChunkedDecoder {
 public:
  explicit ChunkedDecoder(const HttpLimits& limits) : limits_(limits) {}

  struct Step {
    enum class Kind : std::uint8_t { data, need_more, done } kind;
    std::string_view data;     ///< view into the bytes fed
    std::size_t consumed = 0;  ///< how many of the bytes fed are used up, data included
  };
  std::expected<Step, HttpViolation> next(std::string_view bytes);
  void reset() noexcept;

 private:
  enum class State : std::uint8_t {
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer,
    trailer_lf,
    end_lf,
    done
  };
  HttpLimits limits_;
  State state_ = State::size;
  std::uint64_t remaining_ = 0;
  unsigned size_digits_ = 0;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
};

}  // namespace gatehouse::net
