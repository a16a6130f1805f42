#pragma once
/// HTTP/1.1 framing (RFC 9112) as sans-IO state machines: strict, bounded, no allocation per
/// message once warm. See docs/adr/0004 for why it is our own.

#include <array>
#include <cstdint>
#include <expected>
#include <span>
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
  bool http10 = false;  ///< an HTTP/1.0 client: no chunked coding, no 100-continue
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

namespace detail {

/// Cuts a head into lines as its bytes arrive, looking at each byte once. Only CR LF ends a
/// line; any other control character but the tab is a violation (RFC 9112 section 2.2).
class HeadScanner {
 public:
  struct Line {
    std::uint32_t begin;
    std::uint32_t end;  ///< without CR LF
  };
  struct Bounds {
    std::size_t first_line;  ///< bytes in which the start line must end, else 414
    std::size_t head;        ///< else 431
    std::size_t lines;       ///< start line included, else 431
  };

  std::expected<HeadState, HttpViolation> scan(std::string_view buffer, const Bounds& bounds);
  /// The lines found, without the empty one that ends the head.
  std::span<const Line> lines() const noexcept { return lines_; }
  /// Position after the empty line; 0 until it was found.
  std::size_t head_bytes() const noexcept { return head_bytes_; }
  void reset() noexcept;

 private:
  std::vector<Line> lines_;
  std::size_t line_begin_ = 0;
  std::size_t scanned_ = 0;
  std::size_t head_bytes_ = 0;
};

}  // namespace detail

/// Parses request heads. Keeps field storage between messages; the head's views are valid until
/// the next parse() or until the buffer changes. The buffer may move between calls as long as it
/// keeps the bytes shown before.
///
/// Refused although RFC 9112 leaves a choice: bare LF, obs-fold, every transfer coding but one
/// "chunked", Content-Length beside Transfer-Encoding, content codings (415), an empty Host,
/// paths that are not in normal form and text that is not UTF-8. So a head has one reading only.
class RequestParser {
 public:
  explicit RequestParser(const HttpLimits& limits) : limits_(limits) {}

  /// Looks for a complete head at the start of `buffer`. On done, `head_bytes()` says where the
  /// body begins. A violation is final for the connection.
  std::expected<HeadState, HttpViolation> parse(std::string_view buffer);
  const RequestHead& head() const noexcept { return head_; }
  std::size_t head_bytes() const noexcept { return scanner_.head_bytes(); }
  /// Forget progress before the next message.
  void reset() noexcept { scanner_.reset(); }

 private:
  HttpLimits limits_;
  RequestHead head_;
  std::vector<HeaderField> fields_;
  detail::HeadScanner scanner_;
};

/// Parses response heads; interim 1xx heads are reported as such (status < 200) and must be
/// skipped by the caller, who bounds their number.
class ResponseParser {
 public:
  explicit ResponseParser(const HttpLimits& limits) : limits_(limits) {}
  /// `to_head` is true when the request was HEAD: such an answer has no body.
  std::expected<HeadState, HttpViolation> parse(std::string_view buffer, bool to_head = false);
  const ResponseHead& head() const noexcept { return head_; }
  std::size_t head_bytes() const noexcept { return scanner_.head_bytes(); }
  void reset() noexcept { scanner_.reset(); }

 private:
  HttpLimits limits_;
  ResponseHead head_;
  std::vector<HeaderField> fields_;
  detail::HeadScanner scanner_;
};

/// Decodes the chunked coding (RFC 9112 section 7.1). Feed bytes; each step yields a piece of
/// data, or asks for more, or ends. Trailers are checked, bounded and dropped. A violation is
/// final.
class ChunkedDecoder {
 public:
  explicit ChunkedDecoder(const HttpLimits& limits) : limits_(limits) {}

  struct Step {
    enum class Kind : std::uint8_t { data, need_more, done } kind;
    std::string_view data;     ///< view into the bytes fed
    std::size_t consumed = 0;  ///< how many of the bytes fed are used up, data included
  };
  /// All bytes are consumed unless the step is `data` (call again with the rest) or `done` (the
  /// rest belongs to the next message).
  std::expected<Step, HttpViolation> next(std::string_view bytes);
  void reset() noexcept { *this = ChunkedDecoder(limits_); }

 private:
  enum class State : std::uint8_t {
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_lf,
    end_lf,
    done
  };
  /// Takes one byte outside the data; null when it is in order.
  const HttpViolation* framing_byte(unsigned char byte);
  const HttpViolation* size_byte(unsigned char byte);
  const HttpViolation* size_line_done();
  const HttpViolation* trailer_byte(unsigned char byte);

  HttpLimits limits_;
  State state_ = State::size;
  std::uint64_t remaining_ = 0;
  unsigned size_digits_ = 0;
  std::size_t extension_bytes_ = 0;  // of the current chunk
  std::size_t overhead_bytes_ = 0;   // framing that the data so far does not justify
  std::size_t trailer_bytes_ = 0;
  std::uint8_t name_length_ = 0;
  std::array<char, 24> name_{};  // start of the trailer field's name
};

}  // namespace gatehouse::net
