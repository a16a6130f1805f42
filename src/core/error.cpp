#include "gatehouse/core/error.hpp"

namespace gatehouse::core {

std::string_view name_of(Errc code) noexcept {
  switch (code) {
    case Errc::invalid_argument:
      return "invalid_argument";
    case Errc::unauthenticated:
      return "unauthenticated";
    case Errc::forbidden:
      return "forbidden";
    case Errc::not_found:
      return "not_found";
    case Errc::conflict:
      return "conflict";
    case Errc::too_large:
      return "too_large";
    case Errc::unsupported_media:
      return "unsupported_media";
    case Errc::unprocessable:
      return "unprocessable";
    case Errc::rate_limited:
      return "rate_limited";
    case Errc::budget_exceeded:
      return "budget_exceeded";
    case Errc::upstream_failed:
      return "upstream_failed";
    case Errc::upstream_timeout:
      return "upstream_timeout";
    case Errc::unavailable:
      return "unavailable";
    case Errc::cancelled:
      return "cancelled";
    case Errc::deadline_exceeded:
      return "deadline_exceeded";
    case Errc::closed:
      return "closed";
    case Errc::io:
      return "io";
    case Errc::protocol:
      return "protocol";
    case Errc::internal:
      return "internal";
  }
  return "unknown";
}

}  // namespace gatehouse::core
