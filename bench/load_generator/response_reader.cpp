#include "response_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace gatehouse::load_generator {

namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

void ResponseReader::reset() {
  std::string head = std::move(head_);
  std::string tail = std::move(tail_);
  *this = ResponseReader();
  head_ = std::move(head);
  tail_ = std::move(tail);
  head_.clear();
  tail_.clear();
}

void ResponseReader::feed(std::string_view bytes) {
  while (!bytes.empty() && state_ != State::malformed) {
    switch (state_) {
      case State::head:
        bytes = take_head(bytes);
        break;
      case State::body:
        bytes = take_body(bytes);
        break;
      case State::done:
      case State::malformed:
        state_ = State::malformed;
        break;
    }
  }
}

void ResponseReader::closed() {
  const bool complete = state_ == State::body && framing_ == Framing::until_close;
  if (state_ != State::done) state_ = complete ? State::done : State::malformed;
}

std::string_view ResponseReader::take_head(std::string_view bytes) {
  const std::size_t before = head_.size();
  head_.append(bytes.substr(0, kMaxHead));
  const std::size_t end = head_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
  if (end == std::string::npos) {
    if (head_.size() >= kMaxHead) state_ = State::malformed;
    return {};
  }
  head_.resize(end + 4);
  if (!parse_head()) {
    state_ = State::malformed;
    return {};
  }
  return bytes.substr(end + 4 - before);
}

bool ResponseReader::parse_head() {
  if (!head_.starts_with("HTTP/1.") || head_.size() < 16) return false;
  const char* digits = head_.data() + 9;
  if (std::from_chars(digits, digits + 3, status_).ptr != digits + 3) return false;
  keep_alive_ = head_[7] == '1';
  std::size_t line = head_.find("\r\n") + 2;
  while (line + 2 < head_.size()) {
    const std::size_t end = head_.find("\r\n", line);
    if (!parse_field(std::string_view(head_).substr(line, end - line))) return false;
    line = end + 2;
  }
  if (status_ < 200) {  // an interim answer; the final one follows
    head_.clear();
    return true;
  }
  const bool empty = status_ == 204 || status_ == 304;
  const bool no_body = empty || (framing_ == Framing::length && remaining_ == 0);
  state_ = no_body ? State::done : State::body;
  return true;
}

bool ResponseReader::parse_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (equal_ignoring_case(name, "content-length")) {
    framing_ = Framing::length;
    const char* end = value.data() + value.size();
    return std::from_chars(value.data(), end, remaining_).ptr == end && !value.empty();
  }
  if (equal_ignoring_case(name, "transfer-encoding")) {
    framing_ = Framing::chunked;
    return equal_ignoring_case(value, "chunked");
  }
  if (equal_ignoring_case(name, "connection")) {
    if (equal_ignoring_case(value, "close")) keep_alive_ = false;
    if (equal_ignoring_case(value, "keep-alive")) keep_alive_ = true;
  }
  return true;
}

std::string_view ResponseReader::take_body(std::string_view bytes) {
  switch (framing_) {
    case Framing::chunked:
      return take_chunked(bytes);
    case Framing::until_close:
      keep_alive_ = false;
      body_piece(bytes);
      return {};
    case Framing::length:
      break;
  }
  const std::size_t size = std::min<std::uint64_t>(bytes.size(), remaining_);
  body_piece(bytes.substr(0, size));
  remaining_ -= size;
  if (remaining_ == 0) state_ = State::done;
  return bytes.substr(size);
}

std::string_view ResponseReader::take_chunked(std::string_view bytes) {
  if (chunk_ != Chunk::data) {
    chunk_byte(bytes.front());
    return bytes.substr(1);
  }
  const std::size_t size = std::min<std::uint64_t>(bytes.size(), remaining_);
  body_piece(bytes.substr(0, size));
  remaining_ -= size;
  if (remaining_ == 0) chunk_ = Chunk::data_end;
  return bytes.substr(size);
}

void ResponseReader::chunk_byte(char c) {
  switch (chunk_) {
    case Chunk::size: {
      unsigned digit = 0;
      if (std::from_chars(&c, &c + 1, digit, 16).ptr != &c) {
        remaining_ = remaining_ * 16 + digit;
      } else if (c == '\n') {
        end_of_size();
      } else if (c != '\r') {
        chunk_ = Chunk::extension;
      }
      break;
    }
    case Chunk::extension:
      if (c == '\n') end_of_size();
      break;
    case Chunk::data_end:
      if (c == '\n') {
        chunk_ = Chunk::size;
        remaining_ = 0;
      } else if (c != '\r') {
        state_ = State::malformed;
      }
      break;
    case Chunk::trailer:
      if (c == '\n') {
        if (!line_has_bytes_) state_ = State::done;
        line_has_bytes_ = false;
      } else if (c != '\r') {
        line_has_bytes_ = true;
      }
      break;
    case Chunk::data:
      break;
  }
}

void ResponseReader::end_of_size() {
  chunk_ = remaining_ == 0 ? Chunk::trailer : Chunk::data;
}

void ResponseReader::body_piece(std::string_view piece) {
  if (piece.empty()) return;
  body_bytes_ += piece.size();
  if (last_ == '\n' && piece.front() == '\n') ++frames_;
  const char* at = piece.data();
  const char* const end = at + piece.size();
  while ((at = static_cast<const char*>(
              std::memchr(at, '\n', static_cast<std::size_t>(end - at)))) != nullptr) {
    ++at;
    if (at == end) break;
    if (*at == '\n') ++frames_;
  }
  last_ = piece.back();
  if (piece.size() >= kTail) {
    tail_.assign(piece.substr(piece.size() - kTail));
    return;
  }
  tail_.append(piece);
  if (tail_.size() > 4 * kTail) tail_.erase(0, tail_.size() - kTail);
}

bool ResponseReader::ends_with(std::string_view text) const noexcept {
  return trimmed(tail_).ends_with(text);
}

}  // namespace gatehouse::load_generator
