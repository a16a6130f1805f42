#pragma once
/// Reads the refusals of any vendor: OpenAI's and Anthropic's error objects, the shapes of the
/// servers compatible with them, and bodies that are no JSON at all.

#include <optional>
#include <string_view>

#include "gatehouse/providers/provider.hpp"

namespace gatehouse::providers {

UpstreamFailure read_error_reply(int status, const net::HeaderList& headers, std::string_view body,
                                 core::WallTime now);

/// `retry-after-ms` or `Retry-After` (RFC 9110 section 10.2.3: seconds or a date), at most 60 s.
/// A date in the past is 0; what is negative or malformed is ignored.
std::optional<core::Seconds> read_retry_after(const net::HeaderList& headers, core::WallTime now);

}  // namespace gatehouse::providers
