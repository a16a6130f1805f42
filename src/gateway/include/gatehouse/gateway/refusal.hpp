#pragma once
/// A call that is not answered by a model: what the client is told.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/secret.hpp"
#include "gatehouse/providers/provider.hpp"

namespace gatehouse::gateway {

/// The content of the error envelope (litellm-contract.md 1.1, E1) and its status.
struct Refusal {
  int status = 500;
  std::string message;
  std::string type = "None";
  std::string param = "None";  ///< empty: null
  std::optional<core::Seconds> retry_after = {};
  std::vector<std::pair<std::string, std::string>> headers = {};  ///< further ones of the answer
};

/// {"error":{"message","type","param","code":"<status>"}}
std::string envelope_of(const Refusal& refusal);

/// Client mistakes, in the contract's words.
Refusal bad_request(std::string message, std::string param = "None");

/// Our own failures by the one table from code to status.
Refusal refusal_for(const core::Error& error);
/// The status of that table, for metrics and logs.
int status_of(core::Errc code) noexcept;

/// An upstream's refusal: its status, and "litellm.<Class>: <Provider>Exception - …".
Refusal refusal_for(const providers::UpstreamFailure& failure, std::string_view provider);

/// Replaces every occurrence of a credential by "[redacted]".
void hide_secret(std::string& text, const core::Secret& secret);

}  // namespace gatehouse::gateway
