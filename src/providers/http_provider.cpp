#include "http_provider.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "failure.hpp"
#include "gatehouse/core/text.hpp"

namespace gatehouse::providers {
namespace {

/// RFC 9110 section 5.6.2.
bool is_token(std::string_view name) noexcept {
  return !name.empty() &&
         name.find_first_not_of(
             "!#$%&'*+-.^_`|~0123456789"
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == std::string_view::npos;
}

/// Fields that the HTTP client owns, and those that would tell a vendor about our callers
/// (product.md, decision 9).
bool is_withheld(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 12> kWithheld = {
      "host",    "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer",
      "upgrade", "expect",         "traceparent",       "tracestate", "baggage"};
  return std::ranges::any_of(kWithheld,
                             [&](std::string_view other) { return core::iequals(name, other); });
}

bool is_among(std::string_view name,
              const std::vector<std::pair<std::string, std::string>>& fields) {
  return std::ranges::any_of(fields,
                             [&](const auto& field) { return core::iequals(field.first, name); });
}

}  // namespace

void HttpProvider::prepare(Target& target) const {
  net::HeaderBlock block;
  Fields fields = own_fields(target);
  fields.emplace_back("Content-Type", "application/json");
  fields.emplace_back("Accept", "*/*");
  fields.emplace_back("Accept-Encoding", "identity");
  fields.emplace_back("User-Agent", "gatehouse/" GATEHOUSE_VERSION);
  for (const auto& [name, value] : fields) {
    // What the operator configured for this deployment comes first.
    if (!is_among(name, target.extra_headers)) block.add(name, value);
  }
  for (const auto& [name, value] : target.extra_headers) {
    if (is_token(name) && !is_withheld(name)) block.add(name, value);
  }
  target.header_block = core::Secret(std::string(block.text()));
}

core::Task<std::expected<std::unique_ptr<net::ClientResponse>, net::ClientError>>
HttpProvider::send(net::HttpClient& client, const Target& target, OutboundCall call,
                   core::CallContext& context) const {
  std::string joined;
  std::string_view headers = target.header_block.reveal();
  if (!call.client_headers.empty()) {
    joined.reserve(headers.size() + call.client_headers.size());
    joined += headers;
    joined += call.client_headers;
    headers = joined;
  }
  const net::ClientRequest request{.endpoint = target.endpoint,
                                   .path = path_of(call.format, target.endpoint),
                                   .headers = headers,
                                   .body = call.body,
                                   .timeouts = call.timeouts};
  auto sent = co_await client.send(request, context);
  co_return sent;
}

UpstreamFailure HttpProvider::read_failure(int status, const net::HeaderList& headers,
                                           std::string_view body, core::WallTime now) const {
  return read_error_reply(status, headers, body, now);
}

}  // namespace gatehouse::providers
