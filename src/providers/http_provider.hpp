#pragma once
/// Sending a call to a vendor over HTTP; the slices say where and with which credential.

#include <string_view>

#include "gatehouse/net/headers.hpp"
#include "gatehouse/providers/provider.hpp"

namespace gatehouse::providers {

class HttpProvider : public Provider {
 public:
  void prepare(Target& target) const final;

  core::Task<std::expected<std::unique_ptr<net::ClientResponse>, net::ClientError>> send(
      net::HttpClient& client, const Target& target, OutboundCall call,
      core::CallContext& context) const final;

  UpstreamFailure read_failure(int status, const net::HeaderList& headers, std::string_view body,
                               core::WallTime now) const final;

 protected:
  /// The path of a format below the endpoint's base path. Static storage.
  virtual std::string_view path_of(WireFormat format,
                                   const net::Endpoint& endpoint) const noexcept = 0;

  /// Names and values of the vendor's own constant fields, credential included.
  using Fields = std::vector<std::pair<std::string_view, std::string>>;
  virtual Fields own_fields(const Target& target) const = 0;
};

}  // namespace gatehouse::providers
