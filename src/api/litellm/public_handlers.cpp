/// What anybody may ask.

#include "../envelope.hpp"
#include "../handlers.hpp"
#include "gatehouse/json/scan.hpp"

namespace gatehouse::api::litellm {

core::Task<void> home(ApiContext&, net::Exchange& exchange, const Parameters&) {
  co_await answer_json(exchange, 200, R"("Gatehouse: the gateway is running")");
}

core::Task<void> list_routes(ApiContext&, net::Exchange& exchange, const Parameters&) {
  std::string body = R"({"routes":[)";
  for (const Route& route : routes()) {
    if (body.back() != '[') body += ',';
    body += R"({"path":)";
    json::append_quoted(body, route.pattern);
    body += R"(,"methods":[)";
    json::append_quoted(body, route.method);
    body += R"(],"access":)" + json::quoted(name_of(route.access)) + "}";
  }
  body += "]}";
  co_await answer_json(exchange, 200, std::move(body));
}

}  // namespace gatehouse::api::litellm
