#pragma once
/// Reads requests off a connection. An own parser on purpose: the fake provider must see what
/// the gateway sent with other eyes than the gateway's own.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/core/error.hpp"

namespace gatehouse::fake_provider {

/// Views into the reader's buffer, valid until the next request is read.
struct Request {
  std::string_view method;
  std::string_view target;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string_view head;  ///< start line and fields as received
  std::string_view body;  ///< decoded
  bool keep_alive = true;

  /// Empty when absent.
  std::string_view header(std::string_view name) const noexcept;
};

/// Sans-IO: feed bytes through `space()` and `grown()`, ask `head()` and `body()`.
class RequestReader {
 public:
  /// Room for at least one byte to receive into.
  std::pair<char*, std::size_t> space();
  void grown(std::size_t bytes) noexcept { filled_ += bytes; }

  /// True once the head of the next request is complete. Errc::protocol on nonsense.
  core::Result<bool> head();
  /// True once its body is complete.
  core::Result<bool> body();
  const Request& request() const noexcept { return request_; }
  bool expects_continue() const noexcept { return expects_continue_; }
  /// Nothing of a next request has arrived yet.
  bool idle() const noexcept { return filled_ == 0; }
  /// Forgets the request, keeps pipelined bytes.
  void next();

 private:
  core::Result<bool> chunked_body();
  void bind();

  std::vector<char> buffer_ = std::vector<char>(4096);
  std::size_t filled_ = 0;
  Request request_;
  bool have_head_ = false;
  bool chunked_ = false;
  bool expects_continue_ = false;
  std::size_t head_bytes_ = 0;
  std::size_t length_ = 0;
  std::size_t message_bytes_ = 0;
  std::string decoded_;  // of a chunked body
};

}  // namespace gatehouse::fake_provider
