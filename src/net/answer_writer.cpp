#include "answer_writer.hpp"

#include <charconv>

#include "gatehouse/core/text.hpp"
#include "gatehouse/net/event_loop.hpp"

namespace gatehouse::net {
namespace {

/// A larger answer is sent in slices of this size, so that the write deadline can move on with
/// the progress made.
constexpr std::size_t kSliceBytes = 256 * 1024;

std::size_t total_size(std::span<const std::string_view> pieces) noexcept {
  std::size_t bytes = 0;
  for (const std::string_view piece : pieces) bytes += piece.size();
  return bytes;
}

bool has_body(int status) noexcept {
  return status >= 200 && status != 204 && status != 304;
}

std::unexpected<core::Error> misuse() {
  return core::fail(core::Errc::internal, "The answer was written out of order.");
}

void append_status_line(std::string& out, int status) {
  if (status == 200) {
    out.append("HTTP/1.1 200 OK\r\n");
    return;
  }
  out.append("HTTP/1.1 ");
  core::append_number(out, static_cast<std::uint64_t>(status));
  out.append(" ").append(reason_phrase(status)).append("\r\n");
}

}  // namespace

std::string_view DateLine::get(const EventLoop& loop) {
  if (loop.now() >= valid_until_) {
    const core::WallTime wall = loop.clock().wall();
    const auto into_second = wall - std::chrono::floor<core::Seconds>(wall);
    valid_until_ = loop.now() + (core::Seconds(1) - into_second);
    line_ = "Date: " + core::format_http_date(wall) + "\r\n";
  }
  return line_;
}

void AnswerWriter::start(Request request) noexcept {
  request_ = request;
  state_ = State::waiting;
}

void AnswerWriter::build_head(int status, const HeaderBlock& headers, Body body,
                              std::uint64_t length) {
  if (body == Body::until_close) request_.keep_alive = false;
  body_ = has_body(status) ? body : Body::none;
  head_.clear();
  append_status_line(head_, status);
  head_.append(date_.get(stream_.loop())).append(headers.text());
  if (body_ == Body::length) {
    head_.append("Content-Length: ");
    core::append_number(head_, length);
    head_.append("\r\n");
  } else if (body_ == Body::chunked) {
    head_.append("Transfer-Encoding: chunked\r\n");
  }
  if (!request_.keep_alive) {
    head_.append("Connection: close\r\n");
  } else if (request_.http10) {
    head_.append("Connection: keep-alive\r\n");
  }
  head_.append("\r\n");
  if (request_.to_head) body_ = Body::none;
  pieces_.assign(1, head_);
}

core::Task<core::Result<void>> AnswerWriter::send(State next) {
  state_ = State::failed;  // unless all goes well; also when the coroutine is destroyed
  stream_.set_write_deadline(stream_.loop().now() + write_timeout_);
  core::Result<void> sent;
  if (total_size(pieces_) <= kSliceBytes) {
    sent = co_await stream_.write(pieces_);
  } else {
    sent = co_await send_slices();
  }
  if (sent) state_ = next;
  co_return sent;
}

core::Task<core::Result<void>> AnswerWriter::send_slices() {
  for (std::string_view piece : pieces_) {
    while (!piece.empty()) {
      const std::string_view slice = piece.substr(0, kSliceBytes);
      stream_.set_write_deadline(stream_.loop().now() + write_timeout_);
      core::Result<void> sent = co_await stream_.write(std::span(&slice, 1));
      if (!sent) co_return sent;
      piece.remove_prefix(slice.size());
    }
  }
  co_return core::Result<void>();
}

core::Task<core::Result<void>> AnswerWriter::respond(int status, const HeaderBlock& headers,
                                                     std::span<const std::string_view> body) {
  if (state_ != State::waiting) co_return misuse();
  build_head(status, headers, Body::length, total_size(body));
  if (body_ == Body::length) pieces_.insert(pieces_.end(), body.begin(), body.end());
  core::Result<void> sent = co_await send(State::complete);
  co_return sent;
}

core::Task<core::Result<void>> AnswerWriter::begin_stream(int status, const HeaderBlock& headers) {
  if (state_ != State::waiting) co_return misuse();
  build_head(status, headers, request_.http10 ? Body::until_close : Body::chunked, 0);
  core::Result<void> sent = co_await send(State::streaming);
  co_return sent;
}

core::Task<core::Result<void>> AnswerWriter::write(std::span<const std::string_view> pieces) {
  if (state_ == State::failed) {
    co_return core::fail(core::Errc::closed, "The client is gone.");
  }
  if (state_ != State::streaming) co_return misuse();
  const std::size_t bytes = total_size(pieces);
  if (bytes == 0 || body_ == Body::none) co_return core::Result<void>();
  pieces_.clear();
  if (body_ == Body::chunked) {
    char* end = std::to_chars(chunk_size_.data(), chunk_size_.data() + 16, bytes, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    pieces_.emplace_back(chunk_size_.data(), end);
  }
  pieces_.insert(pieces_.end(), pieces.begin(), pieces.end());
  if (body_ == Body::chunked) pieces_.emplace_back("\r\n");
  core::Result<void> sent = co_await send(State::streaming);
  co_return sent;
}

core::Task<core::Result<void>> AnswerWriter::end_stream() {
  if (state_ == State::failed) {
    co_return core::fail(core::Errc::closed, "The client is gone.");
  }
  if (state_ != State::streaming) co_return misuse();
  if (body_ != Body::chunked) {
    state_ = State::complete;
    co_return core::Result<void>();
  }
  pieces_.assign(1, "0\r\n\r\n");
  core::Result<void> sent = co_await send(State::complete);
  co_return sent;
}

core::Task<core::Result<void>> AnswerWriter::send_continue() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  stream_.set_write_deadline(stream_.loop().now() + write_timeout_);
  core::Result<void> sent = co_await stream_.write(std::span(&kContinue, 1));
  co_return sent;
}

}  // namespace gatehouse::net
