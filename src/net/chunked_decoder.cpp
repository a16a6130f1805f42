#include <algorithm>
#include <limits>

#include "field_parser.hpp"
#include "gatehouse/net/http_codec.hpp"

namespace gatehouse::net {
namespace {

constexpr unsigned kMaxSizeDigits = 16;
/// Framing allowed beyond 16 bytes per chunk and one byte per byte of data, so that a flood of
/// tiny chunks with long extensions ends early.
constexpr std::size_t kMaxOverhead = 16 * 1024;

constexpr HttpViolation kBadSize{400, "invalid chunk size"};
constexpr HttpViolation kBadEnd{400, "invalid chunk end"};
constexpr HttpViolation kBadExtension{400, "invalid chunk extension"};
constexpr HttpViolation kLongExtension{400, "chunk extension too long"};
constexpr HttpViolation kOverhead{400, "too much chunk framing"};
constexpr HttpViolation kBadTrailer{400, "invalid trailer"};
constexpr HttpViolation kFramingTrailer{400, "framing header in the trailer"};
constexpr HttpViolation kLongTrailer{431, "trailer too large"};

int hex_value(unsigned char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const unsigned char lower = c | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_text(unsigned char c) noexcept {
  return (c >= 0x20 && c != 0x7f) || c == '\t';
}

}  // namespace

std::expected<ChunkedDecoder::Step, HttpViolation> ChunkedDecoder::next(std::string_view bytes) {
  std::size_t at = 0;
  for (;;) {
    if (state_ == State::done) return Step{Step::Kind::done, {}, at};
    if (at == bytes.size()) return Step{Step::Kind::need_more, {}, at};
    if (state_ == State::data) {
      const std::size_t count = std::min<std::uint64_t>(remaining_, bytes.size() - at);
      remaining_ -= count;
      if (remaining_ == 0) state_ = State::data_cr;
      return Step{Step::Kind::data, bytes.substr(at, count), at + count};
    }
    const auto* violation = framing_byte(static_cast<unsigned char>(bytes[at]));
    if (violation != nullptr) return std::unexpected(*violation);
    ++at;
  }
}

const HttpViolation* ChunkedDecoder::framing_byte(unsigned char byte) {
  const auto expect = [&](char wanted, State next_state) {
    if (byte != static_cast<unsigned char>(wanted)) return &kBadEnd;
    state_ = next_state;
    return static_cast<const HttpViolation*>(nullptr);
  };
  switch (state_) {
    case State::size:
      return size_byte(byte);
    case State::extension:
      if (byte == '\r') {
        state_ = State::size_lf;
        return nullptr;
      }
      if (!is_text(byte)) return &kBadExtension;
      return ++extension_bytes_ > limits_.max_chunk_extension_bytes ? &kLongExtension : nullptr;
    case State::size_lf:
      return byte == '\n' ? size_line_done() : &kBadSize;
    case State::data_cr:
      return expect('\r', State::data_lf);
    case State::data_lf:
      return expect('\n', State::size);
    case State::trailer_start:
    case State::trailer_name:
    case State::trailer_value:
    case State::trailer_lf:
      return trailer_byte(byte);
    case State::end_lf:
      return expect('\n', State::done);
    case State::data:
    case State::done:
      break;
  }
  return &kBadEnd;
}

const HttpViolation* ChunkedDecoder::size_byte(unsigned char byte) {
  const int digit = hex_value(byte);
  if (digit >= 0) {
    if (++size_digits_ > kMaxSizeDigits) return &kBadSize;
    remaining_ = remaining_ << 4 | static_cast<unsigned>(digit);
    return nullptr;
  }
  if (size_digits_ == 0) return &kBadSize;
  if (byte == '\r') {
    state_ = State::size_lf;
  } else if (byte == ';') {
    state_ = State::extension;
  } else {
    return &kBadSize;
  }
  return nullptr;
}

const HttpViolation* ChunkedDecoder::size_line_done() {
  constexpr std::uint64_t kMaxSize = std::numeric_limits<std::int64_t>::max();
  if (remaining_ > kMaxSize) return &kBadSize;
  const std::uint64_t allowed = 16 + remaining_;
  overhead_bytes_ += size_digits_ + extension_bytes_;
  overhead_bytes_ -= std::min<std::uint64_t>(overhead_bytes_, allowed);
  if (overhead_bytes_ > kMaxOverhead) return &kOverhead;
  size_digits_ = 0;
  extension_bytes_ = 0;
  state_ = remaining_ == 0 ? State::trailer_start : State::data;
  return nullptr;
}

const HttpViolation* ChunkedDecoder::trailer_byte(unsigned char byte) {
  if (++trailer_bytes_ > limits_.max_trailer_bytes) return &kLongTrailer;
  switch (state_) {
    case State::trailer_start:
      if (byte == '\r') {
        state_ = State::end_lf;
        return nullptr;
      }
      name_length_ = 0;
      state_ = State::trailer_name;
      [[fallthrough]];
    case State::trailer_name:
      if (is_token_char(byte)) {
        if (name_length_ < name_.size()) name_[name_length_++] = static_cast<char>(byte);
        return nullptr;
      }
      if (byte != ':' || name_length_ == 0) return &kBadTrailer;
      if (is_framing_name({name_.data(), name_length_})) return &kFramingTrailer;
      state_ = State::trailer_value;
      return nullptr;
    case State::trailer_value:
      if (byte == '\r') {
        state_ = State::trailer_lf;
        return nullptr;
      }
      return is_text(byte) ? nullptr : &kBadTrailer;
    default:
      if (byte != '\n') return &kBadTrailer;
      state_ = State::trailer_start;
      return nullptr;
  }
}

}  // namespace gatehouse::net
