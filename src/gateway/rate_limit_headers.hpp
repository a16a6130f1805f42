#pragma once
/// What a provider's reply says of its own rate limits.

#include "gatehouse/models/health.hpp"
#include "gatehouse/net/headers.hpp"

namespace gatehouse::gateway {

/// Tells `health` what is left of the provider's requests and tokens, in OpenAI's names
/// (x-ratelimit-remaining-requests, -tokens) or Anthropic's. Anything else is no number and is
/// ignored. One pass over the fields without allocation.
void note_rate_limits(const net::HeaderList& headers, models::DeploymentHealth& health) noexcept;

}  // namespace gatehouse::gateway
