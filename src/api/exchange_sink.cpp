#include "exchange_sink.hpp"

#include "envelope.hpp"

namespace gatehouse::api {

core::Task<core::Result<void>> ExchangeSink::respond(const net::HeaderBlock& headers,
                                                     std::span<const std::string_view> json) {
  net::HeaderBlock all = json_headers(exchange_);
  all.append(headers);
  co_return co_await exchange_.respond(200, all, json);
}

core::Task<core::Result<void>> ExchangeSink::refuse(const net::HeaderBlock& headers,
                                                    const gateway::Refusal& refusal) {
  net::HeaderBlock all = json_headers(exchange_);
  all.append(headers);
  const std::string body = error_envelope(refusal);
  const std::string_view piece = body;
  co_return co_await exchange_.respond(refusal.status, all, std::span(&piece, 1));
}

core::Task<core::Result<void>> ExchangeSink::begin_stream(const net::HeaderBlock& headers) {
  net::HeaderBlock all;
  all.add("content-type", "text/event-stream; charset=utf-8");
  all.add("cache-control", "no-cache");
  add_cors(exchange_, all);
  all.append(headers);
  co_return co_await exchange_.begin_stream(200, all);
}

core::Task<core::Result<void>> ExchangeSink::write(std::string_view events) {
  co_return co_await exchange_.write(std::span(&events, 1));
}

core::Task<core::Result<void>> ExchangeSink::end_stream() {
  return exchange_.end_stream();
}

core::Task<core::Result<void>> ExchangeSink::replay(const net::HeaderBlock& headers,
                                                    const gateway::KeptAnswer& answer) {
  net::HeaderBlock all;
  all.add("content-type", answer.content_type);
  add_cors(exchange_, all);
  all.append(headers);
  co_return co_await exchange_.respond(answer.status, all, std::span(&answer.body, 1));
}

}  // namespace gatehouse::api
