#pragma once
/// Writes the answer to one request after another on a server connection.

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/task.hpp"
#include "gatehouse/net/headers.hpp"
#include "gatehouse/net/stream.hpp"

namespace gatehouse::net {

/// The Date line, formatted once per second. One thread.
class DateLine {
 public:
  /// "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n", valid until the next call.
  std::string_view get(const EventLoop& loop);

 private:
  core::MonotonicTime valid_until_{};
  std::string line_;
};

class AnswerWriter {
 public:
  AnswerWriter(Stream& stream, DateLine& date, core::Millis write_timeout)
      : stream_(stream), date_(date), write_timeout_(write_timeout) {}

  struct Request {
    bool to_head = false;  ///< the method was HEAD: no body is sent
    bool http10 = false;
    bool keep_alive = true;
  };
  /// Begins the answer to another request.
  void start(Request request) noexcept;

  core::Task<core::Result<void>> respond(int status, const HeaderBlock& headers,
                                         std::span<const std::string_view> body);
  core::Task<core::Result<void>> begin_stream(int status, const HeaderBlock& headers);
  core::Task<core::Result<void>> write(std::span<const std::string_view> pieces);
  core::Task<core::Result<void>> end_stream();
  /// "100 Continue", before the answer itself.
  core::Task<core::Result<void>> send_continue();

  bool begun() const noexcept { return state_ != State::waiting; }
  /// The whole answer was handed to the kernel.
  bool complete() const noexcept { return state_ == State::complete; }
  /// Whether another request may follow.
  bool keep_alive() const noexcept { return request_.keep_alive; }
  /// The answer will say "Connection: close".
  void close_afterwards() noexcept { request_.keep_alive = false; }

 private:
  enum class State : std::uint8_t { waiting, streaming, complete, failed };
  enum class Body : std::uint8_t { length, chunked, until_close, none };

  void build_head(int status, const HeaderBlock& headers, Body body, std::uint64_t length);
  /// Sends pieces_ and moves to `next`, or to failed.
  core::Task<core::Result<void>> send(State next);
  core::Task<core::Result<void>> send_slices();

  Stream& stream_;
  DateLine& date_;
  core::Millis write_timeout_;
  Request request_;
  State state_ = State::complete;
  Body body_ = Body::none;
  std::string head_;
  std::vector<std::string_view> pieces_;
  std::array<char, 24> chunk_size_{};
};

}  // namespace gatehouse::net
