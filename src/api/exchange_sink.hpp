#pragma once
/// The pipeline's way to the client over one HTTP exchange.

#include "gatehouse/gateway/reply_sink.hpp"
#include "gatehouse/net/http_server.hpp"

namespace gatehouse::api {

class ExchangeSink final : public gateway::ReplySink {
 public:
  explicit ExchangeSink(net::Exchange& exchange) : exchange_(exchange) {}

  core::Task<core::Result<void>> respond(const net::HeaderBlock& headers,
                                         std::span<const std::string_view> json) override;
  core::Task<core::Result<void>> refuse(const net::HeaderBlock& headers,
                                        const gateway::Refusal& refusal) override;
  core::Task<core::Result<void>> begin_stream(const net::HeaderBlock& headers) override;
  core::Task<core::Result<void>> write(std::string_view events) override;
  core::Task<core::Result<void>> end_stream() override;
  core::Task<core::Result<void>> replay(const net::HeaderBlock& headers,
                                        const gateway::KeptAnswer& answer) override;

 private:
  net::Exchange& exchange_;
};

}  // namespace gatehouse::api
