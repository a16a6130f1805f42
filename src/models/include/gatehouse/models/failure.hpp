#pragma once
/// How a deployment failed, in words of routing.

#include <cstdint>
#include <optional>
#include <string_view>

#include "gatehouse/core/clock.hpp"

namespace gatehouse::models {

/// Mirrors the classes of `providers`, with 404 apart: an upstream that does not know the model is
/// the deployment's fault when the operator named the model, and the client's behind a wildcard.
enum class FailureKind : std::uint8_t {
  bad_request,     ///< 400, 413, 422: the client's mistake
  authentication,  ///< 401, 403: our credential is wrong
  not_found,       ///< 404: the upstream lacks the model or the path
  rate_limited,    ///< 429
  timeout,         ///< 408, 504 or no answer within the deployment's own limit
  overloaded,      ///< 503, 529
  server_error,    ///< other 5xx
  connection,      ///< no connection, or lost before the answer
  garbage,         ///< the answer is not of the expected format
  content_policy,  ///< refused by the vendor's own filter
  context_window,  ///< the prompt is longer than the model's window
};
inline constexpr std::size_t kFailureKinds = 11;

/// The kind's name as it appears in logs and metrics. Static storage.
std::string_view name_of(FailureKind kind) noexcept;

/// True for what the client caused: it never counts against a deployment (litellm-contract.md 2).
constexpr bool is_client_mistake(FailureKind kind) noexcept {
  return kind == FailureKind::bad_request || kind == FailureKind::content_policy ||
         kind == FailureKind::context_window;
}

/// Longest Retry-After that is obeyed; a longer one counts as this (faults.md E11).
inline constexpr core::Seconds kMaxRetryAfter{60};

/// One failed attempt.
struct Failure {
  FailureKind kind = FailureKind::server_error;
  std::optional<core::Nanos> retry_after = {};  ///< from the header; negative counts as absent
  bool maybe_sent = true;  ///< false when the upstream certainly saw nothing of the request
};

}  // namespace gatehouse::models
