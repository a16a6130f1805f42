#pragma once
/// What a client reads about limits: texts and headers of litellm-contract.md 1.2 to 1.4.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/limits/admission.hpp"

namespace gatehouse::limits {

/// budget_exceeded for a budget of whom the call is charged to; rate_limited for the pace and for
/// the budget of a provider or deployment, which another one may serve; internal for an amount.
core::Errc code_of(const Denial& denial) noexcept;

/// The message for the client, naming the scope. `key_alias` is of the calling key; a budget of
/// one model per key names it. A budget that is not spent yet but cannot cover the call beside
/// those under way says so at the end. Ids are made printable.
std::string denial_message(const Denial& denial, std::string_view key_alias = {});

struct Header {
  std::string name;
  std::string value;
  bool operator==(const Header&) const = default;
};

/// Pace: retry-after (whole seconds, rounded up; `rate_window` where waiting has no known end),
/// rate_limit_type and reset_at. Budget: x-should-retry, because SDKs retry a 429 by themselves.
std::vector<Header> denial_headers(const Denial& denial,
                                   core::Nanos rate_window = core::Seconds(60));

/// x-ratelimit-<scope>-limit-<requests|tokens> and -remaining- of each scope; of several in one
/// scope (tags) those of the one with the least left.
std::vector<Header> rate_headers(std::span<const RateState> rates);

/// x-litellm-key-remaining-<requests|tokens>-<model> from the state of Scope::key_model.
std::vector<Header> key_model_headers(const RateState& state, std::string_view model);

}  // namespace gatehouse::limits
