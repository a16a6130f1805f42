/// Is the server alive, is it ready, how does it do.

#include "../envelope.hpp"
#include "../handlers.hpp"

namespace gatehouse::api::litellm {

core::Task<void> liveliness(ApiContext&, net::Exchange& exchange, const Parameters&) {
  co_await answer_json(exchange, 200, R"("I'm alive!")");
}

core::Task<void> readiness(ApiContext& context, net::Exchange& exchange, const Parameters&) {
  if (!context.ready()) {
    co_await answer_json(exchange, 503, R"({"status":"draining","db":"Not connected"})");
    co_return;
  }
  co_await answer_json(exchange, 200, R"({"status":"healthy","db":"Not connected"})");
}

core::Task<void> metrics(ApiContext& context, net::Exchange& exchange, const Parameters&) {
  const std::string text = context.metrics_text();
  net::HeaderBlock headers;
  headers.add("content-type", "text/plain; version=0.0.4; charset=utf-8");
  (void)co_await exchange.respond(200, headers, std::string_view(text));
}

}  // namespace gatehouse::api::litellm
