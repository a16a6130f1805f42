#include "gatehouse/api/api_server.hpp"

#include <optional>
#include <utility>
#include <variant>

#include "admin/access.hpp"
#include "admin/dispatch.hpp"
#include "admin/send.hpp"
#include "envelope.hpp"
#include "gatehouse/api/control_plane.hpp"
#include "gatehouse/api/route_table.hpp"
#include "gatehouse/tenancy/directory.hpp"

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

bool needs_key(const ApiContext& context, const Route& route) {
  if (route.access == Access::metrics) return context.metrics_need_key;
  return route.access != Access::open && route.access != Access::pipeline;
}

using Identity = std::variant<tenancy::Caller, admin::Answer>;

/// Loads a key that is not in memory; the answer that ends the request when it cannot.
core::Task<std::optional<admin::Answer>> load_key(ApiContext& context, crypto::Sha256 hash) {
  if (context.control == nullptr) {
    co_return admin::refuse(400, "No connected db.", admin::type::kNoDatabase, std::nullopt);
  }
  tenancy::Directory& directory = context.control->directory;
  auto load = [&directory, hash]() -> core::Result<void> { return directory.load_key(hash); };
  const auto loaded = co_await context.control->pool.run(*context.loop, std::move(load));
  if (loaded) co_return std::nullopt;
  co_return admin::refuse(loaded.error(), admin::type::kAuth);
}

core::Task<Identity> identify(ApiContext& context, net::Exchange& exchange) {
  const auto snapshot = context.pipeline.snapshot();
  const net::HeaderList& headers = exchange.head().headers;
  for (int attempt = 0; attempt < 2; ++attempt) {
    const core::WallTime now =
        context.loop == nullptr ? core::WallTime{} : context.loop->clock().wall();
    auto outcome = snapshot->authenticator.begin(headers, now);
    if (auto* caller = std::get_if<tenancy::Caller>(&outcome)) co_return std::move(*caller);
    if (const auto* failure = std::get_if<tenancy::AuthenticationFailure>(&outcome)) {
      co_return admin::refuse(failure->status, failure->message, failure->type, failure->param);
    }
    auto refusal = co_await load_key(context, std::get<tenancy::KeyToLoad>(outcome).hash);
    if (refusal) co_return std::move(*refusal);
  }
  // Loaded and dropped at once: more keys are in use than memory is given for.
  co_return admin::refuse(503, "The key could not be kept in memory", admin::type::kInternal);
}

/// Calls the handler if the caller may.
core::Task<void> serve(ApiContext& context, net::Exchange& exchange, const Route& route,
                       const net::PathParameters& parameters) {
  tenancy::Caller caller;
  if (needs_key(context, route)) {
    Identity identity = co_await identify(context, exchange);
    auto* known = std::get_if<tenancy::Caller>(&identity);
    std::optional<admin::Answer> refusal;
    if (known == nullptr) {
      refusal = std::move(std::get<admin::Answer>(identity));
    } else {
      refusal = admin::refusal_of(route, exchange.head().path, *known);
    }
    if (refusal) {
      co_await admin::send(exchange, *refusal);
      co_return;
    }
    caller = std::move(*known);
  }
  if (route.admin_handler != nullptr) {
    co_await admin::dispatch(context, exchange, route, parameters, std::move(caller));
  } else if (route.caller_handler != nullptr) {
    co_await route.caller_handler(context, exchange, parameters, caller);
  } else {
    co_await route.handler(context, exchange, parameters);
  }
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
  co_await serve(context_, exchange, routes()[match->route], match->parameters);
}

std::string ApiServer::refusal_body(int status, std::string_view reason) {
  return error_envelope({status,
                         std::string(reason),
                         status >= 500 ? "internal_server_error" : "invalid_request_error",
                         "None",
                         {}});
}

}  // namespace gatehouse::api
