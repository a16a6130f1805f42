#pragma once
/// The shapes of errors and answers (litellm-contract.md 1.1).

#include <string>
#include <string_view>

#include "gatehouse/core/task.hpp"
#include "gatehouse/gateway/refusal.hpp"
#include "gatehouse/net/http_server.hpp"

namespace gatehouse::api {

/// {"error":{"message","type","param","code":"<status>"}}
std::string error_envelope(const gateway::Refusal& refusal);

/// Header lines that every JSON answer carries.
net::HeaderBlock json_headers(const net::Exchange& exchange);
/// Adds the fields that let scripts of other origins read the answer, where a browser asks.
void add_cors(const net::Exchange& exchange, net::HeaderBlock& headers);

/// The whole answer in one call.
core::Task<void> answer_json(net::Exchange& exchange, int status, std::string body);
core::Task<void> answer_refusal(net::Exchange& exchange, const gateway::Refusal& refusal);
/// {"detail":…}, for what never reaches a handler.
core::Task<void> answer_detail(net::Exchange& exchange, int status, std::string detail);

}  // namespace gatehouse::api
