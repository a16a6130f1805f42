#pragma once
/// Reads one HTTP/1.1 response and counts its server-sent events. Sans I/O. On purpose not the
/// gateway's own codec, so that a mistake in that one shows as a failure here.

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::load_generator {

class ResponseReader {
 public:
  enum class State : std::uint8_t { head, body, done, malformed };

  void reset();
  /// Takes what arrived; bytes behind the end of the response are malformed.
  void feed(std::string_view bytes);
  /// The peer closed: ends a body without length.
  void closed();

  State state() const noexcept { return state_; }
  bool begun() const noexcept { return body_bytes_ > 0; }  ///< a byte of the body has come
  int status() const noexcept { return status_; }
  bool keeps_alive() const noexcept { return keep_alive_; }
  std::uint64_t frames() const noexcept { return frames_; }  ///< blocks that an empty line ended
  std::uint64_t body_bytes() const noexcept { return body_bytes_; }
  /// Whether the body ends with `text`, white space behind it aside; at most kTail bytes.
  bool ends_with(std::string_view text) const noexcept;
  std::string_view tail() const noexcept { return tail_; }

 private:
  enum class Framing : std::uint8_t { length, chunked, until_close };
  enum class Chunk : std::uint8_t { size, extension, data, data_end, trailer };
  static constexpr std::size_t kTail = 256;
  static constexpr std::size_t kMaxHead = 64 * 1024;

  std::string_view take_head(std::string_view bytes);
  bool parse_head();
  bool parse_field(std::string_view line);
  std::string_view take_body(std::string_view bytes);
  std::string_view take_chunked(std::string_view bytes);
  void chunk_byte(char c);
  void end_of_size();
  void body_piece(std::string_view piece);

  State state_ = State::head;
  Framing framing_ = Framing::until_close;
  Chunk chunk_ = Chunk::size;
  bool keep_alive_ = true;
  bool line_has_bytes_ = false;  // of a trailer line
  char last_ = 0;                // of the body
  int status_ = 0;
  std::uint64_t remaining_ = 0;  // of the body or chunk
  std::uint64_t frames_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::string head_;
  std::string tail_;
};

}  // namespace gatehouse::load_generator
