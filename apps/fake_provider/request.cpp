#include "request.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "gatehouse/core/text.hpp"

namespace gatehouse::fake_provider {

namespace {

constexpr std::size_t kMaxMessage = 256UL << 20;

core::Result<bool> broken(std::string_view why) {
  return core::fail(core::Errc::protocol, std::string(why));
}

}  // namespace

std::string_view Request::header(std::string_view name) const noexcept {
  for (const auto& [known, value] : headers) {
    if (core::iequals(known, name)) return value;
  }
  return {};
}

std::pair<char*, std::size_t> RequestReader::space() {
  const std::size_t wanted = have_head_ && !chunked_ ? head_bytes_ + length_ : 0;
  if (filled_ == buffer_.size() || buffer_.size() < wanted) {
    buffer_.resize(std::max(buffer_.size() * 2, wanted));
    if (have_head_) bind();
  }
  return {buffer_.data() + filled_, buffer_.size() - filled_};
}

core::Result<bool> RequestReader::head() {
  if (have_head_) return true;
  const std::string_view received(buffer_.data(), filled_);
  const std::size_t end = received.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (filled_ > (1 << 20)) return broken("head too long");
    return false;
  }
  have_head_ = true;
  head_bytes_ = end + 4;
  bind();
  if (request_.target.empty()) return broken("no request line");
  chunked_ = core::iequals(request_.header("transfer-encoding"), "chunked");
  expects_continue_ = core::iequals(request_.header("expect"), "100-continue");
  request_.keep_alive = !core::iequals(request_.header("connection"), "close");
  const std::string_view length = request_.header("content-length");
  length_ = 0;
  if (!length.empty()) {
    const auto parsed = core::parse_u64(length);
    if (!parsed || *parsed > kMaxMessage) return broken("bad content-length");
    length_ = *parsed;
  }
  return true;
}

/// Sets the views of the head again, after the buffer may have moved.
void RequestReader::bind() {
  request_.headers.clear();
  request_.head = std::string_view(buffer_.data(), head_bytes_);
  std::string_view rest = request_.head;
  bool first = true;
  while (rest.size() > 2) {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    if (std::exchange(first, false)) {
      const std::size_t space = line.find(' ');
      if (space == std::string_view::npos) continue;
      request_.method = line.substr(0, space);
      request_.target = line.substr(space + 1, line.rfind(' ') - space - 1);
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    request_.headers.emplace_back(line.substr(0, colon), core::trim(line.substr(colon + 1)));
  }
}

core::Result<bool> RequestReader::body() {
  if (chunked_) return chunked_body();
  if (filled_ < head_bytes_ + length_) return false;
  message_bytes_ = head_bytes_ + length_;
  request_.body = std::string_view(buffer_.data() + head_bytes_, length_);
  return true;
}

core::Result<bool> RequestReader::chunked_body() {
  if (filled_ > kMaxMessage) return broken("body too long");
  decoded_.clear();
  const std::string_view received(buffer_.data(), filled_);
  std::size_t at = head_bytes_;
  while (true) {
    const std::size_t line_end = received.find("\r\n", at);
    if (line_end == std::string_view::npos) return false;
    std::size_t size = 0;
    const auto [rest, error] =
        std::from_chars(received.data() + at, received.data() + line_end, size, 16);
    if (error != std::errc() || size > kMaxMessage) return broken("bad chunk size");
    at = line_end + 2;
    if (size == 0) {
      const std::size_t end = received.find("\r\n", at);
      if (end == std::string_view::npos) return false;
      if (end == at) {
        message_bytes_ = end + 2;
        break;
      }
      const std::size_t trailers = received.find("\r\n\r\n", at);
      if (trailers == std::string_view::npos) return false;
      message_bytes_ = trailers + 4;
      break;
    }
    if (at + size + 2 > filled_) return false;
    decoded_.append(received.substr(at, size));
    at += size + 2;
  }
  request_.body = decoded_;
  return true;
}

void RequestReader::next() {
  if (!have_head_) return;
  if (message_bytes_ == 0) message_bytes_ = filled_;
  std::memmove(buffer_.data(), buffer_.data() + message_bytes_, filled_ - message_bytes_);
  filled_ -= message_bytes_;
  message_bytes_ = 0;
  have_head_ = false;
  request_.method = request_.target = request_.body = {};
}

}  // namespace gatehouse::fake_provider
