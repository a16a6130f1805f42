#include "gatehouse/models/failure.hpp"

#include <array>

namespace gatehouse::models {

std::string_view name_of(FailureKind kind) noexcept {
  static constexpr std::array<std::string_view, kFailureKinds> kNames{
      "bad_request", "authentication", "not_found",     "rate_limited",
      "timeout",     "overloaded",     "server_error",  "connection",
      "garbage",     "content_policy", "context_window"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace gatehouse::models
