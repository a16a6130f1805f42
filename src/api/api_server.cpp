#include "gatehouse/api/api_server.hpp"

#include <utility>

#include "envelope.hpp"
#include "gatehouse/api/route_table.hpp"

namespace gatehouse::api {
namespace {

/// A browser's question before a call from another origin.
core::Task<void> answer_preflight(net::Exchange& exchange) {
  net::HeaderBlock headers;
  headers.add("access-control-allow-origin", "*");
  headers.add("access-control-allow-methods", "GET, POST, PUT, PATCH, DELETE, OPTIONS");
  const auto wanted = exchange.head().headers.find("access-control-request-headers");
  headers.add("access-control-allow-headers", wanted ? *wanted : std::string_view("*"));
  headers.add("access-control-max-age", std::uint64_t{600});
  (void)co_await exchange.respond(204, headers, std::string_view());
}

bool needs_key(const ApiContext& context, Access access) {
  return access == Access::any_key || (access == Access::metrics && context.metrics_need_key);
}

}  // namespace

ApiServer::ApiServer(ApiContext context) : context_(std::move(context)) {}
ApiServer::~ApiServer() = default;

core::Task<void> ApiServer::handle(net::Exchange& exchange) {
  const net::RequestHead& head = exchange.head();
  auto found = router().match(head.method, head.path);
  if (const auto* other = std::get_if<net::Router::MethodNotAllowed>(&found)) {
    if (head.method == "OPTIONS") {
      co_await answer_preflight(exchange);
      co_return;
    }
    net::HeaderBlock headers = json_headers(exchange);
    headers.add("allow", other->allow);
    (void)co_await exchange.respond(405, headers,
                                    std::string_view(R"({"detail":"Method Not Allowed"})"));
    co_return;
  }
  const auto* match = std::get_if<net::Router::Match>(&found);
  if (match == nullptr) {
    co_await answer_detail(exchange, 404, "Not Found");
    co_return;
  }
  const Route& route = routes()[match->route];
  if (needs_key(context_, route.access)) {
    auto caller = context_.pipeline.snapshot()->authenticator.authenticate(head.headers);
    if (!caller) {
      const gateway::Refusal refusal{
          401, caller.error().message, caller.error().type, caller.error().param, {}};
      co_await answer_refusal(exchange, refusal);
      co_return;
    }
  }
  co_await route.handler(context_, exchange, match->parameters);
}

std::string ApiServer::refusal_body(int status, std::string_view reason) {
  return error_envelope({status,
                         std::string(reason),
                         status >= 500 ? "internal_server_error" : "invalid_request_error",
                         "None",
                         {}});
}

}  // namespace gatehouse::api
