/// Calls of models: hands the exchange to the pipeline.

#include "../exchange_sink.hpp"
#include "../handlers.hpp"

namespace gatehouse::api::openai {
namespace {

using providers::WireFormat;

core::Task<void> run(ApiContext& context, net::Exchange& exchange, WireFormat format,
                     std::string_view route, const Parameters& parameters) {
  ExchangeSink sink(exchange);
  const gateway::Inbound inbound{
      .format = format,
      .route = route,
      .body = exchange.body(),
      .path_model = parameters.size() == 0 ? std::string_view() : parameters.text(0),
      .headers = exchange.head().headers,
      .peer = exchange.peer_address(),
      .received_at = exchange.received_at(),
      .cancellation = exchange.cancellation()};
  co_await context.pipeline.run(inbound, sink);
}

}  // namespace

core::Task<void> chat_completions(ApiContext& context, net::Exchange& exchange,
                                  const Parameters& parameters) {
  return run(context, exchange, WireFormat::openai_chat, "/chat/completions", parameters);
}

core::Task<void> completions(ApiContext& context, net::Exchange& exchange,
                             const Parameters& parameters) {
  return run(context, exchange, WireFormat::openai_completions, "/completions", parameters);
}

core::Task<void> embeddings(ApiContext& context, net::Exchange& exchange,
                            const Parameters& parameters) {
  return run(context, exchange, WireFormat::openai_embeddings, "/embeddings", parameters);
}

core::Task<void> messages(ApiContext& context, net::Exchange& exchange,
                          const Parameters& parameters) {
  return run(context, exchange, WireFormat::anthropic_messages, "/v1/messages", parameters);
}

core::Task<void> count_tokens(ApiContext& context, net::Exchange& exchange,
                              const Parameters& parameters) {
  return run(context, exchange, WireFormat::anthropic_count_tokens, "/v1/messages/count_tokens",
             parameters);
}

}  // namespace gatehouse::api::openai
