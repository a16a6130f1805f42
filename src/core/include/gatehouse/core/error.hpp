#pragma once
/// The one error type of the whole server and the Result that carries it.

#include <cstdint>
#include <expected>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::core {

/// What went wrong, in words of the domain. One table (`api`) maps a code to an HTTP status.
enum class Errc : std::uint8_t {
  invalid_argument,   ///< the caller's input is wrong: 400
  unauthenticated,    ///< no or wrong credential: 401
  forbidden,          ///< known caller, not allowed: 403
  not_found,          ///< 404
  conflict,           ///< 409
  too_large,          ///< a size limit was hit: 413
  unsupported_media,  ///< 415
  unprocessable,      ///< 422
  rate_limited,       ///< 429
  budget_exceeded,    ///< budget refusal, status by configuration
  upstream_failed,    ///< the provider could not be reached or answered nonsense: 502
  upstream_timeout,   ///< the provider was too slow: 504
  unavailable,        ///< we cannot serve now: 503
  cancelled,          ///< the client left or the server is draining
  deadline_exceeded,  ///< the request's own deadline passed: 408 or 504
  closed,             ///< the peer closed the connection
  io,                 ///< an operating-system call failed
  protocol,           ///< the peer broke the protocol
  internal,           ///< a bug: 500
};

/// The code's name as it appears in logs and metrics. Static storage.
std::string_view name_of(Errc code) noexcept;

/// An expected failure: a value, never an exception.
struct Error {
  Errc code = Errc::internal;
  std::string public_message;        ///< safe for the client; never an upstream body or SQL
  std::string internal_detail = {};  ///< for logs only
  bool retryable = false;
  std::source_location where = std::source_location::current();
};

/// `std::expected` with our Error, as a class so that a dropped result is a warning.
template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

/// Shorthand for `return fail(Errc::x, "text")`.
inline std::unexpected<Error> fail(Errc code, std::string public_message,
                                   std::string internal_detail = {},
                                   std::source_location where = std::source_location::current()) {
  return std::unexpected<Error>(
      Error{code, std::move(public_message), std::move(internal_detail), false, where});
}

/// Hands the error of one Result on as the error of another.
template <class T>
std::unexpected<Error> pass(Result<T>& failed) {
  return std::unexpected<Error>(std::move(failed.error()));
}
template <class T>
std::unexpected<Error> pass(Result<T>&& failed) {
  return std::unexpected<Error>(std::move(failed.error()));
}

}  // namespace gatehouse::core
