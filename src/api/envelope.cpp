#include "envelope.hpp"

#include "gatehouse/json/scan.hpp"

namespace gatehouse::api {

std::string error_envelope(const gateway::Refusal& refusal) {
  return gateway::envelope_of(refusal);
}

void add_cors(const net::Exchange& exchange, net::HeaderBlock& headers) {
  if (!exchange.head().headers.find("origin")) return;
  headers.add("access-control-allow-origin", "*");
  headers.add("access-control-expose-headers", "*");
}

net::HeaderBlock json_headers(const net::Exchange& exchange) {
  net::HeaderBlock headers;
  headers.add("content-type", "application/json");
  add_cors(exchange, headers);
  return headers;
}

core::Task<void> answer_json(net::Exchange& exchange, int status, std::string body) {
  const net::HeaderBlock headers = json_headers(exchange);
  // A client that has left needs no answer.
  (void)co_await exchange.respond(status, headers, std::string_view(body));
}

core::Task<void> answer_refusal(net::Exchange& exchange, const gateway::Refusal& refusal) {
  std::string body = error_envelope(refusal);
  co_await answer_json(exchange, refusal.status, std::move(body));
}

core::Task<void> answer_detail(net::Exchange& exchange, int status, std::string detail) {
  std::string body = R"({"detail":)" + json::quoted(detail) + "}";
  co_await answer_json(exchange, status, std::move(body));
}

}  // namespace gatehouse::api
